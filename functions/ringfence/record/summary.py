"""What an incident's entries come to, read plainly from their JSON.

Nothing is decoded into steps: a notice or a list must not fail because an entry holds a step that this
version does not know.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cached_property
from itertools import filterfalse
from typing import TYPE_CHECKING

from ringfence.model.codec import decode
from ringfence.model.document import Document
from ringfence.model.frozen import frozen
from ringfence.policy.decision import Mode
from ringfence.record.facts import RELEASE
from ringfence.record.wording import is_containment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.record.chain import Entry

FOR_REVIEW = "for review"
"""The state in which what could be put right is, and the rest is for a person to look at."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@frozen
class Line:
    """One entry with its fact as plain JSON. `kind` is the fact's class name; empty when unreadable."""

    entry: Entry
    kind: str
    fact: Document
    body: Document

    @property
    def at(self) -> datetime:
        """When it was written; the start of time when the entry does not say."""
        try:
            instant = datetime.fromisoformat(str(self.body.value.get("at")))
        except ValueError:
            return _NEVER
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def line(entry: Entry) -> Line:
    """Read one entry; what is no entry of ours comes back without a kind."""
    try:
        body = json.loads(entry.body)
    except ValueError:
        body = None
    document = Document(body if isinstance(body, dict) else {})
    fact = document.value.get("fact")
    known = Document(fact if isinstance(fact, dict) else {}, "fact")
    kind = known.value.get("$")
    return Line(entry, kind if isinstance(kind, str) else "", known, document)


@frozen
class Reported:
    """A finding, as far as a person needs it."""

    id: str
    type: str
    severity: float
    title: str


@frozen
class Summary:
    """One response to one incident, oldest entry first. Raises BadInput for fields of a wrong type."""

    lines: tuple[Line, ...]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Summary:
        """Read entries."""
        return cls(tuple(line(entry) for entry in entries))

    def last(self, kind: str) -> Document | None:
        """Return the newest fact of a kind."""
        return next((one.fact for one in reversed(self.lines) if one.kind == kind), None)

    @property
    def incident(self) -> str:
        """The incident's id."""
        return self.lines[0].entry.incident if self.lines else ""

    @property
    def runbook(self) -> str:
        """The runbook's id."""
        return self.lines[0].body.optional_text("runbook") or "" if self.lines else ""

    @property
    def subject(self) -> str:
        """The key of the subject, `kind/account/region/id`."""
        return self.lines[0].body.optional_text("subject") or "" if self.lines else ""

    @property
    def began(self) -> datetime:
        """When the first entry was written."""
        return self.lines[0].at

    @property
    def allowed(self) -> datetime:
        """When changes were first allowed: a dry run may have stood for weeks before; else its opening."""
        allowed = (
            one.at
            for one in self.lines
            if one.kind == "DecisionMade"
            and one.fact.optional_child("decision").optional_text("mode") == Mode.AUTO
        )
        return next(allowed, self.lines[0].at)

    @cached_property
    def findings(self) -> tuple[Reported, ...]:
        """The findings, each once, in its newest form."""
        found = {}
        for one in self.lines:
            if one.kind == "FindingReceived":
                finding = one.fact.optional_child("finding")
                reported = _reported(finding)
                found[reported.id] = reported
        return tuple(found.values())

    @property
    def mode(self) -> str:
        """The mode that the newest decision gave."""
        made = self.last("DecisionMade")
        return made.optional_child("decision").optional_text("mode") or "" if made else ""

    @property
    def reason(self) -> str:
        """The newest decision's reason."""
        made = self.last("DecisionMade")
        return made.optional_child("decision").optional_text("reason") or "" if made else ""

    def words(self, field: str) -> tuple[str, ...]:
        """Return a list of the newest verification: remaining, settling, refused or exposure."""
        verified = self.last("Verified")
        return verified.texts(field) if verified else ()

    @property
    def latest_by_remediation(self) -> tuple[Document, ...]:
        """The newest verification; where something is put right, that of each remediation besides."""
        verified = [one.fact for one in self.lines if one.kind == "Verified"]
        if is_containment(self.runbook) or not verified or not verified[-1].texts("remediations"):
            return tuple(verified[-1:])
        return (*self._newest.values(), verified[-1])

    @property
    def residual_risk(self) -> tuple[str, ...]:
        """What stays open: as verified, or as planned where nothing was verified."""
        if self.last("Verified"):
            return self.words("exposure")
        planned = (one.fact.texts("exposure") for one in self.lines if one.kind == "Planned")
        return tuple(dict.fromkeys(words for each in planned for words in each))

    @property
    def releasing(self) -> bool:
        """Whether the newest change belongs to an undo."""
        intended = self.last("Intended")
        return intended is not None and intended.optional_text("stage") == RELEASE

    @property
    def state(self) -> str:
        """How it stands, in a word or two."""
        ended = next((one for one in reversed(self.lines) if one.kind in {"Released", "Closed"}), None)
        if ended and (ended.kind == "Released" or not self.releasing):
            return ended.kind.lower()
        if self.releasing:
            return "being released"
        return (
            self.standing(self.latest_by_remediation)
            if self.latest_by_remediation
            else _BY_MODE.get(self.mode, "under way")
        )

    def verifications(self, only: Iterable[str]) -> tuple[Document, ...]:
        """Return the newest verification of each of these remediations that was looked at."""
        newest = self._newest
        return tuple(newest[id_] for id_ in only if id_ in newest)

    @property
    def _newest(self) -> dict[str, Document]:
        verified = (one.fact for one in self.lines if one.kind == "Verified")
        return {id_: fact for fact in verified for id_ in fact.texts("remediations")}

    def standing(self, parts: tuple[Document, ...]) -> str:
        """Say in a word or two what verifications, one at least, come to: the worst of them."""
        left = [one for one in parts if not one.flag("complete")]
        worst = next(iter((*filterfalse(is_settled, left), *left)), parts[-1])
        if not is_containment(self.runbook) and is_settled(worst) and worst.texts("review"):
            return FOR_REVIEW
        return _verdict(worst)


_BY_MODE = {"off": "noted", "notify": "for a person", "dry-run": "dry run"}


def is_for_others(verified: Document) -> bool:
    """Say whether all that a verification found left is others' to do: a service's, or a person's."""
    waited_for = frozenset(verified.texts("waiting"))
    return not verified.texts("remaining") and waited_for.issuperset(verified.texts("settling"))


def is_settled(verified: Document) -> bool:
    """Say whether everything was looked at, and what is left is for others."""
    return verified.flag("whole") and is_for_others(verified)


def _verdict(verified: Document) -> str:
    if verified.flag("complete"):
        return "complete"
    if verified.flag("contained"):
        return "contained"
    if not verified.flag("judged", default=True):
        return "under way"
    return "settling" if verified.texts("settling") and not verified.texts("remaining") else "not contained"


def _reported(finding: Document) -> Reported:
    severity = decode(finding.value.get("severity"))
    return Reported(
        finding.optional_text("id") or "",
        finding.optional_text("type") or "",
        float(severity) if isinstance(severity, int | float) else 0.0,
        finding.optional_text("title") or "",
    )
