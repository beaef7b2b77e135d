"""The status of an incident. `transitions` computes it. Imported before the isolating call."""

from __future__ import annotations

from enum import StrEnum


class IncidentStatus(StrEnum):
    """The status of an incident, and of a request."""

    NONE = "none"
    STARTED = "started"
    NOTED = "noted"
    RECORDED = "recorded"
    DRY_RUN = "dry-run"
    WAITING = "waiting"
    DECLINED = "declined"
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
    """The status of a request that another execution handles. No incident has it."""

    @property
    def words(self) -> str:
        """The text for people and for the API."""
        return _WORDS.get(self, self.value)

    @classmethod
    def of_code(cls, code: str) -> IncidentStatus | None:
        """Return the status with this value. None for one that this version does not know."""
        return cls(code) if code in list(cls) else None

    @property
    def is_over(self) -> bool:
        """Whether the incident is released or closed."""
        return self in (IncidentStatus.RELEASED, IncidentStatus.CLOSED)


_S = IncidentStatus
_WORDS = {
    _S.STARTED: "under way",
    _S.RECORDED: "for a person",
    _S.DRY_RUN: "dry run",
    _S.WAITING: "waiting for approval",
    _S.DECLINED: "not approved",
    _S.UNDER_WAY: "under way",
    _S.OPEN: "not contained",
    _S.FOR_REVIEW: "for review",
    _S.RELEASING: "being released",
}
