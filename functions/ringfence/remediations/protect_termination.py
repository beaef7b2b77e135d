"""Protect a compromised instance from termination, by API calls and from inside, and from being stopped.

Termination protection prevents the API call. A shutdown from inside the instance would bypass it, so a
shutdown then only stops the instance. Stop protection prevents an API call that would lose the contents of
memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.codec import value
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.model.subject import RecordedCalls
from ringfence.observations.ec2.lifecycle import RUNNING, STOP, Lifecycle
from ringfence.steps.ec2.attributes import AttributeSetting
from ringfence.steps.ec2.lifecycle import SetStopProtection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


@value
class SetTerminationProtection(AttributeSetting):
    """Turn termination protection on or off; EC2 refuses it for Spot instances.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html
    """

    before: bool
    after: bool

    aspect: ClassVar = "termination-protection"
    observation: ClassVar = Lifecycle
    field: ClassVar = "protected"
    attribute: ClassVar = "DisableApiTermination"

    def describe(self) -> str:
        """Describe the change."""
        return f"turn termination protection of {self.instance_id} {'on' if self.after else 'off'}"


@value
class SetShutdownBehavior(AttributeSetting):
    """Set the shutdown behavior of the instance: `stop` or `terminate`.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingInstanceInitiatedShutdownBehavior.html
    """

    before: str
    after: str

    aspect: ClassVar = "shutdown-behavior"
    observation: ClassVar = Lifecycle
    field: ClassVar = "on_shutdown"
    attribute: ClassVar = "InstanceInitiatedShutdownBehavior"

    def describe(self) -> str:
        """Describe the change."""
        return f"set the shutdown behavior of {self.instance_id} to {self.after}"


def unprotected(instance: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield what EC2 cannot protect.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html
    """
    lifecycle = instance[Lifecycle]
    if lifecycle.spot:
        yield "a Spot instance cannot be protected: it can be terminated, and interrupted by EC2 at any time"
    elif lifecycle.instance_store_root and lifecycle.on_shutdown != STOP:
        yield (
            "the root volume is on an instance store: the instance cannot be stopped, so a shutdown from "
            "inside terminates it"
        )


@remediation(
    id="protect-termination",
    title="Protect a compromised instance from termination",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Lifecycle,),
    steps=(SetTerminationProtection, SetShutdownBehavior, SetStopProtection),
    references=("NIST 800-53 IR-4", "NIST 800-61r2 3.3.2", "ATT&CK T1578.003"),
    undone_by=(RecordedCalls("ec2", ("ModifyInstanceAttribute",)),),
    residual_risk=unprotected,
)
def protect_termination(instance: ResourceState, incident: Incident) -> Iterator[Step]:
    """Turn on both protections, and set the shutdown behavior to stop.

    Stop protection stays off once the response has turned it off to stop the instance.
    """
    lifecycle = instance[Lifecycle]
    stopping = SetStopProtection(instance.ref.id, before=True, after=False) in incident.past
    if lifecycle.spot:
        return
    if not lifecycle.protected:
        yield SetTerminationProtection(instance.ref.id, before=False, after=True)
    if lifecycle.on_shutdown != STOP and not lifecycle.instance_store_root:
        yield SetShutdownBehavior(instance.ref.id, lifecycle.on_shutdown, STOP)
    possible = lifecycle.state == RUNNING and not lifecycle.instance_store_root
    if possible and not lifecycle.stop_protected and not stopping:
        yield SetStopProtection(instance.ref.id, before=False, after=True)
