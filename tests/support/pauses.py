"""Pauses in a log in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.intake import ExecutionContext
from ringfence.engine.pauses import PauseKeeper, home_of
from ringfence.engine.ports import Ports
from ringfence.record.deployment_facts import Pause

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.ports import AuditLog, Clock, Cloud
    from ringfence.record.deployment_facts import PausesChanged

HOME = home_of("111122223333")
ANN = "arn:aws:sts::111122223333:assumed-role/oncall/ann"


def keeper(log: AuditLog, clock: Clock, cloud: Cloud) -> PauseKeeper:
    """Return what changes the pauses of a log."""
    return PauseKeeper(Ports(cloud, log, clock, lambda jobs: [job() for job in jobs]), HOME)


def pause(now: datetime, lasts: timedelta = timedelta(hours=2), id_: str = "p-1", **scope: str) -> Pause:
    """Return a pause that begins now."""
    return Pause(id_, ANN, "a deployment is under way", now, now + lasts, **scope)


def context(now: datetime, attempt: str = "p-1") -> ExecutionContext:
    """Return the execution that serves Ann."""
    return ExecutionContext(attempt, ANN, now + timedelta(seconds=20))


def paused(
    log: AuditLog, clock: Clock, cloud: Cloud, lasts: timedelta = timedelta(hours=2), **scope: str
) -> PausesChanged:
    """Pause now."""
    return keeper(log, clock, cloud).pause(
        pause(clock(), lasts, f"pause-{clock():%d%H%M%S}", **scope), context(clock())
    )
