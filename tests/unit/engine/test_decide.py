"""What happens next: every status of an incident, kind of request and thing seen has a row in a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, assert_never

import pytest

from ringfence.engine.decide import Act, BackOff, Close, Defer, Ignore, Preview, Record, Reject, next_move
from ringfence.engine.plan import plan
from ringfence.engine.reading import Reading
from ringfence.engine.requests import Agreed
from ringfence.model.errors import NotFound
from ringfence.model.observation import ResourceState
from ringfence.model.runbook import Stage
from ringfence.policy.approvals import ApprovalRules
from ringfence.policy.decision import Decision, Mode
from ringfence.record.approval_facts import Answer, ApprovalAnswered, ApprovalRequested
from ringfence.record.chain import ChainKey, Lease, Stamp, link
from ringfence.record.facts import (
    RELEASE,
    Closed,
    DecisionMade,
    FindingReceived,
    Intended,
    Missed,
    Outcome,
    Planned,
    Released,
    Result,
    RunRequested,
    Verified,
)
from ringfence.record.history import History
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary
from tests.support.samples.hardening import HARDEN, REF, ToySwitch, ToySwitches, first_switch
from tests.support.worlds import DRY_RUN, NOON, NOTIFY, finding, order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.engine.decide import Move
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.runbook import Runbook
    from ringfence.record.facts import Fact

NOW = NOON + timedelta(hours=1)
STAGES = (Stage("fix", "Fix", (first_switch,)),)
RUNBOOKS = {
    "contain": replace(HARDEN, id="contain-toy", stages=STAGES, closes_when_complete=False),
    "harden": replace(HARDEN, stages=STAGES, closes_when_complete=True),
}
SEEN: dict[str, ResourceState | NotFound] = {
    "work": ResourceState(REF).with_observation(ToySwitches()),
    "clean": ResourceState(REF).with_observation(ToySwitches(frozenset({"first", "second"}))),
    "gone": NotFound("it does not exist"),
}
STEP = ToySwitch("first", before=False, after=True)
OLD = finding("f-1", subjects=(REF,), updated=NOON - timedelta(minutes=1))
NEW = finding("f-2", subjects=(REF,), updated=NOW)
ROUTINE = finding("review", subjects=(REF,), updated=NOW, routine=True)


def decided(mode: Mode) -> tuple[Fact, ...]:
    made = DecisionMade(Decision(mode, "it is decided"), NOON, "f-1", RUNBOOKS["harden"].ids)
    return OLD, made


def changed(stage: str = "fix", result: str = Result.APPLIED) -> tuple[Fact, ...]:
    return Intended(f"{stage}.0", stage, STEP), Outcome(f"{stage}.0", result)


TRIED = (*decided(Mode.AUTO), *changed(result=Result.FAILED))
CHANGED = (*decided(Mode.AUTO), *changed())
COMPLETE = Verified(contained=True, complete=True, whole=True, remediations=RUNBOOKS["harden"].ids)
LEFT = replace(COMPLETE, contained=False, complete=False)
UNDOING = (RunRequested(RELEASE, "false alarm"), *changed(RELEASE))
WAITING = ApprovalRequested(
    "one", "digest", (("fix", "digest"),), NOON, NOON + timedelta(hours=4), ApprovalRules()
)
CHAINS: dict[IncidentStatus, tuple[Fact, ...]] = {
    IncidentStatus.NONE: (),
    IncidentStatus.NOTED: decided(Mode.OFF),
    IncidentStatus.RECORDED: decided(Mode.NOTIFY),
    IncidentStatus.DRY_RUN: (*decided(Mode.DRY_RUN), Planned("fix", "digest", (STEP,))),
    IncidentStatus.WAITING: (*decided(Mode.APPROVE), Planned("fix", "digest", (STEP,)), WAITING),
    IncidentStatus.DECLINED: (
        *(*decided(Mode.APPROVE), Planned("fix", "digest", (STEP,)), WAITING),
        ApprovalAnswered(WAITING.approval, Answer.REJECT, "false alarm"),
    ),
    IncidentStatus.STARTED: decided(Mode.AUTO),
    IncidentStatus.UNDER_WAY: (*CHANGED, replace(LEFT, judged=False)),
    IncidentStatus.OPEN: (*TRIED, replace(LEFT, remaining=("x",))),
    IncidentStatus.SETTLING: (*CHANGED, replace(LEFT, settling=("x",))),
    IncidentStatus.CONTAINED: (*CHANGED, replace(COMPLETE, complete=False, remaining=("x",))),
    IncidentStatus.FOR_REVIEW: (*CHANGED, replace(LEFT, review=("x",))),
    IncidentStatus.COMPLETE: (*CHANGED, COMPLETE),
    IncidentStatus.RELEASING: (*CHANGED, COMPLETE, *UNDOING),
    IncidentStatus.RELEASED: (*CHANGED, COMPLETE, *UNDOING, Released()),
    IncidentStatus.CLOSED: (*CHANGED, Missed("x"), Closed("x")),
}
STATUSES = tuple(CHAINS)
NOBODY = Lease()
RUN = RunRequested("run", "it beacons")
KINDS = (
    "finding",
    "finding again",
    "finding to notify of",
    "finding to preview",
    "routine look",
    "person's run",
    "person's dry run",
    "agreed run",
    "agreed run of another plan",
    "continuation",
    "watchdog",
)


def asked(kind: str, runbook: Runbook) -> ResponseRequest:
    """Return a request of a kind. Nobody holds the lease, and `earlier` was the one that acted."""
    by_finding = order(NOW, runbook=runbook, received=NEW, attempt="now")
    by_person = replace(by_finding, finding=None, request=RUN)
    going_on = replace(by_finding, finding=None, decision=None)
    made = {
        "finding": by_finding,
        "finding again": replace(by_finding, finding=OLD),
        "finding to notify of": replace(by_finding, decision=NOTIFY),
        "finding to preview": replace(by_finding, decision=DRY_RUN),
        "routine look": replace(by_finding, finding=ROUTINE),
        "person's run": by_person,
        "person's dry run": replace(by_person, request=replace(RUN, dry_run=True), decision=DRY_RUN),
        "agreed run": replace(by_person, agreed=Agreed("as shown", NOW)),
        "agreed run of another plan": replace(by_person, agreed=Agreed("otherwise", NOW)),
        "continuation": going_on,
        "watchdog": replace(going_on, watchdog="earlier"),
    }[kind]
    return replace(made, ref=REF)


def history(status: IncidentStatus, runbook: Runbook) -> History:
    stamp = Stamp(ChainKey(runbook.id, REF.key), "inc-1", "test", "earlier", NOON)
    return History(link(stamp, None, CHAINS[status]))


def moved(runbook: Runbook, kind: str, known: History, seen: str, lease: Lease = NOBODY) -> Move:
    resource = SEEN[seen]
    reading = Reading(History(known.entries, lease), resource)
    given = asked(kind, runbook)
    if kind == "agreed run" and given.agreed:
        shown = plan(given, reading, NOW)
        assert not isinstance(shown, Exception)
        digest = shown.agreed.first.digest if shown.agreed and shown.agreed.first else ""
        given = replace(given, agreed=replace(given.agreed, digest=digest))
    return next_move(given, reading, plan(given, reading, NOW), NOW)


def letter(move: Move) -> str:
    """Write a move in a letter; a small one where it opens an incident."""
    match move:
        case Reject(error):
            return "!" if isinstance(error, NotFound) else "?"
        case Ignore():
            return "-"
        case Preview(_, refusal) if refusal:
            return "F"
        case Record(start) | Defer(start) | BackOff(start):
            return cased(move, opens=start.is_new)
        case Close(prospect) | Preview(prospect) | Act(prospect):
            return cased(move, opens=prospect.start.is_new)
        case _:
            assert_never(move)


def cased(move: Move, *, opens: bool) -> str:
    first = type(move).__name__[0]
    return first.lower() if opens else first


TABLE = """
contain | finding                       | aac AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC aac aaC
contain | finding again                 | aac AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC --- --- ---
contain | finding to notify of          | rrr RRR RRR RRR RRR RRR RRR RRR RRR RRR RRR RRR RRR RRR rrr rrR
contain | finding to preview            | ppc PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC ppc ppC
contain | routine look                  | a-- A-- A-- A-- A-- A-- AAC AAC AAC AAC AAC AAC A-- A-- a-- a--
contain | person's run                  | aa! AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC aa! aaC
contain | person's dry run              | pp! PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC pp! ppC
contain | agreed run                    | aa! AA! AA! AA! AA! AA! AA! AA! AA! AA! AA! AA! AA! AA! aa! aa!
contain | agreed run of another plan   | FF! FF! FF! FF! FF! FF! FF! FF! FF! FF! FF! FF! FF! FF! FF! FF!
contain | continuation                  | ??? RRR RRR PPC PPC PPC AAC AAC AAC AAC AAC AAC AAC --- --- ---
contain | watchdog                      | --- --- --- --- --- --- AAC AAC AAC AAC AAC AAC AAC --- --- ---
harden  | finding                       | aac AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC aAC aAC aac aaC
harden  | finding again                 | aac AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC --- --- --- ---
harden  | finding to notify of          | rrr RRR RRR RRR RRR RRR RRR RRR RRR RRR RRR RRR RRR RRR rrr rrR
harden  | finding to preview            | ppc PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC ppc ppC
harden  | routine look                  | a-- A-- A-- A-- A-- A-- AAC AAC AAC AAC AAC AAC a-- a-- a-- a--
harden  | person's run                  | aa! AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC AAC aAC aAC aa! aaC
harden  | person's dry run              | pp! PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC PPC pp! ppC
harden  | agreed run                    | aa! AA! AA! AA! AA! AA! AA! AA! AA! AA! AA! AA! aA! aA! aa! aa!
harden  | agreed run of another plan   | FF! FF! FF! FF! FF! FF! FF! FF! FF! FF! FF! FF! FF! FF! FF! FF!
harden  | continuation                  | ??? RRR RRR PPC PPC PPC AAC AAC AAC AAC AAC AAC AAC --- --- ---
harden  | watchdog                      | --- --- --- --- --- --- AAC AAC AAC AAC AAC AAC AAC --- --- ---
"""
"""By runbook and kind of request, in the order of `STATUSES`: what happens where there is work to do, where
there is none, and where the resource is gone. A small letter opens an incident, a capital one joins it.

`A` act, `P` preview, `F` preview and refuse, `R` record, `C` close, `-` ignore, `!` there is no such
resource, `?` there is nothing to go on with.
"""


def written() -> Iterator[tuple[str, str, IncidentStatus, str, str]]:
    for line in TABLE.strip().splitlines():
        name, kind, cells = (part.strip() for part in line.split("|"))
        for status, cell in zip(STATUSES, cells.split(), strict=True):
            for seen, expected in zip(SEEN, cell, strict=True):
                yield name, kind, status, seen, expected


ROWS = tuple(written())
EACH = pytest.mark.parametrize(("name", "kind", "status", "seen", "expected"), ROWS)


def test_the_table_holds_every_combination_once() -> None:
    combinations = [row[:4] for row in ROWS]
    assert len(combinations) == len(set(combinations))
    assert set(combinations) == set(product(RUNBOOKS, KINDS, STATUSES, SEEN))
    assert set(STATUSES) == set(IncidentStatus) - {IncidentStatus.JOINED}, "that is an answer, and no status"


@pytest.mark.parametrize("status", STATUSES)
def test_each_chain_of_the_table_has_its_status(status: IncidentStatus) -> None:
    """But that what contains leaves nothing to review: where a person must look, it is not contained."""
    known = history(status, RUNBOOKS["harden"])
    assert Summary.of(known.entries).status is status


@EACH
def test_what_happens_next(name: str, kind: str, status: IncidentStatus, seen: str, expected: str) -> None:
    runbook = RUNBOOKS[name]
    assert letter(moved(runbook, kind, history(status, runbook), seen)) == expected


@EACH
def test_while_somebody_else_acts_what_would_change_anything_is_deferred(
    name: str, kind: str, status: IncidentStatus, seen: str, expected: str
) -> None:
    """All else is as it would be."""
    runbook = RUNBOOKS[name]
    known = history(status, runbook)
    held = moved(runbook, kind, known, seen, Lease("other", NOW + timedelta(minutes=1), known.incident))
    stays = expected in "-?rR" or not is_to_change(runbook, kind, known)
    assert letter(held) == expected if stays else isinstance(held, Defer)


def is_to_change(runbook: Runbook, kind: str, known: History) -> bool:
    """Say whether a request is allowed changes, by itself or by what is recorded."""
    decision = asked(kind, runbook).decision
    recorded = known.of(DecisionMade)
    return decision.mode.changes if decision else bool(recorded and recorded[-1].decision.mode.changes)


def test_only_findings_are_left_to_who_acts_and_a_person_asks_again() -> None:
    runbook, lease = RUNBOOKS["contain"], Lease("other", NOW + timedelta(minutes=1), "inc-1")
    known = history(IncidentStatus.CONTAINED, runbook)
    found = moved(runbook, "finding", known, "work", lease)
    ran = moved(runbook, "person's run", known, "work", lease)
    assert isinstance(found, Defer)
    assert isinstance(ran, Defer)
    assert [type(fact) for fact in found.facts] == [FindingReceived]
    assert (ran.facts, bool(found.again), bool(ran.again)) == ((), True, False)
