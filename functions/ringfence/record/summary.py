"""The summary of an incident, read from the JSON of its entries.

The steps are not decoded: a notice or a list must not fail if an entry contains a step that this version
does not know.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from ringfence.model.claims import SentFinding
from ringfence.model.codec import decode, recorded_name
from ringfence.model.document import Document
from ringfence.model.frozen import frozen
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.record.facts import RELEASE
from ringfence.record.transitions import latest, status_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.record.chain import Entry
    from ringfence.record.status import IncidentStatus

_NEVER = datetime.min.replace(tzinfo=UTC)


@frozen
class Line:
    """One entry with its fact as JSON. `kind` is the name of the fact's class. Empty if unreadable."""

    entry: Entry
    kind: str
    fact: Document
    body: Document

    @property
    def at(self) -> datetime:
        """When it was written. The earliest possible time if the entry does not say."""
        try:
            instant = datetime.fromisoformat(str(self.body.value.get("at")))
        except ValueError:
            return _NEVER
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def line(entry: Entry) -> Line:
    """Read one entry. The result for an unreadable entry has no kind."""
    try:
        body = json.loads(entry.body)
    except (ValueError, RecursionError):
        body = None
    document = Document(body if isinstance(body, dict) else {})
    fact = document.value.get("fact")
    known = Document(fact if isinstance(fact, dict) else {}, "fact")
    kind = known.value.get("$")
    return Line(entry, kind if isinstance(kind, str) else "", known, document)


@frozen
class Reported:
    """The data of a finding that people need.

    `reported_by`: who sent it, and how, if a system of the customer did. Empty otherwise. `urgent`: what a
    person must do about it is urgent.
    """

    id: str
    type: str
    severity: float
    title: str
    reported_by: str = ""
    urgent: bool = False

    @property
    def reporter(self) -> str:
        """Who sent it, as a sentence's part. Empty if a service of AWS did."""
        return f"reported by {self.reported_by}" if self.reported_by else ""


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
    def id(self) -> tuple[str, str]:
        """The chain and the incident."""
        return f"{self.runbook}#{self.subject}", self.incident

    @property
    def undone(self) -> Document | None:
        """The report that containment was undone, if no verification and no end of a release followed."""
        ends = {"ContainmentBroken", "Verified", "Released"}
        last = next((one for one in reversed(self.lines) if one.kind in ends), None)
        return last.fact if last and last.kind == "ContainmentBroken" else None

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
        """When changes were first allowed. The time of opening if they never were.

        A dry run can be weeks older than the first permission.
        """
        made = (one for one in self.lines if one.kind == "DecisionMade")
        allowed = (one.at for one in made if (mode := _mode(one.fact)) and mode.changes)
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
        """The mode of the newest decision."""
        made = self.last("DecisionMade")
        return made.optional_child("decision").optional_text("mode") or "" if made else ""

    @property
    def decided(self) -> Mode | None:
        """The mode of the newest decision. None if there is none, or if its mode is unknown."""
        made = self.last("DecisionMade")
        return _mode(made) if made else None

    @property
    def code(self) -> DecisionCode:
        """Why the newest decision was made, for programs."""
        made = self.last("DecisionMade")
        return DecisionCode(made.optional_child("decision").optional_text("code") or "" if made else "")

    @property
    def reason(self) -> str:
        """The newest decision's reason."""
        made = self.last("DecisionMade")
        return made.optional_child("decision").optional_text("reason") or "" if made else ""

    @property
    def verdict(self) -> str:
        """What the source of the finding of the newest decision answered last. Empty: it was not asked."""
        return self._source.optional_text("verdict") or ""

    @property
    def source_reason(self) -> str:
        """Why the source did not confirm the finding."""
        return self._source.optional_text("reason") or ""

    @property
    def _source(self) -> Document:
        made = self.last("DecisionMade")
        if made is None:
            return Document({})
        later = (one.fact for one in reversed(self.lines) if one.kind == "SourceAsked")
        about = made.optional_text("finding") or ""
        asked = next((one for one in later if one.optional_text("finding") == about), None)
        return asked.optional_child("answer") if asked else made.optional_child("source")

    def words(self, field: str) -> tuple[str, ...]:
        """Return a field of the newest verification: remaining, settling, refused or exposure."""
        verified = self.last("Verified")
        return verified.texts(field) if verified else ()

    @property
    def latest_by_remediation(self) -> tuple[Document, ...]:
        """The newest verification. For a compliance runbook also the newest one of each remediation."""
        last = self.last("Verified")
        return latest(self.runbook, self._newest, last) if last else ()

    @property
    def residual_risk(self) -> tuple[str, ...]:
        """The residual risk: from the newest verification, or from the plans without one."""
        if self.last("Verified"):
            return self.words("exposure")
        planned = (one.fact.texts("exposure") for one in self.lines if one.kind == "Planned")
        return tuple(dict.fromkeys(words for each in planned for words in each))

    @property
    def releasing(self) -> bool:
        """Whether the newest change belongs to a release."""
        intended = self.last("Intended")
        return intended is not None and intended.optional_text("stage") == RELEASE

    @cached_property
    def status(self) -> IncidentStatus:
        """How it stands."""
        return status_of(self.runbook, ((one.kind, one.fact) for one in self.lines))

    @property
    def state(self) -> str:
        """The status in one or two words."""
        return self.status.words

    def verifications(self, only: Iterable[str]) -> tuple[Document, ...]:
        """Return the newest verification of each of these remediations, if there is one."""
        newest = self._newest
        return tuple(newest[id_] for id_ in only if id_ in newest)

    @property
    def _newest(self) -> dict[str, Document]:
        verified = (one.fact for one in self.lines if one.kind == "Verified")
        return {id_: fact for fact in verified for id_ in fact.texts("remediations")}


def _mode(made: Document) -> Mode | None:
    mode = made.optional_child("decision").optional_text("mode")
    return Mode(mode) if mode in list(Mode) else None


def _reported(finding: Document) -> Reported:
    severity = decode(finding.value.get("severity"))
    return Reported(
        finding.optional_text("id") or "",
        finding.optional_text("type") or "",
        float(severity) if isinstance(severity, int | float) else 0.0,
        finding.optional_text("title") or "",
        _reported_by(finding.optional_child("claim")),
        finding.flag("urgent"),
    )


def _reported_by(claim: Document) -> str:
    """Return who sent a finding, by its recorded claim. Empty if a service of AWS did."""
    if claim.value.get("$") != recorded_name(SentFinding):
        return ""
    sender, way = (claim.optional_text(name) or "" for name in ("sender", "way"))
    return SentFinding(sender, way, claim.flag("proven")).words
