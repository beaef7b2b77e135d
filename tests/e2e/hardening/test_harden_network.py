"""Networks that the world reaches, or that nobody watches, put right by the deployed functions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.estate import IMAGE
from ringfence.local.samples.config import verdict
from ringfence.model.kinds.flow_log import FlowLogRef
from ringfence.model.kinds.security_group import SecurityGroupRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.observations.ec2.flow_log_destination import ROLE
from ringfence.observations.ec2.network import ROLE_TAG
from ringfence.record.facts import Closed, DecisionMade, FindingReceived, Planned, Released
from tests.e2e.compliance import FLOW_LOGS
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.subject import NetworkRef
    from ringfence.record.history import History
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
RUNBOOK = "harden-network"
SSH = ("securityhub-restricted-ssh-4f2a9c1e", "INCOMING_SSH_DISABLED")
COMMON = ("restricted-common-ports", "RESTRICTED_INCOMING_TRAFFIC")
CLOSED = ("vpc-default-security-group-closed", "VPC_DEFAULT_SECURITY_GROUP_CLOSED")
LOGGED = ("vpc-flow-logs-enabled-conformance-pack-q7w2ex", "VPC_FLOW_LOGS_ENABLED")
WORLD, OFFICE = "0.0.0.0/0", "198.51.100.0/24"
MIXED = (
    {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "IpRanges": [
            {"CidrIp": WORLD, "Description": "for a day"},
            {"CidrIp": OFFICE, "Description": "the office"},
        ],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
    },
    {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": WORLD}]},
)


@dataclass(frozen=True)
class Net:
    """A VPC, and ways to judge what is in it and to look at it."""

    compliance: Compliance
    vpc: VpcRef

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        return self.compliance.world.client(service)

    @property
    def ec2(self) -> Any:  # noqa: ANN401 - likewise
        return self.client("ec2")

    def group(self, **more: Any) -> SecurityGroupRef:  # noqa: ANN401 - parameters of EC2
        name = more.pop("GroupName", self.compliance.world.builder().name)
        made = self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc.id, **more)
        return SecurityGroupRef(self.vpc.account, self.vpc.region, made["GroupId"])

    def default(self) -> SecurityGroupRef:
        filters = [{"Name": "vpc-id", "Values": [self.vpc.id]}, {"Name": "group-name", "Values": ["default"]}]
        (found,) = self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
        return SecurityGroupRef(self.vpc.account, self.vpc.region, found["GroupId"])

    def open(self, ref: SecurityGroupRef, *permissions: Any) -> None:  # noqa: ANN401 - likewise
        tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "team", "Value": "web"}]}]
        self.ec2.authorize_security_group_ingress(
            GroupId=ref.id, IpPermissions=permissions, TagSpecifications=tags
        )

    def rules(self, ref: SecurityGroupRef) -> set[str]:
        """Return the rules without their ids."""
        filters = [{"Name": "group-id", "Values": [ref.id]}]
        found = self.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
        return {
            json.dumps({name: one[name] for name in one if name != "SecurityGroupRuleId"}, sort_keys=True)
            for one in found
        }

    def logs(self) -> list[dict[str, Any]]:
        found = self.ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [self.vpc.id]}])
        logs: list[dict[str, Any]] = found["FlowLogs"]
        return logs

    def judge(self, rule: tuple[str, str], kind: str, ref: NetworkRef) -> None:
        """Let the managed rule judge something of the network."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        event = verdict(rule[0], f"AWS::EC2::{kind}", ref.id, ref.account, ref.region, at=at)
        self.compliance.put(entry(event))

    def fixed(self, ref: NetworkRef) -> History:
        """Wait until it is put right, whether or not AWS Config has judged again."""
        return self.compliance.when(
            RUNBOOK, ref, lambda found: bool(found.verified and found.verified.contained), "put right"
        )

    def release(self, ref: NetworkRef) -> None:
        """Undo the newest incident by hand, and prove its chain."""
        incident = self.compliance.history(RUNBOOK, ref).incident
        done = self.compliance.hand.types("release", incident, "--yes", "--reason", "it was meant to be open")
        assert done.returncode == 0, done.stdout + done.stderr
        assert self.compliance.history(RUNBOOK, ref).last(Released) is not None
        checked = self.compliance.verdict(RUNBOOK, ref)
        assert checked.sound, checked.claim
        assert checked.archived == checked.entries, checked.claim


def said(history: History) -> str:
    """Return what the plans say stays open."""
    return "\n".join(words for plan in history.of(Planned) for words in plan.exposure)


@pytest.fixture(scope="module")
def rules(compliance: Compliance) -> Iterator[None]:
    """The managed rules, and what flow logs need: their bucket, a log group and the role that delivers."""
    config, iam = (compliance.world.client(name) for name in ("config", "iam"))
    for name, identifier in (SSH, COMMON, CLOSED, LOGGED):
        rule = {"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}}
        config.put_config_rule(ConfigRule=rule)
    s3, region = compliance.world.client("s3"), compliance.world.local.region
    where = {"LocationConstraint": region}
    s3.create_bucket(Bucket=FLOW_LOGS, CreateBucketConfiguration=where)
    compliance.world.client("logs").create_log_group(logGroupName=f"/{FLOW_LOGS}")
    service = {"Service": "vpc-flow-logs.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document)
    yield
    iam.delete_role(RoleName=ROLE)


@pytest.fixture
def net(compliance: Compliance, rules: None) -> Net:  # noqa: ARG001 - it makes them
    world = compliance.world
    vpc = world.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    return Net(compliance, VpcRef(world.local.account, world.local.region, vpc))


@pytest.mark.shows("revoke-open-ingress")
def test_a_port_that_a_call_opened_to_the_world_is_closed_and_every_other_rule_stays(net: Net) -> None:
    ref = net.group()
    born = net.rules(ref)
    net.open(ref, *MIXED)  # CloudTrail's record of this call is what sets it off
    told = said(net.fixed(ref))
    closed = net.rules(ref)
    assert born < closed
    assert "no network interface uses it" in told
    assert f"although it allows the internet: tcp 443 from {WORLD}" in told

    net.release(ref)
    opened = net.rules(ref)
    left = [json.loads(one) for one in opened - closed]
    assert closed < opened
    assert len(opened - born) == 4
    assert {one.get("CidrIpv4", "::/0") for one in left} == {WORLD, "::/0"}
    assert {one["FromPort"] for one in left} == {22}
    assert "for a day" in {one.get("Description") for one in left}
    assert all({"Key": "team", "Value": "web"} in one["Tags"] for one in left)
    net.compliance.quiet(RUNBOOK)
    assert net.rules(ref) == opened  # what a release opened is no new finding


def test_a_rule_that_is_widened_to_the_world_is_closed(net: Net) -> None:
    ref = net.group()
    office = {"IpProtocol": "tcp", "FromPort": 3389, "ToPort": 3389, "IpRanges": [{"CidrIp": OFFICE}]}
    net.open(ref, office)
    net.compliance.quiet(RUNBOOK)  # or the look at that call finds what the next one has done
    filters = [{"Name": "group-id", "Values": [ref.id]}]
    found = net.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    (rule,) = [one["SecurityGroupRuleId"] for one in found if not one["IsEgress"]]
    wide = {"IpProtocol": "tcp", "FromPort": 3389, "ToPort": 3389, "CidrIpv4": WORLD}
    net.ec2.modify_security_group_rules(
        GroupId=ref.id, SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": wide}]
    )
    (received, *_) = net.fixed(ref).of(FindingReceived)
    assert received.finding.type == "CloudTrail:ec2:ModifySecurityGroupRules"
    assert not any(json.loads(one).get("FromPort") == 3389 for one in net.rules(ref))


def test_a_common_port_that_config_judged_is_closed_though_the_call_that_opened_it_is_left(net: Net) -> None:
    ref = net.group()
    born = net.rules(ref)
    net.open(ref, {"IpProtocol": "tcp", "FromPort": 21, "ToPort": 21, "IpRanges": [{"CidrIp": WORLD}]})
    net.compliance.quiet(RUNBOOK)
    assert born < net.rules(ref)
    net.judge(COMMON, "SecurityGroup", ref)
    (received, *_) = net.fixed(ref).of(FindingReceived)
    assert received.finding.type == "Config:restricted-common-ports"
    assert net.rules(ref) == born


def test_ssh_that_config_judged_is_closed_though_a_release_had_opened_it(net: Net) -> None:
    ref = net.group()
    net.open(ref, *MIXED)
    net.fixed(ref)
    closed = net.rules(ref)
    net.release(ref)
    net.compliance.quiet(RUNBOOK)
    assert closed < net.rules(ref)
    net.judge(SSH, "SecurityGroup", ref)
    net.compliance.quiet(RUNBOOK)  # the newest incident is that of the judgement
    (received, *_) = net.fixed(ref).of(FindingReceived)
    assert received.finding.type == "Config:restricted-ssh"
    assert net.rules(ref) == closed


@pytest.mark.shows("close-default-group")
def test_the_default_group_is_closed_and_a_release_opens_it_as_it_was(net: Net) -> None:
    ref = net.default()
    before = net.rules(ref)
    assert before
    net.judge(CLOSED, "SecurityGroup", ref)
    net.fixed(ref)
    assert net.rules(ref) == set()
    net.release(ref)
    assert net.rules(ref) == before


@pytest.mark.shows("enable-flow-logs")
def test_a_vpc_without_flow_logs_gets_one_and_a_release_deletes_it(net: Net) -> None:
    net.judge(LOGGED, "VPC", net.vpc)
    history = net.fixed(net.vpc)
    (log,) = net.logs()
    assert (log["LogDestination"], log["TrafficType"]) == (f"arn:aws:s3:::{FLOW_LOGS}", "ALL")
    assert {one["Key"]: one["Value"] for one in log["Tags"]} == {"ringfence:incident": history.incident}
    net.release(net.vpc)
    assert net.logs() == []


@pytest.mark.shows("restore-flow-log")
def test_a_flow_log_that_is_deleted_is_made_again(net: Net) -> None:
    account, region = net.vpc.account, net.vpc.region
    to = f"arn:aws:logs:{region}:{account}:log-group:/{FLOW_LOGS}"
    role = f"arn:aws:iam::{account}:role/{ROLE}"
    (id_,) = net.ec2.create_flow_logs(
        ResourceIds=[net.vpc.id],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestination=to,
        DeliverLogsPermissionArn=role,
        MaxAggregationInterval=60,
    )["FlowLogIds"]
    net.ec2.delete_flow_logs(FlowLogIds=[id_])  # CloudTrail's record of this call is what sets it off
    ref = FlowLogRef(account, region, id_)
    net.fixed(ref)
    (log,) = net.logs()
    assert log["FlowLogId"] != id_
    assert (log["LogDestination"], log["TrafficType"], log["MaxAggregationInterval"]) == (to, "REJECT", 60)
    assert log["DeliverLogsPermissionArn"] == role
    net.release(ref)
    assert net.logs() == []


@pytest.mark.shows("prepare-quarantine-group")
def test_the_review_creates_the_quarantine_group_of_a_vpc_in_which_an_instance_runs(net: Net) -> None:
    subnet = net.ec2.create_subnet(VpcId=net.vpc.id, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    net.ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, SubnetId=subnet)
    net.compliance.review(RUNBOOK)
    net.fixed(net.vpc)
    filters = [{"Name": "vpc-id", "Values": [net.vpc.id]}, {"Name": "tag-key", "Values": [ROLE_TAG]}]
    (group,) = net.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    assert (group["GroupName"], group["IpPermissions"], group["IpPermissionsEgress"]) == (
        "ringfence-quarantine",
        [],
        [],
    )


def test_a_group_that_looks_like_ringfences_own_is_left_and_a_person_told(net: Net) -> None:
    tag = {"Key": "ringfence:role", "Value": "transition"}
    ref = net.group(
        GroupName="ringfence-transition",
        TagSpecifications=[{"ResourceType": "security-group", "Tags": [tag]}],
    )
    net.open(ref, *MIXED)
    before = net.rules(ref)
    history = net.compliance.when(RUNBOOK, ref, lambda found: bool(found.of(Planned)), "planned")
    made = history.last(DecisionMade)
    assert made
    assert (made.decision.mode, "own transition group" in made.decision.reason) == ("approve", True)
    assert net.rules(ref) == before


def test_a_group_that_is_gone_closes_the_finding(net: Net) -> None:
    ref = net.group()
    net.ec2.delete_security_group(GroupId=ref.id)
    net.judge(SSH, "SecurityGroup", ref)
    history = net.compliance.when(RUNBOOK, ref, lambda found: found.last(Closed) is not None, "closed")
    assert history.steps() == ()
