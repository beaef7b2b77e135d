"""Approvals: a plan waits for people, and only the plan that they have seen is carried out, once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.requests import Approving
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.observations.ec2.network import NAMES, QUARANTINE, OwnGroup
from ringfence.policy.approvals import ApprovalRules, OnExpiry
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.approval_facts import Answer, ApprovalExpired, ApprovalRequested, ApprovalVoided, Expiry
from ringfence.record.approvals import ApprovalStatus
from ringfence.record.facts import DecisionMade, FindingReceived, Intended, Planned
from ringfence.record.status import IncidentStatus
from ringfence.steps.ec2.own_groups import CreateOwnGroup
from tests.support.asking import ANNA, ASK, RUNBOOK, VETO, Place
from tests.support.worlds import NOON, estate, finding, network, order

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState


def test_a_plan_waits_with_all_its_stages_and_nothing_is_changed() -> None:
    place = Place()
    result = place.respond()
    assert result.status is IncidentStatus.WAITING
    (asked,) = place.history.of(ApprovalRequested)
    planned = place.history.of(Planned)
    assert asked.plans == tuple((one.stage, one.digest) for one in planned)
    assert [stage for stage, _ in asked.plans] == [one.id for one in RUNBOOK.stages]
    assert asked.expires_at == NOON + timedelta(hours=4)
    assert not place.cloud.calls
    assert place.statuses == [ApprovalStatus.WAITING]


def test_a_message_that_comes_again_asks_nobody_again() -> None:
    place = Place()
    place.respond()
    before = len(place.history.entries)
    place.clock.tick(seconds=30)
    place.respond()
    assert len(place.history.entries) == before


def test_a_new_finding_with_the_same_plan_waits_for_the_same_answer() -> None:
    place = Place()
    place.respond()
    place.clock.tick(minutes=10)
    place.respond(finding("f-2", updated=place.clock()))
    assert place.count(FindingReceived) == 2
    assert place.count(ApprovalRequested) == 1


def test_what_a_person_approves_is_carried_out_to_the_end() -> None:
    place = Place()
    place.respond()
    place.clock.tick(minutes=20)
    place.answer(Answer.APPROVE)
    result = place.look()
    made = [one for one in place.history.of(DecisionMade) if one.decision.mode.changes]
    assert [(one.decision.code, one.approval) for one in made] == [
        (DecisionCode.APPROVED, place.approvals[0].id)
    ]
    assert ANNA in made[0].decision.reason
    assert result.verified is not None
    assert result.verified.contained
    assert place.statuses == [ApprovalStatus.BEGUN]
    stages = {one.stage for one in place.history.of(Intended)}
    assert len(stages) > 1, "every stage is carried out"


def test_an_approved_plan_begins_once_however_often_its_message_comes() -> None:
    place = Place()
    place.respond()
    place.answer(Answer.APPROVE)
    place.look()
    calls = len(place.cloud.calls)
    for _ in range(3):
        place.clock.tick(minutes=1)
        place.look()
    assert len(place.cloud.calls) == calls
    assert sum(bool(one.approval) for one in place.history.of(DecisionMade)) == 1


@pytest.mark.parametrize("answers", [(), (Answer.REJECT,)], ids=["nobody-answered", "rejected"])
def test_without_an_approval_nothing_is_changed(answers: tuple[str, ...]) -> None:
    place = Place()
    place.respond()
    for one in answers:
        place.answer(one)
    place.look()
    assert not place.cloud.calls
    assert place.count(Intended) == 0


def test_a_rejected_plan_is_not_asked_about_again_for_a_day() -> None:
    place = Place()
    place.respond()
    place.answer(Answer.REJECT)
    place.clock.tick(hours=6)
    place.respond(finding("f-2", updated=place.clock()))
    assert place.count(ApprovalRequested) == 1
    place.clock.tick(hours=20)
    place.respond(finding("f-3", updated=place.clock()))
    assert place.count(ApprovalRequested) == 2


@pytest.mark.parametrize(("severity", "asks"), [(7.9, 1), (8.0, 1), (8.1, 2)])
def test_a_worse_finding_asks_again_about_a_rejected_plan(severity: float, asks: int) -> None:
    place = Place()
    place.respond()
    place.answer(Answer.REJECT)
    for number in (2, 3):
        place.respond(finding(f"f-{number}", updated=place.clock(), severity=severity))
    assert place.count(ApprovalRequested) == asks
    assert (place.statuses[-1] is ApprovalStatus.WAITING) is (asks == 2)
    place.answer(Answer.REJECT)
    place.respond(finding("f-4", updated=place.clock(), severity=severity))
    assert place.count(ApprovalRequested) == asks, "the rejected plan answered this severity"


def test_a_plan_that_has_changed_is_not_carried_out_and_people_are_asked_again_with_the_difference() -> None:
    place = Place()
    place.respond()
    place.answer(Answer.APPROVE)
    place.cloud.world = estate().with_observation(network("vpc-1", "vpc-2", "vpc-1"))
    result = place.look()
    assert result.status is IncidentStatus.WAITING
    assert not place.cloud.calls
    assert place.statuses == [ApprovalStatus.VOIDED, ApprovalStatus.WAITING]
    _, second = place.approvals
    assert second.asked.replaces == place.approvals[0].id
    assert any("eni-2" in line for line in second.asked.difference)
    place.answer(Answer.APPROVE)
    place.look()
    assert place.statuses == [ApprovalStatus.VOIDED, ApprovalStatus.BEGUN]


def prepared(rules: int = 0) -> ResourceState:
    """The estate after another incident has created the quarantine group of one of its VPCs."""
    group = OwnGroup("sg-q", "vpc-1", QUARANTINE, NAMES[QUARANTINE], ours=True, rules=rules)
    return estate().with_observation(network("vpc-1", "vpc-2").with_groups((group,)))


def test_an_approved_plan_is_carried_out_although_another_incident_has_created_the_group_since() -> None:
    place = Place()
    place.respond()
    place.answer(Answer.APPROVE)
    place.cloud.world = prepared()
    result = place.look()
    assert result.verified is not None
    assert result.verified.contained
    assert place.statuses == [ApprovalStatus.BEGUN]
    made = [one.step for one in place.history.of(Intended) if isinstance(one.step, CreateOwnGroup)]
    assert [one.vpc_id for one in made] == ["vpc-2"]


def test_a_plan_that_waits_is_not_asked_about_again_when_another_incident_creates_the_group() -> None:
    place = Place()
    place.respond()
    place.cloud.world = prepared()
    place.respond(finding("f-2", updated=place.clock()))
    assert place.count(ApprovalRequested) == 1
    assert place.statuses == [ApprovalStatus.WAITING]


def test_a_group_that_somebody_opened_since_is_not_part_of_the_approved_plan() -> None:
    place = Place()
    place.respond()
    place.answer(Answer.APPROVE)
    place.cloud.world = prepared(rules=2)
    assert place.look().status is IncidentStatus.WAITING
    assert place.statuses == [ApprovalStatus.VOIDED, ApprovalStatus.WAITING]


def test_a_step_that_is_not_left_to_do_voids_the_plan_unless_it_prepares_a_group_of_our_own() -> None:
    place = Place()
    place.respond()
    place.answer(Answer.APPROVE)
    place.cloud.world = estate().with_observation(Scaling("", ""))
    assert place.look().status is IncidentStatus.WAITING
    assert place.statuses == [ApprovalStatus.VOIDED, ApprovalStatus.WAITING]


def test_a_finding_with_another_plan_voids_the_approval_that_waits() -> None:
    place = Place()
    place.respond()
    place.cloud.world = estate().with_observation(network("vpc-1", "vpc-2", "vpc-1"))
    place.respond(finding("f-2", updated=place.clock()))
    assert place.statuses == [ApprovalStatus.VOIDED, ApprovalStatus.WAITING]
    (voided,) = place.history.of(ApprovalVoided)
    assert voided.replaced_by == place.approvals[1].id


def test_an_answer_after_the_expiry_does_not_count_whatever_was_recorded() -> None:
    place = Place()
    place.respond()
    place.clock.tick(hours=4)
    place.answer(Answer.APPROVE)
    place.look()
    assert place.statuses == [ApprovalStatus.EXPIRED]
    assert not place.cloud.calls
    (expired,) = place.history.of(ApprovalExpired)
    assert expired.outcome == Expiry.REJECT


def test_an_expiry_is_recorded_once_and_not_before_its_time() -> None:
    place = Place()
    place.respond()
    due = Approving(place.approvals[0].id, place.approvals[0].asked.expires_at)
    assert place.look(due).reasons(), "the message comes back"
    place.clock.tick(hours=4)
    place.look(due)
    place.look(due)
    assert place.count(ApprovalExpired) == 1


def test_an_expiry_can_ask_once_more_and_then_rejects() -> None:
    place = Place(ApprovalRules(on_expiry=OnExpiry.ESCALATE))
    place.respond()
    place.clock.tick(hours=4)
    place.look()
    assert place.statuses == [ApprovalStatus.EXPIRED, ApprovalStatus.WAITING]
    assert place.approvals[1].asked.escalated
    place.clock.tick(hours=4)
    place.look()
    assert [one.outcome for one in place.history.of(ApprovalExpired)] == [Expiry.ESCALATE, Expiry.REJECT]
    assert place.statuses == [ApprovalStatus.EXPIRED, ApprovalStatus.EXPIRED]
    assert not place.cloud.calls


def test_an_approved_plan_that_could_not_begin_for_an_hour_is_not_carried_out() -> None:
    place = Place()
    place.respond()
    place.answer(Answer.APPROVE)
    place.clock.tick(hours=1)
    place.look()
    assert place.statuses == [ApprovalStatus.EXPIRED]
    assert not place.cloud.calls


def test_a_plan_that_nobody_vetoed_is_carried_out_after_its_delay() -> None:
    place = Place(ApprovalRules(veto=300), VETO)
    place.respond()
    told = Approving(place.approvals[0].id, told="the topic has 1 subscription", told_at=place.clock())
    place.clock.tick(seconds=299)
    place.look(told)
    assert place.statuses == [ApprovalStatus.WAITING]
    place.clock.tick(seconds=1)
    place.look(told)
    assert place.statuses == [ApprovalStatus.BEGUN]
    (expired,) = place.history.of(ApprovalExpired)
    assert (expired.outcome, expired.detail) == (Expiry.EXECUTE, "the topic has 1 subscription")


@pytest.mark.parametrize("decision", [ASK, VETO], ids=["approve", "veto-without-notice"])
def test_silence_carries_out_no_plan_whose_notice_reached_nobody(decision: Decision) -> None:
    place = Place(decision=decision)
    place.respond()
    told = "anybody can write this" if decision is ASK else ""
    place.clock.tick(hours=1)
    place.look(Approving(place.approvals[0].id, told=told, told_at=NOON))
    assert not place.cloud.calls
    assert place.statuses == [ApprovalStatus.WAITING]


def test_a_vetoed_plan_is_not_carried_out() -> None:
    place = Place(decision=VETO)
    place.respond()
    place.answer(Answer.REJECT)
    place.clock.tick(hours=1)
    place.look(Approving(place.approvals[0].id, told="yes", told_at=NOON))
    assert not place.cloud.calls
    assert place.statuses == [ApprovalStatus.REJECTED]


def test_where_nothing_is_to_be_done_nobody_is_asked() -> None:
    place = Place()
    place.engine().respond(order(NOON, attempt=place.attempt(), runbook=RUNBOOK))
    place.clock.tick(minutes=10)
    result = place.respond(finding("f-2", updated=place.clock()))
    assert result.status is IncidentStatus.DRY_RUN
    assert place.count(ApprovalRequested) == 0
    last = place.history.of(DecisionMade)[-1].decision
    assert (last.mode, last.reason) == (Mode.DRY_RUN, f"{ASK.reason}; nothing remains to be done")


def test_an_answer_whose_entry_is_not_sealed_is_not_obeyed() -> None:
    place = Place()
    place.respond()
    place.answer(Answer.APPROVE)
    place.log.doubted = True
    place.look()
    assert not place.cloud.calls
