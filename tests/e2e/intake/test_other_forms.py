"""Findings of IAM Access Analyzer, and of the new Security Hub in OCSF, end what is open to everybody.

The local AWS has neither service. Their events come by PutEvents, through the rules that are deployed.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.security_hub.trigger import IMPORTED_V2
from ringfence.local.findings import formatted
from ringfence.local.samples import access_analyzer, security_hub
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.kinds.snapshot import SnapshotRef
from ringfence.record.facts import DecisionMade, FindingReceived, Intended
from tests.e2e.intake.controls import failed, open_group, permissions
from tests.e2e.world import Inbox, until
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
Json = dict[str, Any]


def direct(intake: Compliance, arn: str) -> Json:
    """Return Access Analyzer's own event of now about a bucket that everybody has access to."""
    event = access_analyzer.public_event("AWS::S3::Bucket", arn)
    at, local = formatted(datetime.now(UTC)), intake.world.local
    more = {"accountId": local.account, "region": local.region, "createdAt": at, "updatedAt": at}
    return {**event, "detail": {**event["detail"], "id": str(uuid.uuid4()), **more}}


def by_hub(intake: Compliance, arn: str) -> Json:
    """Return the event of the new Security Hub about the same."""
    info = security_hub.share_v2(arn)["finding_info"]
    return security_hub.imported(new(intake, security_hub.share_v2(arn), info), kind=IMPORTED_V2)


def new(intake: Compliance, finding: Json, info: Json) -> Json:
    """Return a finding of now in OCSF."""
    at, local = formatted(datetime.now(UTC)), intake.world.local
    times = {"created_time_dt": at, "modified_time_dt": at}
    cloud = {"account": {"uid": local.account}, "provider": "AWS", "region": local.region}
    resources = [{**one, "region": local.region} for one in finding["resources"]]
    return {**finding, "cloud": cloud, "resources": resources, "finding_info": {**info, **times}}


def bucket(intake: Compliance, *, public: bool) -> str:
    """Create a bucket that blocks nothing, with a policy for everybody or without one."""
    s3, name = intake.world.client("s3"), f"shared-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    s3.delete_public_access_block(Bucket=name)
    if public:
        statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
        policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": f"arn:aws:s3:::{name}/*"}]}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return name


def blocked(intake: Compliance, name: str) -> bool:
    """Return whether a bucket blocks access of everybody."""
    s3 = intake.world.client("s3")
    try:
        found = s3.get_public_access_block(Bucket=name)
    except s3.exceptions.ClientError:
        return False
    return all(found["PublicAccessBlockConfiguration"].values())


@pytest.mark.parametrize("made", [direct, by_hub], ids=["Access Analyzer", "Security Hub V2"])
def test_a_public_bucket_is_closed(intake: Compliance, made: Callable[[Compliance, str], Json]) -> None:
    name = bucket(intake, public=True)
    intake.put(entry(made(intake, f"arn:aws:s3:::{name}")))
    local = intake.world.local
    history = intake.over("harden-bucket", BucketRef(local.account, local.region, name))
    (received,) = history.of(FindingReceived)
    assert received.finding.type == "ExternalAccess:AWS::S3::Bucket/Public"
    assert history.of(Intended)
    assert blocked(intake, name)


def test_a_bucket_that_is_not_public_stays_as_it_is(intake: Compliance) -> None:
    """Somebody changed it before the event came, or made the event up."""
    name, local = bucket(intake, public=False), intake.world.local
    intake.put(entry(direct(intake, f"arn:aws:s3:::{name}")))
    ref = BucketRef(local.account, local.region, name)
    history = intake.when("harden-bucket", ref, lambda one: bool(one.of(DecisionMade)), "decided")
    assert not history.of(Intended)
    assert not blocked(intake, name)


def test_a_failed_control_of_the_new_security_hub_is_remediated(intake: Compliance) -> None:
    group = open_group(intake, "open-in-ocsf")
    asff = failed(intake, group)
    finding = security_hub.control_v2("EC2.13", asff["Resources"][0])
    info = {**finding["finding_info"], "uid": asff["Id"]}
    intake.put(entry(security_hub.imported(new(intake, finding, info), kind=IMPORTED_V2)))
    history = intake.over("harden-network", group)
    assert [one.finding.type for one in history.of(FindingReceived)] == ["Config:restricted-ssh"]
    assert permissions(intake, group) == []


STRANGER = "999988887777"
SHARED = {
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::KMS::Key": "arn:aws:kms:{region}:{account}:key/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::EC2::Snapshot": "arn:aws:ec2:{region}::snapshot/snap-0123456789abcdef0",
}
"""Resources that Access Analyzer reports, and how their ARNs look."""


def test_of_what_is_shared_with_another_account_a_person_is_told(intake: Compliance) -> None:
    local, inbox = intake.world.local, Inbox(intake.world)
    for kind, form in SHARED.items():
        arn = form.format(account=local.account, region=local.region, name=f"shared-{uuid.uuid4()}")
        event = direct(intake, arn)
        more = {"resourceType": kind, "isPublic": False, "principal": {"AWS": STRANGER}}
        intake.put(entry({**event, "detail": {**event["detail"], **more}}))
    for kind in SHARED:
        type_ = f"ExternalAccess:{kind}"
        until(partial(inbox.texts, type_), f"a person is notified of {type_}")


def test_a_public_snapshot_is_made_private(intake: Compliance) -> None:
    ec2, local = intake.world.client("ec2"), intake.world.local
    volume = ec2.create_volume(AvailabilityZone=f"{local.region}a", Size=1)["VolumeId"]
    id_ = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    named = {"SnapshotId": id_, "Attribute": "createVolumePermission"}
    ec2.modify_snapshot_attribute(**named, OperationType="add", GroupNames=["all"])
    event = direct(intake, f"arn:aws:ec2:{local.region}:{local.account}:snapshot/{id_}")
    intake.put(entry({**event, "detail": {**event["detail"], "resourceType": "AWS::EC2::Snapshot"}}))
    history = intake.over("harden-snapshot", SnapshotRef(local.account, local.region, id_))
    assert [one.finding.source for one in history.of(FindingReceived)] == ["aws.access-analyzer"]
    assert ec2.describe_snapshot_attribute(**named)["CreateVolumePermissions"] == []
