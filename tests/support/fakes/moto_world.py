"""An estate in moto inside this process, a responder on it, and a note of every call that it makes."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import botocore.session

from ringfence.aws.audit_items import CONTROL_KEY, MAC, PROVIDED, provided_key, provided_text
from ringfence.aws.cloud import AwsCloud
from ringfence.aws.dynamo import DynamoAuditLog
from ringfence.aws.sessions import config
from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.local.hooks import autoscaling, ec2, elb, guardduty, security_groups, snapshots
from ringfence.local.hooks.guardduty_findings import held
from ringfence.local.samples.guardduty import instance_finding
from ringfence.model.errors import Refused
from ringfence.model.finding import Finding
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.symbol import QuarantineGroup
from ringfence.observations.ec2.network import QUARANTINE, ROLE_TAG, TRANSITION
from ringfence.observations.iam.identity import Role
from ringfence.observations.iam.instance_denials import InstanceDenial, denial
from ringfence.observations.iam.revocations import revocation_named
from ringfence.policy.limits import GROUP, Limit, Limits
from ringfence.record.chain import ChainKey
from ringfence.record.facts import FindingReceived, RunRequested
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.iam.instance_sessions import DenyInstanceSessions
from tests.contracts.test_cloud_effects import Estate
from tests.support.fakes.audit_home import AUDIT, CONTROL, REGION, dynamodb, in_turn, tables
from tests.support.fakes.seals import SEALS, FixedSeals
from tests.support.parsing import parse
from tests.support.strategies.instances import chosen
from tests.support.worlds import LEASE, NOON, Ticking, order

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel
    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.aws.cloud import Made
    from ringfence.engine.ports import Cloud
    from ringfence.engine.results import ResponseResult
    from ringfence.local import LocalAws
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Names, Step
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Permit
    from ringfence.record.history import History

ACCOUNT = "123456789012"
"""Moto's own."""
REMOTE = ("198.51.100.7", "2001:db8::7")
SHARE = Limits((Limit(GROUP, share=20),), ())
"""The limits of these responses. The size of the group is read for the share."""
READING = ("Get", "List", "Describe", "Query")
"""How the names of the operations begin that change nothing."""
IAM_NAMES = {"s3:ListObjectVersions": "s3:ListBucketVersions", "s3:ListObjectsV2": "s3:ListBucket"}
"""Operations whose IAM action has another name."""


@cache
def put_right() -> None:
    """Change what moto gets wrong of EC2, Auto Scaling, target groups and GuardDuty; once a process."""
    for area in (ec2, security_groups, elb, autoscaling, snapshots, guardduty):
        area.install()


@dataclass(frozen=True)
class Noted:
    """A call as it left: the IAM name of its service, its operation, the actions that it takes, its body."""

    service: str
    operation: str
    actions: tuple[str, ...]
    body: str

    @property
    def changes(self) -> bool:
        """Whether it may change what is protected; the log is not."""
        return self.service != "dynamodb" and not self.operation.startswith(READING)


class Clients:
    """Implements `ringfence.aws.sessions.Clients`, noting every call. Made once: models are slow to read."""

    def __init__(self) -> None:
        self.noted: list[Noted] = []
        self._session = botocore.session.Session()
        self._session.set_credentials("testing", "testing")
        self.listen(self._session)
        self._made: dict[tuple[str, bool], BaseClient] = {}

    def listen(self, session: botocore.session.Session) -> None:
        """Note the calls of that session's clients."""
        note: Any = self._note
        session.register("before-call", note)

    def client(self, ref: Ref | None, service: str, *, single_attempt: bool = False) -> BaseClient:  # noqa: ARG002 - one account
        key = (service, single_attempt)
        if key not in self._made:
            self._made[key] = self._session.create_client(
                service, region_name=REGION, config=config(single_attempt=single_attempt)
            )
        return self._made[key]

    def _note(self, model: OperationModel, params: dict[str, Any], **_: object) -> None:
        service, operation, body = model.service_model.signing_name, model.name, params["body"]
        actions = [f"{service}:{operation}"]
        if operation == "TransactWriteItems":  # no IAM action: what it holds are
            items = json.loads(body)["TransactItems"]
            actions = [f"{service}:{kind}Item" for one in items for kind in one]
        if operation == "GetObject" and "versionId" in params["query_string"]:
            actions = ["s3:GetObjectVersion"]
        named = tuple(IAM_NAMES.get(one, one) for one in actions)
        self.noted.append(Noted(service, operation, named, str(body)))

    def actions(self) -> set[str]:
        """Return every IAM action that was taken since the last time."""
        taken = {action for one in self.noted for action in one.actions}
        self.noted.clear()
        return taken


@cache
def clients() -> Clients:
    return Clients()


class Builder:
    """What an estate is built with: the same clients, as models are slow to read; notes are cleared then."""

    def client(self, service: str) -> Any:  # noqa: ANN401 - made at run time
        return clients().client(None, service)


@dataclass
class World:
    """One instance with everything to do about it, and a bystander with the same role."""

    ref: InstanceRef
    estate: Estate
    other: str
    clock: Ticking = field(default_factory=Ticking)

    @property
    def noted(self) -> list[Noted]:
        return clients().noted

    @property
    def cloud(self) -> AwsCloud:
        return AwsCloud(clients(), self.clock, in_turn)

    @property
    def log(self) -> DynamoAuditLog:
        client = cast("DynamoDBClient", clients().client(None, "dynamodb"))
        return DynamoAuditLog(client, AUDIT, CONTROL, in_turn, FixedSeals())

    @property
    def key(self) -> ChainKey:
        return ChainKey(CONTAIN_INSTANCE.id, self.ref.key)

    @property
    def history(self) -> History:
        """Read the log without being noted."""
        return DynamoAuditLog(dynamodb(), AUDIT, CONTROL, in_turn, FixedSeals()).read(self.key)

    def ports(self, cloud: Cloud | None = None) -> Ports:
        return Ports(cloud or self.cloud, self.log, self.clock, in_turn)

    def respond(
        self, runbook: Runbook, finding_id: str, way: str, cloud: Cloud | None = None
    ) -> ResponseResult:
        """Run every stage for a finding of now."""
        attempt = self._attempt()
        received = self._found(finding_id)
        given = order(self.clock(), attempt=attempt, received=received, runbook=runbook)
        given = replace(given, ref=self.ref, choices=chosen(way), limits=SHARE)
        return Engine(self.ports(cloud)).respond(given)

    def _found(self, finding_id: str) -> FindingReceived:
        """Let GuardDuty find something of now, and return what its event says."""
        event = instance_finding()
        about = {"id": finding_id, "accountId": self.ref.account, "region": self.ref.region}
        resource = {"resourceType": "Instance", "instanceDetails": {"instanceId": self.ref.id}}
        times = {"updatedAt": self.clock().isoformat()}
        service = {**event["detail"]["service"], "eventLastSeen": self.clock().isoformat()}
        detail = {**event["detail"], **about, **times, "resource": resource, "service": service}
        found = parse({**event, "detail": held(detail)})
        assert isinstance(found, Finding)
        return FindingReceived(found)

    def release(self, incident: str, cloud: Cloud | None = None) -> ResponseResult:
        """Undo it."""
        attempt, asked = self._attempt(), RunRequested("release", "a false alarm")
        until = self.clock() + LEASE
        given = ResponseRelease(self.key.runbook, self.ref, incident, attempt, "kim", until, asked)
        return Releaser(self.ports(cloud)).release(given)

    def _attempt(self) -> str:
        self.clock.tick(minutes=5)
        return f"attempt-{self.clock():%H%M}"

    def forget(self) -> None:
        """Leave it as in the beginning: an empty log, no group of ours but a drifted one, no revocation."""
        for table in (AUDIT, CONTROL):
            dynamodb().delete_table(TableName=table)
        tables()
        ec2 = self.estate.client("ec2")
        ours = [{"Name": f"tag:{ROLE_TAG}", "Values": [QUARANTINE, TRANSITION]}]
        for group in ec2.describe_security_groups(Filters=ours)["SecurityGroups"]:
            ec2.delete_security_group(GroupId=group["GroupId"])
        drift(self.estate, self.other)
        iam, role = self.estate.client("iam"), self.estate.name
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            if revocation_named(name):
                iam.delete_role_policy(RoleName=role, PolicyName=name)
        clients().noted.clear()


class FullRole(AwsCloud):
    """IAM refuses another inline policy on the role: the quota is reached."""

    def apply(self, ref: Ref, step: Step, names: Names, permit: Permit) -> Made:
        if isinstance(step, DenyInstanceSessions):
            raise Refused("LimitExceeded: the quota of the role's inline policies is reached")
        return super().apply(ref, step, names, permit)


def fill_role() -> set[str]:
    """Give the role denials of another instance whose time is over. Return their names."""
    iam = Builder().client("iam")
    (found,) = iam.list_roles()["Roles"]
    name, role = found["RoleName"], Role(found["RoleName"], found["RoleId"])
    inline, managed = (InstanceDenial("i-0000000000000000f", NOON, one) for one in (False, True))
    document = json.dumps(denial(role, "i-0000000000000000f"))
    iam.put_role_policy(RoleName=name, PolicyName=inline.inline_name, PolicyDocument=document)
    path, _, policy = managed.arn(ACCOUNT, role).rpartition("policy")[2].rpartition("/")
    made = iam.create_policy(PolicyName=policy, Path=f"{path}/", PolicyDocument=document)
    iam.attach_role_policy(RoleName=name, PolicyArn=made["Policy"]["Arn"])
    clients().noted.clear()
    return {inline.inline_name, policy}


def drift(estate: Estate, vpc: str) -> None:
    """Make a quarantine group that Ringfence recorded and that somebody has opened."""
    group = estate.group(vpc, "ringfence-quarantine", role=QUARANTINE)
    place = provided_key(ChainKey(CONTAIN_INSTANCE.id, f"instance/{ACCOUNT}/{REGION}/i"))
    text = provided_text({QuarantineGroup(vpc).key: frozenset({group})})
    item: Any = {
        CONTROL_KEY: {"S": place},
        PROVIDED: {"S": text},
        MAC: {"S": SEALS.keys[0].provided_mac(place, text)},
    }
    dynamodb().put_item(TableName=CONTROL, Item=item)
    everybody = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    estate.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=everybody)


def world(*, tagged: bool = False) -> World:
    """Build it: in the current mock of AWS, with the audit tables beside it.

    One VPC has no group of ours and a stranger's of our name, the other one a quarantine group that has
    drifted. `tagged`: an earlier incident's tag is on it.
    """
    put_right()
    tables()
    estate = Estate(cast("LocalAws", Builder()), f"t-{uuid.uuid4().hex[:8]}")
    (home, subnet), (other, other_subnet) = estate.vpc("10.1.0.0/24"), estate.vpc("10.2.0.0/24")
    estate.group(home, "ringfence-transition")
    drift(estate, other)
    profile = estate.profile()
    groups = [estate.group(home, name) for name in ("web", "metrics")]
    instance = estate.instance(subnet, groups, profile)
    estate.interface(instance, other_subnet, estate.group(other, "back"))
    estate.instance(subnet, groups, profile)
    estate.scaling_group(instance, subnet, minimum=0)
    estate.targets(home, instance)
    if tagged:
        tags = [{"Key": "ringfence:incident", "Value": "inc-of-last-year"}]
        estate.client("ec2").create_tags(Resources=[instance], Tags=tags)
    clients().noted.clear()
    return World(InstanceRef(ACCOUNT, REGION, instance), estate, other)
