"""The list of plans that wait: what each one is about, who must answer until when, and with which command."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from ringfence.cli.incident_list import severity_mark
from ringfence.cli.incident_views import BAD, OPEN, plain
from ringfence.cli.layout import hanging
from ringfence.cli.plan_view import key_of, subject_words
from ringfence.cli.text import row
from ringfence.cli.times import ago, left
from ringfence.cli.waiting_plans import approve_command
from ringfence.record.next_command import NextCommand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import RenderableType

    from ringfence.cli.plan_view import Screen
    from ringfence.cli.waiting_plans import Waiting
    from ringfence.model.document import Document

MARGIN = " " * 10
"""The width of the severity at the left."""
EVERY = "every approver"
NONE = "No plan waits for approval."
DOUBTED = "its record is not authentic, or cannot be read, so nothing in it can be approved"


def list_waiting(screen: Screen, found: Waiting, accounts: Mapping[str, str], now: datetime) -> None:
    """Show the plans that wait, the worst one first. In a pipe, each one is a line of columns."""
    if not screen.is_terminal:
        screen.rows(_row(one) for one in found.plans)
    for index, one in enumerate(found.plans if screen.is_terminal else ()):
        screen.show(*((Text(),) if index else ()), *_block(one, accounts, now))
        if len(found.plans) > 1:
            screen.command(f"{MARGIN}{approve_command(one)}")
    for incident in found.doubted:
        screen.say(f"{incident}: {DOUBTED}", BAD)
    if not found.plans:
        screen.say(NONE)
    elif screen.is_terminal:
        screen.ending(NextCommand("to read the worst plan and answer it", approve_command(found.plans[0])))


def _row(one: Document) -> str:
    finding = one.child("finding") if one.has("finding") else None
    return row(
        one.text("incident"),
        f"{finding.number('severity'):g}" if finding else "",
        finding.text("type") if finding else "",
        key_of(one),
        one.text("runbook"),
        one.text("requested_at"),
        one.text("expires_at"),
        "; ".join(one.texts("who")) or EVERY,
        one.optional_text("limit"),
        one.text("so_far"),
        approve_command(one),
    )


def _block(one: Document, accounts: Mapping[str, str], now: datetime) -> Iterator[RenderableType]:
    """Yield the lines about a plan."""
    finding = one.child("finding") if one.has("finding") else None
    yield Text.assemble(
        severity_mark(finding.number("severity") if finding else None),
        plain(subject_words(one, accounts), "bold"),
    )
    about = f"{finding.text('type')}: {finding.text('title')}" if finding else "requested by a person"
    asked, ends = (datetime.fromisoformat(one.text(name)) for name in ("requested_at", "expires_at"))
    yield from _lines(about)
    yield from _lines(one.text("so_far"), OPEN)
    yield from _lines(f"{one.text('runbook')}, waits since {asked:%Y-%m-%d %H:%M} UTC, {ago(now - asked)}")
    yield from _lines(f"until {ends:%Y-%m-%d %H:%M} UTC, {left(ends - now)}{_then(one)}")
    missing = one.integer("missing")
    more = f"; {missing} must still approve" if missing > 1 or one.texts("answers") else ""
    yield from _lines(f"who may approve: {'; '.join(one.texts('who')) or EVERY}{more}")
    if limit := one.optional_text("limit"):
        yield from _lines(f"behind the limit {limit}")


def _then(one: Document) -> str:
    return ". Then the plan is carried out, unless somebody rejects it" if one.flag("vetoable") else ""


def _lines(words: str, style: str = "") -> Iterator[RenderableType]:
    yield hanging(MARGIN, plain(words, style))
