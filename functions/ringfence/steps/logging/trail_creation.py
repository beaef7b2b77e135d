"""The step that makes a deleted trail again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step
from ringfence.model.symbol import Ready
from ringfence.observations.logging.trails import TRAILS, TrailOptions, TrailSetup, TrailStatus
from ringfence.steps.logging.trail_refusals import PASS_ROLE, REFUSED, parameters_of
from ringfence.steps.logging.trails import MADE, NEVER_OFF

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names
    from ringfence.model.symbol import Symbol


@value
class CreateTrail(Step):
    """Recreate a deleted trail with its options and tags. Another step starts it.

    Attributes
    ----------
    name : str
        The name of the trail.
    region : str
        The region to make it in.
    account : str
        The account to make it in.
    options : TrailOptions
        Where it logs to, and what it covers.
    tags : frozenset of (str, str)
        Keys and values.

    References
    ----------
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
    """

    name: str
    region: str
    account: str
    options: TrailOptions
    tags: frozenset[tuple[str, str]] = frozenset()

    observation: ClassVar = TrailStatus
    irreversible: ClassVar = NEVER_OFF
    permissions: ClassVar = (
        Permission("cloudtrail:CreateTrail", TRAILS),
        Permission("cloudtrail:AddTags", TRAILS, implied=True),
        PASS_ROLE,
    )

    @property
    def target(self) -> str:
        """The trail."""
        return f"trail/{self.name}"

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """The trail."""
        return (Ready(MADE, self.name),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - it has its old name
        """Make it. One that is there already is what was wanted: others may have been faster.

        https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
        """
        exists = "TrailAlreadyExistsException"
        parameters = {"Name": self.name, **parameters_of(self.options)}
        if self.tags:
            parameters["TagsList"] = [{"Key": key, "Value": text} for key, text in sorted(self.tags)]
        expected = (exists, *REFUSED["CreateTrail"])
        (answer,) = yield (Call("cloudtrail", "CreateTrail", parameters, expected=expected),)
        if not (isinstance(answer, Failed) and answer.code == exists):
            accept(answer, refused=REFUSED["CreateTrail"])
        return Done()

    def state(self, observed: ResourceState) -> State:
        """Return AFTER if a trail with this name exists."""
        return State.BEFORE if observed[TrailStatus].gone else State.AFTER

    def effect(self, observed: ResourceState) -> ResourceState:
        """It is there, records what any new one does, and does not log yet."""
        setup = TrailSetup(self.options, tags=self.tags)
        return observed.with_observation(
            TrailStatus(setup, logging=False, home=self.region, owner=self.account)
        )

    def describe(self) -> str:
        """Describe the change."""
        return f"recreate trail {self.name}"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return "deleted", f"with its logs in bucket {self.options.bucket}"
