"""The entries of a response as rows for people: time, actor, action, change and result."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from ringfence.model.claims import SourceAnswer
from ringfence.model.codec import canonical
from ringfence.model.errors import BadInput, UnknownRecord
from ringfence.model.finding import Finding
from ringfence.model.frozen import frozen
from ringfence.model.kinds.instance import InstanceRef
from ringfence.policy.approvals import ApprovalRules
from ringfence.policy.decision import Decision
from ringfence.record.rendered import RenderedFact, approvals, deployment, rendered, responses, tampering
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import line
from ringfence.record.transitions import is_for_others
from ringfence.record.wording import is_containment, said

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.record.chain import Entry
    from ringfence.record.summary import Line

VALUES = (Finding, Decision, InstanceRef, SourceAnswer, ApprovalRules)
"""The value classes in facts other than steps. Importing them makes them readable."""
WORDS = (approvals, deployment, responses, tampering)
"""The modules with the words of facts. Importing them makes the facts known to `rendered`."""


@frozen
class Row:
    """One entry. `kind` is the fact's class. Empty if the entry is unreadable."""

    entry: Entry
    at: datetime
    actor: str
    kind: str
    rendered: RenderedFact

    def as_json(self) -> dict[str, object]:
        """Return it as JSON data."""
        about = {"seq": self.entry.seq, "at": self.at.isoformat(), "actor": self.actor, "kind": self.kind}
        return {**about, **asdict(self.rendered), "hash": self.entry.hash}


def timeline(entries: Iterable[Entry]) -> tuple[Row, ...]:
    """Return one row for each entry. An entry that this version cannot read is shown as stored."""
    intents: dict[str, str] = {}
    rows = []
    for entry in entries:
        read = line(entry)
        rows.append(
            Row(entry, read.at, str(read.body.value.get("actor", "")), read.kind, _rendered(read, intents))
        )
    return tuple(rows)


def _rendered(read: Line, intents: dict[str, str]) -> RenderedFact:
    try:
        told = _as_said(rendered(read.entry.fact, intents), read)
    except (BadInput, UnknownRecord, ValueError, TypeError, AttributeError):
        # An entry of another version, or a tampered one: it can contain anything.
        told = _as_written(read)
    if read.kind == "Intended":
        intents[str(read.fact.value.get("intent"))] = told.step or told.words
    return told


def _as_said(told: RenderedFact, read: Line) -> RenderedFact:
    """Use the verdict's words for this runbook. A containment runbook is not contained before a review."""
    runbook = str(read.body.value.get("runbook", ""))
    if read.kind != "Verified":
        return told
    if not is_containment(runbook) and is_for_others(read.fact) and read.fact.texts("review"):
        words, result = "verified: a person must review the rest", IncidentStatus.FOR_REVIEW.words
        return replace(told, words=words, result=result)
    return replace(told, words=said(runbook, told.words))


def _as_written(read: Line) -> RenderedFact:
    step = read.fact.value.get("step")
    if isinstance(step, dict):
        before, after = (canonical(step[name]) if name in step else "" for name in ("before", "after"))
        return RenderedFact(
            f"{step.get('$')}, which this version does not know", (canonical(step),), before, after
        )
    if read.kind:
        return RenderedFact(f"{read.kind}, which this version cannot read", (canonical(read.fact.value),))
    return RenderedFact("unreadable", (read.entry.body,) if read.entry.body else ())
