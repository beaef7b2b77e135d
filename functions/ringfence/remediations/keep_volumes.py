"""Keep the volumes of a compromised instance when it is terminated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.call import Permission
from ringfence.model.codec import value
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.remediation import remediation
from ringfence.model.setting import SettingStep
from ringfence.model.subject import RecordedCalls
from ringfence.observations.ec2.instance import NOT_FOUND
from ringfence.observations.ec2.volumes import Volumes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step


@value
class SetDeleteOnTermination(SettingStep):
    """Set whether one volume is deleted when its instance is terminated.

    EC2 refuses devices to which nothing is attached any more.

    Attributes
    ----------
    instance_id, volume_id, device : str
        The volume's attachment, such as `i-0123456789abcdef0`, `vol-0123456789abcdef0` and `/dev/sdf`.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsInstanceBlockDeviceSpecification.html
    """

    instance_id: str
    volume_id: str
    device: str
    before: bool
    after: bool

    observation: ClassVar = Volumes
    service: ClassVar = "ec2"
    operation: ClassVar = "ModifyInstanceAttribute"
    permissions: ClassVar = (
        Permission(
            "ec2:ModifyInstanceAttribute",
            ("arn:aws:ec2:{region}:{account}:instance/*", "arn:aws:ec2:{region}:{account}:volume/*"),
        ),
    )
    not_found: ClassVar = (*NOT_FOUND, "InvalidInstanceAttributeValue")
    labels: ClassVar = {True: "deleted with it", False: "kept"}

    @property
    def target(self) -> str:
        """The attribute of the volume's attachment."""
        return f"volume/{self.volume_id}/delete-on-termination"

    def parameters(self) -> dict[str, object]:
        """Name the instance's device."""
        ebs = {"VolumeId": self.volume_id, "DeleteOnTermination": self.after}
        return {
            "InstanceId": self.instance_id,
            "BlockDeviceMappings": [{"DeviceName": self.device, "Ebs": ebs}],
        }

    def exists(self, observed: ResourceState) -> bool:
        """A volume that was detached is gone."""
        return observed[Volumes].by_id(self.volume_id) is not None

    def current(self, observed: ResourceState) -> object:
        """Return what becomes of the volume."""
        volume = observed[Volumes].by_id(self.volume_id)
        return volume and volume.ends_with_instance

    def effect(self, observed: ResourceState) -> ResourceState:
        """Set the attribute of the one volume."""
        attached = tuple(
            replace(one, ends_with_instance=self.after) if one.id == self.volume_id else one
            for one in observed[Volumes].attached
        )
        return observed.with_observation(replace(observed[Volumes], attached=attached))

    def describe(self) -> str:
        """Describe the change."""
        volume = f"{self.volume_id} ({self.device})"
        if self.after:
            return f"let {volume} be deleted with {self.instance_id} again, as before"
        return f"keep {volume} when {self.instance_id} is terminated"


@remediation(
    id="keep-volumes",
    title="Keep a compromised instance's volumes when it is terminated",
    subject=InstanceRef,
    triggers=(COMPROMISED_INSTANCE,),
    observations=(Volumes,),
    steps=(SetDeleteOnTermination,),
    references=("NIST 800-53 IR-4", "NIST 800-61r2 3.3.2", "ATT&CK T1485"),
    undone_by=(RecordedCalls("ec2", ("ModifyInstanceAttribute",)),),
)
def keep_volumes(instance: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Keep each volume that would be deleted with the instance."""
    for volume in instance[Volumes].attached:
        if volume.ends_with_instance:
            yield SetDeleteOnTermination(instance.ref.id, volume.id, volume.device, before=True, after=False)
