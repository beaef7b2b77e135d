"""The worlds of `harden-snapshot`: snapshots that are public or not, and what EC2 says of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ringfence.model.incident import Incident
from ringfence.model.kinds.snapshot import SnapshotRef
from ringfence.model.observation import ResourceState
from ringfence.remediations.make_snapshot_private import MakeSnapshotPrivate, SnapshotSharing
from ringfence.runbooks.harden_snapshot import HARDEN_SNAPSHOT
from tests.support.runbook_worlds import Case, Worlds, by_observations, independent, of, own
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import SearchStrategy

    from ringfence.model.step import Step

SNAPSHOT = SnapshotRef(REF.account, REF.region, "snap-0123456789abcdef0")
JUDGED, SHARED = "Config:ebs-snapshot-public-restorable-check", "CloudTrail:ec2:ModifySnapshotAttribute"
PUBLIC = ResourceState(SNAPSHOT).with_observation(SnapshotSharing(public=True))
PRIVATE = MakeSnapshotPrivate(SNAPSHOT.id, before=True, after=False)
ANSWERS: Mapping[str, tuple[Mapping[str, object], ...]] = {
    "ec2:DescribeSnapshotAttribute": (
        {"SnapshotId": SNAPSHOT.id, "CreateVolumePermissions": [{"Group": "all"}]},
        {"SnapshotId": SNAPSHOT.id, "CreateVolumePermissions": [{"UserId": "444455556666"}]},
    ),
}


@cache
def states() -> SearchStrategy[ResourceState]:
    """A snapshot that is public or not."""
    return st.builds(SnapshotSharing, st.booleans()).map(ResourceState(SNAPSHOT).with_observation)


@cache
def incidents() -> SearchStrategy[Incident]:
    """One incident, because of any findings, before or after the snapshot was made private."""
    return st.builds(
        Incident,
        id=st.just("inc-1"),
        opened_at=st.just(NOON),
        types=st.lists(st.sampled_from((JUDGED, SHARED)), max_size=2, unique=True).map(tuple),
        past=st.sampled_from(((), (PRIVATE,))),
    )


def steps() -> tuple[Step, ...]:
    """Return every class of step, and its way back."""
    return PRIVATE, PRIVATE.inverse()


CASES = {
    "judged": Case(HARDEN_SNAPSHOT, PUBLIC, (JUDGED,)),
    "shared": Case(HARDEN_SNAPSHOT, PUBLIC, (SHARED,)),
}
WORLDS = Worlds(
    own(HARDEN_SNAPSHOT), CASES, independent(by_observations(states), incidents), steps, of(SNAPSHOT)
)
