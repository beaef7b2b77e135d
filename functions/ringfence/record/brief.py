"""A response in brief: what a person reads first. Pure; no step is decoded.

Names and addresses come from findings, so anybody may have chosen them. They are shown, and never obeyed.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.told_sources import SECURITY_HUB, SENT
from ringfence.record.facts import RELEASE
from ringfence.record.status import IncidentStatus
from ringfence.record.status_meanings import MEANINGS
from ringfence.record.transitions import reached_with

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.record.summary import Line, Reported, Summary

SEVERITIES = (("critical", 9.0), ("high", 7.0), ("medium", 4.0), ("low", 0.0))
"""GuardDuty's words for severities, with the lowest value of each.

https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
"""
_DRY_RUN = "dry-run"
_LED_TO = frozenset({"ApprovalRequested", "Intended"})
"""The kinds of entries that a decision leads to."""
_KEY_PARTS = 4
"""The parts of a subject's key: kind, account, region and id."""


def severity_word(value: float) -> str:
    """Return the word for a severity.

    Examples
    --------
    >>> severity_word(8), severity_word(2.5)
    ('high', 'low')
    """
    return next((word for word, least in SEVERITIES if value >= least), "low")


@frozen
class Decided:
    """A decision: its mode and its reason. Empty texts if there is none."""

    mode: str = ""
    reason: str = ""

    @property
    def words(self) -> str:
        """The decision for people."""
        return f"{self.mode}: {self.reason}" if self.mode else "no decision yet"


@frozen
class Undoing:
    """Containment was undone: when that was seen, and by whom with which call, if an event shows it."""

    at: datetime
    who: str = ""
    call: str = ""

    @property
    def words(self) -> str:
        """Who did it, for people."""
        if not self.who:
            return "no event shows by whom"
        return f"by {self.who} with {self.call}" if self.call else f"by {self.who}"


@frozen
class Brief:
    """The summary of a response, with what a person needs first."""

    now: Summary

    @cached_property
    def ranked(self) -> tuple[Reported, ...]:
        """The findings, the worst one first. Of equally severe ones, the newest one."""
        newest_first = tuple(reversed(self.now.findings))
        return tuple(sorted(newest_first, key=lambda one: -one.severity))

    @property
    def worst(self) -> Reported | None:
        """The worst finding. None for a response that a person started without one."""
        return next(iter(self.ranked), None)

    @property
    def severity(self) -> float | None:
        """The severity of the worst finding."""
        return self.worst.severity if self.worst else None

    @cached_property
    def status(self) -> IncidentStatus:
        """How it stands."""
        return self.now.status

    @property
    def open(self) -> bool:
        """Whether a person or Ringfence still has something to do.

        A dry run that a person requested leaves nothing to do if no finding came in.
        """
        only_looked = self.status is IncidentStatus.DRY_RUN and self.worst is None
        return MEANINGS[self.status].open and not only_looked

    @property
    def ended(self) -> bool:
        """Whether no step can be left to do: the changes were undone, or the resource does not exist."""
        return self.status in (IncidentStatus.RELEASED, IncidentStatus.CLOSED)

    @property
    def decided(self) -> Decided:
        """The decision that led to the newest changes or question. The newest decision if there are none."""
        return _decided(self.decision)

    @property
    def decision(self) -> Line | None:
        """The entry of that decision."""
        newest, led, _ = self._decisions
        return led or newest

    @property
    def release_decision(self) -> Line | None:
        """The decision of the newest release. None if no release has begun."""
        return self._decisions[2]

    @property
    def decided_later(self) -> Decided | None:
        """The newest decision, if another one led to the changes or question. That of a release is none."""
        newest, _, undoing = self._decisions
        later = _decided(newest)
        return later if newest is not undoing and later != self.decided else None

    @cached_property
    def _decisions(self) -> tuple[Line | None, Line | None, Line | None]:
        """The newest decision, the one that led to the newest changes or question, and the one of a release.

        A dry run leads to nothing: what follows it was decided before.
        """
        newest = able = led = undoing = None
        for one in self.now.lines:
            if one.kind == "DecisionMade":
                newest = one
                able = able if _decided(one).mode == _DRY_RUN else one
            elif one.kind == "Intended" and one.fact.optional_text("stage") == RELEASE:
                undoing = newest
            elif one.kind in _LED_TO:
                led = able or newest
        return newest, led, undoing

    @cached_property
    def since(self) -> datetime:
        """When the present status was reached."""
        facts = [(one.kind, one.fact) for one in self.now.lines]
        return self.now.lines[reached_with(self.now.runbook, facts)].at

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Kind, account, region and id of the subject. Empty texts for an unreadable key."""
        parts = self.now.subject.split("/", _KEY_PARTS - 1)
        kind, account, region, id_ = (*parts, "", "", "", "")[:_KEY_PARTS]
        return kind, account, region, id_

    @cached_property
    def shown_id(self) -> str:
        """The id of the subject, for people.

        The subject of a notice about a finding of another product is that finding, and its id contains a
        hash. People know the finding by the id that its sender or Security Hub gives it.
        """
        kind, _, _, id_ = self.place
        if kind != "finding":
            return id_
        from ringfence.record.received import received  # few incidents are about findings alone

        for one in received(self.now):
            if one.source == SENT:
                return one.id
            if one.source == SECURITY_HUB and one.hub_id:
                return one.hub_id
        return id_

    @cached_property
    def name(self) -> str:
        """The Name tag of the subject, as its newest finding says. Empty if none says it."""
        id_ = self.place[3]
        found = (_name(one, id_) for one in reversed(self.now.lines) if one.kind == "FindingReceived")
        return next(filter(None, found), "")

    @cached_property
    def remote_addresses(self) -> tuple[str, ...]:
        """The remote addresses of all findings, each once."""
        received = (one.fact for one in self.now.lines if one.kind == "FindingReceived")
        each = (one.optional_child("finding").texts("remote_addresses") for one in received)
        return tuple(dict.fromkeys(at for some in each for at in some))

    @cached_property
    def last_verified(self) -> Line | None:
        """The newest entry that says what a read of the resource showed."""
        seen = ("Verified", "ContainmentBroken")
        return next((one for one in reversed(self.now.lines) if one.kind in seen), None)

    @cached_property
    def overcome(self) -> tuple[Undoing, ...]:
        """How containment was undone, if a later verification saw the resource contained again."""
        found: list[Undoing] = []
        waiting: list[Undoing] = []
        for one in self.now.lines:
            if one.kind == "ContainmentBroken":
                who, call = (one.fact.optional_text(name) or "" for name in ("who", "call"))
                waiting.append(Undoing(one.at, who, call))
            elif one.kind == "Verified" and one.fact.flag("contained"):
                found += waiting
                waiting = []
        return tuple(found)

    @property
    def requested(self) -> Line | None:
        """The newest request of a person, for a run or a release, that was no dry run."""
        return next(reversed(self._requests), None)

    @property
    def run_requested(self) -> Line | None:
        """The newest request for a run."""
        return next((one for one in reversed(self._requests) if not _is_release(one)), None)

    @property
    def release_requested(self) -> Line | None:
        """The newest request for a release."""
        return next((one for one in reversed(self._requests) if _is_release(one)), None)

    @cached_property
    def _requests(self) -> tuple[Line, ...]:
        """The requests of people that were no dry runs."""
        asked = (one for one in self.now.lines if one.kind == "RunRequested")
        return tuple(one for one in asked if not one.fact.flag("dry_run"))


def actor_of(line: Line) -> str:
    """Return who wrote an entry: a person's ARN, or the name of a function."""
    return str(line.body.value.get("actor") or "unknown")


def reason_of(line: Line | None) -> str:
    """Return the reason that a person gave in an entry. Empty without one."""
    return (line.fact.optional_text("reason") if line else "") or ""


def _is_release(asked: Line) -> bool:
    """Tell a request for a release from one for a run. Either can be `--direct`."""
    return (asked.fact.optional_text("what") or "").split(" ")[0] == RELEASE


def _decided(made: Line | None) -> Decided:
    if made is None:
        return Decided()
    decision = made.fact.optional_child("decision")
    return Decided(decision.optional_text("mode") or "", decision.optional_text("reason") or "")


def _name(received: Line, id_: str) -> str:
    """Return the Name tag in a finding of GuardDuty about this instance."""
    try:
        event = Document.of(json.loads(received.fact.optional_text("event") or "{}"))
        detail = event.optional_child("detail") if event.has("detail") else event
        instance = detail.optional_child("resource").optional_child("instanceDetails")
        if instance.optional_text("instanceId") != id_:
            return ""
        tags = {one.optional_text("key"): one.optional_text("value") for one in instance.children("tags")}
    except (BadInput, ValueError, RecursionError):
        return ""
    return tags.get("Name") or ""
