"""Steps between an instance and its Auto Scaling group."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import Refused, Retryable
from ringfence.model.frozen import frozen
from ringfence.model.step import Done, State, Step
from ringfence.observations.ec2.auto_scaling import OUT, STANDBY, Scaling, describe_membership
from ringfence.observations.ec2.instance import describe_instance, ec2_describes, state_in

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_GROUPS = ("arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/*",)
_READS = (*Scaling.permissions, *ec2_describes("Instances"))
_INVALID = ("ValidationError",)
"""Auto Scaling's one code for every request that does not fit the state of things."""


@frozen
class _ScalingStep(Step):
    """A change of the instance's lifecycle state in its group.

    Attributes
    ----------
    instance_id : str
        The instance, such as `i-0123456789abcdef0`.
    group : str
        The Auto Scaling group.
    before, after : str
        Auto Scaling's lifecycle states. Empty: out of the group.
    replaces : bool
        Whether the group keeps its desired capacity and launches a replacement. Steps that were recorded
        without this field lowered the desired capacity.
    """

    instance_id: str
    group: str
    before: str
    after: str
    replaces: bool = False

    observation: ClassVar = Scaling

    @property
    def target(self) -> str:
        """The membership of the instance."""
        return f"auto-scaling-group/{self.group}/{self.instance_id}"

    def state(self, observed: ResourceState) -> State:
        """Compare the lifecycle state in the group."""
        now = observed[Scaling]
        if now.group not in {self.group, ""}:
            return State.DRIFTED
        if now.passing:
            return State.SETTLING
        if now.place == self.after:
            return State.AFTER
        return State.BEFORE if now.place == self.before else State.DRIFTED

    def actual(self, observed: ResourceState) -> str:
        """Return the current value as text."""
        now = observed[Scaling]
        return _place(now.group, now.state)

    def effect(self, observed: ResourceState) -> ResourceState:
        """Change the state. An instance that has left the group no longer shows it."""
        return observed.with_observation(
            replace(observed[Scaling], group=self.group if self.after else "", state=self.after)
        )

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return _place(self.group, self.before), _place(self.group, self.after)

    @property
    def _capacity(self) -> str:
        if self.replaces:
            return f"{self.group} keeps its desired capacity and launches a replacement"
        return f"{self.group} runs with one instance less; at its minimum size it launches a replacement"

    def _ask(self, operation: str, *, decrement: bool | None = None) -> Call:
        parameters: dict[str, object] = {
            "InstanceIds": [self.instance_id],
            "AutoScalingGroupName": self.group,
        }
        if decrement is not None:
            parameters["ShouldDecrementDesiredCapacity"] = decrement
        return Call("autoscaling", operation, parameters, expected=_INVALID)

    def _leave(self, operation: str) -> SansIO[Done]:
        """Leave with a replacement. If it is not wanted, without one, unless the group is at its minimum."""
        if not self.replaces:
            (answer,) = yield (self._ask(operation, decrement=True),)
            if not isinstance(answer, Failed):
                return Done(note="the group's desired capacity was lowered by one")
        (answer,) = yield (self._ask(operation, decrement=False),)
        if isinstance(answer, Failed):
            return (yield from self._look_again(answer))
        minimum = "" if self.replaces else "the group is at its minimum size: "
        return Done(note=f"{minimum}the group launches a replacement")

    def _come_back(self, operation: str) -> SansIO[Done]:
        (answer,) = yield (self._ask(operation),)
        if isinstance(answer, Failed):
            return (yield from self._look_again(answer))
        if not self.replaces:
            return Done(note="the group's desired capacity was raised by one")
        return Done(
            note="the group's desired capacity was raised by one and now includes the replacement; lower it "
            "if both are not needed"
        )

    def _look_again(self, failed: Failed) -> SansIO[Done]:
        """The one error code says little: only membership and state tell what it means."""
        membership, described = yield (
            describe_membership(self.instance_id),
            describe_instance(self.instance_id),
        )
        now = Scaling.of_answer(membership)
        if now.place == self.after and now.group in {self.group, ""}:
            return Done(note="somebody else had already done it")
        words, state = f"{failed.code}: {failed.message}", state_in(described)
        if now.passing or state not in {"running", ""}:
            raise Retryable(f"{words} (now {now.state or 'in no group'}; the instance is {state})")
        if self.replaces and self.before in {OUT, STANDBY}:
            words += "; if the group is at its maximum size because of the replacement, raise it"
        raise Refused(words)


@value
class DetachFromGroup(_ScalingStep):
    """Detach the instance from its group, which can then no longer terminate it.

    References
    ----------
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DetachInstances.html
    """

    permissions: ClassVar = (
        Permission("autoscaling:DetachInstances", _GROUPS),
        *_READS,
    )

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Detach it.

        https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DetachInstances.html
        """
        return (yield from self._leave("DetachInstances"))

    def describe(self) -> str:
        """Describe the change."""
        return f"detach {self.instance_id} from Auto Scaling group {self.group}; the group no longer owns it"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return self._capacity


@value
class AttachToGroup(_ScalingStep):
    """Attach the instance to the group again, as an instance in service.

    References
    ----------
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AttachInstances.html
    """

    permissions: ClassVar = (
        Permission("autoscaling:AttachInstances", _GROUPS),
        *_READS,
    )
    inverse_type: ClassVar = DetachFromGroup

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Attach it; refused where the group is at its maximum size."""
        return (yield from self._come_back("AttachInstances"))

    def describe(self) -> str:
        """Describe the change."""
        return f"attach {self.instance_id} to Auto Scaling group {self.group}"


DetachFromGroup.inverse_type = AttachToGroup


@value
class EnterStandby(_ScalingStep):
    """Put the instance on standby. The group still owns it, and no longer checks or replaces it.

    References
    ----------
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnterStandby.html
    """

    permissions: ClassVar = (
        Permission("autoscaling:EnterStandby", _GROUPS),
        *_READS,
    )

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Enter standby.

        https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnterStandby.html
        """
        return (yield from self._leave("EnterStandby"))

    def describe(self) -> str:
        """Describe the change."""
        return (
            f"put {self.instance_id} on standby in Auto Scaling group {self.group}; the group still owns it"
        )

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return f"{self._capacity}; deleting or refreshing the group can still terminate the instance"


@value
class ExitStandby(_ScalingStep):
    """Put the instance back in service.

    References
    ----------
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_ExitStandby.html
    """

    permissions: ClassVar = (
        Permission("autoscaling:ExitStandby", _GROUPS),
        *_READS,
    )
    inverse_type: ClassVar = EnterStandby

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Leave standby."""
        return (yield from self._come_back("ExitStandby"))

    def describe(self) -> str:
        """Describe the change."""
        return f"put {self.instance_id} back in service in Auto Scaling group {self.group}"


EnterStandby.inverse_type = ExitStandby


def leave(instance_id: str, membership: Scaling, *, standby: bool, replaces: bool) -> Step:
    """Return the step by which an instance in service leaves it."""
    kind: type[EnterStandby | DetachFromGroup] = EnterStandby if standby else DetachFromGroup
    after = STANDBY if standby else OUT
    return kind(instance_id, membership.group, membership.place, after, replaces)


def _place(group: str, state: str) -> str:
    return f"{state} in {group}" if state else "in no group"
