"""What an answer to an approval led to, in words: it counted, or the approval had that answer before."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ringfence.cli.times import both
from ringfence.record.approval_facts import Answer
from ringfence.record.approvals import ApprovalStatus
from ringfence.record.shell import typed
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.document import Document

_DONE = {Answer.APPROVE: "approved", Answer.REJECT: "rejected"}


def outcome(answer: str, before: Document, after: Document) -> str:
    """Return what an answer led to, given the approval before and after it.

    The same answer of the same person is recorded once. Repeated, it leaves the approval unchanged.
    """
    missing = after.integer("missing") if after.text("status") == ApprovalStatus.WAITING else 0
    more = f" {missing} more must approve." if missing else ""
    known, answers = tuple(before.children("answers")), tuple(after.children("answers"))
    if len(answers) == len(known):
        given = [one for one in answers if one.text("answer") == answer]
        who = "; ".join(f"by {one.text('actor')} at {_time(one)}" for one in given)
        return f"Already {_DONE[answer]} {who}. The plan is {status_words(after)}.{more}"
    if answer == Answer.REJECT:
        return "Rejected. Nothing is changed."
    return f"Approved.{more or ' Ringfence carries it out now.'}"


def status_words(one: Document) -> str:
    """Return how a plan stands. One that was begun is being carried out until its incident rests."""
    status = one.text("status")
    state = one.optional_text("state")
    if status != ApprovalStatus.BEGUN or not state:
        return status
    under_way = state in {IncidentStatus.STARTED.words, IncidentStatus.UNDER_WAY.words}
    return "being carried out" if under_way else f"carried out; the incident is {state}"


def other_plan(found: Document, given: str, every: Iterable[Document]) -> tuple[str, str]:
    """Return why nothing is approved with the digest of another plan, and the command with the right one."""
    incident, plan = found.text("incident"), found.text("plan")
    if any(one.text("plan") == given for one in every):
        why = "The plan has changed. Nothing was approved."
    else:
        why = f"{given} is not the digest of this plan. Nothing was approved."
    approval = ("--approval", found.text("approval"))
    return why, typed("ringfence", "approve", incident, *approval, "--plan", plan)


def _time(given: Document) -> str:
    return both(datetime.fromisoformat(given.text("at")))
