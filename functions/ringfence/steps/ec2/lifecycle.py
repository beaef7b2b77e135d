"""Stopping and starting an instance, and protecting it from being stopped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step
from ringfence.model.symbol import Ready, Symbol
from ringfence.observations.ec2.instance import NOT_FOUND
from ringfence.observations.ec2.lifecycle import RUNNING, STOPPED, Lifecycle
from ringfence.steps.ec2.attributes import AttributeSetting

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

INSTANCES = "arn:aws:ec2:{region}:{account}:instance/*"
EVIDENCE, UNPROTECTED = "snapshots", "stop protection is off"
"""What a stop comes after: the volumes' snapshots were taken, and stop protection was turned off."""
_REFUSED = ("OperationNotPermitted", "UnsupportedOperation")


class _PowerStep(Step):
    """What stopping and starting have in common."""

    instance_id: str
    before: str
    after: str

    observation: ClassVar = Lifecycle

    @property
    def target(self) -> str:
        """Whether the instance runs."""
        return f"instance/{self.instance_id}/power"

    def state(self, observed: ResourceState) -> State:
        """Compare the instance's state; starting and stopping pass by themselves."""
        now = observed[Lifecycle]
        if now.settling():
            return State.SETTLING
        return State.AFTER if now.state == self.after else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Leave the instance in its new state."""
        return observed.with_observation(replace(observed[Lifecycle], state=self.after))

    def _call(self, operation: str) -> SansIO[Done]:
        (answer,) = yield (
            Call("ec2", operation, {"InstanceIds": [self.instance_id]}, expected=(*NOT_FOUND, *_REFUSED)),
        )
        accept(answer, not_found=NOT_FOUND, refused=_REFUSED)
        return Done()


@value
class SetStopProtection(AttributeSetting):
    """Turn stop protection on or off; EC2 refuses it for Spot instances and for instance-store roots.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-stop-protection.html
    """

    before: bool
    after: bool

    aspect: ClassVar = "stop-protection"
    observation: ClassVar = Lifecycle
    field: ClassVar = "stop_protected"
    attribute: ClassVar = "DisableApiStop"

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """What Ringfence itself stops waits until its protection is off."""
        return () if self.after else (Ready(UNPROTECTED, self.instance_id),)

    def describe(self) -> str:
        """Describe the change."""
        return f"turn stop protection of {self.instance_id} {'on' if self.after else 'off'}"


@value
class StopInstance(_PowerStep):
    """Stop the instance. The contents of memory and instance-store volumes are lost.

    Attributes
    ----------
    instance_id : str
        The instance, such as `i-0123456789abcdef0`.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StopInstances.html
    """

    instance_id: str
    before: str
    after: str

    permissions: ClassVar = (Permission("ec2:StopInstances", (INSTANCES,)),)

    @property
    def runs_after(self) -> tuple[Symbol, ...]:
        """Snapshots are taken first, and stop protection is turned off."""
        return (Ready(EVIDENCE, self.instance_id), Ready(UNPROTECTED, self.instance_id))

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Stop it; EC2 refuses where stop protection is on or the root is on an instance store."""
        return (yield from self._call("StopInstances"))

    def describe(self) -> str:
        """Describe the change."""
        return f"stop {self.instance_id}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return (
            "the contents of memory and of instance-store volumes are lost permanently; a public address "
            "that is not an Elastic IP changes"
        )


@value
class StartInstance(_PowerStep):
    """Start the instance again.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StartInstances.html
    """

    instance_id: str
    before: str
    after: str

    permissions: ClassVar = (
        Permission("ec2:StartInstances", (INSTANCES,)),
        Permission(
            "kms:CreateGrant",
            ("arn:aws:kms:{region}:{account}:key/*",),
            (
                ("Bool", "kms:GrantIsForAWSResource", ("true",)),
                ("StringEquals", "kms:ViaService", ("ec2.{region}.amazonaws.com",)),
            ),
            implied=True,
        ),
    )
    inverse_type: ClassVar = StopInstance

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Start it; volumes encrypted with a key of the account's own need a grant on that key."""
        return (yield from self._call("StartInstances"))

    def describe(self) -> str:
        """Describe the change."""
        return f"start {self.instance_id}"


StopInstance.inverse_type = StartInstance


def stop(instance_id: str) -> StopInstance:
    """Return the step that stops a running instance."""
    return StopInstance(instance_id, RUNNING, STOPPED)
