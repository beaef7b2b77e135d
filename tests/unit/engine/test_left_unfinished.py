"""The policy permits nothing any more while a containment is half done: a person is told, once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.intake import (
    ExecutionContext,
    Skipped,
    answers,
    continuation,
    resumed,
    without_permission,
)
from ringfence.engine.ports import Ports
from ringfence.engine.run import Engine
from ringfence.model.errors import Retryable
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy
from ringfence.policy.rules import Rule
from ringfence.record.chain import ChainKey
from ringfence.record.facts import LeftUnfinished
from ringfence.record.notices import NOTIFYING_FACTS, notice
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.runbooks.harden_instance import HARDEN_INSTANCE
from ringfence.steps.ec2.network import SetSecurityGroups
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import LEASE, REF, Ticking, estate, finding, order

if TYPE_CHECKING:
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step

OFF = Policy((REF.account,), rules=(Rule(Mode.OFF),))
ELSEWHERE = Policy(("444455556666",), rules=(Rule(Mode.AUTO),))
KEY = ChainKey(CONTAIN_INSTANCE.id, REF.key)


def throttled(step: Step) -> None:
    """Isolate nothing for now."""
    if isinstance(step, SetSecurityGroups):
        raise Retryable("throttled")


@dataclass
class HalfDone:
    """An instance whose first delivery isolated nothing and came back."""

    clock: Ticking = field(default_factory=Ticking)
    log: MemoryLog = field(default_factory=MemoryLog)

    def __post_init__(self) -> None:
        self.cloud = MemoryCloud(estate(), self.clock, throttled)
        self.engine = Engine(Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs]))
        self.first = order(self.clock(), stages=1)
        self.result = self.engine.run(self.first)
        self.clock.tick(minutes=1)

    def execution(self) -> ExecutionContext:
        return ExecutionContext(f"a-{self.clock():%H%M%S}", "test", self.clock() + LEASE)

    def deliver(self, policy: Policy, runbook: Runbook = CONTAIN_INSTANCE) -> ResponseRequest | None:
        """Deliver the finding again under another policy; return what was asked."""
        (skipped,) = answers(finding().finding, "", runbook, policy, self.execution())
        assert isinstance(skipped, Skipped)
        if skipped.request:
            self.engine.run(skipped.request)
        return skipped.request

    @property
    def told(self) -> tuple[LeftUnfinished, ...]:
        return self.log.read(KEY).of(LeftUnfinished)


@pytest.mark.parametrize("policy", [OFF, ELSEWHERE], ids=["mode off", "out of scope"])
def test_a_half_done_containment_is_reported_once_and_nothing_is_changed(policy: Policy) -> None:
    half = HalfDone()
    half.cloud.refuse = lambda _: None
    calls = list(half.cloud.calls)
    for _ in range(3):
        half.deliver(policy)
        half.clock.tick(minutes=10)
    assert half.cloud.calls == calls
    (fact,) = half.told
    assert any("eni-0" in words for words in fact.open)
    told = notice(half.log.read(KEY).entries)
    assert told
    assert told.subject.startswith("[URGENT, high] left unfinished")
    assert fact.reason in told.text
    assert "ringfence run contain-instance" in told.text
    assert "ringfence release inc-" in told.text
    assert "LeftUnfinished" in NOTIFYING_FACTS


def test_a_continuation_out_of_scope_reports_it_too() -> None:
    half = HalfDone()
    resuming = resumed(continuation(half.first, half.result), CONTAIN_INSTANCE, half.execution())
    half.engine.run(without_permission(resuming, "account 111122223333 is not in the policy's scope"))
    (fact,) = half.told
    assert "scope" in fact.reason


def test_what_is_done_and_what_was_never_begun_is_no_news() -> None:
    done = HalfDone()
    done.cloud.refuse = lambda _: None
    assert done.engine.run(replace(done.first, attempt="a-2", until=done.clock() + LEASE, stages=None))
    done.clock.tick(minutes=1)
    done.deliver(OFF)
    assert done.told == ()
    never = HalfDone()
    never.log = MemoryLog()
    never.engine = Engine(replace(never.engine.ports, log=never.log))
    never.deliver(OFF)
    assert never.log.read(KEY).entries == ()


def test_while_another_execution_acts_the_message_returns() -> None:
    half = HalfDone()
    history = half.log.read(KEY)
    lease = replace(history.lease, owner="another", until=half.clock() + LEASE)
    half.log.append(KEY, history, (), lease)
    with pytest.raises(Retryable, match="another execution"):
        half.deliver(OFF)
    assert half.told == ()


def test_findings_that_nothing_answers_and_compliance_are_not_asked_about() -> None:
    half = HalfDone()
    compliance: Finding = finding(type="Config:restricted-ssh").finding
    assert all(
        isinstance(one, Skipped) and one.request is None
        for one in answers(compliance, "", HARDEN_INSTANCE, OFF, half.execution())
    )
