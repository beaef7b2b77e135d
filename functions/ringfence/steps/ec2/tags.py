"""Steps on Ringfence's tags of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.step import Done, State, Step, show
from ringfence.observations.ec2.instance import NOT_FOUND
from ringfence.observations.ec2.tags import IMAGE_TAG, INCIDENT_TAG, ImageTag, Tags

if TYPE_CHECKING:
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Names

_INSTANCES = ("arn:aws:ec2:{region}:{account}:instance/*",)
_REFUSED = ("TagLimitExceeded",)


def _may(action: str, tag: str) -> Permission:
    """Return the permission to write or to delete one tag, and no other."""
    return Permission(f"ec2:{action}", _INSTANCES, (("ForAllValues:StringEquals", "aws:TagKeys", (tag,)),))


class _TagStep(Step):
    """Writing and restoring: two ways along one road."""

    instance_id: str
    before: str | None
    after: str | None

    key: ClassVar[str]

    @staticmethod
    def read(observed: ResourceState) -> str | None:
        """Return the tag's value."""
        raise NotImplementedError

    @staticmethod
    def written(value_: str | None) -> Observation:
        """Return the facet that shows this value."""
        raise NotImplementedError

    @property
    def target(self) -> str:
        """The tag of the instance."""
        return f"instance/{self.instance_id}/tags/{self.key}"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Write the value; where there shall be none, delete the tag if it still has ours."""
        operation = "DeleteTags" if self.after is None else "CreateTags"
        tag = {"Key": self.key, "Value": self.before if self.after is None else self.after}
        (answer,) = yield (
            Call(
                "ec2",
                operation,
                {"Resources": [self.instance_id], "Tags": [tag]},
                expected=(*NOT_FOUND, *_REFUSED),
            ),
        )
        accept(answer, not_found=NOT_FOUND, refused=_REFUSED)
        return Done()

    def state(self, observed: ResourceState) -> State:
        """Compare the tag's value."""
        now = self.read(observed)
        if now == self.after:
            return State.AFTER
        return State.BEFORE if now == self.before else State.DRIFTED

    def actual(self, observed: ResourceState) -> str:
        """Write the value that is there."""
        return show(self.read(observed))

    def effect(self, observed: ResourceState) -> ResourceState:
        """Write the tag."""
        return observed.with_observation(self.written(self.after))

    def describe(self) -> str:
        """Say what the tag becomes."""
        if self.after is None:
            return f"remove tag {self.key} of {self.instance_id}"
        return f"tag {self.instance_id} with {self.key}={self.after}"


class _IncidentTagStep(_TagStep):
    key = INCIDENT_TAG
    observation: ClassVar = Tags

    @staticmethod
    def read(observed: ResourceState) -> str | None:
        return observed[Tags].incident

    @staticmethod
    def written(value_: str | None) -> Observation:
        return Tags(value_)


class _ImageTagStep(_TagStep):
    key = IMAGE_TAG
    observation: ClassVar = ImageTag

    @staticmethod
    def read(observed: ResourceState) -> str | None:
        return observed[ImageTag].reason

    @staticmethod
    def written(value_: str | None) -> Observation:
        return ImageTag(value_)


@value
class TagInstance(_IncidentTagStep):
    """Tag the instance with the incident. The old value of the tag is recorded for a release."""

    instance_id: str
    before: str | None
    after: str

    permissions: ClassVar = (_may("CreateTags", INCIDENT_TAG),)


@value
class RestoreTag(_IncidentTagStep):
    """Remove the tag or give back its former value."""

    instance_id: str
    before: str
    after: str | None

    permissions: ClassVar = (_may("CreateTags", INCIDENT_TAG), _may("DeleteTags", INCIDENT_TAG))
    inverse_type: ClassVar = TagInstance


@value
class TagUnapprovedImage(_ImageTagStep):
    """Tag the instance with the reasons. The old value of the tag is recorded for a release."""

    instance_id: str
    before: str | None
    after: str

    permissions: ClassVar = (_may("CreateTags", IMAGE_TAG),)


@value
class RestoreImageTag(_ImageTagStep):
    """Remove the tag about the image or give back its former value."""

    instance_id: str
    before: str
    after: str | None

    permissions: ClassVar = (_may("CreateTags", IMAGE_TAG), _may("DeleteTags", IMAGE_TAG))
    inverse_type: ClassVar = TagUnapprovedImage


TagInstance.inverse_type = RestoreTag
TagUnapprovedImage.inverse_type = RestoreImageTag
