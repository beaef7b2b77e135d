"""Make a public EBS snapshot private.

Every AWS account can create a volume from a public snapshot and read it. That is almost never intended, so
the remediation is on by default. It removes the permission of the group `all` and nothing else: accounts that
the snapshot is shared with by id keep their access. List a snapshot that is public on purpose in the policy's
`exempt`.
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.events.access_analyzer.trigger import public
from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.config.trigger import judged_by
from ringfence.model.answers import accept
from ringfence.model.call import Call, Permission
from ringfence.model.codec import value
from ringfence.model.kinds.snapshot import SnapshotRef
from ringfence.model.observation import Observation
from ringfence.model.remediation import remediation
from ringfence.model.reviews import reviewed
from ringfence.model.setting import SettingStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import SansIO
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

REVIEW = "public-snapshots"
EVERYONE = "all"
_ATTRIBUTE = "createVolumePermission"
_NOT_FOUND = ("InvalidSnapshot.NotFound", "InvalidSnapshotID.Malformed")
_SNAPSHOTS = ("arn:aws:ec2:{region}::snapshot/*",)


@value
class SnapshotSharing(Observation):
    """Whether everyone can create volumes from a snapshot: its permissions name the group `all`.

    Attributes
    ----------
    public : bool
        Whether they do.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotAttribute.html

    """

    public: bool = False

    permissions: ClassVar = (Permission("ec2:DescribeSnapshotAttribute", _SNAPSHOTS),)

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read the permissions. Raises NotFound without the snapshot."""
        asked = {"SnapshotId": ref.id, "Attribute": _ATTRIBUTE}
        (answer,) = yield (Call("ec2", "DescribeSnapshotAttribute", asked, expected=_NOT_FOUND),)
        permissions = accept(answer, not_found=_NOT_FOUND).children("CreateVolumePermissions")
        return cls(any(one.optional_text("Group") == EVERYONE for one in permissions))


class _Sharing(SettingStep):
    """Whether a snapshot is shared with everyone; `snapshot_id` names the snapshot."""

    snapshot_id: str
    before: bool
    after: bool

    observation: ClassVar = SnapshotSharing
    field: ClassVar = "public"
    service: ClassVar = "ec2"
    operation: ClassVar = "ModifySnapshotAttribute"
    not_found: ClassVar = _NOT_FOUND
    labels: ClassVar = {True: "public", False: "not public"}

    @property
    def target(self) -> str:
        """The snapshot's permission for everyone."""
        return f"snapshot/{self.snapshot_id}/{_ATTRIBUTE}/{EVERYONE}"

    def parameters(self) -> dict[str, object]:
        """Add or remove the group `all`."""
        return {
            "SnapshotId": self.snapshot_id,
            "Attribute": _ATTRIBUTE,
            "OperationType": "add" if self.after else "remove",
            "GroupNames": [EVERYONE],
        }


@value
class MakeSnapshotPrivate(_Sharing):
    """Stop sharing a snapshot with everyone. The permission allows nothing else.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html
    """

    snapshot_id: str
    before: bool
    after: bool

    permissions: ClassVar = (
        Permission(
            "ec2:ModifySnapshotAttribute",
            _SNAPSHOTS,
            (("StringEquals", "ec2:Remove/group", (EVERYONE,)),),
        ),
    )
    consequences: ClassVar = {
        False: "only accounts with which the snapshot is shared by their id can still use it"
    }

    def describe(self) -> str:
        """Describe the change."""
        return f"make snapshot {self.snapshot_id} private"


@value
class MakeSnapshotPublic(_Sharing):
    """Share a snapshot with everyone again. Only a release does this.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html
    """

    snapshot_id: str
    before: bool
    after: bool

    permissions: ClassVar = (
        Permission(
            "ec2:ModifySnapshotAttribute", _SNAPSHOTS, (("StringEquals", "ec2:Add/group", (EVERYONE,)),)
        ),
    )
    inverse_type: ClassVar = MakeSnapshotPrivate
    consequences: ClassVar = {True: "every AWS account can copy it"}

    def describe(self) -> str:
        """Describe the change."""
        return f"make snapshot {self.snapshot_id} public again"


MakeSnapshotPrivate.inverse_type = MakeSnapshotPublic


def copied(snapshot: ResourceState, incident: Incident) -> Iterator[str]:
    """Say what making it private does not take back."""
    if any(isinstance(one, MakeSnapshotPrivate) for one in incident.past):
        yield f"other accounts keep the copies that they made of {snapshot.ref.id} while it was public"


@remediation(
    id="make-snapshot-private",
    title="Make a public EBS snapshot private",
    subject=SnapshotRef,
    triggers=(
        judged_by("ebs-snapshot-public-restorable-check"),
        recorded("ec2", "ModifySnapshotAttribute"),
        public("snapshot"),
        reviewed(REVIEW),
    ),
    observations=(SnapshotSharing,),
    steps=(MakeSnapshotPrivate,),
    references=("ATT&CK T1537", "ATT&CK T1530"),
    countermeasures=("D3-UAP",),
    controls=("ebs-public-snapshots",),
    residual_risk=copied,
)
def make_snapshot_private(snapshot: ResourceState, incident: Incident) -> Iterator[Step]:  # noqa: ARG001 - planners' signature
    """Remove the permission of everyone; those of single accounts stay."""
    if snapshot[SnapshotSharing].public:
        yield MakeSnapshotPrivate(snapshot.ref.id, before=True, after=False)
