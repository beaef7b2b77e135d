"""What the whole audit log is read from, for which period, and what was found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from ringfence.aws.incidents import months_between
from ringfence.record.integrity import written_at
from ringfence.record.log_check import LOGGED_WITHIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ringfence.aws.archive import S3Archive
    from ringfence.aws.incidents import IncidentReader
    from ringfence.aws.log_files import LogFiles
    from ringfence.engine.ports import SideBySide
    from ringfence.record.chain import Entry
    from ringfence.record.tlog import Checkpoint, LogKey, Verify


@dataclass(frozen=True)
class Sources:
    """What is verified, and with which key. `copies` are checkpoints from elsewhere, with their places."""

    reader: IncidentReader
    archive: S3Archive
    files: LogFiles
    key: LogKey
    check: Verify
    copies: Sequence[tuple[str, str]]
    side_by_side: SideBySide


@dataclass(frozen=True)
class Period:
    """The incidents to verify, by the time at which they were opened. None: without a limit."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def first(self) -> str:
        """What the id of no incident of the period is less than."""
        return f"inc-{self.since.astimezone(UTC):%Y%m%dT%H%M%S}" if self.since else "inc-"

    @property
    def last(self) -> str:
        """What the id of no incident of the period is greater than."""
        return f"inc-{self.until.astimezone(UTC):%Y%m%dT%H%M%S}~" if self.until else "inc-~"

    def months(self, now: datetime) -> tuple[str, ...]:
        """Return the months of the period for the archive's keys."""
        if not self.since:
            return ("",)
        ahead = (self.until or now) + timedelta(days=1)
        return tuple(month.replace("-", "") for month in months_between(self.since, ahead))


@dataclass
class LogReport:
    """What was found in the transparency log."""

    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    checkpoints: int = 0
    first: int = 0
    size: int = 0
    newest: Checkpoint | None = None
    note: str = ""
    """The newest checkpoint with its signature."""
    wanted: set[str] = field(default_factory=set)
    """The files that the checkpoints need, by path."""
    awaited: bool = False
    """There is no checkpoint at all, so that nothing can be compared with the log."""
    oldest: datetime | None = None
    """When the oldest entry says that it was written."""

    def saw(self, entries: Iterable[Entry]) -> None:
        """Keep the time of the oldest entry."""
        times = [at for at in map(written_at, entries) if at]
        self.oldest = min((*times, *((self.oldest,) if self.oldest else ())), default=None)

    def young(self, now: datetime) -> bool:
        """Return whether no entry is so old that the log must have a checkpoint."""
        return self.oldest is not None and now - self.oldest <= LOGGED_WITHIN
