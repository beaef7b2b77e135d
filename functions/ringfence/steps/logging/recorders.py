"""The step on a configuration recorder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step
from ringfence.observations.logging.recorders import NO_RECORDER, RECORDERS, RecorderStatus
from ringfence.steps.logging.trails import NEVER_OFF

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_REFUSED = ("NoAvailableDeliveryChannelException", "UnmodifiableEntityException")


@value
class StartRecorder(Step):
    """Start a configuration recorder.

    Attributes
    ----------
    name : str
        The name of the recorder.

    References
    ----------
    https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigurationRecorder.html
    """

    name: str

    observation: ClassVar = RecorderStatus
    irreversible: ClassVar = NEVER_OFF
    permissions: ClassVar = (Permission("config:StartConfigurationRecorder", RECORDERS),)

    @property
    def target(self) -> str:
        """The recorder."""
        return f"recorder/{self.name}"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Start it.

        https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigurationRecorder.html
        """
        parameters = {"ConfigurationRecorderName": self.name}
        expected = (NO_RECORDER, *_REFUSED)
        (answer,) = yield (Call("config", "StartConfigurationRecorder", parameters, expected=expected),)
        accept(answer, not_found=(NO_RECORDER,), refused=_REFUSED)
        return Done()

    def state(self, observed: ResourceState) -> State:
        """Return AFTER if the recorder records."""
        seen = observed[RecorderStatus]
        if seen.setup is None:
            return State.GONE
        return State.AFTER if seen.recording else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """It records."""
        return observed.with_observation(replace(observed[RecorderStatus], recording=True))

    def describe(self) -> str:
        """Describe the change."""
        return f"start configuration recorder {self.name}"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return "stopped", "recording"
