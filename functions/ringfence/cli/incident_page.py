"""One response on one screen: what happened, where, what was done, what is left, and what to type next."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING

from rich.table import Table

from ringfence.cli.breaks import Broken
from ringfence.cli.incident_sections import Section, fitted, listed
from ringfence.cli.incident_views import BAD, OPEN, SEVERITY_STYLES, STYLES, plain
from ringfence.cli.layout import changed, count, ending
from ringfence.cli.times import ago, both
from ringfence.model.claims import Verdict
from ringfence.record.brief import actor_of, reason_of, severity_word
from ringfence.record.next_command import next_command
from ringfence.record.question import Question
from ringfence.record.status import IncidentStatus
from ringfence.record.wording import declined, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from rich.console import RenderableType
    from rich.text import Text

    from ringfence.cli.incident_views import Verified
    from ringfence.cli.seals import Seals
    from ringfence.record.brief import Brief
    from ringfence.record.changes import Change
    from ringfence.record.next_command import NextCommand

MOST_RISKS = 3
"""How many risks are shown without `--full`."""


@dataclass(frozen=True)
class Page:
    """What is shown of one response.

    Attributes
    ----------
    brief : Brief
        The response.
    changes : sequence of Change
        What was done, each change once.
    verified : mapping
        When each open contained incident was last verified.
    seals : Seals
        What the seals of its entries prove.
    accounts : mapping of str to str
        Names of accounts, from the configuration.
    now : datetime
        The current time.
    """

    brief: Brief
    changes: Sequence[Change]
    verified: Verified
    seals: Seals
    accounts: Mapping[str, str]
    now: datetime

    def parts(self, width: int, *, full: bool = False, roomy: bool = True) -> Iterator[RenderableType]:
        """Yield the page for a terminal of this width.

        With `full`, nothing is left out. Without `roomy`, each change and each risk has one line.
        """
        yield from self.head(full=full)
        for one in self.sections(width, cut=not (full or roomy), full=full):
            yield from one.parts()

    def head(self, *, full: bool = False) -> Iterator[RenderableType]:
        """Yield what comes first: what happened, where, how it stands and why."""
        yield from (plain(one, BAD) for one in self.tampering)
        yield from self._facts(full=full)

    def brief_parts(self, width: int, room: int) -> Iterator[RenderableType]:
        """Yield the lists for a small screen: on so many lines, as far as their titles allow it."""
        return fitted(tuple(self.sections(width, cut=True, full=False)), room)

    def sections(self, width: int, *, cut: bool, full: bool) -> Iterator[Section]:
        """Yield what is open, was done, and remains as a risk. With `cut`, each item is one line."""
        most = width if cut else 0
        yield from self._left(most)
        yield from self._done(width, cut=cut, full=full)
        if full or not self._released:
            yield from self._risks(most, full=full)

    @property
    def tampering(self) -> tuple[str, ...]:
        """What comes before all else if entries are not authentic: nothing on the page can be relied on."""
        return tuple(f"TAMPERING: {one}. Do not rely on what this page says." for one in self.seals.faults)

    @property
    def next_command(self) -> NextCommand:
        """The next command. While entries are not authentic, only the verification comes next."""
        return next_command(self.brief.now, authentic=not self.seals.faults)

    def ending(self) -> Iterator[Text]:
        """Yield the next command, alone on the last line."""
        then = self.next_command
        yield from ending(f"Next, {then.purpose}:", then.command)

    def _facts(self, *, full: bool) -> Iterator[RenderableType]:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column()
        for label, text, style in self._rows(full=full):
            grid.add_row(label, Broken(plain(text, style)))
        yield grid

    def _rows(self, *, full: bool) -> Iterator[tuple[str, str, str]]:
        brief, now = self.brief, self.brief.now
        yield "incident", now.incident, "bold"
        yield from self._what(full=full)
        yield from self._where()
        yield from self._state()
        yield "why", brief.decided.words, ""
        if later := brief.decided_later:
            yield "", f"decided later: {later.words}", ""
        for asked in filter(None, (brief.run_requested, brief.release_requested)):
            what = asked.fact.optional_text("what") or "run"
            yield "", f"{what} by {actor_of(asked)}, reason: {reason_of(asked)}", ""
        yield from self._question()
        if now.verdict and (full or now.verdict != Verdict.CONFIRMED):
            reason = f": {now.source_reason}" if now.source_reason else ""
            yield "source", f"{now.verdict}{reason}", "" if now.verdict == Verdict.CONFIRMED else BAD
        for line in self.seals.faults:
            yield "seals", line, BAD
        for line in self.seals.remarks:
            yield "seals", line, ""

    def _question(self) -> Iterator[tuple[str, str, str]]:
        """Yield what people answered about the plan, or until when it waits."""
        question = Question.newest(self.brief.now)
        words = question.words(self.now) if question else ()
        for label, one in zip(chain(("answer",), repeat("")), words, strict=False):
            yield label, one, OPEN if self._nothing_follows else ""

    @property
    def _nothing_follows(self) -> bool:
        """Whether a plan waits for an answer, or was rejected: nothing of it was changed."""
        return self.brief.status in (IncidentStatus.WAITING, IncidentStatus.DECLINED)

    def _what(self, *, full: bool) -> Iterator[tuple[str, str, str]]:
        ranked = self.brief.ranked
        if not ranked:
            yield "what", f"{self.brief.now.runbook}, started by a person", ""
        for label, one in zip(("what", *[""] * len(ranked)), ranked if full else ranked[:1], strict=False):
            word = severity_word(one.severity)
            yield label, f"{word.upper()} {one.severity:g}  {one.type}", SEVERITY_STYLES[word]
            yield "", f"{one.title} (id {one.id})" if full else one.title, ""
            if one.reporter:
                yield "", one.reporter, ""
        if len(ranked) > 1 and not full:
            yield "", f"and {count(len(ranked) - 1, 'less severe or older finding')}", "dim"

    def _where(self) -> Iterator[tuple[str, str, str]]:
        kind, account, region, _ = self.brief.place
        name = f" ({self.brief.name})" if self.brief.name else ""
        alias = f" ({self.accounts[account]})" if account in self.accounts else ""
        yield "where", f"{kind} {self.brief.shown_id}{name}", ""
        yield "", f"account {account}{alias}, {region}", ""
        if remote := self.brief.remote_addresses:
            yield "", f"remote address {', '.join(remote)}", ""

    def _state(self) -> Iterator[tuple[str, str, str]]:
        brief, now = self.brief, self.brief.now
        words = said(now.runbook, brief.status.words)
        yield "state", f"{words} since {both(brief.since)}", STYLES.get(brief.status.words, "")
        if seen := self._seen():
            yield "", seen, ""
        if undone := now.undone:
            who = undone.optional_text("who") or "no event shows by whom"
            yield "undone", f"{who} {undone.optional_text('call') or ''}".strip(), BAD
        yield from self._overcome()

    def _overcome(self) -> Iterator[tuple[str, str, str]]:
        """Yield when and by whom containment was undone, though the resource is contained again."""
        for label, one in zip(chain(("undone",), repeat("")), self.brief.overcome, strict=False):
            yield label, f"seen {both(one.at)}, {one.words}; contained again", OPEN

    def _seen(self) -> str:
        """Return when the resource was last read, and by what."""
        line, at = self.brief.last_verified, self.verified.get(self.brief.now.id)
        if at and (line is None or at > line.at):
            return f"last verified {ago(self.now - at)} by a recheck, which found no change"
        if line is None:
            return "never verified"
        return f"last verified {ago(self.now - line.at)} by {actor_of(line)}"

    @property
    def _released(self) -> bool:
        return self.brief.status is IncidentStatus.RELEASED

    def _done(self, width: int, *, cut: bool, full: bool) -> Iterator[Section]:
        """Yield the changes. After a release, those that it undid are only counted."""
        about = (self.brief.place[3], self.brief.place[0])
        forwards = [one for one in self.changes if not one.undo]
        back = [one for one in self.changes if one.undo]
        counted = bool(self._released and back and not full)
        if counted:
            yield Section(f"Done and released: {count(len(forwards), 'change')}; --full shows them")
        note = "; --full shows whole lines" if cut else ""
        for title, each in (("Done", () if counted else forwards), ("Undone by the release", back)):
            items = tuple(changed(one, width, cut=cut, about=about) for one in each)
            if items:
                yield Section(title, items, len(items), "change", note)
        released = self.brief.now.last("Released")
        if skipped := released.texts("skipped") if released else ():
            yield listed("Not undone", skipped, OPEN)
        if not self.changes:
            yield Section(declined(self.brief.now) if self._nothing_follows else "Nothing was changed.")

    def _left(self, width: int) -> Iterator[Section]:
        """Yield what is open. It comes before what was done: a small screen must show it."""
        now, ended = self.brief.now, self.brief.ended
        undone = now.undone.texts("open") if now.undone else ()
        for title, words, style in (
            ("Open now", () if ended else undone, BAD),
            ("Left to do", () if ended else now.words("remaining"), BAD),
            ("Not visible yet", () if ended else now.words("settling"), OPEN),
            ("Refused permanently", now.words("refused"), BAD),
            ("Still open to an intruder", now.words("open_access"), BAD),
            ("Needs your review", now.words("review"), OPEN),
        ):
            if words:
                yield listed(title, words, style, width=width)

    def _risks(self, width: int, *, full: bool) -> Iterator[Section]:
        now = self.brief.now
        named = {*now.words("open_access"), *now.words("review")}
        risks = [one for one in now.residual_risk if one not in named]
        if risks:
            title = "Residual risk" if now.last("Verified") else "Residual risk after the plan"
            yield listed(title, risks, width=width, most=0 if full else MOST_RISKS)
