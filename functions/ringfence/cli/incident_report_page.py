"""One incident as one page of HTML, without scripts and without further files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.cli.pages import rendered
from ringfence.cli.time_picture import picture, span
from ringfence.model.frozen import frozen
from ringfence.model.step import counted
from ringfence.model.times import utc_text
from ringfence.record.brief import Brief, actor_of, severity_word
from ringfence.record.chain import ChainKey
from ringfence.record.changes import changes
from ringfence.record.integrity import verify
from ringfence.record.next_command import next_command
from ringfence.record.notices.verdicts import verdicts
from ringfence.record.status import IncidentStatus
from ringfence.record.status_meanings import MEANINGS
from ringfence.record.summary import Summary
from ringfence.record.timeline import timeline
from ringfence.record.wording import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ringfence.cli.seals import Seals
    from ringfence.cli.time_picture import Picture
    from ringfence.record.chain import Entry
    from ringfence.record.changes import Change
    from ringfence.record.integrity import ChainVerdict
    from ringfence.record.next_command import NextCommand
    from ringfence.record.summary import Line
    from ringfence.record.timeline import Row
    from ringfence.record.tlog import Checkpoint

_PEOPLE = frozenset({"ApprovalAnswered", "RunRequested", "UnsealedAccepted"})
"""The kinds of entries that a person caused."""
_GOOD = frozenset({IncidentStatus.COMPLETE, IncidentStatus.CONTAINED, IncidentStatus.RELEASED})


@frozen
class Person:
    """What a person did: when, who and what, with the reason that they gave."""

    at: datetime
    who: str
    words: str


@frozen
class Proof:
    """What the archive and the transparency log prove.

    `chains` are the results, one for each response. `checkpoint` is the newest one of the log, None if
    there is none yet, and `key` the key that signed it. `problem`: why nothing was compared.
    """

    chains: tuple[ChainVerdict, ...] = ()
    checkpoint: Checkpoint | None = None
    key: str = ""
    problem: str = ""

    def of(self, chain: str) -> ChainVerdict | None:
        """Return the result for a response. None if nothing was compared."""
        return next((one for one in self.chains if one.chain == chain), None)


@frozen
class Told:
    """One response, with all that the page says about it."""

    brief: Brief
    rows: tuple[Row, ...]
    changes: tuple[Change, ...]
    seals: Seals
    chain: ChainVerdict
    proof: Proof = Proof()

    @classmethod
    def of(cls, key: str, entries: Sequence[Entry], seals: Seals, proof: Proof) -> Told:
        """Read the entries of a response. `key` is the text of its chain."""
        summary, rows = Summary.of(entries), timeline(entries)
        runbook, _, subject = key.partition("#")
        chain = proof.of(key) or verify(ChainKey(runbook, subject), summary.incident, entries)
        return cls(Brief(summary), rows, changes(summary, rows), seals, chain, proof)

    @property
    def now(self) -> Summary:
        """The entries."""
        return self.brief.now

    @property
    def is_tampered(self) -> bool:
        """Whether an entry was altered, removed or forged."""
        return not self.chain.sound or bool(self.seals.faults)

    @property
    def authenticity(self) -> tuple[str, ...]:
        """What the chain and the seals prove, in words."""
        fault = self.chain.first
        told = fault.words if fault else self.chain.claim
        return (f"chain: {told}", *self._logged, *self.seals.faults, *self.seals.remarks)

    @property
    def _logged(self) -> tuple[str, ...]:
        """What was compared with the archive and the log, in words."""
        if self.proof.problem:
            return (f"archive and log: not compared: {self.proof.problem}",)
        newest = self.proof.checkpoint
        if newest is None:
            return ("log: it has no checkpoint yet, so nothing was compared with it",)
        rest = counted(len(self.chain.unlogged), "entry is")
        left = f"; {rest} younger than it" if self.chain.unlogged else ""
        signed = f"the checkpoint of {utc_text(newest.at)} over {counted(newest.size, 'entry')}"
        return (
            f"log: {signed} covers them, and is signed with the key {self.proof.key}{left}",
            *self.chain.remarks,
        )

    @property
    def record_colour(self) -> str:
        """The name of the colour of the record: good only if everything was compared and is sealed."""
        if self.is_tampered:
            return "bad"
        incomplete = self.proof.problem or self.proof.checkpoint is None or self.chain.remarks
        unsealed = self.seals.problem or self.seals.unsealed or self.seals.unchecked
        return "open" if incomplete or unsealed else "good"

    @property
    def policy(self) -> str:
        """The SHA-256 of the policy file of the decision that is shown. Empty if it is not recorded."""
        made = self.brief.decision
        return (made.fact.optional_text("policy") if made else "") or ""

    @property
    def next_command(self) -> NextCommand:
        """The command that comes next."""
        return next_command(self.now, authentic=not self.is_tampered)

    @property
    def state(self) -> str:
        """The status in words."""
        return said(self.now.runbook, self.brief.status.words)

    @property
    def meaning(self) -> str:
        """What the status means."""
        return MEANINGS[self.brief.status].words

    @property
    def colour(self) -> str:
        """The name of the colour of the status."""
        if self.is_tampered:
            return "bad"
        return "good" if self.brief.status in _GOOD else "open"

    @property
    def severity(self) -> str:
        """The severity of the worst finding, in words."""
        worst = self.brief.worst
        return f"{severity_word(worst.severity)} {worst.severity:g}" if worst else "none"

    @property
    def to_containment(self) -> str:
        """The time from the decision that allowed the changes until they were verified. Empty if never."""
        looks = (one for one in self.now.lines if one.kind in {"ContainmentBroken", "Verified"})
        seen = next((one for one, good in zip(looks, verdicts(self.now), strict=True) if good), None)
        return span(max((seen.at - self.now.allowed).total_seconds(), 0.0)) if seen else ""

    @property
    def people(self) -> tuple[Person, ...]:
        """What people did."""
        return tuple(self._people())

    @property
    def picture(self) -> Picture:
        """When it happened."""
        return picture(self.now.lines)

    @property
    def left(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is open, under titles."""
        now, ended = self.now, self.brief.ended
        undone = now.undone.texts("open") if now.undone else ()
        titled = (
            ("Open now", () if ended else undone),
            ("Left to do", () if ended else now.words("remaining")),
            ("Not visible yet", () if ended else now.words("settling")),
            ("Refused permanently", now.words("refused")),
            ("Still open to an intruder", now.words("open_access")),
            ("Needs a review", now.words("review")),
        )
        return tuple((title, words) for title, words in titled if words)

    def _people(self) -> Iterator[Person]:
        rows = {row.entry.seq: row for row in self.rows}
        for seq, one in enumerate(self.now.lines):
            if one.kind in _PEOPLE and seq in rows:
                yield Person(one.at, actor_of(one), _words(rows[seq], one))


def _words(row: Row, one: Line) -> str:
    reason = one.fact.value.get("reason")
    words = row.rendered.words
    return f"{words}: {reason}" if isinstance(reason, str) and reason not in words else words


def page(told: Sequence[Told], made: datetime, accounts: Mapping[str, str]) -> str:
    """Return the page.

    Parameters
    ----------
    told
        The responses to the incident, at least one.
    made
        The time of the page, in UTC.
    accounts
        Names of accounts, by their ids.

    Returns
    -------
    str
        HTML. Every text from a finding or a resource is escaped.

    """
    return rendered(
        "incident.html",
        incident=told[0].now.incident,
        told=told,
        made=f"{made:%Y-%m-%d %H:%M} UTC",
        accounts=accounts,
    )
