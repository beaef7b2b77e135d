"""The snapshots that were taken of an instance as evidence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document, first, tags
from ringfence.model.call import Call, Failed, SansIO
from ringfence.model.codec import value
from ringfence.model.observation import Observation
from ringfence.observations.ec2.instance import describe_instance, described_instance, ec2_describes
from ringfence.observations.ec2.tags import INCIDENT_TAG

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref

FINDING_TAG = "ringfence:finding"
INSTANCE_TAG = "ringfence:instance"
"""Tags of a snapshot, beside the incident's."""
_WRITING = "pending"
_WHOLE = "completed"
_CLOCKS = timedelta(seconds=5)
"""By how much EC2's clock may lag behind the one that opened the incident, whole seconds included."""


@value
class Snapshot:
    """A snapshot of one volume for one incident. `writing`: its blocks are still being copied.

    `incident` is a tag, which is anybody's word; `started` is EC2's: the instant whose blocks it holds.
    """

    id: str
    volume_id: str
    incident: str
    writing: bool = False
    started: datetime | None = None

    def shows(self, since: datetime) -> bool:
        """Return whether it contains the volume's state of `since` or later."""
        return self.started is not None and self.started >= since - _CLOCKS


@value
class Snapshots(Observation):
    """The account's own snapshots that are tagged with the instance, without failed and deleted ones.

    Attributes
    ----------
    taken : frozenset of Snapshot
        The snapshots.
    instance_store : bool
        Whether the instance has volumes of which no snapshot can be taken.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
    """

    taken: frozenset[Snapshot] = frozenset()
    instance_store: bool = False

    permissions: ClassVar = ec2_describes("Instances", "Snapshots", "InstanceTypes")

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:  # noqa: ARG003 - needs no clues
        """Read instance and snapshots side by side, then what the instance's type is made of."""
        described, answer = yield (describe_instance(ref.id), describe_snapshots(ref.id))
        kind = described_instance(described, ref).text("InstanceType")
        (types,) = yield (
            Call(
                "ec2", "DescribeInstanceTypes", {"InstanceTypes": [kind]}, expected=("InvalidInstanceType",)
            ),
        )
        return cls(read_snapshots(answer), _has_instance_store(types))

    def evidence(self, incident: str, since: datetime) -> tuple[Snapshot, ...]:
        """Return what is evidence of an incident: tagged for it, and no older than it.

        Otherwise anybody who may tag snapshots could substitute an old one.
        """
        return tuple(one for one in self.taken if one.incident == incident and one.shows(since))

    def covered(self, incident: str, since: datetime) -> frozenset[str]:
        """Return the ids of the volumes of which there is evidence."""
        return frozenset(one.volume_id for one in self.evidence(incident, since))

    def too_old(self, incident: str, since: datetime) -> tuple[str, ...]:
        """Return the ids of snapshots that are tagged for an incident and are older than it."""
        named = (one for one in self.taken if one.incident == incident and not one.shows(since))
        return tuple(sorted(one.id for one in named))


def describe_snapshots(instance_id: str) -> Call:
    """Return the call that finds the evidence of an instance by tag."""
    filters = [{"Name": f"tag:{INSTANCE_TAG}", "Values": [instance_id]}]
    return Call("ec2", "DescribeSnapshots", {"OwnerIds": ["self"], "Filters": filters}, pages=True)


def read_snapshots(answer: Answer) -> frozenset[Snapshot]:
    """Return the snapshots in an answer to that call."""
    return frozenset(
        Snapshot(
            one.text("SnapshotId"),
            one.text("VolumeId"),
            tags(one).get(INCIDENT_TAG, ""),
            one.optional_text("State") == _WRITING,
            _instant(one),
        )
        for one in document(answer).children("Snapshots")
        if one.optional_text("State") in {_WRITING, _WHOLE}
    )


def _instant(snapshot: Document) -> datetime | None:
    at = snapshot.value.get("StartTime")
    return at if isinstance(at, datetime) else None


def _has_instance_store(answer: Answer) -> bool:
    if isinstance(answer, Failed):
        return False
    kind = first(answer.children("InstanceTypes"))
    return kind is not None and kind.flag("InstanceStorageSupported")
