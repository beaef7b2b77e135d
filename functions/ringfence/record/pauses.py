"""Pauses: what a person has stopped, and until when. Pure. Imported before the isolating call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.record.deployment_facts import Pause

PAUSE = "pause"
"""The id in the key of the chain of pauses, in the place of a runbook's."""
PAUSES_ITEM = f"{PAUSE}#newest"
"""The key of the item of the control table that says what is paused."""
WATCH = "pauses"
"""The name of the schedule that looks after pauses, and the field of its input."""
FRESH = timedelta(seconds=45)
"""For how long after a read changes may start. The rest of the minute is for a call that is retried."""


@frozen
class Pauses:
    """The pauses as they were read.

    Attributes
    ----------
    active : tuple of Pause
        The pauses that were not lifted. Some can have ended by now.
    unreadable : str
        Why nobody can tell what is paused, in words. Then everything is.
    place : tuple of str and int
        The incident and the number of the entry that says so. Empty before the first pause.
    read_at : datetime or None
        When the read began.
    """

    active: tuple[Pause, ...] = ()
    unreadable: str = ""
    place: tuple[str, int] = ("", -1)
    read_at: datetime | None = None

    def read(self, at: datetime) -> Pauses:
        """Return it with the time when the read began."""
        return replace(self, read_at=at)

    def holding(self, runbook: str, account: str, incident: str, now: datetime) -> tuple[Pause, ...]:
        """Return the pauses that hold changes of an incident."""
        return tuple(
            one
            for one in self.active
            if now < one.until
            and one.runbook in {"", runbook}
            and one.account in {"", account}
            and one.incident in {"", incident}
        )

    def bound(self, until: datetime) -> datetime:
        """Return the time after which no change may start: `until`, or sooner, because the read grows old."""
        return until if self.read_at is None else min(until, self.read_at + FRESH)
