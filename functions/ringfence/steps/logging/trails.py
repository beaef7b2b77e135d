"""Steps on a trail: start it, put its options and selectors back, make it again.

None of them has an inverse: what stood before each was a loss of logging.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import InternalError
from ringfence.model.step import Done, State, Step, show
from ringfence.model.symbol import Ready
from ringfence.observations.logging.trails import NO_TRAIL, TRAILS, TrailOptions, TrailSetup, TrailStatus
from ringfence.observations.logging.weakening import ASPECTS, aspect
from ringfence.steps.logging.trail_refusals import PASS_ROLE, REFUSED, parameters_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names
    from ringfence.model.symbol import Symbol

NEVER_OFF = "Ringfence never turns logging off"
"""Why nothing here is undone: a release would be an intruder's best friend."""
MADE = "trail exists"
DESTINATIONS = ("destination", "log-group", "key", "topic")
"""The aspects that say where a trail logs to. They are put back before it is started."""
_ORDER = (
    *DESTINATIONS,
    "logging",
    *(one.id for one in ASPECTS if one.id not in DESTINATIONS),
    "selectors",
    "insights",
)
"""What is put back, one after the other: CloudTrail refuses a change while another one is made."""


class TrailStep(Step):
    """A step on a trail that is there, or is made first."""

    name: str

    observation: ClassVar = TrailStatus
    irreversible: ClassVar = NEVER_OFF
    what: ClassVar[str]

    @property
    def part(self) -> str:
        """What of the trail is changed."""
        return self.what

    @property
    def target(self) -> str:
        """The part of the trail."""
        return f"trail/{self.name}/{self.part}"

    @property
    def requires(self) -> tuple[Symbol, ...]:
        """The trail."""
        return (Ready(MADE, self.name),)

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """Return the symbol of this part, which later parts run after."""
        return (self._done(self.part),)

    @property
    def runs_after(self) -> tuple[Symbol, ...]:
        """Every part before it."""
        return tuple(self._done(part) for part in _ORDER[: _ORDER.index(self.part)])

    def _done(self, part: str) -> Symbol:
        return Ready(f"{part} of the trail is tried", self.name)

    def setup_in(self, observed: ResourceState) -> TrailSetup:
        """Return the settings of the trail. Raises InternalError if it does not exist."""
        setup = observed[TrailStatus].setup
        if setup is None:
            raise InternalError(f"trail {self.name} does not exist")
        return setup

    def call(self, operation: str, parameters: Mapping[str, object]) -> SansIO[Done]:
        """Make one call. Raise permanent refusals of CloudTrail."""
        call = Call("cloudtrail", operation, parameters, expected=(NO_TRAIL, *REFUSED[operation]))
        (answer,) = yield (call,)
        accept(answer, not_found=(NO_TRAIL,), refused=REFUSED[operation])
        return Done()


@value
class StartTrail(TrailStep):
    """Start a trail's logging.

    Attributes
    ----------
    name : str
        The name of the trail.

    References
    ----------
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartLogging.html
    """

    name: str

    permissions: ClassVar = (Permission("cloudtrail:StartLogging", TRAILS),)
    what: ClassVar = "logging"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no id
        """Start it."""
        return (yield from self.call("StartLogging", {"Name": self.name}))

    def state(self, observed: ResourceState) -> State:
        """Return AFTER if the trail logs."""
        seen = observed[TrailStatus]
        if seen.setup is None:
            return State.GONE
        return State.AFTER if seen.logging else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """It logs."""
        return observed.with_observation(replace(observed[TrailStatus], logging=True))

    def describe(self) -> str:
        """Describe the change."""
        return f"start trail {self.name}"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return "stopped", "logging"


@value
class SetTrailOptions(TrailStep):
    """Restore the options of one aspect of a trail. Other options do not change.

    Attributes
    ----------
    name : str
        The name of the trail.
    aspect : str
        The id of the aspect in `ASPECTS`: which options are set.

    References
    ----------
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html
    """

    name: str
    aspect: str
    before: TrailOptions
    after: TrailOptions

    permissions: ClassVar = (Permission("cloudtrail:UpdateTrail", TRAILS), PASS_ROLE)

    @property
    def part(self) -> str:
        """The aspect."""
        return self.aspect

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no id
        """Set them. CloudTrail keeps settings that are missing.

        https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html
        """
        fields = aspect(self.aspect).fields
        return (
            yield from self.call("UpdateTrail", {"Name": self.name, **parameters_of(self.after, *fields)})
        )

    def state(self, observed: ResourceState) -> State:
        """Compare the options of this aspect."""
        setup, of = observed[TrailStatus].setup, aspect(self.aspect).of
        if setup is None:
            return State.GONE
        if of(setup.options) == of(self.after):
            return State.AFTER
        return State.BEFORE if of(setup.options) == of(self.before) else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Set the options of this aspect."""
        setup = self.setup_in(observed)
        options = aspect(self.aspect).put(setup.options, self.after)
        return observed.with_observation(
            replace(observed[TrailStatus], setup=replace(setup, options=options))
        )

    def describe(self) -> str:
        """Describe the change."""
        return f"restore the {self.aspect} of trail {self.name}"

    def diff(self) -> tuple[str, str]:
        """Write the options of this aspect."""
        return _written(self.aspect, self.before), _written(self.aspect, self.after)


def _written(id_: str, options: TrailOptions) -> str:
    one = aspect(id_)
    return ", ".join(
        f"{field.replace('_', ' ')} {show(text) if text != '' else 'none'}"
        for field, text in zip(one.fields, one.of(options), strict=True)
    )
