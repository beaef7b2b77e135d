"""Requests of whole responses, counted: the functions' own code on an emulated DynamoDB and S3."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from moto import mock_aws

import respond
from ringfence.aws.archive import S3Archive
from ringfence.aws.incidents import IncidentReader
from ringfence.aws.log_sequence import LogSequence
from ringfence.engine.ports import Ports
from ringfence.handlers.archive import Archiving
from ringfence.handlers.notify import Notifier
from ringfence.handlers.stream import each
from ringfence.policy.decision import Mode
from tests.support.fakes.audit_home import ARCHIVE, AUDIT, CONTROL, bucket, dynamo_log, tables
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.metered import metered
from tests.support.fakes.seals import SEALS
from tests.support.fakes.stream import record
from tests.support.simulation import shell
from tests.support.simulation.scenario import families, policy_of
from tests.support.worlds import Ticking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ringfence.aws.notice import Topic
    from ringfence.engine.ports import AuditLog, Cloud
    from ringfence.policy.policy import Policy
    from ringfence.record.chain import ChainKey, Entry, Lease, Slot
    from ringfence.record.history import History
    from ringfence.record.notices import Notice
    from ringfence.record.pauses import Pauses
    from tests.support.fakes.metered import Meter
    from tests.support.simulation.scenario import Subject

FULL, REDELIVERED, UPDATED, NOTIFIED = "full containment", "redelivered", "updated", "notified"
MANY = 300
"""Findings about one subject that only lead to notices."""


@dataclass(frozen=True)
class Bill:
    """What one finding leads to. DynamoDB's units are of the functions that respond, archive and notify."""

    reads: int = 0
    writes: int = 0
    puts: int = 0
    messages: int = 0
    invocations: int = 0
    notices: int = 0
    entries: int = 0


@dataclass(frozen=True)
class Idle:
    """What costs without any finding: KMS keys, alarms, and queues that Lambda polls."""

    keys: int
    alarms: int
    queues: int


class Account:
    """One deployment. `count` returns what a finding leads to, up to its last continuation and notice."""

    def __init__(self, subject: Subject, mode: str = Mode.AUTO) -> None:
        self.subject, self.clock = subject, Ticking()
        self.runbook, self.source = subject.case.runbook.id, "findings"
        self._policy = policy_of((subject,), mode)
        self._client, s3 = tables(), bucket()
        self._cloud = MemoryCloud(subject.case.world, self.clock)
        self._log = dynamo_log(self._client, remembers=True)
        self._topic = cast("Topic", self)
        sequence = LogSequence(self._client, CONTROL)
        self._archiving = Archiving(S3Archive(s3, ARCHIVE), sequence, self._topic)
        self._notifier = Notifier(IncidentReader(self._client, AUDIT), self._topic)
        self.used: Counter[str] = Counter()
        s3.meta.events.register("before-call.s3.PutObject", self._put)
        self._due: list[tuple[str, str]] = []
        self._attempts = 0

    def _put(self, **_: object) -> None:
        self.used["puts"] += 1

    def publish(self, notice: Notice) -> None:
        """Count a notice, as its topic."""
        del notice
        self.used["notices"] += 1

    # What the functions find around them.

    def now(self) -> datetime:
        return self.clock()

    def policy(self) -> Policy:
        return self._policy

    def ports(self, role: str = "") -> Ports:  # noqa: ARG002 - every role is this one
        cloud, log = cast("Cloud", self._cloud), cast("AuditLog", self)
        return Ports(cloud, log, self.clock, lambda jobs: [job() for job in jobs])

    def queue(self, url: str) -> shell.Queue:  # noqa: ARG002 - one object stands for both
        return self

    def send(self, body: str, seconds: int = 0) -> None:  # noqa: ARG002 - it is due at once here
        self.used["messages"] += 1
        self._due.append(("continuations", body))

    def prove(self, receipt: str, seconds: int) -> str:  # noqa: ARG002 - the queue's signature
        self.used["messages"] += 1
        return ""

    def come_back(self, receipt: str, seconds: int) -> None:
        del receipt, seconds
        raise AssertionError("nothing comes back in a count")

    def read(self, key: ChainKey) -> History:
        return self._log.read(key)

    def pauses(self) -> Pauses:
        return self._log.pauses()

    def keep_share(self, share: Slot, size: int) -> None:
        self._log.keep_share(share, size)

    def append(
        self,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot] = (),
    ) -> None:
        """Append, and let the stream deliver each transaction by itself: that is the most it can cost.

        The stream delivers what the log has written: entries with their MAC.
        """
        self._log.append(key, history, entries, lease, slots)
        if not entries:
            return
        self.used["entries"] += len(entries)
        self.used["invocations"] += 2
        sealed = SEALS.sealed(key, entries)
        event = cast("Any", {"Records": [_record(key, entry) for entry in sealed]})
        assert self._archiving.work(event) == {"batchItemFailures": []}
        assert each(event, self._notifier.act) == {"batchItemFailures": []}

    def count(self, body: str) -> Bill:
        """Deliver a finding and what it leads to. A message is sent, received and deleted."""
        self.used.clear()
        with metered(self._client) as meter, shell.deployed():
            shell.enter(self)
            self.used["messages"] += 1
            self._due.append(("findings", body))
            while self._due:
                self._deliver(*self._due.pop(0))
        return self._bill(meter)

    def _deliver(self, queue: str, body: str) -> None:
        self._attempts += 1
        self.used["invocations"] += 1
        self.used["messages"] += 2
        self.clock.tick(seconds=2)
        self.source = queue
        context = shell.Context(f"00000000-0000-4000-8000-{self._attempts:012d}", 30)
        message = {"messageId": "m", "body": body, "receiptHandle": "r"}
        handler = respond.handler if queue == "findings" else respond.resume
        answer = handler({"Records": [message]}, context)  # type: ignore[arg-type]  # all that is used of it
        assert answer == {"batchItemFailures": []}

    def _bill(self, meter: Meter) -> Bill:
        return Bill(reads=meter.reads, writes=meter.writes, **self.used)


def _record(key: ChainKey, entry: Entry) -> Mapping[str, object]:
    found = cast("dict[str, Any]", record(entry))
    for image in ("Keys", "NewImage"):
        found["dynamodb"][image]["chain"] = {"S": key.text}
    return found


def bills() -> dict[str, Bill]:
    """Count each kind of finding about an instance, with the default remediations."""
    (subject,) = families()["an instance"]
    with mock_aws():
        account = Account(subject)
        first = subject.event("f-1", account.clock())
        found = {FULL: account.count(first)}
        account.clock.tick(hours=1)
        found[REDELIVERED] = account.count(first)
        found[UPDATED] = account.count(subject.event("f-1", account.clock()))
    with mock_aws():
        account = Account(subject, Mode.NOTIFY)
        found[NOTIFIED] = account.count(subject.event("f-1", account.clock()))
    return found


def of_many(count: int = MANY) -> tuple[int, int]:
    """Return the read units of many findings that lead to notices, and of the last one alone."""
    (subject,) = families()["an instance"]
    with mock_aws():
        account, reads = Account(subject, Mode.NOTIFY), list[int]()
        for number in range(count):
            account.clock.tick(seconds=30)
            reads.append(account.count(subject.event(f"f-{number}", account.clock())).reads)
    return sum(reads), reads[-1]


BOUNDS = {
    FULL: Bill(reads=24, writes=200, puts=8, messages=8, invocations=14, notices=2, entries=45),
    REDELIVERED: Bill(reads=14, writes=0, puts=0, messages=8, invocations=2, notices=0, entries=0),
    UPDATED: Bill(reads=14, writes=20, puts=1, messages=8, invocations=4, notices=0, entries=1),
    NOTIFIED: Bill(reads=6, writes=26, puts=1, messages=4, invocations=3, notices=1, entries=2),
}
"""The most that each kind of finding leads to. docs/costs.md is made of it."""
HOME, FORWARDS = Idle(keys=5, alarms=160, queues=27), Idle(keys=1, alarms=5, queues=0)
"""The most that a home account and region has, and another region that forwards its events."""
MOST_OF_MANY = 5 * MANY
"""The most read units of many findings: each reads what is new, however long the chain is."""
