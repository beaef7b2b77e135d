"""The newest plan that people were asked about, and what they answered. Pure; no step is decoded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.times import utc_text
from ringfence.record.brief import actor_of, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.record.summary import Line, Summary

_ASKED = "ApprovalRequested"
_ANSWERED = "ApprovalAnswered"
_EXPIRED = "ApprovalExpired"
_VOIDED = "ApprovalVoided"
_SAID = {"approve": "approved", "reject": "rejected"}


@frozen
class Question:
    """A plan that people were asked about.

    Attributes
    ----------
    asked : Line
        The entry with the question.
    answers : tuple of Line
        What people answered, the oldest answer first.
    ended : Line or None
        The entry that says that the time was over, or that the plan counts no more.
    """

    asked: Line
    answers: tuple[Line, ...] = ()
    ended: Line | None = None

    @classmethod
    def newest(cls, now: Summary) -> Question | None:
        """Return the newest question of a response. None if nobody was asked."""
        asked = next((one for one in reversed(now.lines) if one.kind == _ASKED), None)
        if asked is None:
            return None
        id_ = asked.fact.optional_text("approval")
        about = [one for one in now.lines if one.fact.optional_text("approval") == id_]
        answers = tuple(one for one in about if one.kind == _ANSWERED)
        ends = (one for one in about if one.kind in (_EXPIRED, _VOIDED))
        return cls(asked, answers, next(ends, None))

    @property
    def expires_at(self) -> datetime | None:
        """Until when people can answer. None if that cannot be read."""
        given = self.asked.fact.optional_child("expires_at").optional_text("is") or ""
        try:
            at = datetime.fromisoformat(given)
        except ValueError:
            return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def words(self, now: datetime) -> Iterator[str]:
        """Yield what a person needs to know about it: each answer, or until when one is awaited."""
        for one in self.answers:
            said = one.fact.optional_text("answer") or ""
            alone = ", with break-glass" if one.fact.flag("break_glass") else ""
            why = reason_of(one)
            yield f"{_SAID.get(said, said)} by {actor_of(one)}{alone}, {utc_text(one.at)}, reason: {why}"
        if self.ended:
            yield _ended(self.ended)
        elif not self.answers:
            yield from self._awaited(now)

    def _awaited(self, now: datetime) -> Iterator[str]:
        ends = self.expires_at
        if ends is None:
            yield "a plan waits for an answer"
        elif now < ends:
            yield f"a plan waits until {utc_text(ends)}; {self._then}"
        else:
            yield f"nobody answered until {utc_text(ends)}"

    @property
    def _then(self) -> str:
        """What follows if nobody answers."""
        carried_out = self.asked.fact.flag("vetoable")
        return "it is carried out if nobody rejects it" if carried_out else "nothing is changed then"


def _ended(one: Line) -> str:
    if one.kind == _VOIDED:
        return f"the plan counts no more since {utc_text(one.at)}: {one.fact.optional_text('why') or 'void'}"
    return f"nobody answered in time, {utc_text(one.at)}"
