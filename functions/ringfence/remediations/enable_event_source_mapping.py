"""Enable an event source mapping of Ringfence that somebody disabled.

Its queue or stream keeps the messages, so nothing is lost if the mapping is enabled before they expire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.events.cloudtrail.trigger.switched_off import switched_off
from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission
from ringfence.model.codec import value
from ringfence.model.kinds.event_source_mapping import EventSourceMappingRef
from ringfence.model.observation import Observation
from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.setting import SettingStep
from ringfence.model.subject import DeliveryRef
from ringfence.model.suspects import suspected
from ringfence.observations.delivery.declared import NEVER_OFF, PERMISSIONS, declared, reads
from ringfence.observations.delivery.listing import REVIEW
from ringfence.self_check.places import HOME_STACKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import SansIO
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

_NOT_FOUND = ("ResourceNotFoundException",)
_MAPPINGS = ("arn:aws:lambda:{region}:{account}:event-source-mapping:*",)
_OURS = ("arn:aws:lambda:{region}:{account}:function:ringfence-*",)


@value
class EventSourceMappingState(Observation):
    """Whether an event source mapping is enabled, and whether its stack declares that.

    Attributes
    ----------
    enabled : bool
        Whether it is enabled.
    readable : bool
        Whether its state is final. Lambda needs up to a minute to enable or disable a mapping.
    declared : bool
        Whether a stack of Ringfence declares it as enabled.

    References
    ----------
    https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html

    """

    enabled: bool = False
    readable: bool = True
    declared: bool = False

    permissions: ClassVar = (Permission("lambda:GetEventSourceMapping", _MAPPINGS), *PERMISSIONS)

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the mapping and its stack in one round trip. Raises NotFound without the mapping."""
        if not isinstance(ref, EventSourceMappingRef):
            return cls()
        answer, *stacks = yield (
            Call("lambda", "GetEventSourceMapping", {"UUID": ref.id}, expected=_NOT_FOUND),
            *reads(HOME_STACKS),
        )
        state = accept(answer, not_found=_NOT_FOUND).text("State")
        found = declared(tuple(stacks), "AWS::Lambda::EventSourceMapping", ref.id)
        return cls(
            state == "Enabled",
            state in {"Enabled", "Disabled"},
            found is not None and found.get("Enabled", True) in (True, "true"),
        )


@value
class EnableEventSourceMapping(SettingStep):
    """Enable an event source mapping.

    Attributes
    ----------
    uuid : str
        The id of the mapping.

    References
    ----------
    https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html

    """

    uuid: str
    before: bool
    after: bool

    observation: ClassVar = EventSourceMappingState
    field: ClassVar = "enabled"
    service: ClassVar = "lambda"
    operation: ClassVar = "UpdateEventSourceMapping"
    not_found: ClassVar = _NOT_FOUND
    labels: ClassVar = {True: "enabled", False: "disabled"}
    irreversible: ClassVar = NEVER_OFF
    permissions: ClassVar = (
        Permission("lambda:UpdateEventSourceMapping", _MAPPINGS, (("ArnLike", "lambda:FunctionArn", _OURS),)),
    )

    @property
    def target(self) -> str:
        """Whether the mapping is enabled."""
        return f"event-source-mapping/{self.uuid}/enabled"

    def parameters(self) -> dict[str, object]:
        """Name the mapping and its state."""
        return {"UUID": self.uuid, "Enabled": self.after}

    def describe(self) -> str:
        """Describe the change."""
        return f"enable event source mapping {self.uuid} of Ringfence again"


def delayed(mapping: ResourceState, incident: Incident) -> Iterator[str]:
    """Say what waited while the mapping was disabled, and who is suspected."""
    if any(isinstance(one, EnableEventSourceMapping) for one in incident.past):
        yield (
            f"messages of event source mapping {mapping.ref.id} waited while the mapping was disabled; those "
            "that expired are lost"
        )
    yield from suspected(incident)


@remediation(
    id="enable-event-source-mapping",
    title="Enable an event source mapping of Ringfence that somebody disabled",
    subject=DeliveryRef,
    triggers=(switched_off("lambda", "UpdateEventSourceMapping"), reviewed(REVIEW)),
    observations=(EventSourceMappingState,),
    steps=(EnableEventSourceMapping,),
    references=("NIST 800-53 SI-4", "ATT&CK T1562.001"),
    countermeasures=("D3-RC",),
    residual_risk=delayed,
)
def enable_event_source_mapping(
    mapping: ResourceState,
    incident: Incident,  # noqa: ARG001 - planners' signature
) -> Iterator[Step]:
    """Enable it if its stack declares it as enabled."""
    seen = mapping[EventSourceMappingState]
    if seen.readable and seen.declared and not seen.enabled:
        yield EnableEventSourceMapping(mapping.ref.id, before=False, after=True)
