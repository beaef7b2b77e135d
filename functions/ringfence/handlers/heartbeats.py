"""Follow a heartbeat through every link, and report the places whose heartbeats stopped.

Each link writes a metric, and an alarm rings if it is missing: the queues and functions of the runbooks, the
function that records the heartbeat, and those that read the streams. So an alarm needs nothing that works.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.heartbeat import record
from ringfence.events.fields import formatted
from ringfence.events.heartbeat import Link, heartbeat_of
from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import arrived, emit
from ringfence.model.errors import BadInput
from ringfence.model.kinds.account import AccountRef
from ringfence.record.chain import HEARTBEAT, digest
from ringfence.record.deployment_facts import Heartbeat
from ringfence.record.measures import SILENT_PLACES, Measure
from ringfence.record.notices.deployment import problems, silence
from ringfence.record.untrusted import plain
from ringfence.self_check.places import Deployment, stacks_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.aws.heartbeats import HeartbeatTable
    from ringfence.aws.notice import Topic
    from ringfence.engine.again import Again
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.handlers.proof import Proof
    from ringfence.self_check.findings import Report

EVERY = timedelta(minutes=15)
"""How often each place sends a heartbeat. The schedules of the stacks have the same rate."""
SILENT_AFTER = 2 * EVERY + timedelta(minutes=5)
"""The time without a heartbeat after which a place is silent: two are missing."""
MOST_SHOWN = 20


def links_of(deployment: Deployment) -> tuple[Link, ...]:
    """Return the places that must send heartbeats: each one that forwards events, and the home region."""
    forwarding = (one for one in stacks_of(deployment) if one.name.startswith("Ringfence-Forward-"))
    found = (Link(one.account, one.region) for one in forwarding)
    return tuple(dict.fromkeys((Link(deployment.home, deployment.home_region), *found)))


@dataclass(frozen=True)
class Heartbeats:
    """Handles the heartbeats of all places. The one of the home region is recorded."""

    deployment: Deployment
    ports: Ports
    table: HeartbeatTable
    topic: Topic

    @property
    def home(self) -> Link:
        """The home region."""
        return Link(self.deployment.home, self.deployment.home_region)

    def work(self, body: str, execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
        """Handle one heartbeat. Raises BadInput, Forged and Retryable."""
        link = heartbeat_of(body)
        if link is None:
            raise BadInput("source", "must be that of a heartbeat", formatted(body))
        if link not in links_of(self.deployment):
            raise BadInput("account", "must be a place that forwards events", link.key)
        proof.check()
        now = self.ports.clock()
        self.table.received(link, now)
        if link == self.home:
            self._recorded(execution, now)
        return ()

    def _recorded(self, execution: ExecutionContext, now: datetime) -> None:
        """Record the heartbeat and the silent places. Notify a person of those that have stopped since."""
        expected = links_of(self.deployment)
        last = self.table.last(expected)
        silent = tuple(one for one in expected if one not in last or now - last[one] > SILENT_AFTER)
        stopped = [one for one in silent if one in last and now - last[one] <= SILENT_AFTER + EVERY]
        fact = Heartbeat(len(expected), tuple(one.key for one in silent[:MOST_SHOWN]))
        record(
            self.ports, execution, AccountRef(self.home.account, self.home.region, self.home.account), fact
        )
        emit((Measure(SILENT_PLACES, len(silent)),))
        if silent:
            logger().error("silent", extra={"places": [one.key for one in silent]})
        if stopped:
            self.topic.publish(silence([(one.account, one.region) for one in stopped]))
        arrived(HEARTBEAT)

    def checked(self, report: Report) -> None:
        """Notify a person of what a self-check found, if it differs from what the last one found."""
        told = tuple(_lines(report))
        found = digest("\n".join(told)) if told else ""
        if found != self.table.last_check() and told:
            self.topic.publish(problems(told))
        self.table.checked(found, self.ports.clock())


def _lines(report: Report) -> Iterator[str]:
    for one in report.problems:
        where = f"account {one.account}, {one.region}"
        yield plain(f"{one.resource}, {one.aspect} ({where}): {one.words}. {one.remedy}", 600)
