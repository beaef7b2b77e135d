"""The severity that decides is the one that GuardDuty has, and not that of an older event."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

from ringfence.engine.intake import ExecutionContext
from ringfence.engine.ports import Ports
from ringfence.handlers import findings, wiring
from ringfence.model.claims import CONFIRMED, Checked, HeldFinding
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy
from ringfence.policy.rules import Rule
from ringfence.record.chain import ChainKey
from ringfence.record.facts import DecisionMade, FindingReceived
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import LEASE, REF, Ticking, estate, finding

if TYPE_CHECKING:
    import pytest

    from ringfence.handlers.proof import Proof
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref
    from ringfence.record.history import History

LOUD = finding(severity=8.0, claim=HeldFinding("0" * 32)).finding
AUTO = Rule(Mode.AUTO, min_severity=7.0)
TAGS = Rule(Mode.DRY_RUN, min_severity=4.0, remediations=("tag-instance",))


class Source(MemoryCloud):
    """GuardDuty has the finding of each event, with these severities one after the other."""

    severities: tuple[float, ...] = ()
    asked = 0

    def confirm(self, ref: Ref, finding: Finding) -> Checked:
        del ref
        severity = self.severities[min(self.asked, len(self.severities) - 1)]
        self.asked += 1
        return Checked(CONFIRMED, replace(finding, severity=severity))


class Nothing:
    """Takes nothing, and proves nothing."""

    def start(self) -> None:
        """Ask nobody."""

    def check(self) -> None:
        """Raise nothing."""


class Home:
    """A function for findings in memory, with a policy whose default is to notify."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *severities: float, rules: tuple[Rule, ...]) -> None:
        self.clock, self.log, self.sent = Ticking(), MemoryLog(), list[str]()
        self.cloud = Source(estate(), self.clock)
        self.cloud.severities = severities
        self.policy = Policy((REF.account,), rules=rules, default=Mode.NOTIFY)
        ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        settings = SimpleNamespace(runbook=CONTAIN_INSTANCE.id, continuation_queue_url="")
        queue = SimpleNamespace(send=lambda message, _: self.sent.append(message))
        monkeypatch.setattr(wiring, "warm", lambda: ports)
        monkeypatch.setattr(wiring, "settings", lambda: settings)
        monkeypatch.setattr(wiring, "queue", lambda _: queue)

    def receive(self) -> History:
        """Answer the event. Return what is recorded."""
        execution = ExecutionContext("a-1", "test", self.clock() + LEASE)
        proof: Proof = Nothing()
        findings.answer(LOUD, "", self.policy, execution, proof)
        return self.log.read(ChainKey(CONTAIN_INSTANCE.id, REF.key))


def test_an_event_with_the_severity_of_guardduty_is_asked_about_once(monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(monkeypatch, 8.0, rules=(AUTO,))
    assert home.receive().of(DecisionMade)[-1].decision.mode is Mode.AUTO
    assert home.cloud.asked == 1
    assert home.cloud.calls


def test_an_event_with_a_higher_severity_than_guarddutys_is_decided_by_guarddutys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = Home(monkeypatch, 2.0, rules=(AUTO,))
    known = home.receive()
    (made,) = known.of(DecisionMade)
    assert made.decision.mode is Mode.NOTIFY
    assert [one.finding.severity for one in known.of(FindingReceived)] == [2.0]
    assert not home.cloud.calls
    assert not home.sent


def test_each_remediation_is_decided_again_once(monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(monkeypatch, 5.0, rules=(AUTO, TAGS))
    made = home.receive().of(DecisionMade)
    modes = {id_: one.decision.mode for one in made for id_ in one.remediations}
    assert modes.pop("tag-instance") is Mode.DRY_RUN
    assert set(modes.values()) <= {Mode.NOTIFY}
    assert not home.cloud.calls


def test_a_severity_that_guardduty_lowers_meanwhile_is_decided_by_the_last_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = Home(monkeypatch, 7.5, 2.0, rules=(AUTO,))
    assert home.receive().of(DecisionMade)[-1].decision.mode is Mode.NOTIFY
    assert not home.cloud.calls


def test_a_severity_that_guardduty_raised_leaves_the_events_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer event follows, and it is decided by its own severity."""
    home = Home(monkeypatch, 9.5, rules=(AUTO,))
    assert home.receive().of(DecisionMade)[-1].decision.mode is Mode.AUTO
    assert home.cloud.asked == 1
