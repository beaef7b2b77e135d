"""What steps have in common that set one attribute of an instance."""

from __future__ import annotations

from typing import ClassVar

from ringfence.model.call import Permission
from ringfence.model.frozen import frozen
from ringfence.model.setting import SettingStep
from ringfence.observations.ec2.instance import NOT_FOUND


@frozen
class AttributeSetting(SettingStep):
    """A step that sets one attribute of an instance by `ModifyInstanceAttribute`.

    A subclass adds the fields `before` and `after` to `instance_id`; see `SettingStep`.

    Attributes
    ----------
    instance_id : str
        The instance, such as `i-0123456789abcdef0`.
    aspect : str
        What of the instance is set: the end of `target`, such as `termination-protection`.
    attribute : str
        The API's name of the attribute, such as `DisableApiTermination`.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
    """

    instance_id: str

    aspect: ClassVar[str]
    attribute: ClassVar[str]
    service: ClassVar[str] = "ec2"
    operation: ClassVar[str] = "ModifyInstanceAttribute"
    permissions: ClassVar[tuple[Permission, ...]] = (
        Permission("ec2:ModifyInstanceAttribute", ("arn:aws:ec2:{region}:{account}:instance/*",)),
    )
    not_found: ClassVar[tuple[str, ...]] = NOT_FOUND
    refused: ClassVar[tuple[str, ...]] = ("OperationNotPermitted", "UnsupportedOperation")

    @property
    def target(self) -> str:
        """The instance and what of it is set."""
        return f"instance/{self.instance_id}/{self.aspect}"

    def parameters(self) -> dict[str, object]:
        """Return the instance and the attribute's value."""
        return {"InstanceId": self.instance_id, self.attribute: {"Value": self.after}}
