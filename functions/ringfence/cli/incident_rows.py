"""Responses as rows with tabs, for a pipe: nothing is wrapped, padded or cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.cli.text import row
from ringfence.record.brief import actor_of, reason_of
from ringfence.record.question import Question
from ringfence.record.wording import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ringfence.cli.incident_page import Page
    from ringfence.cli.incident_views import Verified
    from ringfence.cli.seals import Seals
    from ringfence.record.brief import Brief
    from ringfence.record.timeline import Row

COLUMNS = (
    "incident",
    "state",
    "severity",
    "kind",
    "id",
    "name",
    "account",
    "region",
    "runbook",
    "worst finding",
    "findings",
    "opened",
    "verified",
)
"""The columns in a pipe, for the help and the documentation."""
_LISTS = (
    ("remaining", "remaining"),
    ("settling", "settling"),
    ("refused", "refused"),
    ("open access", "open_access"),
    ("review", "review"),
)


def rows(briefs: Sequence[Brief], verified: Verified) -> Iterator[str]:
    """Yield a line with tabs for each response."""
    yield from (row_of(one, verified) for one in briefs)


def row_of(one: Brief, verified: Verified) -> str:
    """Return a response as a line with tabs."""
    return row(*values_of(one, verified.get(one.now.id)))


def values_of(one: Brief, at: datetime | None) -> tuple[object, ...]:
    """Return the values of the columns. Times are in ISO 8601. `at`: when it was verified."""
    kind, account, region, id_ = one.place
    return (
        one.now.incident,
        said(one.now.runbook, one.status.words),
        f"{one.severity:g}" if one.severity is not None else "",
        kind,
        id_,
        one.name,
        account,
        region,
        one.now.runbook,
        one.worst.type if one.worst else "",
        len(one.ranked),
        one.now.began.isoformat(),
        at.isoformat() if at else "",
    )


def page_rows(page: Page) -> Iterator[str]:
    """Yield a row for each statement: its label, then its values. The next command is the last row."""
    yield from (row("tampering", one) for one in page.tampering)
    yield from _facts(page)
    now = page.brief.now
    for one in page.changes:
        what = "undone" if one.undo else "change"
        yield row(what, one.result, one.at.isoformat(), one.words, one.before, one.after, one.detail)
    for label, field in _LISTS:
        yield from (row(label, words) for words in now.words(field))
    released = now.last("Released")
    yield from (row("not undone", words) for words in (released.texts("skipped") if released else ()))
    yield from (row("residual risk", words) for words in now.residual_risk)
    yield row("next", page.next_command.command)


def _facts(page: Page) -> Iterator[str]:
    brief, now = page.brief, page.brief.now
    kind, account, region, id_ = brief.place
    at = page.verified.get(now.id) or (brief.last_verified.at if brief.last_verified else None)
    yield row("incident", now.incident)
    yield row("subject", now.subject)
    yield row("runbook", now.runbook)
    for one in brief.ranked:
        yield row("finding", f"{one.title} ({one.type}, severity {one.severity:g}, id {one.id})")
        if one.reported_by:
            yield row("reported by", one.reported_by)
    yield row("mode", brief.decided.words)
    if later := brief.decided_later:
        yield row("decided later", later.words)
    yield row("state", said(now.runbook, brief.status.words))
    yield row("since", brief.since.isoformat())
    yield row("verified", at.isoformat() if at else "")
    yield row("kind", kind)
    yield row("id", id_)
    if brief.name:
        yield row("name", brief.name)
    yield row("account", account, page.accounts.get(account, ""))
    yield row("region", region)
    yield row("severity", f"{brief.severity:g}" if brief.severity is not None else "")
    yield from (row("remote address", one) for one in brief.remote_addresses)
    for asked in filter(None, (brief.run_requested, brief.release_requested)):
        yield row("requested", asked.fact.optional_text("what"), actor_of(asked), reason_of(asked))
    if question := Question.newest(now):
        yield from (row("answer", words) for words in question.words(page.now))
    if now.verdict:
        yield row("source", f"{now.verdict}: {now.source_reason}" if now.source_reason else now.verdict)
    if undone := now.undone:
        yield row("undone by", undone.optional_text("who"), undone.optional_text("call"))
        yield from (row("open now", words) for words in undone.texts("open"))
    for broken in brief.overcome:
        yield row("undone and contained again", broken.at.isoformat(), broken.who, broken.call)
    yield from (row("seals", one) for one in (*page.seals.faults, *page.seals.remarks))


def entry_rows(rows: Sequence[Row], seals: Seals) -> Iterator[str]:
    """Yield a row for each entry, and one for each of its notes."""
    marks = {**dict.fromkeys(seals.unsealed, "not sealed"), **dict.fromkeys(seals.forged, "NOT AUTHENTIC")}
    for one in rows:
        told, seq = one.rendered, one.entry.seq
        yield row(
            "entry",
            seq,
            one.at.isoformat(),
            one.actor,
            one.kind,
            told.words,
            told.before,
            told.after,
            marks.get(seq, ""),
        )
        yield from (row("note", seq, note) for note in told.notes)
        yield from (row("request", seq, request) for request in told.requests)
