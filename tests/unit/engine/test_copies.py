"""A copy of a finding in Security Hub, which others can change, never decides against the finding itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.copies import as_held
from ringfence.engine.intake import ExecutionContext
from ringfence.engine.recheck_permission import permitted
from ringfence.engine.recheck_results import RecheckRequest
from ringfence.model.claims import CONFIRMED, Checked, HeldFinding, SourceAnswer, Verdict
from ringfence.model.errors import AccessDenied, Retryable
from ringfence.policy.decision import Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.policy import Policy
from ringfence.policy.rules import Rule
from ringfence.record.facts import DecisionMade, FindingReceived
from ringfence.record.notices import notice
from ringfence.record.notices.floods import Floods
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.worlds import NOON, REF, Ticking, estate, finding, order
from tests.unit.engine.test_claims import Home

if TYPE_CHECKING:
    from ringfence.model.errors import RingfenceError
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref

POLICY = Policy((REF.account,), rules=(Rule(Mode.AUTO, min_severity=7.0),), default=Mode.NOTIFY)
COPY, DIRECT = HeldFinding(copied=True), HeldFinding("0" * 32)
HELD = finding(claim=DIRECT).finding
ALTERED = finding(claim=COPY, severity=1.0).finding


class Source(MemoryCloud):
    """A source that has one finding, or raises an error."""

    def __init__(self, answer: Checked | RingfenceError) -> None:
        super().__init__(estate(), Ticking())
        self.says, self.asked = answer, 0

    def confirm(self, ref: Ref, finding: Finding) -> Checked:
        del ref, finding
        self.asked += 1
        if isinstance(self.says, Checked):
            return self.says
        raise self.says


def test_the_severity_and_type_of_a_copy_are_those_that_guardduty_has() -> None:
    altered = replace(ALTERED, type="Recon:EC2/Portscan", chosen=("approve", "a person chose it"))
    found = as_held(altered, POLICY, Source(Checked(CONFIRMED, HELD)))
    assert (found.type, found.severity, found.copied) == (HELD.type, HELD.severity, False)
    assert found.chosen == altered.chosen
    assert decide(POLICY, CONTAIN_INSTANCE.id, replace(found, chosen=()), REF).mode is Mode.AUTO


@pytest.mark.parametrize(
    "says",
    [
        Retryable("guardduty:GetFindings: Rate exceeded"),
        AccessDenied("guardduty:GetFindings"),
        Checked(SourceAnswer(Verdict.REFUTED, "is not about it")),
        Checked(SourceAnswer(Verdict.BLINDED, "archived"), HELD),
    ],
)
def test_a_copy_that_guardduty_does_not_confirm_stays_one(says: Checked | RingfenceError) -> None:
    assert as_held(ALTERED, POLICY, Source(says)) == ALTERED


def test_nothing_is_asked_about_events_of_guardduty_and_outside_of_the_scope() -> None:
    source = Source(Checked(CONFIRMED, HELD))
    assert as_held(HELD, POLICY, source) is HELD
    assert as_held(ALTERED, Policy(("444455556666",)), source) is ALTERED
    assert source.asked == 0


def permits(home: Home) -> bool:
    asked = order(home.clock())
    execution = ExecutionContext(asked.attempt, asked.actor, asked.until)
    request = RecheckRequest(CONTAIN_INSTANCE, REF, home.history.incident, POLICY, execution)
    return bool(permitted(request, home.history).ids)


def received(home: Home, claim: HeldFinding, severity: float, hours: int = 0) -> None:
    """Let an event arrive whose mode follows from what it says."""
    updated = home.clock() if hours == 0 else NOON.replace(hour=NOON.hour + hours)
    found = finding(claim=claim, severity=severity, updated=updated).finding
    decision = decide(POLICY, CONTAIN_INSTANCE.id, found, REF)
    home.attempts += 1
    attempt = f"a-{home.attempts}"
    asked = order(home.clock(), attempt=attempt, received=FindingReceived(found), decision=decision)
    home.run(replace(asked, stages=1))


def test_a_copy_that_arrives_before_a_new_version_does_not_end_the_containment() -> None:
    home = Home()
    received(home, DIRECT, 8.0)
    assert permits(home)
    home.clock.tick(hours=1, seconds=5)
    received(home, COPY, 1.0, hours=1)
    assert permits(home)
    received(home, DIRECT, 8.0, hours=1)
    assert permits(home)
    direct = home.history.of(FindingReceived)[-1].finding
    assert (direct.severity, direct.copied) == (8.0, False)


def test_a_copy_that_arrives_first_does_not_stand_for_the_finding() -> None:
    home = Home()
    received(home, COPY, 1.0)
    received(home, DIRECT, 8.0)
    made = home.history.of(DecisionMade)
    assert [one.decision.mode for one in made] == [Mode.NOTIFY, Mode.AUTO]
    assert permits(home)


def test_without_the_finding_itself_the_most_severe_copy_counts() -> None:
    home = Home()
    received(home, COPY, 8.0)
    home.clock.tick(seconds=5)
    received(home, COPY, 1.0)
    assert permits(home)


def test_a_finding_that_is_refuted_again_and_again_is_one_entry() -> None:
    home = Home()
    home.receive()
    entries = len(home.history.entries)
    for number in range(1, 30):
        reason = f"GuardDuty's finding f-1 has severity 8, not {8 + number / 100:g}"
        home.cloud.answer = SourceAnswer(Verdict.REFUTED, reason)
        home.clock.tick(seconds=1)
        home.receive(severity=8 + number / 100)
    assert len(home.history.entries) == entries + 1
    assert isinstance(home.history.entries[-1].fact, DecisionMade)
    assert sum("refuted" in one for one in home.told) == 1


def test_its_notices_can_wait_if_the_source_confirmed_it_before() -> None:
    home = Home()
    home.receive()
    home.cloud.answer = SourceAnswer(Verdict.REFUTED, "has severity 8, not 8.5")
    home.clock.tick(seconds=1)
    home.receive(severity=8.5)
    told = notice(home.history.entries)
    assert told
    assert told.endless
    floods, sent = Floods(), 0
    for number in range(100):
        floods, messages = floods.after(replace(told, incident=f"i-{number}"))
        sent += len(messages)
    assert sent < 20


def test_the_notice_of_a_finding_that_was_never_confirmed_never_waits() -> None:
    home = Home(SourceAnswer(Verdict.REFUTED, "is not about this instance"))
    home.receive()
    told = notice(home.history.entries)
    assert told
    assert not told.endless
