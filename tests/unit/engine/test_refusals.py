"""Refused findings are recorded once a day for the same reason, and only some of one sender."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ringfence.engine.intake import ExecutionContext
from ringfence.engine.pauses import home_of
from ringfence.engine.ports import Ports
from ringfence.engine.refusals import MOST, key_of, record_refusal
from ringfence.policy.circumstances import Circumstances
from ringfence.record.deployment_facts import FindingRefused
from tests.support.fakes.audit_home import in_turn
from tests.support.fakes.chains import NOON
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import Ticking, instance

HOME = home_of("111122223333")
FACT = FindingRefused(
    "role-a", "api", "type", "C2/Beacon", "is no type that role-a may send", "f-1", "C2/Beacon"
)


class Days:
    """A deployment whose clock a test sets."""

    def __init__(self) -> None:
        self.now = NOON
        self.log = MemoryLog()

    def record(self, fact: FindingRefused) -> bool:
        ports = Ports(MemoryCloud(instance(), Ticking()), self.log, lambda: self.now, in_turn)
        execution = ExecutionContext("request-1", "ringfence-findings", self.now, Circumstances(self.now))
        return record_refusal(ports, HOME, fact, execution)


@pytest.fixture
def days() -> Days:
    return Days()


def test_the_same_refusal_is_recorded_once_a_day(days: Days) -> None:
    again = replace(FACT, finding="f-2")
    assert [days.record(one) for one in (FACT, FACT, again)] == [True, False, False]
    days.now += timedelta(days=1)
    assert days.record(FACT)


def test_of_one_role_only_a_few_refusals_are_recorded_whatever_it_calls_its_sessions(days: Days) -> None:
    role = "arn:aws:sts::111122223333:assumed-role/sender"
    many = [
        replace(FACT, sender=f"{role}/session-{session}", given=f"type-{number}")
        for session in range(5)
        for number in range(session * 5, session * 5 + 5)
    ]
    assert sum(days.record(one) for one in many) == MOST
    assert days.record(replace(many[0], sender="arn:aws:sts::111122223333:assumed-role/other/session-0"))


@pytest.mark.parametrize(
    "other", [{"sender": "role-b"}, {"field": "subjects[0]"}, {"given": "C2/Other"}], ids=str
)
def test_another_sender_field_or_value_is_another_refusal(days: Days, other: dict[str, str]) -> None:
    assert days.record(FACT)
    assert days.record(replace(FACT, **other))


def test_one_sender_cannot_fill_the_log_nor_hide_the_refusals_of_another_one(days: Days) -> None:
    told = [days.record(replace(FACT, given=f"C2/{number}")) for number in range(MOST + 5)]
    assert told == [True] * MOST + [False] * 5
    assert days.record(replace(FACT, sender="role-b"))
    assert len(days.log.read(key_of(HOME)).of(FindingRefused)) == MOST + 1
