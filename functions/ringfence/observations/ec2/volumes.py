"""The EBS volumes of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from ringfence.model.codec import value
from ringfence.observations.ec2.instance import InstanceObservation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document


@value
class Volume:
    """An attached EBS volume. `ends_with_instance`: it is deleted when the instance is terminated."""

    id: str
    device: str
    root: bool
    ends_with_instance: bool


@value
class Volumes(InstanceObservation):
    """The attached EBS volumes.

    Attributes
    ----------
    attached : tuple of Volume
        By device name.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceBlockDeviceMapping.html
    """

    attached: tuple[Volume, ...]

    @classmethod
    def of_instance(cls, instance: Document) -> Self:
        """Read them from the instance."""
        return cls(tuple(_attached(instance)))

    @property
    def root(self) -> Volume | None:
        """The root volume; none where the root is on an instance store."""
        return next((volume for volume in self.attached if volume.root), None)

    def by_id(self, volume_id: str) -> Volume | None:
        """Return the volume of that id if it is attached."""
        return next((volume for volume in self.attached if volume.id == volume_id), None)


def _attached(instance: Document) -> Iterator[Volume]:
    root = instance.optional_text("RootDeviceName")
    mapped = [one for one in instance.children("BlockDeviceMappings") if one.has("Ebs")]
    for mapping in sorted(mapped, key=lambda one: one.text("DeviceName")):
        device, ebs = mapping.text("DeviceName"), mapping.child("Ebs")
        if ebs.optional_text("Status") not in {"detaching", "detached"}:
            yield Volume(
                id=ebs.text("VolumeId"),
                device=device,
                root=device == root,
                ends_with_instance=ebs.flag("DeleteOnTermination"),
            )
