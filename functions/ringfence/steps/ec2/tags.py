"""Steps on Ringfence's tags of an instance."""

from __future__ import annotations

from typing import ClassVar

from ringfence.model.call import Call, Permission
from ringfence.model.codec import value
from ringfence.model.setting import SettingStep
from ringfence.observations.ec2.instance import NOT_FOUND
from ringfence.observations.ec2.tags import IMAGE_TAG, INCIDENT_TAG, ImageTag, Tags

_INSTANCES = ("arn:aws:ec2:{region}:{account}:instance/*",)


def _may(action: str, tag: str) -> Permission:
    """Return the permission to write or to delete one tag, and no other."""
    return Permission(f"ec2:{action}", _INSTANCES, (("ForAllValues:StringEquals", "aws:TagKeys", (tag,)),))


class _TagStep(SettingStep):
    """Write a tag, or give back what it was before: with no value, the tag is removed.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
    """

    instance_id: str
    before: str | None
    after: str | None

    key: ClassVar[str]
    not_found: ClassVar = NOT_FOUND
    refused: ClassVar = ("TagLimitExceeded",)

    @property
    def target(self) -> str:
        """The tag of the instance."""
        return f"instance/{self.instance_id}/tags/{self.key}"

    def call(self) -> Call:
        """Write the value, or delete the tag if it still has ours."""
        operation = "DeleteTags" if self.after is None else "CreateTags"
        tag = {"Key": self.key, "Value": self.before if self.after is None else self.after}
        parameters = {"Resources": [self.instance_id], "Tags": [tag]}
        return Call("ec2", operation, parameters, expected=(*NOT_FOUND, *self.refused))

    def describe(self) -> str:
        """Describe the change."""
        if self.after is None:
            return f"remove tag {self.key} of {self.instance_id}"
        return f"tag {self.instance_id} with {self.key}={self.after}"


class _IncidentTagStep(_TagStep):
    key = INCIDENT_TAG
    observation: ClassVar = Tags
    field: ClassVar = "incident"


class _ImageTagStep(_TagStep):
    key = IMAGE_TAG
    observation: ClassVar = ImageTag
    field: ClassVar = "reason"


@value
class TagInstance(_IncidentTagStep):
    """Tag the instance with the incident. The old value of the tag is recorded for a release.

    Attributes
    ----------
    instance_id : str
        The instance, such as `i-0123456789abcdef0`.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
    """

    instance_id: str
    before: str | None
    after: str

    permissions: ClassVar = (_may("CreateTags", INCIDENT_TAG),)


@value
class RestoreTag(_IncidentTagStep):
    """Remove the tag or give back its former value.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html
    """

    instance_id: str
    before: str
    after: str | None

    permissions: ClassVar = (_may("CreateTags", INCIDENT_TAG), _may("DeleteTags", INCIDENT_TAG))
    inverse_type: ClassVar = TagInstance


@value
class TagUnapprovedImage(_ImageTagStep):
    """Tag the instance with the reasons. The old value of the tag is recorded for a release.

    Attributes
    ----------
    instance_id : str
        The instance, such as `i-0123456789abcdef0`.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
    """

    instance_id: str
    before: str | None
    after: str

    permissions: ClassVar = (_may("CreateTags", IMAGE_TAG),)


@value
class RestoreImageTag(_ImageTagStep):
    """Remove the tag about the image or give back its former value.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html
    """

    instance_id: str
    before: str
    after: str | None

    permissions: ClassVar = (_may("CreateTags", IMAGE_TAG), _may("DeleteTags", IMAGE_TAG))
    inverse_type: ClassVar = TagUnapprovedImage


TagInstance.inverse_type = RestoreTag
TagUnapprovedImage.inverse_type = RestoreImageTag
