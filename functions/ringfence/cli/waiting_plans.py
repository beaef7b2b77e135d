"""The plans that wait for approval, and one answer to those that wait behind a limit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from ringfence.cli.operator_command import DONE, NOT_DONE, agreed, end, environment
from ringfence.cli.waiting import Poller
from ringfence.handlers.operator_types import check_reason
from ringfence.model.errors import BadInput
from ringfence.model.step import counted
from ringfence.model.suggestions import similar
from ringfence.record.approval_facts import Answer
from ringfence.record.batches import MOST_TOGETHER, Shown, batch_digest
from ringfence.record.next_command import NextCommand
from ringfence.record.shell import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ringfence.cli.operator_client import OperatorClient
    from ringfence.cli.operator_command import CommandOptions
    from ringfence.cli.plan_view import Screen
    from ringfence.model.document import Document

LEFT_OUT = "left out"


@dataclass(frozen=True)
class Waiting:
    """The plans that wait. `doubted` are incidents whose record is not authentic, or cannot be read."""

    plans: tuple[Document, ...]
    doubted: tuple[str, ...]


@dataclass(frozen=True)
class Together:
    """One answer to several plans. `plan`: the digest of all plans that the person has seen before."""

    answer: str
    reason: str
    plan: str = ""
    break_glass: bool = False


def severity(one: Document) -> float:
    """Return the severity of the worst finding. 0 without one."""
    return one.child("finding").number("severity") if one.has("finding") else 0.0


def waiting(client: OperatorClient, poller: Poller, breaker: str = "") -> Waiting:
    """Return the plans that wait, all of them or those behind a limit. The worst one comes first."""
    found: dict[str, Document] = {}
    doubted: list[str] = []
    after = 0
    while True:
        body = {"after": after, **({"breaker": breaker} if breaker else {})}
        answer = poller.first(partial(client.approvals, body))
        found |= {
            f"{one.text('incident')}/{one.text('approval')}": one for one in answer.children("approvals")
        }
        doubted += answer.texts("doubted")
        if not answer.has("next"):
            worst_first = sorted(found.values(), key=lambda one: (-severity(one), one.text("requested_at")))
            return Waiting(tuple(worst_first), tuple(dict.fromkeys(doubted)))
        after = answer.integer("next")


def approve_command(one: Document) -> str:
    """Return the command that shows a plan and answers it."""
    return typed("ringfence", "approve", one.text("incident"), "--approval", one.text("approval"))


def nothing_behind(client: OperatorClient, poller: Poller, breaker: str) -> str:
    """Say that nothing waits behind a limit. Name the similar limits behind which something waits."""
    limits = {one.optional_text("limit") or "" for one in waiting(client, poller).plans} - {""}
    return f"Nothing waits behind the limit {breaker}. {similar(breaker, limits)}".rstrip()


def answer_together(
    given: CommandOptions, breaker: str, asked: Together, show: Callable[[Screen, Document], None]
) -> NoReturn:
    """Show what waits behind a limit, ask for confirmation, and answer all of it."""
    from ringfence.cli.plan_view import Screen

    env, screen = environment(), Screen(as_json=given.as_json)
    client, poller = env.client(given), Poller(given, env, screen)
    found = waiting(client, poller, breaker).plans
    shown = tuple(Shown(one.text("incident"), one.text("approval"), one.text("plan")) for one in found)
    if not shown:
        screen.say(nothing_behind(client, poller, breaker))
        end(given, NOT_DONE, outcomes=[])
    digest = batch_digest(shown)
    if asked.plan and asked.plan != digest:
        screen.conclude(
            f"{asked.plan} is not the digest of these plans, which is {digest}. Nothing was answered.",
            "bold red",
        )
        end(given, NOT_DONE, status="changed", plan=digest, waiting=found)
    if not asked.plan:
        for one in found:
            show(screen, one)
        screen.conclude(f"The digest of {_plans(shown, 'these')}: {digest}", "dim")
    if not (asked.plan or given.yes or env.interactive()):
        raise BadInput("--plan", f"is required without a terminal: {digest}, if these are the plans you mean")
    does = "Approve" if asked.answer == Answer.APPROVE else "Reject"
    if not (asked.plan or agreed(given, f"\n{does} {_plans(shown, 'these')}?")):
        screen.say("Nothing was answered.")
        end(given, NOT_DONE, status="declined", plan=digest, waiting=found)
    outcomes = answers(client, poller, breaker, asked, shown)
    _conclude(screen, outcomes)
    left = any(one.text("outcome") == LEFT_OUT for one in outcomes)
    end(given, NOT_DONE if left else DONE, plan=digest, outcomes=outcomes)


def answers(
    client: OperatorClient, poller: Poller, breaker: str, asked: Together, shown: tuple[Shown, ...]
) -> list[Document]:
    """Answer all plans. One request takes only some, and names their digest."""
    parts = (shown[start : start + MOST_TOGETHER] for start in range(0, len(shown), MOST_TOGETHER))
    return [one for part in parts for one in _answered(client, poller, _body(breaker, asked, part))]


def _body(breaker: str, asked: Together, shown: tuple[Shown, ...]) -> dict[str, object]:
    plans = [{"incident": one.incident, "approval": one.approval, "plan": one.plan} for one in shown]
    return {
        "breaker": breaker,
        "answer": asked.answer,
        "plan": batch_digest(shown),
        "approvals": plans,
        "reason": check_reason(asked.reason),
        "break_glass": asked.break_glass,
    }


def _answered(client: OperatorClient, poller: Poller, body: dict[str, object]) -> list[Document]:
    """Send the answer until each plan has an outcome: a request ends with the function's time."""
    outcomes: list[Document] = []
    while True:
        answer = poller.first(partial(client.answer, {**body, "after": len(outcomes)}))
        outcomes += answer.children("outcomes")
        if not answer.has("next"):
            return outcomes


def _plans(shown: tuple[Shown, ...], which: str) -> str:
    return "this plan" if len(shown) == 1 else f"{which} {counted(len(shown), 'plan')}"


def _conclude(screen: Screen, outcomes: Iterable[Document]) -> None:
    """Show one outcome for each plan."""
    for one in outcomes:
        about = f"approval {one.text('approval')}"
        if one.text("outcome") == LEFT_OUT:
            screen.columns(
                f"✗ {one.text('incident')}", f"{about}: left out: {one.text('reason')}", style="red"
            )
            continue
        missing = one.integer("missing")
        more = f", {missing} more must approve" if missing and one.text("outcome") == "waiting" else ""
        outcome = f"{about}: {one.text('outcome')}{more}"
        screen.columns(f"✓ {one.text('incident')}", outcome, style="green")
    screen.ending(NextCommand("to see the progress", "ringfence incidents list --open"))
