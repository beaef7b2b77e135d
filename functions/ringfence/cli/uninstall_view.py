"""The plan of a removal: wrapped on a terminal only, and commands that can be copied."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from ringfence.cli.text import safe, wrapped
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.handlers.removal_plans import RemovalPlan
    from ringfence.self_check.places import Deployment, Stack

RELEASE = 'ringfence release {incident} --reason "…"'


def shown(plan: RemovalPlan, deployment: Deployment) -> Iterator[str]:
    """Yield the lines."""
    yield _title(f"Remove Ringfence from account {deployment.home}, {deployment.home_region}")
    yield from wrapped("This command changes nothing. Run the commands below in this order.", hang="")
    yield from _containments(plan, deployment)
    yield from _log(plan)
    yield from _stacks(plan)
    yield from _kept(plan)
    yield ""
    for one in plan.unknown:
        yield from wrapped(f"? unknown: {one}")
    yield _result(plan)


def as_document(plan: RemovalPlan) -> dict[str, object]:
    """Return the plan for machines."""
    return {
        "ready": plan.ready,
        "containments": [
            {
                "incident": one.incident,
                "runbook": one.key.runbook,
                "subject": one.key.subject,
                "commands": [RELEASE.format(incident=one.incident)],
            }
            for one in plan.containments
        ],
        "stacks": [
            {**_place(one.stack), "orphaned": one.orphaned, "commands": list(one.commands)}
            for one in plan.removals
        ],
        "kept": [
            {
                **_place(one.stack),
                "kind": one.noun,
                "id": one.id,
                "reason": one.reason,
                "commands": list(one.commands),
            }
            for one in plan.kept
        ],
        "unknown": list(plan.unknown),
    }


def _place(stack: Stack) -> dict[str, object]:
    return {"stack": stack.name, "account": stack.account, "region": stack.region}


def _containments(plan: RemovalPlan, deployment: Deployment) -> Iterator[str]:
    yield from ("", _title("1. Release what is contained, or leave it contained"))
    if not plan.home_exists:
        yield from wrapped(_no_list(plan, deployment), "  ")
    elif not plan.containments:
        yield "  No containment is open."
    for one in plan.containments:
        yield safe(f"  ✗ {one.key.subject}")
        yield safe(f"    {one.incident}, {one.key.runbook}")
        yield safe(f"    → {RELEASE.format(incident=one.incident)}")
    if plan.containments:
        yield from wrapped(
            "After the stacks are deleted, Ringfence can release nothing and verifies nothing.", "  "
        )
    if plan.home_exists:
        yield from wrapped("Answer the plans that wait for approval: they are lost with the stacks.", "  ")
        yield "    → ringfence approvals"


def _no_list(plan: RemovalPlan, deployment: Deployment) -> str:
    """Say why there is no list of open containments."""
    where = f"in account {deployment.home}, region {deployment.home_region}"
    if plan.home_unread:
        return f"Ringfence-Audit cannot be read {where}, so what is open is not known. The reason is below."
    return (
        f"Ringfence-Audit does not exist {where}. So there is no list of open containments. --home-account "
        "and --home-region name another place."
    )


def _log(plan: RemovalPlan) -> Iterator[str]:
    if plan.home_exists:
        words = "2. Verify the audit log, and keep the output outside this account"
        yield from ("", *map(_title, wrapped(words, hang="   ")))
        yield "    → ringfence audit verify --all --save-checkpoint checkpoint.txt"


def _stacks(plan: RemovalPlan) -> Iterator[str]:
    yield from ("", _title("3. Delete the stacks"))
    if not plan.removals:
        yield "  No stack could be read." if plan.home_unread else "  No stack was found."
    for one in plan.removals:
        orphan = ": no setting names its region" if one.orphaned else ""
        yield safe(f"  {one.stack.name}, account {one.stack.account}, {one.stack.region}{orphan}")
        yield from (safe(f"    → {command}") for command in one.commands)


def _kept(plan: RemovalPlan) -> Iterator[str]:
    yield from ("", _title("4. What stays, until you delete it"))
    if not plan.kept:
        yield "  Not known." if plan.home_unread else "  Nothing."
    for (account, region), some in groupby(plan.kept, lambda one: (one.stack.account, one.stack.region)):
        yield f"  account {account}, {region}"
        for one in some:
            if one.reason:
                yield safe(f"    {one.noun} {one.id}")
                yield from wrapped(one.reason, "      ")
            yield from (safe(f"    → {command}") for command in one.commands)


def _result(plan: RemovalPlan) -> str:
    if plan.ready:
        return click.style(safe("✓ Nothing is open. Ringfence can be removed."), fg="green")
    opened, unknown = len(plan.containments), len(plan.unknown)
    parts = [counted(opened, "open containment")] if opened else []
    parts += [f"{unknown} unknown"] if unknown else []
    parts += [] if plan.home_exists else ["what is open is not known"]
    return click.style(f"Not ready: {', '.join(parts)}.", bold=True)


def _title(text: str) -> str:
    return click.style(text, bold=True)
