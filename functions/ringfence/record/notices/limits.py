"""Notices about limits on automatic responses: one was reached, and a person reset one."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.step import counted
from ringfence.record.notices.incident import about_incident
from ringfence.record.notices.kinds import NoticeKind
from ringfence.record.notices.notice import Command, Notice
from ringfence.record.shell import REASON, typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.record.summary import Summary

_WINDOW_ENDS: Mapping[str, str] = MappingProxyType({"open": "until one of them is released"})
_WINDOWS: Mapping[str, str] = MappingProxyType({"hour": "in an hour", "day": "in a day", "open": "at a time"})
_APPROVALS = Command("see what waits, and answer one plan alone", "ringfence approvals")
_LIMITS = Command("see all limits and what uses them", "ringfence limits")


def limit_reached(now: Summary) -> Notice:
    """Return the notice that a limit on automatic responses was reached. There is one in its window."""
    fact = now.lines[-1].fact
    limit, window = fact.text("limit"), fact.text("window")
    ends = _WINDOW_ENDS.get(window, "until the oldest one is older than that")
    parts = (
        ("The limit", (f"{limit}: at most {fact.integer('most')} {_WINDOWS.get(window, window)}",)),
        (
            "What Ringfence does",
            (
                "it collects the evidence",
                f"it asks a person before each response there that breaks a workload, {ends}",
            ),
        ),
        (
            "What to do",
            ("find out whether this is an outbreak, or findings that somebody causes on purpose",),
        ),
    )
    commands = (*_together(f"{limit}/{window}"), _APPROVALS, _LIMITS)
    return about_incident(NoticeKind.LIMIT_REACHED, "limit reached", now, parts, commands)


def _together(limit: str) -> tuple[Command, ...]:
    """Return the commands that answer everything that waits behind a limit."""
    return (
        Command("approve everything that waits", typed("ringfence", "approve", "--breaker", limit)),
        Command("reject it", f"{typed('ringfence', 'reject', '--breaker', limit)} {REASON}"),
    )


def limit_reset(now: Summary) -> Notice:
    """Return the notice that a person reset a limit. It belongs to no incident."""
    fact = now.lines[-1].fact
    limit, actor = fact.text("limit"), now.lines[-1].body.optional_text("actor") or "an unknown caller"
    most = fact.integer("most")
    return Notice(
        NoticeKind.LIMIT_RESET,
        f"limit reset: {limit}",
        at=now.lines[-1].at,
        who=(f"{actor}, reason: {fact.text('reason')}",),
        parts=(
            (
                "What follows",
                (f"Ringfence acts there again without a person, at most {counted(most, 'time')}",),
            ),
            ("No longer counted", fact.texts("owners")),
            ("Not changed", ("what waits for approval still waits",)),
        ),
        commands=(_APPROVALS, _LIMITS),
    )
