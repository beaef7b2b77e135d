"""How an incident stands. `transitions` computes it from the facts. Imported before the isolating call."""

from __future__ import annotations

from enum import StrEnum


class IncidentStatus(StrEnum):
    """How an incident stands, and what became of a request."""

    NONE = "none"
    STARTED = "started"
    NOTED = "noted"
    RECORDED = "recorded"
    DRY_RUN = "dry-run"
    UNDER_WAY = "under-way"
    OPEN = "open"
    SETTLING = "settling"
    CONTAINED = "contained"
    FOR_REVIEW = "for-review"
    COMPLETE = "complete"
    RELEASING = "releasing"
    RELEASED = "released"
    CLOSED = "closed"
    JOINED = "joined"
    """The answer to a request that others see to: no incident stands so."""

    @property
    def words(self) -> str:
        """How it is written for people, and in the answers of the API."""
        return _WORDS.get(self, self.value)

    @classmethod
    def of_words(cls, words: str) -> IncidentStatus | None:
        """Return the status that is written so; None for words that are none."""
        return next((one for one in reversed(cls) if one.words == words), None)

    @property
    def is_over(self) -> bool:
        """Whether it was released, or its subject is gone."""
        return self in (IncidentStatus.RELEASED, IncidentStatus.CLOSED)


_S = IncidentStatus
_WORDS = {
    _S.STARTED: "under way",
    _S.RECORDED: "for a person",
    _S.DRY_RUN: "dry run",
    _S.UNDER_WAY: "under way",
    _S.OPEN: "not contained",
    _S.FOR_REVIEW: "for review",
    _S.RELEASING: "being released",
}
