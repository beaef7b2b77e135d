"""The self-check on supplied answers: what is missing, what cannot be read, and what each read may call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.model.call import Failed
from ringfence.model.document import Document
from ringfence.model.errors import AccessDenied, OutcomeUnknown, Retryable
from ringfence.self_check.check import Expected, self_check
from ringfence.self_check.compare import differences, statements
from ringfence.self_check.findings import Standing
from ringfence.self_check.kinds import kinds
from ringfence.self_check.needs import PERMISSIONS
from ringfence.self_check.places import Deployment, Stack, stacks_of
from ringfence.self_check.template import UNRESOLVED, Deployed, Resource
from stacks.operations import OTHER_NAMES
from tests.support.self_checking import judged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.model.call import Answer, Call, SansIO

HOME, OTHER, REGION = "111122223333", "444455556666", "eu-west-1"
DEPLOYMENT = Deployment(HOME, REGION, (HOME,))
MEMBER = Stack(HOME, REGION, "Ringfence-Member")
KEY_POLICY = {
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "kms:*", "Resource": "*"}]
}
TEMPLATE = {
    "Resources": {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": KEY_POLICY}},
        "Unknown": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
    }
}


class Aws:
    """Answers calls from a table of operations; an exception is raised."""

    def __init__(self, **answers: Any) -> None:  # noqa: ANN401 - documents and errors
        self.answers = {
            "DescribeStacks": {
                "Stacks": [{"StackStatus": "UPDATE_COMPLETE", "EnableTerminationProtection": True}]
            },
            "GetTemplate": {"TemplateBody": json.dumps(TEMPLATE)},
            "ListStackResources": {
                "StackResourceSummaries": [
                    {"LogicalResourceId": "Key", "PhysicalResourceId": "1a", "ResourceType": "AWS::KMS::Key"}
                ]
            },
            "DescribeKey": {"KeyMetadata": {"KeyState": "Enabled"}},
            "GetKeyPolicy": {"Policy": json.dumps(KEY_POLICY)},
            **answers,
        }
        self.calls: list[Call] = []

    def ask(self, account: str, region: str, talk: SansIO[Any]) -> Any:  # noqa: ANN401 - as the read returns
        del account, region
        try:
            calls = next(talk)
            while True:
                calls = talk.send(tuple(map(self.answer, calls)))
        except StopIteration as ended:
            return ended.value

    def answer(self, call: Call) -> Answer:
        self.calls.append(call)
        found = self.answers[call.operation]
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, Failed) else Document.of(found, call.operation)


def one_by_one(functions: Sequence[Callable[[], object]]) -> list[object]:
    return [function() for function in functions]


def problems(aws: Aws, expected: Expected | None = None, only: str = "Ringfence-Member") -> list[str]:
    report = self_check(DEPLOYMENT, aws.ask, one_by_one, expected, lambda stack: stack.name == only)
    return [f"{one.standing.value} {one.resource} {one.aspect}: {one.words}" for one in report.problems]


def test_what_is_as_declared_is_no_problem() -> None:
    assert problems(Aws()) == []


def test_a_stack_that_does_not_exist_is_named_with_its_place() -> None:
    aws = Aws(DescribeStacks=Failed("ValidationError", "Stack does not exist"))
    assert problems(aws) == [
        "fault stack Ringfence-Member existence: does not exist in account 111122223333 and region eu-west-1"
    ]


def test_nobody_misses_a_stack_that_not_every_deployment_has() -> None:
    aws = Aws(DescribeStacks=Failed("ValidationError", "Stack does not exist"))
    assert problems(aws, only="Ringfence-Notices") == []
    expected = Expected(templates={"Ringfence-Notices": TEMPLATE})
    (problem,) = problems(aws, expected, only="Ringfence-Notices")
    assert "existence: does not exist" in problem


def test_such_a_stack_is_compared_if_it_exists() -> None:
    (problem,) = problems(
        Aws(DescribeKey={"KeyMetadata": {"KeyState": "Disabled"}}), only="Ringfence-Notices"
    )
    assert "Disabled" in problem
    (unknown,) = problems(Aws(DescribeStacks=Retryable("Throttling")), only="Ringfence-Notices")
    assert unknown.startswith("unknown")


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS", "CREATE_FAILED"])
def test_a_stack_whose_last_deployment_is_not_complete_is_a_fault(status: str) -> None:
    (problem,) = problems(Aws(DescribeStacks={"Stacks": [{"StackStatus": status}]}))
    assert f"status: is {status}" in problem


def test_the_audit_stack_is_protected_from_deletion() -> None:
    aws = Aws(DescribeStacks={"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]})
    assert [one for one in problems(aws, only="Ringfence-Audit") if "termination protection: is off" in one]


def test_a_stack_of_another_version_or_policy_is_a_fault() -> None:
    outputs = [{"OutputKey": "Version", "OutputValue": "0.1.0+a"}]
    aws = Aws(DescribeStacks={"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": outputs}]})
    found = problems(aws, Expected({"Version": "0.1.0+b", "PolicyDigest": "c"}))
    assert found == [
        "fault stack Ringfence-Member version: is 0.1.0+a, expected 0.1.0+b",
        "fault stack Ringfence-Member policy: is unknown, expected c",
    ]


def test_another_policy_may_be_another_file_so_its_deployment_is_not_the_first_advice() -> None:
    aws = Aws(DescribeStacks={"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": []}]})
    report = self_check(DEPLOYMENT, aws.ask, one_by_one, Expected({"PolicyDigest": "c"}))
    (problem,) = (one for one in report.problems if one.aspect == "policy")
    assert problem.remedy.startswith(
        "is this the policy file of the deployment? If not: ringfence doctor --policy FILE"
    )


def test_stacks_with_the_same_other_policy_are_one_fault_that_names_them() -> None:
    outputs = [{"OutputKey": "PolicyDigest", "OutputValue": "a"}]
    aws = Aws(DescribeStacks={"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": outputs}]})
    only = {"Ringfence-Member", "Ringfence-Response"}
    report = self_check(
        DEPLOYMENT, aws.ask, one_by_one, Expected({"PolicyDigest": "c"}), lambda one: one.name in only
    )
    (problem,) = report.problems
    assert problem.resource.startswith("2 stacks: Ringfence-")
    assert all(name in problem.resource for name in only)
    assert problem.words == "is a, expected c: the deployed policy is not the local policy file"


def test_what_could_not_be_read_does_not_count_as_compared() -> None:
    denied = AccessDenied("DescribeStacks")
    report = self_check(DEPLOYMENT, Aws(DescribeStacks=denied).ask, one_by_one)
    assert report.compared == ()
    unread = self_check(DEPLOYMENT, Aws(DescribeKey=denied).ask, one_by_one)
    assert dict(unread.compared).keys() == {"stack"}


def test_where_the_home_stack_is_not_the_home_region_is_asked_for_and_no_second_home_is_made() -> None:
    aws = Aws(DescribeStacks=Failed("ValidationError", "Stack does not exist"))
    (problem,) = self_check(DEPLOYMENT, aws.ask, one_by_one).problems
    assert problem.words == "Ringfence is not deployed in account 111122223333 and region eu-west-1"
    assert problem.remedy.startswith("is this the home region? If not: ringfence doctor --home-region REGION")


def test_a_deployment_to_another_account_names_the_home_without_which_it_is_refused() -> None:
    gone = Aws(DescribeStacks=Failed("ValidationError", "Stack does not exist"))
    two, member = Deployment(HOME, REGION, (HOME, OTHER)), "Ringfence-Member"
    report = self_check(two, gone.ask, one_by_one, only=lambda one: one.name == member)
    assert {one.account: one.remedy for one in report.problems} == {
        HOME: f"npx cdk deploy {member}",
        OTHER: f"npx cdk deploy {member} --context home_account={HOME} --context home_region={REGION}",
    }


def test_a_template_that_is_not_the_local_one_is_a_fault_that_names_the_resource() -> None:
    local = {"Resources": {**TEMPLATE["Resources"], "Key": {"Type": "AWS::KMS::Key", "Properties": {}}}}
    (problem,) = problems(Aws(), Expected(templates={"Ringfence-Member": local}))
    assert "differs from the local cloud assembly in 1 part: Key" in problem


def test_a_resource_that_is_gone_is_a_fault() -> None:
    assert problems(Aws(DescribeKey=Failed("NotFoundException", "no"))) == [
        "fault key 1a existence: does not exist"
    ]


def test_what_may_not_be_read_is_unknown_and_says_what_to_grant() -> None:
    aws = Aws(GetKeyPolicy=AccessDenied("kms:GetKeyPolicy: AccessDenied: no"))
    report = self_check(DEPLOYMENT, aws.ask, one_by_one, only=lambda stack: stack == MEMBER)
    (problem,) = report.problems
    assert not report.sound
    assert problem.standing is Standing.UNKNOWN
    assert "grant kms:DescribeKey, kms:GetKeyPolicy, kms:GetKeyRotationStatus" in problem.remedy
    assert "kms:GetKeyPolicy" in problem.denied


def test_a_role_that_cannot_be_assumed_is_told_once_for_each_account() -> None:
    aws = Aws(DescribeStacks=AccessDenied("sts:AssumeRole of arn:aws:iam::1:role/ringfence-doctor: denied"))
    report = self_check(DEPLOYMENT, aws.ask, one_by_one)
    (problem,) = report.problems
    assert "attach the policy ringfence-doctor" in problem.remedy


class Functions(Aws):
    """A stack of functions: the bundle that is declared for each, and the hash of the code that it has."""

    def __init__(self, **codes: tuple[str, str]) -> None:
        self.hashes = {name: hash_ for name, (_, hash_) in codes.items()}
        kind = "AWS::Lambda::Function"
        declared = {
            name: {"Type": kind, "Properties": {**FUNCTION, "Code": {"S3Bucket": "assets", "S3Key": bundle}}}
            for name, (bundle, _) in codes.items()
        }
        listed = [
            {"LogicalResourceId": name, "PhysicalResourceId": name, "ResourceType": kind} for name in codes
        ]
        super().__init__(
            GetTemplate={"TemplateBody": json.dumps({"Resources": declared})},
            ListStackResources={"StackResourceSummaries": listed},
            GetPolicy=Failed("ResourceNotFoundException", "none"),
        )

    def answer(self, call: Call) -> Answer:
        if call.operation != "GetFunction":
            return super().answer(call)
        code = self.hashes[str(call.parameters["FunctionName"])]
        return Document.of({"Configuration": {**FUNCTION, "CodeSha256": code}})


FUNCTION = {"Handler": "x.y", "Runtime": "python3.12", "Role": "r", "Timeout": 30, "MemorySize": 512}


def test_functions_with_the_same_declared_bundle_have_the_same_code() -> None:
    same = Functions(one=("a.zip", "h-1"), two=("a.zip", "h-1"), own=("b.zip", "h-2"))
    assert problems(same) == [], "imported rules are in a bundle of the function that evaluates them"
    other = Functions(
        one=("a.zip", "h-1"), two=("a.zip", "h-1"), three=("a.zip", "h-2"), own=("b.zip", "h-3")
    )
    assert problems(other) == [
        "fault function three code: its hash is h-2, that of the other functions is h-1"
    ]


def test_a_failing_read_is_tried_again_and_then_unknown() -> None:
    aws = Aws(DescribeKey=OutcomeUnknown("kms:DescribeKey: no response"))
    assert problems(aws) == ["unknown key 1a reading: unknown: kms:DescribeKey: no response"]
    assert [one.operation for one in aws.calls].count("DescribeKey") == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Action": "a:B"}, {"Action": ["a:B"]}),
        ({"Principal": "*"}, {"Principal": {"AWS": "*"}}),
        ({"Principal": {"AWS": HOME}}, {"Principal": {"AWS": f"arn:aws:iam::{HOME}:root"}}),
        ({"Sid": "x", "Resource": ["b", "a"]}, {"Resource": ["a", "b"]}),
        ({"Condition": {"Bool": {"k": False}}}, {"Condition": {"Bool": {"k": ["false"]}}}),
        ({"Condition": {"Num": {"k": 1.2}}}, {"Condition": {"Num": {"k": "1.2"}}}),
    ],
)
def test_statements_that_mean_the_same_are_equal(one: object, other: object) -> None:
    assert statements({"Statement": [one]}) == statements(json.dumps({"Statement": other}))


@pytest.mark.parametrize(
    "changed",
    [
        {"Effect": "Deny"},
        {"Action": "b"},
        {"Resource": "r2"},
        {"Principal": "p"},
        {"Condition": {"B": {"k": 1}}},
    ],
)
def test_statements_that_mean_something_else_differ(changed: dict[str, object]) -> None:
    one = {"Effect": "Allow", "Action": "a", "Resource": "r", "NotPrincipal": {"AWS": "q"}}
    assert list(
        differences(statements({"Statement": [one]}), statements({"Statement": [{**one, **changed}]}))
    )


def test_nothing_is_compared_with_what_only_cloudformation_knows() -> None:
    assert not list(differences(UNRESOLVED, "x"))
    assert not list(differences(("a", f"b {UNRESOLVED}"), ("a", "c")))
    assert list(differences(("a", f"b {UNRESOLVED}"), ("c",))) == ["lacks a"]


def test_functions_of_a_template_are_resolved() -> None:
    template = {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "Arn": {"Fn::GetAtt": ["Queue", "Arn"]},
                    "Url": {"Ref": "Queue"},
                    "Joined": {"Fn::Join": ["/", ["a", {"Ref": "AWS::Region"}]]},
                    "Imported": {"Fn::ImportValue": "export"},
                    "Odd": {"Fn::Join": ["", [{"Fn::GetAtt": ["Queue", "Odd"]}]]},
                },
            },
        }
    }
    ids = {"Queue": "https://sqs/1/name", "Role": "role"}
    role = Deployed(MEMBER, template, ids, {"export": "value"}).resources()[1]
    assert role.properties == {
        "Arn": f"arn:aws:sqs:{REGION}:{HOME}:name",
        "Url": "https://sqs/1/name",
        "Joined": f"a/{REGION}",
        "Imported": "value",
        "Odd": UNRESOLVED,
    }


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({}, 0),
        ({"RawMessageDelivery": "false"}, 0),
        ({"FilterPolicy": '{"x":["y"]}'}, 1),
        ({"DeliveryPolicy": '{"throttlePolicy":{"maxReceivesPerSecond":1}}'}, 1),
    ],
)
def test_a_subscription_whose_messages_are_held_back_is_a_problem(
    attributes: dict[str, str], found: int
) -> None:
    arn = f"arn:aws:sns:{REGION}:{HOME}:Ringfence-Audit-Notices-ABC"
    one = {"SubscriptionArn": f"{arn}:7f1", "Protocol": "email", "Endpoint": "security@example.com"}
    answers = {
        "GetTopicAttributes": {"Attributes": {}},
        "ListSubscriptionsByTopic": {"Subscriptions": [one]},
        "GetSubscriptionAttributes": {"Attributes": attributes},
    }
    problems = judged(Resource("AWS::SNS::Topic", "Notices", arn, {}, MEMBER), answers)
    assert len(problems) == found
    assert all(each.aspect == "held back" and "security@example.com" in each.words for each in problems)


@pytest.mark.parametrize(
    ("subscriptions", "words"),
    [
        ([], "is none, so nobody is notified, declared at least one confirmed"),
        (
            ["PendingConfirmation"],
            "is none confirmed, so nobody is notified, declared at least one confirmed",
        ),
        ([f"arn:aws:sns:{REGION}:{HOME}:t:7f1", "PendingConfirmation"], ""),
    ],
)
def test_a_topic_without_a_subscription_is_told_from_one_that_nobody_confirmed(
    subscriptions: list[str], words: str
) -> None:
    each = [
        {"SubscriptionArn": one, "Protocol": "email", "Endpoint": "x@example.com"} for one in subscriptions
    ]
    answers = {
        "GetTopicAttributes": {"Attributes": {}},
        "ListSubscriptionsByTopic": {"Subscriptions": each},
        "GetSubscriptionAttributes": {"Attributes": {}},
    }
    topic = Resource("AWS::SNS::Topic", "Notices", f"arn:aws:sns:{REGION}:{HOME}:t", {}, MEMBER)
    found = [one.words for one in judged(topic, answers) if one.aspect == "subscriptions"]
    assert found == ([words] if words else [])


@pytest.mark.parametrize("kind", kinds())
def test_a_read_calls_what_is_declared_and_nothing_else(kind: str) -> None:
    """Every operation is read to its end, with answers that have what the read needs."""
    resource = Resource(kind, "X", "x", {"EnableKeyRotation": True, "StatementId": "s"}, MEMBER)
    called: set[str] = set()
    talk = kinds()[kind].read(resource)
    try:
        calls = next(talk)
        while True:
            called |= {f"{one.service}:{one.operation}" for one in calls}
            calls = talk.send(
                tuple(
                    Document.of(ANSWERS.get(f"{one.service}:{one.operation}", ANSWERS.get(one.operation, {})))
                    for one in calls
                )
            )
    except StopIteration:
        pass
    services = {"apigatewayv2": "apigateway"}
    prefixed = {f"{services.get(s, s)}:{name}" for s, _, name in (one.partition(":") for one in called)}
    allowed = [
        {
            f"{action.partition(':')[0]}:{name}"
            for name in OTHER_NAMES.get(action, (action.partition(":")[2],))
        }
        for action in {one.action for one in kinds()[kind].permissions}
    ]
    assert prefixed <= set().union(*allowed)
    assert all(prefixed & names for names in allowed), "an action that no call needs"


ANSWERS: dict[str, dict[str, object]] = {
    "DescribeKey": {"KeyMetadata": {"KeyState": "Enabled", "KeyId": "x"}},
    "GetKeyPolicy": {"Policy": "{}"},
    "DescribeRule": {"State": "ENABLED"},
    "DescribeEventBus": {"Policy": json.dumps({"Statement": [{"Sid": "s"}]})},
    "GetFunction": {"Configuration": {"Handler": "h", "Role": "r", "Timeout": 1, "MemorySize": 1}},
    "GetEventSourceMapping": {"State": "Enabled", "FunctionArn": "f", "EventSourceArn": "s", "BatchSize": 1},
    "GetSchedule": {
        "State": "ENABLED",
        "ScheduleExpression": "rate(1 hour)",
        "Target": {"Arn": "a", "RoleArn": "r"},
    },
    "GetTopicAttributes": {"Attributes": {}},
    "ListSubscriptionsByTopic": {
        "Subscriptions": [{"SubscriptionArn": "arn:s", "Protocol": "email", "Endpoint": "a@example.com"}]
    },
    "GetSubscriptionAttributes": {"Attributes": {}},
    "DescribeTable": {"Table": {"TableStatus": "ACTIVE"}},
    "DescribeContinuousBackups": {"ContinuousBackupsDescription": {}},
    "DescribeTimeToLive": {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}},
    "GetRole": {"Role": {}},
    "ListRolePolicies": {"PolicyNames": ["declared"]},
    "iam:GetPolicy": {"Policy": {"DefaultVersionId": "v1"}},
    "GetPolicyVersion": {"PolicyVersion": {"Document": {}}},
    "DescribeAlarms": {"MetricAlarms": []},
    "GetRoute": {"RouteKey": "POST /x"},
    "ListAlarmMuteRules": {"AlarmMuteRuleSummaries": [{"AlarmMuteRuleArn": "arn:x:alarm-mute-rule:m"}]},
    "GetAlarmMuteRule": {"Name": "m"},
    "DescribeLogGroups": {"logGroups": []},
    "GetRoutes": {"Items": []},
}


def test_permissions_only_read() -> None:
    assert {one.action.partition(":")[2][:3] for one in PERMISSIONS} <= {"Get", "Lis", "Des", "GET"}


def test_each_account_and_region_has_its_stacks() -> None:
    deployment = Deployment(HOME, REGION, (HOME, OTHER), (REGION, "eu-central-1"))
    assert [(one.account, one.region, one.name) for one in stacks_of(deployment)] == [
        (HOME, REGION, "Ringfence-Audit"),
        (HOME, REGION, "Ringfence-Response"),
        (HOME, REGION, "Ringfence-Intake"),
        (HOME, REGION, "Ringfence-Outputs"),
        (HOME, REGION, "Ringfence-Member"),
        (HOME, "eu-central-1", "Ringfence-Forward-eu-central-1"),
        (HOME, "us-east-1", "Ringfence-Forward-us-east-1"),
        (OTHER, REGION, "Ringfence-Member"),
        (OTHER, REGION, "Ringfence-Forward-eu-west-1"),
        (OTHER, "eu-central-1", "Ringfence-Forward-eu-central-1"),
        (OTHER, "us-east-1", "Ringfence-Forward-us-east-1"),
    ]
