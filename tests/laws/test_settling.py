"""What a step waits for: only a change of its own kind that is under way, or a value that is not shown.

A step that is `SETTLING` is neither applied nor undone. A setting that waits for something else on its
resource, such as termination protection for an instance that starts, would leave the resource open meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.step import State
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.observations.ec2.lifecycle import Lifecycle
from ringfence.observations.ec2.management import Management
from ringfence.observations.ec2.metadata import Metadata, MetadataOptions
from ringfence.observations.iam.identity import Association, Identity, Profile, Role
from ringfence.observations.s3.acl import ALL_USERS, BucketAcl, Grant
from ringfence.observations.s3.block import ALL_ON, BlockSettings, PublicAccessBlock
from ringfence.observations.s3.encryption import AES256, BucketEncryption, Encryption
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.remediations.log_bucket_access import AccessLogging, LogTarget, SetAccessLogging
from ringfence.remediations.version_bucket import ENABLED, BucketVersioning, SetBucketVersioning
from ringfence.runbooks.catalogue import CATALOGUE
from ringfence.steps.ec2.auto_scaling import DetachFromGroup, EnterStandby
from ringfence.steps.ec2.instance_profile import DetachInstanceProfile
from ringfence.steps.ec2.lifecycle import stop
from ringfence.steps.ec2.management_profile import AttachManagementProfile
from ringfence.steps.ec2.metadata import SetMetadataOptions
from ringfence.steps.s3.acl import SetPublicGrants
from ringfence.steps.s3.block import SetPublicAccessBlock
from ringfence.steps.s3.encryption import SetBucketEncryption
from ringfence.steps.s3.policy import AddTlsStatement
from tests.support.runbook_worlds import worlds_of
from tests.support.strategies.buckets import BUCKET, bucket
from tests.support.worlds import REF, estate

if TYPE_CHECKING:
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step

PROFILE = Profile(f"arn:aws:iam::{REF.account}:instance-profile/web", Role("web", "AROAWEB"))
GOING = Association("iip-assoc-1", PROFILE, "disassociating")
COMING = Association("iip-assoc-2", PROFILE, "associating")
OFF = MetadataOptions("disabled")
WAITING: dict[str, tuple[Step, ResourceState]] = {
    "the instance starts or stops": (
        stop(REF.id),
        estate().with_observation(Lifecycle("pending", False, False, False, "stop")),
    ),
    "the instance leaves its group": (
        DetachFromGroup(REF.id, "web", "InService", ""),
        estate().with_observation(Scaling("web", "Detaching")),
    ),
    "the instance enters standby": (
        EnterStandby(REF.id, "web", "InService", "Standby"),
        estate().with_observation(Scaling("web", "EnteringStandby")),
    ),
    "the profile is being taken away": (
        DetachInstanceProfile(REF.id, GOING.id, PROFILE, None),
        estate().with_observation(Identity((GOING,))),
    ),
    "the profile is being attached": (
        AttachManagementProfile(REF.id, None, PROFILE),
        estate().with_observation(Management((COMING,))),
    ),
    "the metadata options are being applied": (
        SetMetadataOptions(REF.id, MetadataOptions(), OFF),
        estate().with_observation(Metadata(OFF, applied=False)),
    ),
    "the ACL is not shown": (
        SetPublicGrants(BUCKET, frozenset({Grant(ALL_USERS, "READ")}), frozenset()),
        bucket(BucketAcl(readable=False)),
    ),
    "the policy is not shown": (
        AddTlsStatement(BUCKET, "sid", before=False, after=True),
        bucket(BucketPolicy(readable=False)),
    ),
    "Block Public Access is not shown": (
        SetPublicAccessBlock(BUCKET, BlockSettings(), ALL_ON),
        bucket(PublicAccessBlock(readable=False)),
    ),
    "the default encryption is not shown": (
        SetBucketEncryption(BUCKET, None, Encryption(AES256)),
        bucket(BucketEncryption(readable=False)),
    ),
    "versioning is not shown": (
        SetBucketVersioning(BUCKET, "", ENABLED),
        bucket(BucketVersioning(readable=False)),
    ),
    "access logging is not shown": (
        SetAccessLogging(BUCKET, None, LogTarget("logs")),
        bucket(AccessLogging(readable=False)),
    ),
}
"""What is waited for: a step, and a world in which it waits. Its undo may wait as well."""
MAY_WAIT = {type(one) for step, _ in WAITING.values() for one in (step, step.inverse())}


@pytest.mark.parametrize("what", WAITING)
def test_a_step_waits_for_what_will_pass(what: str) -> None:
    step, world = WAITING[what]
    assert step.state(world) is State.SETTLING


@pytest.mark.parametrize("id_", CATALOGUE)
@given(data=st.data())
def test_no_other_step_waits_for_anything(id_: str, data: st.DataObject) -> None:
    """Steps that are planned in one world, and their undo, in any other world of the same runbook."""
    worlds = worlds_of(id_)
    (before, incident), (now, _) = data.draw(worlds.situations()), data.draw(worlds.situations())
    waiting = {
        type(one)
        for step in planned(worlds.runbook, before, incident)
        for one in (step, *(() if step.irreversible else (step.inverse(),)))
        if any(one.state(world) is State.SETTLING for world in (before, now) if one.observation in world)
    }
    assert waiting <= MAY_WAIT, "add to WAITING the state in which this step waits, if it must wait"


def planned(runbook: Runbook, world: ResourceState, incident: Incident) -> tuple[Step, ...]:
    """Return what every remediation plans for such a subject."""
    return tuple(step for one in runbook.on(world.ref).remediations for step in one.plan(world, incident))
