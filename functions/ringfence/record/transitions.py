"""The status of an incident: a fold over its facts, by a table that the documentation shows. Pure."""

from __future__ import annotations

from enum import StrEnum
from itertools import filterfalse
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.policy.decision import Mode
from ringfence.record.approval_facts import Answer
from ringfence.record.facts import RELEASE
from ringfence.record.status import IncidentStatus
from ringfence.record.wording import is_containment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.model.document import Document

_S = IncidentStatus


class Event(StrEnum):
    """The events in the status table."""

    OPENED = "the first fact"
    OFF = "`DecisionMade`: off"
    NOTIFY = "`DecisionMade`: notify"
    DRY_RUN = "`DecisionMade`: dry-run"
    ASK = "`DecisionMade`: approve, auto-unless-vetoed"
    AUTO = "`DecisionMade`: auto"
    ASKED = "`ApprovalRequested`"
    DECLINED = "`ApprovalAnswered`: reject, or `ApprovalExpired`: reject"
    VOIDED = "`ApprovalVoided`"
    NOT_JUDGED = "`Verified`: only later stages were read"
    NOT_DONE = "`Verified`: steps remain"
    SETTLING = "`Verified`: no steps remain, a change is not visible yet"
    CONTAINED = "`Verified`: contained"
    FOR_REVIEW = "`Verified`: only a review by a person remains"
    COMPLETE = "`Verified`: complete"
    BROKEN = "`ContainmentBroken`"
    UNDONE = "`RemediationUndone`"
    UNDO_BEGAN = "`Intended`: a step of a release"
    RUN_BEGAN = "`Intended`: a step of a run"
    RELEASED = "`Released`"
    CLOSED = "`Closed`"


_NOT_ASKED = (_S.NONE, _S.STARTED, _S.NOTED, _S.RECORDED, _S.DRY_RUN, _S.DECLINED)
NOT_VERIFIED = (*_NOT_ASKED, _S.WAITING)
VERIFIED = (_S.UNDER_WAY, _S.OPEN, _S.SETTLING, _S.CONTAINED, _S.FOR_REVIEW, _S.COMPLETE)
_NOT_OVER = (*NOT_VERIFIED, *VERIFIED)
TRANSITIONS: tuple[tuple[Event, tuple[IncidentStatus, ...], IncidentStatus], ...] = (
    (Event.OPENED, (_S.NONE,), _S.STARTED),
    (Event.OFF, _NOT_ASKED, _S.NOTED),
    (Event.NOTIFY, _NOT_ASKED, _S.RECORDED),
    (Event.DRY_RUN, _NOT_ASKED, _S.DRY_RUN),
    (Event.ASK, _NOT_ASKED, _S.WAITING),
    (Event.ASKED, NOT_VERIFIED, _S.WAITING),
    (Event.DECLINED, (_S.WAITING,), _S.DECLINED),
    (Event.VOIDED, (_S.WAITING,), _S.DRY_RUN),
    (Event.AUTO, NOT_VERIFIED, _S.STARTED),
    (Event.NOT_JUDGED, _NOT_OVER, _S.UNDER_WAY),
    (Event.NOT_DONE, _NOT_OVER, _S.OPEN),
    (Event.SETTLING, _NOT_OVER, _S.SETTLING),
    (Event.CONTAINED, _NOT_OVER, _S.CONTAINED),
    (Event.FOR_REVIEW, _NOT_OVER, _S.FOR_REVIEW),
    (Event.COMPLETE, _NOT_OVER, _S.COMPLETE),
    (Event.BROKEN, VERIFIED, _S.OPEN),
    (Event.UNDONE, VERIFIED, _S.OPEN),
    (Event.UNDO_BEGAN, (*_NOT_OVER, _S.CLOSED), _S.RELEASING),
    (Event.RELEASED, (*_NOT_OVER, _S.CLOSED, _S.RELEASING), _S.RELEASED),
    (Event.CLOSED, _NOT_OVER, _S.CLOSED),
)
"""Event, old status, new status. Any other event leaves the status unchanged.

While a release is in progress, events change the status to which a later run returns.
"""
_TABLE = {(event, source): target for event, sources, target in TRANSITIONS for source in sources}


@frozen
class _Standing:
    """The status, and the status to which a run after a started release returns."""

    status: IncidentStatus = IncidentStatus.NONE
    before: IncidentStatus = IncidentStatus.NONE

    def after(self, event: Event) -> _Standing:
        if self.status is not IncidentStatus.RELEASING or event is Event.RELEASED:
            return _Standing(_TABLE.get((event, self.status), self.status), self.status)
        if event is Event.RUN_BEGAN:
            return _Standing(self.before, self.before)
        moved = _TABLE.get((event, self.before), self.before)
        return self if event is Event.UNDO_BEGAN else _Standing(self.status, moved)


def status_of(runbook: str, facts: Iterable[tuple[str, Document]]) -> IncidentStatus:
    """Return the status of an incident. Each fact is given by its kind and its JSON."""
    standing = _Standing()
    for event in _events(runbook, facts):
        standing = standing.after(event)
    return standing.status


def reached_with(runbook: str, facts: Iterable[tuple[str, Document]]) -> int:
    """Return the index of the fact with which the present status was reached. 0 without facts."""
    standing, read, reached = _Standing(), -1, 0

    def counted() -> Iterator[tuple[str, Document]]:
        nonlocal read
        for fact in facts:
            read += 1
            yield fact

    for event in _events(runbook, counted()):
        before, standing = standing.status, standing.after(event)
        if standing.status is not before:
            reached = read
    return reached


def _events(runbook: str, facts: Iterable[tuple[str, Document]]) -> Iterator[Event]:
    newest: dict[str, Document] = {}
    for kind, fact in facts:
        yield Event.OPENED
        if kind == "DecisionMade":
            mode = fact.optional_child("decision").optional_text("mode")
            yield DECIDED[Mode(mode)] if mode in list(Mode) else Event.AUTO
        elif kind == "Verified":
            newest.update(dict.fromkeys(fact.texts("remediations"), fact))
            yield verdict(runbook, latest(runbook, newest, fact))
        elif kind == "Intended":
            yield Event.UNDO_BEGAN if fact.optional_text("stage") == RELEASE else Event.RUN_BEGAN
        elif kind in _ANSWERS:
            if fact.optional_text(_ANSWERS[kind]) == Answer.REJECT:
                yield Event.DECLINED
        elif kind in _OTHERS:
            yield _OTHERS[kind]


DECIDED = {
    Mode.OFF: Event.OFF,
    Mode.NOTIFY: Event.NOTIFY,
    Mode.DRY_RUN: Event.DRY_RUN,
    Mode.APPROVE: Event.ASK,
    Mode.AUTO_UNLESS_VETOED: Event.ASK,
    Mode.AUTO: Event.AUTO,
}
_ANSWERS = {"ApprovalAnswered": "answer", "ApprovalExpired": "outcome"}
"""The facts that can decline a plan, and the field that says so. Both fields have the same word for it."""
_OTHERS = {
    "ApprovalRequested": Event.ASKED,
    "ApprovalVoided": Event.VOIDED,
    "ContainmentBroken": Event.BROKEN,
    "RemediationUndone": Event.UNDONE,
    "Released": Event.RELEASED,
    "Closed": Event.CLOSED,
}


def latest(runbook: str, newest: dict[str, Document], last: Document) -> tuple[Document, ...]:
    """Return the newest verification. For a compliance runbook also the newest one of each remediation."""
    if is_containment(runbook) or not last.texts("remediations"):
        return (last,)
    return (*newest.values(), last)


def verdict(runbook: str, parts: tuple[Document, ...]) -> Event:
    """Return the worst of some verifications, at least one."""
    left = [one for one in parts if not one.flag("complete")]
    worst = next(iter((*filterfalse(is_settled, left), *left)), parts[-1])
    if not is_containment(runbook) and is_settled(worst) and worst.texts("review"):
        return Event.FOR_REVIEW
    if worst.flag("complete"):
        return Event.COMPLETE
    if worst.flag("contained"):
        return Event.CONTAINED
    if not worst.flag("judged", default=True):
        return Event.NOT_JUDGED
    return Event.SETTLING if worst.texts("settling") and not worst.texts("remaining") else Event.NOT_DONE


def standing(runbook: str, parts: tuple[Document, ...]) -> IncidentStatus:
    """Return the status for some verifications, at least one."""
    return _TABLE[verdict(runbook, parts), IncidentStatus.STARTED]


def is_for_others(verified: Document) -> bool:
    """Return whether only AWS services or a person have work left."""
    waited_for = frozenset(verified.texts("waiting"))
    return not verified.texts("remaining") and waited_for.issuperset(verified.texts("settling"))


def is_settled(verified: Document) -> bool:
    """Return whether every stage was read and only others have work left."""
    return verified.flag("whole") and is_for_others(verified)
