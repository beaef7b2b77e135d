"""What Ringfence does itself is on the bus like everybody's calls, and none of its runbooks answers it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.kinds.security_group import SecurityGroupRef
from ringfence.model.resource_names import acting_roles, release_role, run_role, runbook_ids
from ringfence.observations.ec2.network import NAMES, TRANSITION
from ringfence.record.facts import Planned, Released

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.subject import Ref
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
ARN = "arn:aws:s3:::"
OPEN = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
OPENS = "AuthorizeSecurityGroupIngress"
EVERYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


@dataclass(frozen=True)
class Ear:
    """A queue that hears every call of Ringfence's roles."""

    compliance: Compliance
    queue: str

    def heard(self) -> list[tuple[str, str]]:
        """Return what was heard since the last time: the role and the call."""
        sqs, told = self.compliance.world.client("sqs"), []
        while messages := sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages"):
            for one in messages:
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])
                detail = json.loads(one["Body"])["detail"]
                issuer = detail["userIdentity"]["sessionContext"]["sessionIssuer"]
                told.append((issuer["userName"], detail["eventName"]))
        return told

    def silence(self) -> list[tuple[str, str]]:
        """Wait until nobody has anything to do, and return what was heard until then."""
        self.compliance.quiet(*runbook_ids())
        return self.heard()


@pytest.fixture
def ear(compliance: Compliance) -> Iterator[Ear]:
    world = compliance.world
    name = f"ear-{world.builder().name}"
    sqs, events = world.client("sqs"), world.client("events")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    issuer = {"sessionContext": {"sessionIssuer": {"userName": list(acting_roles())}}}
    pattern = {"detail-type": [DETAIL_TYPE], "detail": {"userIdentity": issuer}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "ear", "Arn": arn}])
    made = Ear(compliance, queue)
    made.silence()
    yield made
    events.remove_targets(Rule=name, Ids=["ear"])
    events.delete_rule(Name=name)


def entries(compliance: Compliance, *refs: Ref) -> dict[str, int]:
    """Count, by runbook and subject, the entries of the newest incident, and say which it is."""
    return {
        f"{id_} {ref.key} {history.incident}": len(history.entries)
        for id_ in runbook_ids()
        for ref in refs
        if (history := compliance.history(id_, ref)).entries
    }


def released(compliance: Compliance, runbook: str, ref: Ref) -> None:
    incident = compliance.history(runbook, ref).incident
    done = compliance.hand.types("release", incident, "--yes", "--reason", "it is meant to be so")
    assert done.returncode == 0, done.stdout + done.stderr
    assert compliance.history(runbook, ref).last(Released)


def ends(compliance: Compliance, ear: Ear, runbook: str, ref: Ref) -> set[str]:
    """Check that a fix and its release are followed by nothing; return the calls of the fix."""
    compliance.over(runbook, ref)
    fixed = ear.silence()
    assert {role for role, _ in fixed} == {run_role(runbook)}
    known = entries(compliance, ref)
    assert len(known) == 1
    assert (ear.silence(), entries(compliance, ref)) == ([], known)

    released(compliance, runbook, ref)
    undone = ear.silence()
    assert {role for role, _ in undone} == {release_role(runbook)}
    known = entries(compliance, ref)
    assert len(known) == 1
    assert (ear.silence(), entries(compliance, ref)) == ([], known)
    return {call for _, call in fixed}


def test_what_is_done_to_a_bucket_calls_for_nothing(compliance: Compliance, ear: Ear) -> None:
    """A policy is put, which is what it answers when others do it."""
    ref = bucket(compliance)
    reader = {"AWS": f"arn:aws:iam::{ref.account}:root"}
    read = {"Effect": "Allow", "Principal": reader, "Action": "s3:GetObject", "Resource": f"{ARN}{ref.id}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [read]})
    compliance.world.client("s3").put_bucket_policy(Bucket=ref.id, Policy=policy)
    assert ends(compliance, ear, "harden-bucket", ref) == {"PutBucketPolicy"}


def test_what_is_blocked_of_a_bucket_calls_for_nothing(compliance: Compliance, ear: Ear) -> None:
    ref = bucket(compliance)
    compliance.world.client("s3").delete_public_access_block(Bucket=ref.id)
    assert ends(compliance, ear, "harden-bucket", ref) == {"PutBucketPublicAccessBlock"}


def test_what_is_done_to_a_group_calls_for_nothing(compliance: Compliance, ear: Ear) -> None:
    ref = group(compliance)
    compliance.world.client("ec2").authorize_security_group_ingress(GroupId=ref.id, IpPermissions=[OPEN])
    calls = ends(compliance, ear, "harden-network", ref)
    assert calls == {"RevokeSecurityGroupIngress"}


def test_isolating_an_instance_calls_for_no_other_runbook(compliance: Compliance, ear: Ear) -> None:
    """A group is opened to the world on the way, which another runbook answers when others do it."""
    world = compliance.world
    builder, ec2 = world.builder(), world.client("ec2")
    ground = builder.ground()
    server = builder.launch(ground, builder.name, builder.profile())
    ear.silence()
    asked = ("run", "contain-instance", server.ref.id, "--remediation", "cut-tracked-flows")
    done = compliance.hand.types(*asked, "--yes", "--reason", "it behaves oddly")
    assert done.returncode == 0, done.stdout + done.stderr
    heard = ear.silence()
    assert {role for role, _ in heard} == {run_role("contain-instance")}
    here = [{"Name": "vpc-id", "Values": [ground.vpc]}, {"Name": "group-name", "Values": ["ringfence-*"]}]
    groups = ec2.describe_security_groups(Filters=here)["SecurityGroups"]
    local = world.local
    refs = {one["GroupName"]: SecurityGroupRef(local.account, local.region, one["GroupId"]) for one in groups}
    assert refs.keys() == set(NAMES.values())
    transition = refs[NAMES[TRANSITION]]
    assert (run_role("contain-instance"), OPENS) in heard
    assert any("0.0.0.0/0" in json.dumps(call) for call in world.calls(OPENS, transition.id))
    assert entries(compliance, *refs.values()) == {}
    assert [id_ for id_ in runbook_ids() if compliance.history(id_, server.ref).entries] == [
        "contain-instance"
    ]
    assert ear.silence() == []

    ec2.revoke_security_group_ingress(GroupId=transition.id, IpPermissions=[EVERYTHING])
    ec2.authorize_security_group_ingress(GroupId=transition.id, IpPermissions=[EVERYTHING])
    compliance.when("harden-network", transition, lambda found: bool(found.of(Planned)), "planned")


def bucket(compliance: Compliance) -> BucketRef:
    world = compliance.world
    name = f"b-{world.builder().name.lower()}"
    where = {"LocationConstraint": world.local.region}
    world.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where)
    return BucketRef(world.local.account, world.local.region, name)


def group(compliance: Compliance) -> SecurityGroupRef:
    world = compliance.world
    ec2: Any = world.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    name = world.builder().name
    made = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)
    return SecurityGroupRef(world.local.account, world.local.region, made["GroupId"])
