"""`ringfence incidents show` says what people answered and requested. A release ends what was open."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console

from ringfence.cli.incident_json import as_json
from ringfence.cli.incident_page import Page
from ringfence.cli.incident_report_page import Proof, Told
from ringfence.cli.incident_rows import page_rows
from ringfence.cli.seals import Seals
from ringfence.model.document import Document
from ringfence.policy.approvals import ApprovalRules
from ringfence.policy.decision import Mode
from ringfence.record.approval_facts import ApprovalAnswered, ApprovalRequested
from ringfence.record.brief import Brief
from ringfence.record.changes import changes
from ringfence.record.facts import (
    RELEASE,
    ContainmentBroken,
    Intended,
    Outcome,
    Planned,
    Released,
    Result,
    RunRequested,
)
from ringfence.record.summary import Summary
from tests.support.fakes.chains import KEY, NOON, LockDoor, contained, more, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.record.chain import Entry

STEP = LockDoor("front", before="open", after="shut")
ASKED = ApprovalRequested("a-1", "0" * 64, (), NOON, NOON + timedelta(hours=4), ApprovalRules())
RISK = "DNS is not filtered"


def page(entries: Sequence[Entry]) -> Page:
    now = Summary.of(entries)
    return Page(Brief(now), changes(now), {}, Seals(), {}, NOON + timedelta(hours=1))


def shown(entries: Sequence[Entry], width: int = 120) -> str:
    on = Console(file=io.StringIO(), width=width, color_system=None)
    on.print(*page(entries).parts(width), sep="\n")
    text = on.file.getvalue()  # type: ignore[attr-defined]  # it is a StringIO
    return "\n".join(one.rstrip() for one in text.splitlines())


def waiting() -> tuple[Entry, ...]:
    first = opened(mode=Mode.APPROVE)
    return (*first, *more(first, Planned("contain", "0" * 64, (STEP,), exposure=(RISK,)), ASKED))


def rejected() -> tuple[Entry, ...]:
    first = waiting()
    return (*first, *more(first, ApprovalAnswered("a-1", "reject", "a known miner"), actor="ada"))


def released() -> tuple[Entry, ...]:
    """Return a containment that somebody undid, and that a person released afterwards."""
    first = contained()
    back = (Intended("n-2", RELEASE, STEP.inverse()), Outcome("n-2", Result.APPLIED), Released(()))
    rest = (ContainmentBroken(("move eni-1",)), RunRequested("release", "it is over"), *back)
    return (*first, *more(first, *rest, actor="kim"))


def test_a_plan_that_waits_says_until_when_and_that_nothing_is_contained() -> None:
    text = shown(waiting())
    assert "a plan waits until 2025-11-22 16:00:00 UTC; nothing is changed then" in text
    assert "Nothing was changed. The resource is NOT contained." in text
    assert f"Residual risk after the plan\n  - {RISK}" in text


def test_a_rejected_plan_says_who_rejected_it_and_why() -> None:
    assert "rejected by ada, 2025-11-22 12:00:01 UTC, reason: a known miner" in shown(rejected())
    rows = list(page_rows(page(rejected())))
    assert "answer\trejected by ada, 2025-11-22 12:00:01 UTC, reason: a known miner" in rows
    data = Document.of(as_json(Brief(Summary.of(rejected())), {}))
    (answer,) = data.children("answers")
    assert [answer.text(one) for one in ("answer", "actor", "reason")] == ["reject", "ada", "a known miner"]


def test_what_was_carried_out_has_the_residual_risk_of_now() -> None:
    text = shown(contained())
    assert f"Residual risk\n  - {RISK}" in text
    assert "NOT contained" not in text


def test_after_a_release_nothing_is_open() -> None:
    entries = released()
    text = shown(entries)
    assert "Open now" not in text
    assert "move eni-1" not in text
    told = Told.of(KEY.text, entries, Seals(), Proof())
    assert told.left == ()
    assert not [one for one in page_rows(page(entries)) if one.startswith(("open now", "remaining"))]


def test_before_a_release_what_was_undone_is_open() -> None:
    first = contained()
    entries = (*first, *more(first, ContainmentBroken(("move eni-1",))))
    assert "Open now\n  - move eni-1" in shown(entries)


def test_a_release_does_not_hide_who_requested_the_run() -> None:
    first = contained()
    asked = (*first, *more(first, RunRequested("run", "a drill"), actor="ada"))
    entries = (*asked, *more(asked, RunRequested("release", "it is over"), actor="kim"))
    text = shown(entries)
    assert "run by ada, reason: a drill" in text
    assert "release by kim, reason: it is over" in text
    data = Document.of(as_json(Brief(Summary.of(entries)), {}))
    assert data.child("run_requested").text("reason") == "a drill"
    assert data.child("requested").text("reason") == "it is over"
