"""Steps on the volumes of an instance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step
from ringfence.observations.ec2.instance import NOT_FOUND
from ringfence.observations.ec2.volumes import Volumes

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names


@value
class SetDeleteOnTermination(Step):
    """Set whether one volume is deleted when its instance is terminated."""

    instance_id: str
    volume_id: str
    device: str
    before: bool
    after: bool

    observation: ClassVar = Volumes
    permissions: ClassVar = (
        Permission(
            "ec2:ModifyInstanceAttribute",
            ("arn:aws:ec2:{region}:{account}:instance/*", "arn:aws:ec2:{region}:{account}:volume/*"),
        ),
    )
    _GONE: ClassVar = (*NOT_FOUND, "InvalidInstanceAttributeValue")

    @property
    def target(self) -> str:
        """The attribute of the volume's attachment."""
        return f"volume/{self.volume_id}/delete-on-termination"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Set it on the device; EC2 refuses devices to which nothing is attached any more."""
        mapping = {
            "DeviceName": self.device,
            "Ebs": {"VolumeId": self.volume_id, "DeleteOnTermination": self.after},
        }
        (answer,) = yield (
            Call(
                "ec2",
                "ModifyInstanceAttribute",
                {"InstanceId": self.instance_id, "BlockDeviceMappings": [mapping]},
                expected=self._GONE,
            ),
        )
        accept(answer, not_found=self._GONE)
        return Done()

    def state(self, observed: ResourceState) -> State:
        """Compare the attribute; a volume that was detached is gone."""
        volume = observed[Volumes].by_id(self.volume_id)
        if volume is None:
            return State.GONE
        return State.AFTER if volume.ends_with_instance == self.after else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Set the attribute."""
        attached = tuple(
            replace(one, ends_with_instance=self.after) if one.id == self.volume_id else one
            for one in observed[Volumes].attached
        )
        return observed.with_observation(replace(observed[Volumes], attached=attached))

    def describe(self) -> str:
        """Say what becomes of the volume."""
        fate = "delete" if self.after else "keep"
        return f"{fate} {self.volume_id} ({self.device}) when {self.instance_id} is terminated"

    def diff(self) -> tuple[str, str]:
        """Say what becomes of it before and after."""
        fates = {True: "deleted with it", False: "kept"}
        return fates[self.before], fates[self.after]
