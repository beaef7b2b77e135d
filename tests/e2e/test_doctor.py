"""The self-check of a deployment: clean, it finds nothing; each of many faults is found and named."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ringfence.aws.containments import ContainmentList
from ringfence.handlers.link_checks import sent
from ringfence.handlers.removal_plans import removal_plan
from ringfence.handlers.self_checks import checked, control_table, orphaned
from ringfence.local import LocalAws
from ringfence.local.deploy import REPOSITORY
from ringfence.model.subject import GLOBAL
from ringfence.record.chain import ChainKey
from ringfence.record.containments import Containment
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.self_check.places import Deployment, stacks_of
from tests.e2e.local_clients import LocalClients
from tests.e2e.places import HOME_REGION
from tests.e2e.world import OTHER_ACCOUNT, World
from tests.support.aws_command import parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ringfence.handlers.removal_plans import RemovalPlan
    from ringfence.self_check.findings import Problem, Report
    from tests.e2e.deployments import Deployer

pytestmark = pytest.mark.e2e

QUEUE = f"ringfence-{CONTAIN_INSTANCE.id}"
STRANGER = "arn:aws:iam::777788889999:root"


class Patient:
    """A deployment and what can be wrong with it."""

    def __init__(self, world: World) -> None:
        self.world, self.local = world, world.local
        home = self.local.account
        self.deployment = Deployment(home, self.local.region, (home, OTHER_ACCOUNT))

    def client(self, service: str, account: str | None = None, region: str | None = None) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        return self.local.client(service, account or self.local.account, region or self.local.region)

    def checked(self) -> Report:
        return checked(self.deployment, LocalClients(self.local), lambda: datetime.now(UTC))

    def removal(self) -> RemovalPlan:
        return removal_plan(self.deployment, LocalClients(self.local), lambda: datetime.now(UTC))

    def command(self, *words: str) -> dict[str, Any]:
        """Run `ringfence` with the credentials of the home account's root user. Return its document."""
        shown = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "ringfence.cli.main", *words],
            env={**os.environ, **self.local.environment(), "PYTHONPATH": str(REPOSITORY / "functions")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert shown.returncode == 0, shown.stdout + shown.stderr
        document: dict[str, Any] = json.loads(shown.stdout)
        return document

    def run(self, command: str, account: str) -> None:
        """Run a command of the AWS command line."""
        found = parsed(command)
        found.run(self.client(found.service, account, found.options["--region"]))

    def resources(self, stack: str, kind: str) -> dict[str, str]:
        """Return the physical ids of a stack's resources of one type, by their logical ids."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for page in pages.paginate(StackName=stack)
            for one in page["StackResourceSummaries"]
            if one["ResourceType"] == kind
        }

    def only(self, stack: str, kind: str, like: str = "") -> str:
        """Return the physical id of the first resource of a type whose logical id begins so."""
        found = self.resources(f"Ringfence-{stack}", kind)
        return next(id_ for logical, id_ in sorted(found.items()) if logical.startswith(like))

    @property
    def rule(self) -> str:
        return self.only("Response", "AWS::Events::Rule", "ContainInstanceRule1")

    @property
    def mapping(self) -> str:
        return self.only("Response", "AWS::Lambda::EventSourceMapping", "ContainInstanceContainMapping")

    def key(self, stack: str = "Audit") -> str:
        return self.only(stack, "AWS::KMS::Key", "Key")

    def url(self, queue: str) -> str:
        found: str = self.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
        return found


@pytest.fixture(scope="module")
def patient(folder: Path, deployer: Deployer) -> Iterator[Patient]:
    """Ringfence in two accounts, each with a region from which events are forwarded."""
    with LocalAws(region=HOME_REGION, log=folder / "doctor.log") as local:
        world = World(deployer.home(local, accounts=(OTHER_ACCOUNT,)))
        deployer.protect(local, OTHER_ACCOUNT)
        for stack in stacks_of(Deployment(local.account, local.region, (local.account, OTHER_ACCOUNT))):
            subscribe(local, stack.account, stack.region)
        yield Patient(world)


def subscribe(local: LocalAws, account: str, region: str) -> None:
    """Let somebody be notified by each topic of an account and region."""
    sns, sqs = local.client("sns", account, region), local.client("sqs", account, region)
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for topic in sns.list_topics()["Topics"]:
        sns.subscribe(TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=arn)


def test_nothing_is_found_where_all_is_as_deployed(patient: Patient) -> None:
    report = patient.checked()
    assert [one.as_json() for one in report.problems] == []
    assert dict(report.compared)["stack"] == len(stacks_of(patient.deployment))
    assert dict(report.compared)["rule"] > 50


def test_a_heartbeat_from_each_place_arrives_through_the_encrypted_queue(patient: Patient) -> None:
    clients, table = LocalClients(patient.local), patient.world.deployment.control_table

    def now() -> datetime:
        return datetime.now(UTC)

    wait = timedelta(seconds=120)
    silent = sent(patient.deployment, clients, now, table, pause=lambda: time.sleep(0.5), wait=wait)
    assert [one.as_json() for one in silent] == []
    assert control_table(patient.deployment, clients, now) == table


@dataclass(frozen=True)
class Fault:
    """How a deployment is damaged, and what the self-check says of it. `damage` returns how to repair it."""

    name: str
    damage: Callable[[Patient], Callable[[], object]]
    resource: str
    aspect: str
    words: str
    account: str = ""
    region: str = ""

    def told(self, problem: Problem) -> bool:
        return (
            self.resource in problem.resource
            and self.aspect == problem.aspect
            and self.words in problem.words
            and self.account in problem.account
            and self.region in problem.region
        )


def rule_off(account: str = "", region: str = "") -> Callable[[Patient], Callable[[], object]]:
    """Disable a rule, at home or one that forwards."""

    def damage(patient: Patient) -> Callable[[], object]:
        events = patient.client("events", account or None, region or None)
        rules = events.list_rules(NamePrefix="Ringfence-")["Rules"]
        name = rules[0]["Name"]
        events.disable_rule(Name=name)
        return lambda: events.enable_rule(Name=name)

    return damage


def pattern(patient: Patient) -> Callable[[], object]:
    events, rule = patient.client("events"), patient.rule
    before = events.describe_rule(Name=rule)
    put = {"Name": rule, "State": before["State"]}
    events.put_rule(**put, EventPattern=json.dumps({"source": ["aws.guardduty"], "account": ["0"]}))
    return lambda: events.put_rule(**put, EventPattern=before["EventPattern"])


def constant_input(patient: Patient) -> Callable[[], object]:
    events, rule = patient.client("events"), patient.rule
    (before,) = events.list_targets_by_rule(Rule=rule)["Targets"]
    events.put_targets(Rule=rule, Targets=[{**before, "Input": '{"forged": true}'}])
    return lambda: events.put_targets(Rule=rule, Targets=[before])


def no_target(patient: Patient) -> Callable[[], object]:
    events, rule = patient.client("events"), patient.rule
    before = events.list_targets_by_rule(Rule=rule)["Targets"]
    events.remove_targets(Rule=rule, Ids=[one["Id"] for one in before])
    return lambda: events.put_targets(Rule=rule, Targets=before)


def mapping_off(patient: Patient) -> Callable[[], object]:
    functions, mapping = patient.client("lambda"), patient.mapping
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    return lambda: functions.update_event_source_mapping(UUID=mapping, Enabled=True)


def another_mapping(patient: Patient) -> Callable[[], object]:
    functions = patient.client("lambda")
    source = functions.get_event_source_mapping(UUID=patient.mapping)["EventSourceArn"]
    made = functions.create_event_source_mapping(
        FunctionName="ringfence-notify", EventSourceArn=source, Enabled=False
    )
    return lambda: functions.delete_event_source_mapping(UUID=made["UUID"])


def no_concurrency(patient: Patient) -> Callable[[], object]:
    functions = patient.client("lambda")
    functions.put_function_concurrency(FunctionName=QUEUE, ReservedConcurrentExecutions=0)
    return lambda: functions.delete_function_concurrency(FunctionName=QUEUE)


def other_code(patient: Patient) -> Callable[[], object]:
    functions, cloudformation = patient.client("lambda"), patient.client("cloudformation")
    template = cloudformation.get_template(StackName="Ringfence-Response")["TemplateBody"]
    code = next(
        one["Properties"]["Code"]
        for one in template["Resources"].values()
        if one["Type"] == "AWS::Lambda::Function"
    )
    functions.update_function_code(FunctionName=QUEUE, ZipFile=archive("def handler(*_): pass"))
    return lambda: functions.update_function_code(FunctionName=QUEUE, **code)


def archive(source: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("respond.py", source)
    return packed.getvalue()


def another_environment(patient: Patient) -> Callable[[], object]:
    functions = patient.client("lambda")
    before = functions.get_function_configuration(FunctionName=QUEUE)["Environment"]["Variables"]
    changed = {**before, "RINGFENCE_AUDIT_TABLE": "another"}
    functions.update_function_configuration(FunctionName=QUEUE, Environment={"Variables": changed})
    return lambda: functions.update_function_configuration(
        FunctionName=QUEUE, Environment={"Variables": before}
    )


def queue_attribute(queue: str, name: str, value: str) -> Callable[[Patient], Callable[[], object]]:
    def damage(patient: Patient) -> Callable[[], object]:
        sqs, url = patient.client("sqs"), patient.url(queue)
        before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"].get(name, "")
        sqs.set_queue_attributes(QueueUrl=url, Attributes={name: value})
        return lambda: sqs.set_queue_attributes(QueueUrl=url, Attributes={name: before})

    return damage


def dead_letter(patient: Patient) -> Callable[[], object]:
    sqs, url = patient.client("sqs"), patient.url(f"{QUEUE}-dead-letters")
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    return lambda: sqs.purge_queue(QueueUrl=url)


def pending(patient: Patient) -> Callable[[], object]:
    sns, topic = patient.client("sns"), patient.world.deployment.notices
    made = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="night@example.com")
    return lambda: sns.unsubscribe(SubscriptionArn=made["SubscriptionArn"])


def nobody_told(patient: Patient) -> Callable[[], object]:
    sns, topic = patient.client("sns"), patient.world.deployment.notices
    (before,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=before["SubscriptionArn"])
    return lambda: sns.subscribe(TopicArn=topic, Protocol=before["Protocol"], Endpoint=before["Endpoint"])


def key_off(patient: Patient) -> Callable[[], object]:
    kms, key = patient.client("kms"), patient.key()
    kms.disable_key(KeyId=key)
    return lambda: kms.enable_key(KeyId=key)


def key_deletion(patient: Patient) -> Callable[[], object]:
    kms, key = patient.client("kms"), patient.key("Response")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

    def repair() -> None:
        kms.cancel_key_deletion(KeyId=key)
        kms.enable_key(KeyId=key)

    return repair


def key_policy(patient: Patient) -> Callable[[], object]:
    kms, key = patient.client("kms"), patient.key()
    before = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    document = json.loads(before)
    stranger = {"Effect": "Allow", "Principal": {"AWS": STRANGER}, "Action": "kms:Decrypt", "Resource": "*"}
    document["Statement"].append(stranger)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))
    return lambda: kms.put_key_policy(KeyId=key, PolicyName="default", Policy=before)


def lifecycle(patient: Patient) -> Callable[[], object]:
    s3, bucket = patient.client("s3"), patient.world.deployment.archive
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    return lambda: s3.delete_bucket_lifecycle(Bucket=bucket)


def bucket_policy(patient: Patient) -> Callable[[], object]:
    s3, bucket = patient.client("s3"), patient.world.deployment.archive
    before = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    return lambda: s3.put_bucket_policy(Bucket=bucket, Policy=before)


def shorter_lock(patient: Patient) -> Callable[[], object]:
    s3, bucket = patient.client("s3"), patient.world.deployment.archive
    before = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    short = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=short)
    return lambda: s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=before)


def unprotected(patient: Patient) -> Callable[[], object]:
    dynamodb, table = patient.client("dynamodb"), patient.world.deployment.audit_table
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    return lambda: dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)


def no_recovery(patient: Patient) -> Callable[[], object]:
    dynamodb, table = patient.client("dynamodb"), patient.world.deployment.audit_table

    def put(on: bool) -> object:  # noqa: FBT001 - a switch
        wanted = {"PointInTimeRecoveryEnabled": on}
        return dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=wanted)

    put(False)
    return lambda: put(True)


def trust(patient: Patient) -> Callable[[], object]:
    """Let a stranger assume the role that acts in the other account."""
    iam = patient.client("iam", OTHER_ACCOUNT)
    before = iam.get_role(RoleName=QUEUE)["Role"]["AssumeRolePolicyDocument"]
    statement = {"Effect": "Allow", "Principal": {"AWS": STRANGER}, "Action": "sts:AssumeRole"}
    opened = {"Version": "2012-10-17", "Statement": [statement]}
    iam.update_assume_role_policy(RoleName=QUEUE, PolicyDocument=json.dumps(opened))
    return lambda: iam.update_assume_role_policy(RoleName=QUEUE, PolicyDocument=json.dumps(before))


def no_rights(patient: Patient) -> Callable[[], object]:
    """Take the rights from the role that acts in the other account."""
    iam, name = patient.client("iam", OTHER_ACCOUNT), {"RoleName": QUEUE, "PolicyName": "declared"}
    before = iam.get_role_policy(**name)["PolicyDocument"]
    iam.delete_role_policy(**name)
    return lambda: iam.put_role_policy(**name, PolicyDocument=json.dumps(before))


def more_rights(patient: Patient) -> Callable[[], object]:
    iam, arn = patient.client("iam"), "arn:aws:iam::aws:policy/AdministratorAccess"
    role = {"RoleName": "ringfence-archive-function", "PolicyArn": arn}
    iam.attach_role_policy(**role)
    return lambda: iam.detach_role_policy(**role)


def silent_alarm(patient: Patient) -> Callable[[], object]:
    alarms = patient.client("cloudwatch")
    alarms.disable_alarm_actions(AlarmNames=["ringfence-tampering"])
    return lambda: alarms.enable_alarm_actions(AlarmNames=["ringfence-tampering"])


def schedule_off(patient: Patient) -> Callable[[], object]:
    scheduler, name = patient.client("scheduler"), f"{QUEUE}-recheck"
    before = scheduler.get_schedule(Name=name)
    kept = ("Name", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")
    put = {field: before[field] for field in kept}
    scheduler.update_schedule(**put, State="DISABLED")
    return lambda: scheduler.update_schedule(**put, State="ENABLED")


def open_route(patient: Patient) -> Callable[[], object]:
    api = patient.client("apigatewayv2")
    where = {
        "ApiId": patient.only("Response", "AWS::ApiGatewayV2::Api"),
        "RouteId": patient.only("Response", "AWS::ApiGatewayV2::Route").rpartition("/")[2],
    }
    api.update_route(**where, AuthorizationType="NONE")
    return lambda: api.update_route(**where, AuthorizationType="AWS_IAM")


def another_caller(patient: Patient) -> Callable[[], object]:
    functions, name = patient.client("lambda"), {"FunctionName": "ringfence-operate", "StatementId": "x"}
    functions.add_permission(**name, Action="lambda:InvokeFunction", Principal="777788889999")
    return lambda: functions.remove_permission(**name)


FAULTS = (
    Fault("a rule is off", rule_off(), "rule Ringfence-", "state", "is DISABLED, declared ENABLED"),
    Fault(
        "a rule that forwards global events is off",
        rule_off(region=GLOBAL),
        "rule Ringfence-Forward-us-east-1",
        "state",
        "is DISABLED",
        region=GLOBAL,
    ),
    Fault(
        "a rule that forwards another account's events is off",
        rule_off(OTHER_ACCOUNT),
        "rule Ringfence-Forward-",
        "state",
        "is DISABLED",
        OTHER_ACCOUNT,
    ),
    Fault("a rule has another pattern", pattern, "rule Ringfence-", "pattern", '"account": ["0"]'),
    Fault("a rule sends a constant", constant_input, "rule Ringfence-", "targets", "queue Input is {"),
    Fault("a rule has no target", no_target, "rule Ringfence-", "targets", "queue is none, declared"),
    Fault("a mapping is off", mapping_off, "event source mapping", "state", "is Disabled, declared Enabled"),
    Fault(
        "another function takes messages",
        another_mapping,
        "event source mapping",
        "other mappings of its source",
        "which is not declared",
    ),
    Fault(
        "a function never runs",
        no_concurrency,
        f"function {QUEUE}",
        "reserved concurrency",
        "is 0, declared none",
    ),
    Fault("a function has other code", other_code, f"function {QUEUE}", "code", "its hash is"),
    Fault(
        "a function has another table",
        another_environment,
        f"function {QUEUE}",
        "environment",
        "RINGFENCE_AUDIT_TABLE is another",
    ),
    Fault("a stranger may invoke", another_caller, "function ringfence-operate", "policy", "777788889999"),
    Fault(
        "a queue forgets dead letters",
        queue_attribute(QUEUE, "RedrivePolicy", ""),
        f"queue {QUEUE}",
        "dead letters",
        "is none, declared",
    ),
    Fault(
        "a queue keeps messages a minute",
        queue_attribute(QUEUE, "MessageRetentionPeriod", "60"),
        f"queue {QUEUE}",
        "retention period",
        "is 60",
    ),
    Fault(
        "a queue takes from everybody",
        queue_attribute(QUEUE, "Policy", ""),
        f"queue {QUEUE}",
        "policy",
        "lacks",
    ),
    Fault(
        "a dead letter waits", dead_letter, f"queue {QUEUE}-dead", "waiting dead letters", "is 1, declared 0"
    ),
    Fault(
        "a subscription is pending", pending, "topic", "unconfirmed subscriptions", "email night@example.com"
    ),
    Fault("nobody is subscribed", nobody_told, "topic", "subscriptions", "nobody is notified"),
    Fault("a key is disabled", key_off, "key ", "state", "is Disabled, declared Enabled"),
    Fault("a key is to be deleted", key_deletion, "key ", "state", "is PendingDeletion"),
    Fault("a key's policy lets a stranger in", key_policy, "key ", "policy", "777788889999"),
    Fault(
        "the archive expires", lifecycle, "bucket ringfence-audit-archive", "lifecycle rules", "after 1 day"
    ),
    Fault("the archive has no policy", bucket_policy, "bucket ringfence-audit-archive", "policy", "lacks"),
    Fault(
        "the archive's lock is a day", shorter_lock, "bucket ringfence-audit-archive", "object lock", "1 day"
    ),
    Fault(
        "the log can be deleted", unprotected, "table Ringfence-Audit-AuditTable", "deletion protection", "is"
    ),
    Fault(
        "the log cannot be restored",
        no_recovery,
        "table Ringfence-Audit-AuditTable",
        "point-in-time recovery",
        "is DISABLED",
    ),
    Fault("a role trusts a stranger", trust, f"role {QUEUE}", "trust", "777788889999", OTHER_ACCOUNT),
    Fault("a role may do nothing", no_rights, f"role {QUEUE}", "policies", "declared is none", OTHER_ACCOUNT),
    Fault(
        "a role may do everything",
        more_rights,
        "role ringfence-archive-function",
        "attached policies",
        "AdministratorAccess",
    ),
    Fault("an alarm is silent", silent_alarm, "alarm ringfence-tampering", "actions enabled", "is false"),
    Fault("a schedule is off", schedule_off, f"schedule {QUEUE}-recheck", "state", "is DISABLED"),
    Fault("a route asks nobody who calls", open_route, "route", "authorization", "is NONE, declared AWS_IAM"),
)


def rounds() -> tuple[tuple[Fault, ...], ...]:
    """Return the faults in rounds: a deployment has those of a round at the same time.

    No two of a round are of the same resource, so each has a problem of its own.
    """
    made: list[dict[tuple[str, str, str], Fault]] = []
    for fault in FAULTS:
        place = (fault.resource, fault.account, fault.region)
        free = next((one for one in made if place not in one), None)
        if free is None:
            made.append(free := {})
        free[place] = fault
    return tuple(tuple(one.values()) for one in made)


@pytest.mark.parametrize("faults", rounds())
def test_each_fault_is_found_and_named_and_after_its_repair_nothing_is(
    patient: Patient, faults: tuple[Fault, ...]
) -> None:
    with ExitStack() as repairs:
        for fault in faults:
            repairs.callback(fault.damage(patient))
        problems = patient.checked().problems
    told = {fault.name: [one for one in problems if fault.told(one)] for fault in faults}
    assert [name for name, found in told.items() if not found] == [], [one.as_json() for one in problems]
    named = {one.resource for found in told.values() for one in found}
    assert all(one.remedy for found in told.values() for one in found)
    assert {one.resource for one in problems} == named, "nothing else is wrong"


def test_after_all_repairs_nothing_is_found(patient: Patient) -> None:
    assert [one.as_json() for one in patient.checked().problems] == []


@pytest.fixture(scope="module")
def orphan(patient: Patient) -> str:
    """A stack as a deployment with another region in its scope would have left it."""
    body = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    stacks, name = patient.client("cloudformation", region="eu-west-3"), "Ringfence-Forward-eu-west-3"
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(body))
    return name


def test_a_forwarding_stack_of_a_former_region_is_found(patient: Patient, orphan: str) -> None:
    (problem,) = orphaned(patient.deployment, LocalClients(patient.local), lambda: datetime.now(UTC)).problems
    assert (problem.resource, problem.region) == (f"stack {orphan}", "eu-west-3")


def test_what_is_contained_keeps_the_plan_of_a_removal_from_being_ready(patient: Patient) -> None:
    one = Containment(
        ChainKey(CONTAIN_INSTANCE.id, f"instance/{patient.local.account}/{HOME_REGION}/i-0a1b2c3d4e5f60718"),
        "inc-20261129T224326.104000-566ff4fa62",
        open=True,
        verified_at=datetime.now(UTC),
    )
    table = ContainmentList(patient.client("dynamodb"), patient.world.deployment.control_table)
    table.verified(one, datetime.now(UTC))
    plan = patient.removal()
    assert [found.incident for found in plan.containments] == [one.incident]
    assert not plan.ready
    item = {"key": {"S": f"{one.key.text}#containment"}}
    patient.client("dynamodb").delete_item(TableName=table.table, Key=item)


def test_the_commands_of_a_removal_delete_every_stack_and_what_they_cannot_delete_stays(
    patient: Patient, deployer: Deployer, orphan: str
) -> None:
    """The last test of this deployment: it removes it. CloudFormation refuses another order."""
    plan = patient.removal()
    assert plan.ready
    assert [one.stack.name for one in plan.removals if one.orphaned] == [orphan]
    told = patient.command("uninstall-plan", "--json", "--policy", str(deployer.policy(patient.local)))
    commands = [command for one in plan.removals for command in one.commands]
    assert [command for one in told["stacks"] for command in one["commands"]] == commands
    assert (told["ready"], told["unknown"]) == (True, [])
    with pytest.raises(ClientError, match="TerminationProtection"):
        patient.client("cloudformation").delete_stack(StackName="Ringfence-Audit")
    for removal in plan.removals:
        for command in removal.commands:
            patient.run(command, removal.stack.account)
    left = patient.removal()
    assert left.removals == ()
    assert not left.home_exists
    tables = [one for one in plan.kept if one.noun == "table"]
    for table in tables:
        with pytest.raises(ClientError, match="protected against deletion"):
            patient.run(table.commands[-1], table.stack.account)
    for one in plan.kept:
        if one.noun != "bucket":  # S3 deletes empty buckets only
            for command in one.commands:
                patient.run(command, one.stack.account)
    archive = patient.world.deployment.archive
    assert "NobodyRemoves" in patient.client("s3").get_bucket_policy(Bucket=archive)["Policy"]
    assert set(patient.client("dynamodb").list_tables()["TableNames"]).isdisjoint(one.id for one in tables)
