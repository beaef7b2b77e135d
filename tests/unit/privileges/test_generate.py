"""Policies from recorded calls and for environments: what they allow, and what not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.privileges.actions import PERMISSIONS, READING, Action, actions_of
from ringfence.privileges.calls import actions_for
from ringfence.privileges.difference import difference
from ringfence.privileges.generate import compressed, for_environment, from_uses
from ringfence.privileges.usage import Unknown, Use, is_by, principal_of, uses
from tests.support.policy_evaluator import is_allowed

ROLE = "arn:aws:iam::111122223333:role/app/web"
SESSION = "arn:aws:sts::111122223333:assumed-role/web/i-0123456789abcdef0"


def record(source: str, name: str, parameters: object = None, **more: Any) -> Document:  # noqa: ANN401 - any field
    return Document.of(
        {
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "awsRegion": "eu-west-1",
            "recipientAccountId": "111122223333",
            "userIdentity": {
                "type": "AssumedRole",
                "arn": SESSION,
                "sessionContext": {"sessionIssuer": {"arn": ROLE}},
            },
            "requestParameters": parameters,
            **more,
        }
    )


def used(*records: Document) -> list[Use]:
    return [one for each in records for one in uses(each) if isinstance(one, Use)]


def policy(*records: Document) -> dict[str, Any]:
    return from_uses(used(*records)).document


GET = record("s3", "GetObject", {"bucketName": "reports", "key": "2026/a b.csv"})
TABLE = record("dynamodb", "PutItem", {"tableName": "orders"})
DECRYPT = record("kms", "Decrypt", None, resources=[{"ARN": "arn:aws:kms:eu-west-1:111122223333:key/1234"}])


@pytest.mark.parametrize(
    ("service", "operation", "actions"),
    [
        ("s3", "ListObjectsV2", ["s3:ListBucket"]),
        ("s3", "CopyObject", ["s3:PutObject", "s3:GetObject"]),
        ("s3", "HeadObject", ["s3:GetObject"]),
        ("lambda", "Invoke", ["lambda:InvokeFunction"]),
        ("lambda", "CreateFunction20150331", ["lambda:CreateFunction"]),
        ("cloudfront", "CreateDistribution2020_05_31", ["cloudfront:CreateDistribution"]),
        ("ec2", "TerminateInstances", ["ec2:TerminateInstances"]),
        ("ec2", "terminateinstances", ["ec2:TerminateInstances"]),
        ("ec2", "NoSuchThing", []),
        ("nothing", "Get", []),
    ],
)
def test_an_operation_needs_these_actions(service: str, operation: str, actions: list[str]) -> None:
    assert [one.text for one in actions_for(service, operation)] == actions


def test_a_session_stands_for_its_role() -> None:
    assert principal_of(GET) == ROLE
    assert is_by(GET, ROLE)
    assert is_by(GET, "web")
    assert not is_by(GET, "app")
    assert not is_by(record("s3", "GetObject", userIdentity={"type": "AWSService"}), "")


def test_what_was_done_is_allowed_on_the_resources_that_were_named_and_on_no_other() -> None:
    made = policy(GET, TABLE, DECRYPT)
    allowed = [
        ("dynamodb:PutItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"),
        ("kms:Decrypt", "arn:aws:kms:eu-west-1:111122223333:key/1234"),
    ]
    for action, resource in allowed:
        assert is_allowed(made, SESSION, action, resource)
        assert not is_allowed(made, SESSION, action, resource + "x")
    assert not is_allowed(made, SESSION, "dynamodb:DeleteItem", allowed[0][1])
    assert not is_allowed(made, SESSION, "dynamodb:PutItem", allowed[1][1])


def test_each_type_of_resource_that_an_action_needs_is_allowed() -> None:
    """IAM denies the creation of a subnet if the policy names only the VPC."""
    made = policy(record("ec2", "CreateSubnet", {"vpcId": "vpc-0123456789abcdef0"}))
    own = "arn:aws:ec2:eu-west-1:111122223333"
    assert is_allowed(made, SESSION, "ec2:CreateSubnet", f"{own}:vpc/vpc-0123456789abcdef0")
    assert is_allowed(made, SESSION, "ec2:CreateSubnet", f"{own}:subnet/subnet-1")
    assert not is_allowed(made, SESSION, "ec2:CreateSubnet", f"{own}:vpc/vpc-1")


def test_every_wildcard_has_a_reason() -> None:
    made = from_uses(used(record("ec2", "DescribeInstances"), record("cloudtrail", "StopLogging")))
    assert list(made.reasons) == [
        (
            "cloudtrail:StopLogging on arn:aws:cloudtrail:eu-west-1:111122223333:trail/*: a record does not "
            "name a resource that the action needs"
        ),
        "ec2:DescribeInstances on *: the action cannot be limited to resources",
    ]
    starred = [one for one in made.statements if any("*" in text for text in one.resources)]
    assert len(starred) == len(made.reasons)


def test_what_cannot_be_limited_to_resources_is_limited_to_the_regions_of_the_calls() -> None:
    made = policy(record("ec2", "DescribeInstances"), record("iam", "ListUsers"))
    conditions = {one["Action"][0]: one.get("Condition") for one in made["Statement"]}
    assert conditions == {
        "ec2:DescribeInstances": {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}},
        "iam:ListUsers": None,
    }


def test_a_denied_call_shows_no_need_and_an_unknown_one_is_told() -> None:
    denied = record("s3", "GetObject", errorCode="AccessDenied")
    told = [*uses(denied), *uses(record("s3", "GetNothingAtAll"))]
    assert told == [
        Unknown("s3", "GetObject", "denied"),
        Unknown("s3", "GetNothingAtAll", "no action of IAM has this name"),
    ]


def test_a_call_that_failed_otherwise_was_needed() -> None:
    assert used(record("s3", "GetObject", {"bucketName": "b", "key": "k"}, errorCode="NoSuchKey"))


@pytest.mark.parametrize("name", ["*", "a*", "?", "b/*", "", "a\nb", "${aws:username}", 3, None, ["*"]])
def test_a_caller_cannot_write_a_wildcard_into_the_policy(name: object) -> None:
    made = policy(record("dynamodb", "PutItem", {"tableName": name}))
    assert made["Statement"][0]["Resource"] == ["arn:aws:dynamodb:eu-west-1:111122223333:table/*"]


@pytest.mark.parametrize("change", [{"eventSource": ""}, {"eventName": 3}, {"userIdentity": 3}])
def test_a_record_with_a_wrong_field_is_bad_input(change: dict[str, Any]) -> None:
    wrong = Document.of({**GET.value, **change})
    with pytest.raises(BadInput) as caught:
        [*uses(wrong), principal_of(wrong)]
    assert caught.value.field == next(iter(change))


def allowed_by(names: list[str]) -> set[str]:
    return {
        one.name
        for name in names
        for one in actions_of(name.partition(":")[0]).values()
        if one.text == name or (name.endswith("*") and one.text.startswith(name[:-1]))
    }


@given(st.sampled_from(["s3", "ec2", "iam", "sqs", "kms"]), st.randoms(use_true_random=False))
def test_a_prefix_stands_for_no_action_that_was_not_wanted(service: str, chance: Any) -> None:  # noqa: ANN401
    every = tuple(actions_of(service).values())
    wanted: list[Action] = [one for one in every if chance.random() < 0.6]
    names = list(compressed(wanted, every))
    assert allowed_by(names) == {one.name for one in wanted}
    assert f"{service}:*" not in names


@pytest.mark.parametrize("service", ["ec2", "s3", "rds", "lambda", "iam"])
def test_production_only_reads(service: str) -> None:
    made = for_environment("production", [service], ("eu-west-1",))
    every = actions_of(service).values()
    assert allowed_by(list(made.statements[0].actions)) == {one.name for one in every if one.level in READING}


@pytest.mark.parametrize("service", ["ec2", "s3", "iam"])
def test_development_manages_no_permissions_and_needs_the_tag(service: str) -> None:
    made = for_environment("development", [service], ())
    every = actions_of(service).values()
    assert allowed_by(list(made.statements[0].actions)) == {
        one.name for one in every if one.level != PERMISSIONS
    }
    keys = {"aws:PrincipalTag/Environment": "development"}
    action = made.statements[0].actions[-1].replace("*", "")
    assert is_allowed(made.document, SESSION, action, "*", keys)
    assert not is_allowed(made.document, SESSION, action, "*", {"aws:PrincipalTag/Environment": "production"})
    assert not is_allowed(made.document, SESSION, action, "*")


def test_one_policy_does_not_change_another_one() -> None:
    """A template whose list of statements is shared would collect the statements of all policies."""
    first = json.dumps(for_environment("production", ["s3"], ()).document)
    for_environment("development", ["ec2"], ())
    assert json.dumps(for_environment("production", ["s3"], ()).document) == first


def test_what_a_policy_allows_too_much_and_too_little_is_shown() -> None:
    old = {
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:Get*", "iam:*"], "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"},
        ]
    }
    found = difference(old, from_uses(used(GET, TABLE)).statements)
    assert found.added == ("dynamodb:PutItem",)
    assert found.unused == ("iam:*",)
    assert found.not_compared == ("statement 2: only statements that allow actions are compared",)


ORDERS = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"


@pytest.mark.parametrize(
    ("resource", "added", "unused", "wider"),
    [
        (ORDERS, (), (), ()),
        ("*", (), (), (f"dynamodb:PutItem on *: only on {ORDERS}",)),
        (
            ORDERS.replace("orders", "ord*"),
            (),
            (),
            (f"dynamodb:PutItem on {ORDERS[:-3]}*: only on {ORDERS}",),
        ),
        (ORDERS.replace("orders", "${aws:PrincipalTag/table}"), (), (), None),
        (f"{ORDERS}-old", (f"dynamodb:PutItem on {ORDERS}",), (f"dynamodb:PutItem on {ORDERS}-old",), ()),
        ([ORDERS, f"{ORDERS}-old"], (), (f"dynamodb:PutItem on {ORDERS}-old",), ()),
    ],
)
def test_resources_that_a_policy_allows_too_much_and_too_little_are_shown(
    resource: object, added: tuple[str, ...], unused: tuple[str, ...], wider: tuple[str, ...] | None
) -> None:
    old = {"Statement": [{"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": resource}]}
    found = difference(old, from_uses(used(TABLE)).statements)
    assert (found.added, found.unused, found.not_compared) == (added, unused, ())
    assert found.wider == wider if wider is not None else len(found.wider) == 1


def test_of_many_resources_the_first_ones_are_named() -> None:
    tables = [record("dynamodb", "PutItem", {"tableName": f"table{number}"}) for number in range(5)]
    old = {"Statement": {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "*"}}
    (wider,) = difference(old, from_uses(used(*tables)).statements).wider
    assert wider.endswith("table/table2 and 2 others")


def test_conditions_and_resources_that_are_left_out_are_not_compared() -> None:
    old = {
        "Statement": [
            {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": ORDERS, "Condition": {"Bool": {}}},
            {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::other/*"},
        ]
    }
    found = difference(old, from_uses(used(GET, TABLE)).statements)
    assert found.not_compared == (
        "statement 1: its conditions are not compared",
        "statement 2: its resources are not compared",
    )
    assert (found.added, found.unused, found.wider) == ((), (), ())


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_resources_are_in_the_partition_of_the_call(region: str, partition: str) -> None:
    """The second record does not name a subnet, so the policy has a pattern for it."""
    put = record("dynamodb", "PutItem", {"tableName": "orders"}, awsRegion=region)
    start = record("ec2", "RunInstances", {}, awsRegion=region)
    arns = [arn for one in policy(put, start)["Statement"] for arn in one["Resource"] if arn != "*"]
    assert f"arn:{partition}:dynamodb:{region}:111122223333:table/orders" in arns
    assert any(arn.endswith("subnet/*") for arn in arns)
    assert {arn.split(":")[1] for arn in arns} == {partition}
