"""The plan of a removal on a terminal: what is open comes first, and each command is one line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from ringfence.cli.uninstall_view import as_document, shown
from ringfence.handlers.removal_plans import RemovalPlan
from ringfence.record.chain import ChainKey
from ringfence.record.containments import Containment
from ringfence.self_check.places import Deployment, Stack
from ringfence.self_check.removal import Kept, Removal

HOME, REGION = "111122223333", "eu-west-1"
AUDIT = Stack(HOME, REGION, "Ringfence-Audit")
INCIDENT = "inc-20261129T224326.104000-566ff4fa62"
OPEN = Containment(
    ChainKey("contain-instance", f"instance/{HOME}/{REGION}/i-0a1b2c3d4e5f60718"),
    INCIDENT,
    open=True,
    verified_at=datetime(2026, 11, 30, tzinfo=UTC),
)
REMOVALS = (Removal(AUDIT, orphaned=False, commands=("aws cloudformation delete-stack",)),)
KEPT = (
    Kept(AUDIT, "bucket", "archive-1", "Object Lock", ("aws s3api delete-bucket",)),
    Kept(AUDIT, "log group", "logs-1", "", ("aws logs delete-log-group",)),
)


def lines(plan: RemovalPlan) -> list[str]:
    return [click.unstyle(one) for one in shown(plan, Deployment(HOME, REGION, (HOME,)))]


def test_an_open_containment_comes_before_the_stacks_and_the_plan_is_not_ready() -> None:
    plan = RemovalPlan(True, (OPEN,), REMOVALS, KEPT, ())
    found = lines(plan)
    assert found.index(f'    → ringfence release {INCIDENT} --reason "…"') < found.index(
        "3. Delete the stacks"
    )
    assert found[-1] == "Not ready: 1 open containment."
    assert not plan.ready


def test_plans_that_wait_are_answered_before_the_stacks_are_deleted() -> None:
    """A plan that waits is no containment: without Ringfence, nobody is asked about it any more."""
    found = lines(RemovalPlan(True, (), REMOVALS, KEPT, ()))
    assert found.index("    → ringfence approvals") < found.index("3. Delete the stacks")
    without_a_home = lines(RemovalPlan(False, (), REMOVALS, (), ()))
    assert "    → ringfence approvals" not in without_a_home


def test_the_last_verification_is_that_of_the_page_about_the_removal() -> None:
    (command,) = (one for one in lines(RemovalPlan(True, (), REMOVALS, KEPT, ())) if "audit verify" in one)
    page = (Path(__file__).resolve().parents[3] / "docs" / "remove.md").read_text("utf-8")
    assert command.removeprefix("    → ") in page.splitlines()


def test_what_stays_has_its_reason_and_its_command() -> None:
    found = lines(RemovalPlan(True, (), REMOVALS, KEPT, ()))
    start = found.index("4. What stays, until you delete it")
    assert found[start + 1 : start + 6] == [
        "  account 111122223333, eu-west-1",
        "    bucket archive-1",
        "      Object Lock",
        "    → aws s3api delete-bucket",
        "    → aws logs delete-log-group",
    ]
    assert found[-1] == "✓ Nothing is open. Ringfence can be removed."


def test_what_cannot_be_read_is_said_and_the_plan_is_not_ready() -> None:
    plan = RemovalPlan(True, (), REMOVALS, KEPT, ("the open containments: dynamodb:Query: denied \x1b[2J",))
    assert "? unknown: the open containments: dynamodb:Query: denied \\x1b[2J" in lines(plan)
    assert lines(plan)[-1] == "Not ready: 1 unknown."


def test_without_the_audit_stack_what_is_open_is_not_known_and_the_plan_is_not_ready() -> None:
    plan = RemovalPlan(False, (), REMOVALS, (), ())
    found = lines(plan)
    said = " ".join(one.strip() for one in found)
    assert "Ringfence-Audit does not exist in account 111122223333, region eu-west-1" in said
    assert "No containment is open" not in said
    assert found[-1] == "Not ready: what is open is not known."
    assert not plan.ready


def test_the_document_has_the_same_commands() -> None:
    plan = RemovalPlan(True, (OPEN,), REMOVALS, KEPT, ())
    document = json.loads(json.dumps(as_document(plan)))
    assert document["ready"] is False
    assert document["containments"][0]["commands"] == [f'ringfence release {INCIDENT} --reason "…"']
    assert [one["commands"] for one in document["stacks"]] == [["aws cloudformation delete-stack"]]
    assert [one["id"] for one in document["kept"]] == ["archive-1", "logs-1"]


def test_an_audit_stack_that_cannot_be_read_is_not_said_to_be_missing() -> None:
    denied = "Ringfence-Audit in 111122223333, eu-west-1: cloudformation:DescribeStacks: AccessDenied"
    found = "\n".join(lines(RemovalPlan(False, (), (), (), (denied,), home_unread=True)))
    assert "Ringfence-Audit cannot be read in account" in found
    assert "does not exist" not in found
    assert "No stack was found" not in found
    assert "Nothing." not in found
    assert f"? unknown: {denied}" in found
