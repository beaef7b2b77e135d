"""A log may hold what this version does not know, after a rollback say: nothing is done or lost."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.engine.intake import ExecutionContext
from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.handlers.logs import logger
from ringfence.handlers.queue import BAD_INPUT, FIRST_RETRY, Source, work_off
from ringfence.model.codec import canonical
from ringfence.model.errors import Retryable, UnknownRecord
from ringfence.record.chain import ChainKey, Entry, Lease, Stamp, digest, link
from ringfence.record.facts import DecisionMade, RunRequested
from ringfence.record.timeline import timeline
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.fakes.seals import without_macs
from tests.support.worlds import AUTO, LEASE, NOON, REF, Ticking, estate, finding, order

if TYPE_CHECKING:
    from ringfence.engine.again import Again
    from ringfence.handlers.proof import Proof

KEY = ChainKey("contain-instance", REF.key)
KNOWN = link(Stamp(KEY, "inc-1", "test", "a-0", NOON), None, (finding(), DecisionMade(AUTO, NOON, "f-1")))
UNKNOWN: tuple[dict[str, object], ...] = (
    {"$": "ApprovalAsked", "of": "kim"},
    {"$": "Missed", "reason": "it is gone", "looks": 3},
    {"$": "Intended", "intent": "a-0.0", "stage": "isolate", "step": {"$": "SetSomethingNew", "after": 1}},
    {"$": "DecisionMade", "decision": {"$": "Decision", "mode": "approve", "reason": "", "rule": ""}},
)
EACH = pytest.mark.parametrize("fact", UNKNOWN, ids=lambda fact: str(fact["$"]))


def written(fact: dict[str, object]) -> Entry:
    """Return an entry as a newer version writes it."""
    body = canonical(
        {
            "version": 1,
            "incident": "inc-1",
            "runbook": KEY.runbook,
            "subject": KEY.subject,
            "seq": 2,
            "at": NOON.isoformat(),
            "actor": "test",
            "attempt": "a-0",
            "previous": KNOWN[-1].hash,
            "fact": fact,
        }
    )
    return Entry("inc-1", 2, body, digest(body))


class Home:
    """An instance whose chain a newer version went on with."""

    def __init__(self, fact: dict[str, object]) -> None:
        self.clock, self.log = Ticking(), MemoryLog()
        self.entries = (*KNOWN, written(fact))
        self.log.append(KEY, self.log.read(KEY), self.entries, Lease(incident="inc-1"))
        self.cloud = MemoryCloud(estate(), self.clock)
        self.ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])


@EACH
def test_what_a_newer_version_wrote_is_waited_for_and_nothing_is_done(fact: dict[str, object]) -> None:
    home = Home(fact)
    with pytest.raises(Retryable, match="entry 2 of inc-1"):
        Engine(home.ports).respond(order(attempt="a-1"))
    request = RunRequested("release", "false alarm")
    undo = ResponseRelease(KEY.runbook, REF, "inc-1", "a-2", "kim", NOON + LEASE, request)
    with pytest.raises(Retryable, match="entry 2 of inc-1"):
        Releaser(home.ports).release(undo)
    assert home.cloud.calls == []
    assert without_macs(home.log.all(KEY)) == home.entries


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Queue:
    """Notes after how many seconds messages come back."""

    def __init__(self) -> None:
        self.waits: list[int] = []

    def prove(self, receipt: str, seconds: int) -> str:
        del receipt, seconds
        return ""

    def come_back(self, receipt: str, seconds: int) -> None:
        del receipt
        self.waits.append(seconds)


@EACH
def test_its_message_comes_back_and_it_is_told_as_an_error(fact: dict[str, object]) -> None:
    """It is no bad input, which is among the dead letters at once."""
    kept = Kept()
    logging.getLogger(logger().service).addHandler(kept)
    home, queue = Home(fact), Queue()

    def work(body: str, execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
        del body, execution, proof
        Engine(home.ports).respond(order(attempt="a-1"))
        return ()

    record: dict[str, Any] = {"messageId": "m-1", "body": "{}", "receiptHandle": "r-1"}
    source = Source(queue, 35, lambda prove: prove)
    left = work_off({"Records": [record]}, ExecutionContext("a-1", "test", NOON + LEASE), work, source)
    assert left == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert queue.waits == [FIRST_RETRY] != [BAD_INPUT]
    logging.getLogger(logger().service).removeHandler(kept)
    (told,) = kept.records
    assert told.levelno == logging.ERROR
    assert "entry 2 of inc-1" in str(vars(told)["error"])


@EACH
def test_what_is_not_known_is_shown_as_it_was_written(fact: dict[str, object]) -> None:
    home = Home(fact)
    with pytest.raises(UnknownRecord):
        _ = home.entries[-1].fact
    assert [row.kind for row in timeline(home.entries)][-1] == fact["$"]
