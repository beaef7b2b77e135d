"""Steps on Ringfence's tag of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.core.answers import accept
from ringfence.core.call import Call, Permission
from ringfence.core.codec import value
from ringfence.core.step import Done, State, Step, show
from ringfence.facets.instance import NOT_FOUND
from ringfence.facets.tags import INCIDENT_TAG, Tags

if TYPE_CHECKING:
    from ringfence.core.facet import Observed
    from ringfence.core.step import Changing, Names

_INSTANCES = ("arn:aws:ec2:{region}:{account}:instance/*",)
_ONLY_OURS = (("ForAllValues:StringEquals", "aws:TagKeys", (INCIDENT_TAG,)),)
_CREATE = Permission("ec2:CreateTags", _INSTANCES, _ONLY_OURS)
_REFUSED = ("TagLimitExceeded",)


class _TagStep(Step):
    """Writing and restoring: two ways along one road."""

    instance_id: str
    before: str | None
    after: str | None

    facet: ClassVar = Tags

    @property
    def target(self) -> str:
        """The tag of the instance."""
        return f"instance/{self.instance_id}/tags/{INCIDENT_TAG}"

    def state(self, observed: Observed) -> State:
        """Compare the tag's value."""
        now = observed[Tags].incident
        if now == self.after:
            return State.AFTER
        return State.BEFORE if now == self.before else State.DRIFTED

    def found(self, observed: Observed) -> str:
        """Write the value that is there."""
        return show(observed[Tags].incident)

    def effect(self, observed: Observed) -> Observed:
        """Write the tag."""
        return observed.seen(Tags(self.after))

    def words(self) -> str:
        """Say what the tag becomes."""
        if self.after is None:
            return f"remove tag {INCIDENT_TAG} of {self.instance_id}"
        return f"tag {self.instance_id} with {INCIDENT_TAG}={self.after}"

    def _call(self, operation: str, tag: dict[str, str]) -> Changing:
        (answer,) = yield (
            Call(
                "ec2",
                operation,
                {"Resources": [self.instance_id], "Tags": [tag]},
                expected=(*NOT_FOUND, *_REFUSED),
            ),
        )
        accept(answer, gone=NOT_FOUND, refused=_REFUSED)
        return Done()


@value
class TagInstance(_TagStep):
    """Tag the instance with the incident; the tag's value before, whoever wrote it, is kept for an undo."""

    instance_id: str
    before: str | None
    after: str

    permissions: ClassVar = (_CREATE,)

    def apply(self, names: Names) -> Changing:  # noqa: ARG002 - relies on no symbol
        """Write the tag."""
        return (yield from self._call("CreateTags", {"Key": INCIDENT_TAG, "Value": self.after}))


@value
class RestoreTag(_TagStep):
    """Remove the tag or give back its former value."""

    instance_id: str
    before: str
    after: str | None

    permissions: ClassVar = (_CREATE, Permission("ec2:DeleteTags", _INSTANCES, _ONLY_OURS))
    inverse_type: ClassVar = TagInstance

    def apply(self, names: Names) -> Changing:  # noqa: ARG002 - relies on no symbol
        """Write the former value, or delete the tag if it still has ours."""
        if self.after is None:
            return (yield from self._call("DeleteTags", {"Key": INCIDENT_TAG, "Value": self.before}))
        return (yield from self._call("CreateTags", {"Key": INCIDENT_TAG, "Value": self.after}))


TagInstance.inverse_type = RestoreTag
