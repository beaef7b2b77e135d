"""What a status means for systems that hold the findings: whether something is left to do."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from ringfence.record.status import IncidentStatus

_S = IncidentStatus


class Disposition(StrEnum):
    """How a finding stands, for systems outside of Ringfence."""

    NEW = "new"
    """Nothing was done about it."""
    IN_PROGRESS = "in progress"
    """Something was done, or waits for a person, and something is left."""
    RESOLVED = "resolved"
    """Everything was done and verified, or the resource does not exist any more."""


DISPOSITIONS = MappingProxyType(
    {
        _S.NONE: Disposition.NEW,
        _S.STARTED: Disposition.IN_PROGRESS,
        _S.NOTED: Disposition.NEW,
        _S.RECORDED: Disposition.NEW,
        _S.DRY_RUN: Disposition.NEW,
        _S.WAITING: Disposition.IN_PROGRESS,
        _S.DECLINED: Disposition.NEW,
        _S.UNDER_WAY: Disposition.IN_PROGRESS,
        _S.OPEN: Disposition.IN_PROGRESS,
        _S.SETTLING: Disposition.IN_PROGRESS,
        _S.CONTAINED: Disposition.IN_PROGRESS,
        _S.FOR_REVIEW: Disposition.IN_PROGRESS,
        _S.COMPLETE: Disposition.RESOLVED,
        _S.RELEASING: Disposition.IN_PROGRESS,
        # The changes are undone. Whether the finding is resolved is what a person decided, or has yet to say.
        _S.RELEASED: Disposition.IN_PROGRESS,
        _S.CLOSED: Disposition.RESOLVED,
        _S.JOINED: Disposition.IN_PROGRESS,
    }
)
"""One row for each status."""
