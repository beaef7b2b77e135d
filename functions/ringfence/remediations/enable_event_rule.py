"""Enable a rule of Ringfence that somebody disabled.

Only a rule that a stack of Ringfence declares as enabled is enabled, and with the state that it declares. Its
pattern and its targets are not changed: a deployment restores them, and the self-check compares them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.events.cloudtrail.trigger.switched_off import switched_off
from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission
from ringfence.model.codec import value
from ringfence.model.kinds.event_rule import EventRuleRef
from ringfence.model.observation import Observation
from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.setting import SettingStep
from ringfence.model.subject import DeliveryRef
from ringfence.model.suspects import suspected
from ringfence.observations.delivery.declared import (
    NEVER_OFF,
    PERMISSIONS,
    declared,
    reads,
    stack_of_rule,
)
from ringfence.observations.delivery.listing import REVIEW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import SansIO
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

ENABLED, DISABLED = "ENABLED", "DISABLED"
_NOT_FOUND = ("ResourceNotFoundException",)
_RULES = ("arn:aws:events:{region}:{account}:rule/Ringfence-*",)


@value
class EventRuleState(Observation):
    """The state of a rule, and the state that its stack declares.

    Attributes
    ----------
    state : str
        The state now.
    declared : str
        The declared state. Empty if no stack of Ringfence declares the rule.
    pattern, description : str
        Its event pattern and description now. A call that sets another state than `ENABLED` replaces both.

    References
    ----------
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html

    """

    state: str = ""
    declared: str = ""
    pattern: str = ""
    description: str = ""

    permissions: ClassVar = (Permission("events:DescribeRule", _RULES), *PERMISSIONS)

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the rule and its stack in one round trip. Raises NotFound without the rule."""
        if not isinstance(ref, EventRuleRef):
            return cls()
        answer, *stack = yield (
            Call("events", "DescribeRule", {"Name": ref.id}, expected=_NOT_FOUND),
            *reads(stack_of_rule(ref)),
        )
        rule = accept(answer, not_found=_NOT_FOUND)
        found = declared(tuple(stack), "AWS::Events::Rule", ref.id)
        return cls(
            rule.text("State"),
            "" if found is None else str(found.get("State", ENABLED)),
            rule.optional_text("EventPattern") or "",
            rule.optional_text("Description") or "",
        )

    @property
    def to_be_enabled(self) -> bool:
        """Whether it is disabled, and its stack declares that it is not."""
        return self.state == DISABLED and self.declared.startswith(ENABLED)


@value
class EnableEventRule(SettingStep):
    """Give a disabled rule its declared state.

    Attributes
    ----------
    name : str
        The name of the rule.
    before, after : str
        The state before, and the declared state.
    pattern, description : str
        The pattern and the description, which `PutRule` replaces. Empty for the state `ENABLED`.

    References
    ----------
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_EnableRule.html

    """

    name: str
    before: str
    after: str
    pattern: str = ""
    description: str = ""

    observation: ClassVar = EventRuleState
    field: ClassVar = "state"
    not_found: ClassVar = _NOT_FOUND
    irreversible: ClassVar = NEVER_OFF
    permissions: ClassVar = (Permission("events:EnableRule", _RULES), Permission("events:PutRule", _RULES))

    @property
    def target(self) -> str:
        """Whether the rule is enabled."""
        return f"event-rule/{self.name}/state"

    def call(self) -> Call:
        """Enable the rule. `EnableRule` cannot set a state that also delivers calls that only read."""
        if self.after == ENABLED:
            return Call("events", "EnableRule", {"Name": self.name}, expected=self.not_found)
        parameters = {
            "Name": self.name,
            "State": self.after,
            "EventPattern": self.pattern,
            **({"Description": self.description} if self.description else {}),
        }
        return Call("events", "PutRule", parameters)

    def describe(self) -> str:
        """Describe the change."""
        return f"enable rule {self.name} of Ringfence again"


def missed(rule: ResourceState, incident: Incident) -> Iterator[str]:
    """Say what was lost while the rule was disabled, and who is suspected."""
    if any(isinstance(one, EnableEventRule) for one in incident.past):
        yield f"Ringfence received no events of rule {rule.ref.id} while the rule was disabled"
    yield from suspected(incident)


def unknown(rule: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - the signature of reviews
    """Yield what a person must find out about a rule that no stack declares."""
    seen = rule[EventRuleState]
    if seen.state == DISABLED and not seen.declared:
        yield (f"rule {rule.ref.id} is disabled, and no stack of Ringfence declares it: find out who made it")


@remediation(
    id="enable-event-rule",
    title="Enable a rule of Ringfence that somebody disabled",
    subject=DeliveryRef,
    triggers=(switched_off("events", "DisableRule", "PutRule"), reviewed(REVIEW)),
    observations=(EventRuleState,),
    steps=(EnableEventRule,),
    references=("NIST 800-53 SI-4", "ATT&CK T1562.001"),
    countermeasures=("D3-RC",),
    residual_risk=missed,
    needs_review=unknown,
)
def enable_event_rule(rule: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Enable it if its stack declares it as enabled."""
    seen = rule[EventRuleState]
    if seen.to_be_enabled:
        kept = () if seen.declared == ENABLED else (seen.pattern, seen.description)
        yield EnableEventRule(rule.ref.id, seen.state, seen.declared, *kept)
