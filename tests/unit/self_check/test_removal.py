"""What a removal deletes, in which order, and what stays, as the deployed templates declare it."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from ringfence.self_check.places import Stack
from ringfence.self_check.removal import kept, removals
from ringfence.self_check.stacks import StackState

HOME, OTHER, REGION = "111122223333", "444455556666", "eu-west-1"
AUDIT = Stack(HOME, REGION, "Ringfence-Audit")
STACKS = (
    AUDIT,
    Stack(HOME, REGION, "Ringfence-Response"),
    Stack(HOME, REGION, "Ringfence-Intake"),
    Stack(HOME, REGION, "Ringfence-Notices"),
    Stack(HOME, REGION, "Ringfence-Member"),
    Stack(OTHER, REGION, "Ringfence-Member"),
    Stack(OTHER, "us-east-1", "Ringfence-Forward-us-east-1"),
    Stack(HOME, "eu-west-3", "Ringfence-Forward-eu-west-3"),
)


def state(resources: dict[str, object] | None = None, *, protected: bool = False) -> StackState:
    given = resources or {}
    ids = {name: f"{name.lower()}-1" for name in given}
    return StackState("UPDATE_COMPLETE", protected, {}, {}, {"Resources": given}, ids, {})


def retained(kind: str, **properties: object) -> dict[str, object]:
    return {"Type": kind, "DeletionPolicy": "Retain", "Properties": properties}


def test_what_forwards_is_deleted_first_and_the_log_last() -> None:
    found = removals({one: state() for one in STACKS}, frozenset(STACKS[-1:]))
    assert [(one.stack.name, one.stack.account, one.orphaned) for one in found] == [
        ("Ringfence-Forward-eu-west-3", HOME, True),
        ("Ringfence-Forward-us-east-1", OTHER, False),
        ("Ringfence-Notices", HOME, False),
        ("Ringfence-Intake", HOME, False),
        ("Ringfence-Response", HOME, False),
        ("Ringfence-Member", HOME, False),
        ("Ringfence-Member", OTHER, False),
        ("Ringfence-Audit", HOME, False),
    ]


def test_termination_protection_ends_before_its_stack_is_deleted() -> None:
    (found,) = removals({AUDIT: state(protected=True)}, frozenset())
    assert [one.split()[2] for one in found.commands] == [
        "update-termination-protection",
        "delete-stack",
        "wait",
    ]


def test_only_what_the_template_retains_stays_and_keys_come_last() -> None:
    locked = {"Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}}}
    found = kept(
        {
            AUDIT: state(
                {
                    "Key": retained("AWS::KMS::Key"),
                    "Table": retained("AWS::DynamoDB::Table", DeletionProtectionEnabled=True),
                    "Archive": retained("AWS::S3::Bucket", ObjectLockConfiguration=locked),
                    "ArchivePolicy": retained("AWS::S3::BucketPolicy"),
                    "Logs": retained("AWS::Logs::LogGroup"),
                    "Topic": {"Type": "AWS::SNS::Topic"},
                }
            )
        }
    )
    assert [one.id for one in found] == ["table-1", "archive-1", "logs-1", "key-1"]
    table, archive, logs, key = found
    assert [one.split()[2] for one in table.commands] == ["update-table", "delete-table"]
    assert archive.reason == "Object Lock: each object is locked for 30 days in COMPLIANCE mode"
    assert logs.reason == ""
    assert "break-glass" in key.reason


def test_a_retained_resource_of_a_new_type_is_listed_too() -> None:
    (found,) = kept({AUDIT: state({"New": retained("AWS::Kinesis::Stream")})})
    assert (found.noun, found.id, found.commands) == ("AWS::Kinesis::Stream", "new-1", ())


@pytest.mark.parametrize(
    "kind", ["AWS::KMS::Key", "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Logs::LogGroup"]
)
def test_a_shell_takes_every_name_as_one_word(kind: str) -> None:
    hostile = "$(id); x"
    stack = Stack(HOME, REGION, hostile)
    given = state({"One": retained(kind, DeletionProtectionEnabled=True)}, protected=True)
    given = replace(given, ids={"One": hostile})
    commands = [line for one in removals({stack: given}, frozenset()) for line in one.commands]
    commands += [line for one in kept({stack: given}) for line in one.commands]
    assert len(commands) > 3
    assert all(hostile in shlex.split(one) for one in commands)
