"""A continuation of a containment that has begun nothing is a first response: the policy decides again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.execution import Execution
from ringfence.engine.incident_start import incident_start
from ringfence.engine.intake import ExecutionContext, continuation, resumed
from ringfence.engine.journal import journal
from ringfence.engine.run import Engine
from ringfence.engine.unbegun import NotBegun
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.approval_facts import ApprovalRequested
from ringfence.record.facts import Intended, RunRequested, Verified
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.network import SetSecurityGroups
from tests.support import pauses
from tests.support.fakes.scene import Scene
from tests.support.going_on import gone_on
from tests.support.limits import only
from tests.support.worlds import AUTO, DRY_RUN, LEASE, estate, finding, order

if TYPE_CHECKING:
    from ringfence.engine.requests import ResponseRequest

HOUR = timedelta(hours=1)
LOWERED = Decision(Mode.DRY_RUN, "the policy was changed", code=DecisionCode.POLICY)


class Held:
    """A response that a pause held, and the message that came back after it."""

    def __init__(self) -> None:
        self.scene = Scene(CONTAIN_INSTANCE, estate())
        self.received = finding(updated=self.scene.clock())
        pauses.paused(self.scene.log, self.scene.clock, self.scene.cloud, HOUR)
        first = self.asked("a-1")
        result = self.engine.run(first)
        self.scene.clock.tick(hours=2)
        self.message = continuation(first, result)

    @property
    def engine(self) -> Engine:
        return Engine(self.scene.ports())

    def asked(self, attempt: str, decision: Decision = AUTO) -> ResponseRequest:
        """Return the request for the finding, as the policy decides."""
        given = order(
            self.scene.clock(), attempt=attempt, runbook=CONTAIN_INSTANCE, received=self.received, stages=1
        )
        return replace(given, decision=decision)

    def resumes(self, attempt: str = "c-1") -> ResponseRequest:
        """Return the request of the message."""
        context = ExecutionContext(attempt, "test", self.scene.clock() + LEASE)
        return resumed(self.message, CONTAIN_INSTANCE, context)

    @property
    def isolated(self) -> bool:
        return any(isinstance(step, SetSecurityGroups) for step in self.scene.cloud.calls)


def test_the_finding_is_handed_out_and_nothing_is_recorded() -> None:
    place = Held()
    entries = place.scene.history.entries
    with pytest.raises(NotBegun) as first:
        place.engine.run(place.resumes())
    assert first.value.received.finding.id == place.received.finding.id
    assert place.scene.history.entries == entries
    assert not place.scene.cloud.calls


def test_a_limit_that_another_response_used_meanwhile_holds_it_back() -> None:
    place = Held()
    limits = only("overall", hour=1)
    with pytest.raises(NotBegun) as first:
        place.engine.run(place.resumes())
    other = Scene(CONTAIN_INSTANCE, estate())
    other.log, other.clock = place.scene.log, place.scene.clock
    elsewhere = replace(place.received.finding.subjects[0], id="i-00000000000000099")
    received = finding("other", updated=place.scene.clock(), subjects=(elsewhere,))
    given = order(place.scene.clock(), attempt="o-1", runbook=CONTAIN_INSTANCE, received=received, stages=1)
    Engine(other.ports()).run(replace(given, ref=elsewhere, limits=limits))
    again = replace(place.asked("c-2"), finding=first.value.received, limits=limits)
    place.engine.run(again)
    assert not place.isolated
    assert place.scene.history.of(ApprovalRequested)
    left = place.engine.run(place.resumes("c-3"))
    assert not place.isolated, "the earlier decision does not count any more"
    assert left.incident == place.scene.history.incident


def test_a_policy_that_was_lowered_meanwhile_isolates_nothing() -> None:
    place = Held()
    gone_on(place.engine, place.resumes(), LOWERED)
    assert not place.isolated
    place.engine.run(place.resumes("c-2"))
    assert not place.isolated
    verified = place.scene.history.last(Verified)
    assert verified
    assert not verified.contained


def test_a_dry_run_for_another_finding_does_not_end_what_the_first_one_may_do() -> None:
    place = Held()
    other = replace(place.asked("b-1", DRY_RUN), finding=finding("less", updated=place.scene.clock()))
    place.engine.run(other)
    _, result = gone_on(place.engine, place.resumes())
    assert place.isolated
    assert result.status is not IncidentStatus.JOINED


def test_what_a_person_requested_goes_on_without_a_limit() -> None:
    place = Held()
    ports, now = place.scene.ports(), place.scene.clock()
    person = Decision(Mode.AUTO, "requested", code=DecisionCode.REQUESTED)
    given = replace(place.asked("p-1", person), finding=None, request=RunRequested("run", "now"))
    start = incident_start(given, place.scene.history, now)
    journal(ports, Execution.of(given, start), start.facts)
    place.scene.clock.tick(minutes=1)
    place.engine.run(place.resumes())
    assert place.isolated


def test_what_has_begun_goes_on_without_another_decision() -> None:
    place = Held()
    after, result = gone_on(place.engine, place.resumes())
    assert place.isolated
    begun = len(place.scene.history.of(Intended))
    context = ExecutionContext("c-9", "test", place.scene.clock() + LEASE)
    place.engine.run(resumed(continuation(after, result), CONTAIN_INSTANCE, context))
    assert len(place.scene.history.of(Intended)) > begun, "the later stages follow"


def test_during_a_pause_one_message_waits_and_the_others_end() -> None:
    place = Held()
    pauses.paused(place.scene.log, place.scene.clock, place.scene.cloud, HOUR)
    place.engine.run(place.resumes())
    assert not place.scene.cloud.calls
