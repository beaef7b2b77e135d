"""Steps between an instance and the target groups of load balancers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import Retryable
from ringfence.model.step import Done, State, Step, show
from ringfence.observations.ec2.instance import describe_instance, ec2_describes, state_in
from ringfence.observations.ec2.target_groups import GONE, Registration, Target, Targets

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_GROUPS = ("arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/*/*",)
_INVALID = "InvalidTarget"
_INSTANCE = "i-"
"""How the id of an instance begins. Other targets are addresses."""
_TOO_MANY = ("TooManyTargets", "TooManyRegistrationsForTargetId")


class _TargetsStep(Step):
    """What deregistering and registering have in common."""

    group: str
    before: frozenset[Target]
    after: frozenset[Target]

    observation: ClassVar = Targets

    @property
    def target(self) -> str:
        """The instance's registration with the group."""
        return f"target-group/{self.group}"

    def state(self, observed: ResourceState) -> State:
        """Compare the targets; those that are draining get no requests any more."""
        now = observed[Targets].of(self.group).targets
        if now == self.after:
            return State.AFTER
        return State.BEFORE if now == self.before else State.DRIFTED

    def actual(self, observed: ResourceState) -> str:
        """Return the current value as text."""
        return show(observed[Targets].of(self.group).targets)

    def effect(self, observed: ResourceState) -> ResourceState:
        """Replace the targets."""
        seen = observed[Targets]
        changed = Registration(self.group, self.after, seen.of(self.group).draining)
        others = [one for one in seen.registrations if one.group != self.group]
        kept = [*others, changed] if changed.targets or changed.draining else others
        return observed.with_observation(
            replace(seen, registrations=tuple(sorted(kept, key=lambda one: one.group)))
        )

    def _call(self, operation: str, targets: frozenset[Target]) -> Call:
        given = [{"Id": one.id, "Port": one.port} for one in sorted(targets, key=lambda one: one.key)]
        parameters = {"TargetGroupArn": self.group, "Targets": given}
        return Call("elbv2", operation, parameters, expected=(*GONE, _INVALID, *_TOO_MANY))


@value
class DeregisterTargets(_TargetsStep):
    """Deregister the instance from a target group. The load balancer lets open connections finish.

    Attributes
    ----------
    group : str
        ARN of the target group.

    References
    ----------
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeregisterTargets.html
    """

    group: str
    before: frozenset[Target]
    after: frozenset[Target]

    permissions: ClassVar = (Permission("elasticloadbalancing:DeregisterTargets", _GROUPS),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Deregister; a target that is not there any more is what was wanted."""
        (answer,) = yield (self._call("DeregisterTargets", self.before - self.after),)
        if isinstance(answer, Failed) and answer.code == _INVALID:
            return Done(note="somebody else had already done it")
        accept(answer, not_found=GONE, refused=_TOO_MANY)
        return Done()

    def describe(self) -> str:
        """Describe the change."""
        return f"deregister {show(self.before)} from target group {_name(self.group)}"


@value
class RegisterTargets(_TargetsStep):
    """Put the instance into a target group again.

    References
    ----------
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
    """

    group: str
    before: frozenset[Target]
    after: frozenset[Target]

    permissions: ClassVar = (
        Permission("elasticloadbalancing:RegisterTargets", _GROUPS),
        *ec2_describes("Instances"),
    )
    inverse_type: ClassVar = DeregisterTargets

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Register; an instance must run for that."""
        added = self.after - self.before
        (answer,) = yield (self._call("RegisterTargets", added),)
        if isinstance(answer, Failed) and answer.code == _INVALID:
            ids = sorted({one.id for one in added if one.id.startswith(_INSTANCE)})
            found = yield tuple(map(describe_instance, ids))
            states = {state_in(one) for one in found} - {"running", ""}
            if states:
                raise Retryable(f"{answer.code}: {answer.message} (the instance is {show(states)})")
        accept(answer, not_found=GONE, refused=(_INVALID, *_TOO_MANY))
        return Done()

    def describe(self) -> str:
        """Describe the change."""
        return f"register {show(self.after)} with target group {_name(self.group)}"


DeregisterTargets.inverse_type = RegisterTargets


def _name(arn: str) -> str:
    """Return the name in a target group's ARN: `…:targetgroup/NAME/ID`."""
    parts = arn.split("/")
    return parts[-2] if len(parts) > 1 else arn
