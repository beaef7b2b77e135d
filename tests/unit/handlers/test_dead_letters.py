"""Dead letters are listed with what they are about, and put back on the queue they came from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.aws.dead_letters import DeadLetter
from ringfence.engine.intake import ExecutionContext
from ringfence.engine.ports import Ports
from ringfence.handlers.dead_letters import DeadLetterService, about, fault, queues_of
from ringfence.handlers.operator_types import LONGEST_REASON
from ringfence.model.errors import BadInput, Retryable
from ringfence.policy.circumstances import Circumstances
from ringfence.record.chain import ChainKey
from ringfence.record.deployment_facts import ReplayRequested
from ringfence.record.slots import REPLAYS
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.pauses import HOME
from tests.support.worlds import Ticking

if TYPE_CHECKING:
    from ringfence.record.history import History

AT = datetime(2026, 11, 30, 3, tzinfo=UTC)
KIM = "arn:aws:iam::111122223333:user/kim"
EVENT = json.dumps(
    {
        "source": "aws.other",
        "detail-type": "GuardDuty Finding",
        "account": "1",
        "region": "eu-west-1",
        "detail": {"type": "Backdoor:x"},
    }
)


@dataclass
class Queues:
    """Queues with dead letters, by the names that SQS knows; `broken` cannot be sent."""

    dead: dict[str, list[DeadLetter]]
    broken: frozenset[str] = frozenset()
    sent: list[tuple[str, str]] = field(default_factory=list)

    def waiting(self, queue: str) -> tuple[DeadLetter, ...]:
        return tuple(self.dead.get(queue, ()))

    def put_back(self, queue: str, letter: DeadLetter) -> None:
        if letter.id in self.broken:
            raise Retryable("sqs:SendMessage: throttled")
        self.sent.append((queue, letter.id))


def letter(id_: str, body: str = EVENT) -> DeadLetter:
    return DeadLetter(id_, AT, body, f"handle of {id_}")


@pytest.fixture
def queues() -> Queues:
    return Queues({"ringfence-contain-instance": [letter("a"), letter("b")]})


def service(queues: Queues, log: MemoryLog | None = None) -> DeadLetterService:
    ports = Ports(MemoryCloud(None, Ticking(AT)), log or MemoryLog(), Ticking(AT), in_turn)
    return DeadLetterService(CATALOGUE, queues, ports, HOME)


def replay(queues: Queues, log: MemoryLog | None = None, **body: object) -> list[dict[str, str]]:
    given = {"queue": "contain-instance", "reason": "the outage is over", **body}
    execution = ExecutionContext("request-1", KIM, AT, Circumstances(AT))
    answer: dict[str, Any] = dict(service(queues, log).replay(given, execution))
    found: list[dict[str, str]] = answer["replayed"]
    return found


def test_every_queue_of_a_runbook_can_have_some() -> None:
    found = set(queues_of(CATALOGUE))
    assert {"contain-instance", "contain-instance-continuation", "contain-instance-recheck"} <= found
    assert "harden-bucket-recheck" not in found


def test_a_deployment_can_have_further_queues(queues: Queues) -> None:
    some = replace(service(queues), optional=("activity",))
    assert some.queues()[-1] == "activity"
    assert "activity" not in service(queues).queues()


def test_they_are_listed_with_what_they_are_about(queues: Queues) -> None:
    answer: dict[str, Any] = dict(service(queues).listed())
    assert answer["dead_letters"][0] == {
        "queue": "contain-instance",
        "id": "a",
        "at": "2026-11-30T03:00:00+00:00",
        "type": "Backdoor:x",
        "account": "1",
        "region": "eu-west-1",
    }


def test_all_of_a_queue_are_put_back_on_it(queues: Queues) -> None:
    assert [one["id"] for one in replay(queues)] == ["a", "b"]
    assert queues.sent == [("ringfence-contain-instance", "a"), ("ringfence-contain-instance", "b")]


def test_the_log_has_who_had_which_messages_replayed_and_why_before_they_are_sent(queues: Queues) -> None:
    log = MemoryLog()
    queues.broken = frozenset({"a"})
    replay(queues, log)
    history = log.read(ChainKey(REPLAYS, HOME.key))
    ((entry, fact),) = history.facts
    assert (entry.actor, entry.at) == (KIM, AT)
    assert fact == ReplayRequested(
        "contain-instance", ("a", "b"), ("Backdoor:x 1 eu-west-1",) * 2, "the outage is over"
    )
    replay(queues, log, id="b")
    assert len(log.read(ChainKey(REPLAYS, HOME.key)).facts) == 2


def test_many_letters_are_recorded_in_entries_that_fit_into_an_item(queues: Queues) -> None:
    log, most = MemoryLog(), 400_000
    widest = json.dumps(
        {"account": "\U0001f512" * 200, "region": "\U0001f512" * 200, "detail-type": "\x1b" * 200}
    )
    ids = [f"{number:036}" for number in range(109)]
    queues.dead = {"ringfence-contain-instance": [letter(one, widest) for one in ids]}
    replay(queues, log, reason="\U0001f512" * LONGEST_REASON)
    history = log.read(ChainKey(REPLAYS, HOME.key))
    assert [len(fact.letters) for fact in history.of(ReplayRequested)] == [40, 40, 29]
    assert [one for fact in history.of(ReplayRequested) for one in fact.letters] == ids
    assert all(len(entry.body.encode()) < most for entry in history.entries)
    assert len(queues.sent) == len(ids)


def test_nothing_is_sent_that_cannot_be_recorded(queues: Queues) -> None:
    class Full(MemoryLog):
        def read(self, key: ChainKey) -> History:
            raise Retryable(f"{key.text}: throttled")

    with pytest.raises(Retryable, match="throttled"):
        replay(queues, Full())
    assert queues.sent == []


def test_a_queue_without_dead_letters_leaves_no_entry(queues: Queues) -> None:
    queues.dead, log = {}, MemoryLog()
    assert replay(queues, log) == []
    assert log.read(ChainKey(REPLAYS, HOME.key)).entries == ()


def test_one_is_put_back_by_its_id(queues: Queues) -> None:
    replay(queues, id="b")
    assert queues.sent == [("ringfence-contain-instance", "b")]


def test_one_that_cannot_be_sent_is_named_and_the_others_are_sent(queues: Queues) -> None:
    queues.broken = frozenset({"a"})
    failed, sent = replay(queues)
    assert "throttled" in failed["error"]
    assert "error" not in sent
    assert queues.sent == [("ringfence-contain-instance", "b")]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"queue": "operate"}, "queue: must be one of contain-instance"),
        ({"queue": "contain-instance-dead-letters"}, "queue: must be one of"),
        ({"id": "c"}, "id: is no dead letter of contain-instance"),
        ({"reason": " "}, "reason: is required"),
        ({"reason": "a\nb"}, "reason: must be one line"),
    ],
)
def test_a_wrong_request_is_named_and_nothing_is_sent(
    queues: Queues, body: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        replay(queues, **body)
    assert queues.sent == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("no json", {"type": "not JSON"}),
        ("[]", {"type": "a continuation"}),
        ('{"version": 1}', {"type": "a continuation"}),
        ('{"detail": {"eventName": "PutRule"}, "account": 7}', {"type": "PutRule", "account": "7"}),
        ('{"detail-type": "x", "detail": []}', {"type": "x"}),
    ],
)
def test_any_text_can_be_a_dead_letter(body: str, expected: dict[str, str]) -> None:
    assert about(body) == expected


def test_what_is_shown_of_one_is_bounded() -> None:
    assert len(about(json.dumps({"detail": {"type": "x" * 10_000}}))["type"]) == 200


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (EVENT, ""),
        ('{"detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": {}}', "detail.type: "),
        ("{", "(document): is not one complete JSON document"),
        ('{"detail-type": "Ringfence Finding", "detail": {}}', "detail.version: is required and must be 1"),
        (
            '{"detail-type": "Ringfence Finding", "detail": {"class_uid": 1}}',
            "detail.class_uid: must be 2004",
        ),
        ('{"incident": "a continuation"}', ""),
        ("[]", ""),
    ],
)
def test_what_is_wrong_with_the_form_of_a_message_is_said(body: str, why: str) -> None:
    assert fault(body).get("why", "").startswith(why)
    assert bool(fault(body)) == bool(why)
