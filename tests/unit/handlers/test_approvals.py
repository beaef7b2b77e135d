"""The service behind the API: whose answers it records, and what it sends."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.intake import ExecutionContext, resumed
from ringfence.handlers.approval_schedules import NOBODY, ApprovalSchedules
from ringfence.handlers.operator_requests import answer_request
from ringfence.handlers.operator_types import Forbidden
from ringfence.model.errors import BadInput, Refused, Tampered
from ringfence.policy.approvals import ApprovalRules
from ringfence.record.approval_facts import Answer, ApprovalAnswered, ApprovalRequested, ApprovalVoided
from ringfence.record.approvals import ApprovalStatus
from ringfence.record.facts import Verified
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.asking import ANNA, BERT, KEY, VETO, Place
from tests.support.worlds import LEASE

if TYPE_CHECKING:
    from datetime import datetime

S = ApprovalStatus
INCIDENT = "inc-20260301T120000.000000-0123456789"
DIGEST = "0" * 64


def asked(rules: ApprovalRules = ApprovalRules()) -> Place:  # noqa: B008 - frozen
    place = Place(rules)
    place.respond()
    return place


def test_an_approved_plan_is_carried_out_by_the_runbooks_function() -> None:
    place = asked()
    place.ask(Answer.APPROVE)
    assert place.statuses == [S.APPROVED]
    place.deliver()
    last = place.history.last(Verified)
    assert last is not None
    assert last.contained
    assert place.statuses == [S.BEGUN]


def test_the_same_answer_of_the_same_person_is_recorded_once() -> None:
    place = asked()
    first, second = place.ask(Answer.APPROVE), place.ask(Answer.APPROVE)
    assert first == second
    assert place.count(ApprovalAnswered) == 1


def test_a_second_answer_is_refused() -> None:
    place = asked()
    place.ask(Answer.REJECT)
    with pytest.raises(Refused, match="takes no more answers"):
        place.ask(Answer.APPROVE, BERT)


def test_an_answer_to_another_plan_is_refused() -> None:
    with pytest.raises(Refused, match="another digest"):
        asked().ask(Answer.APPROVE, plan=DIGEST)


def test_the_rules_about_people_are_checked_and_break_glass_lifts_them() -> None:
    place = asked(ApprovalRules(roles=("arn:aws:iam::111122223333:role/approver",)))
    with pytest.raises(Forbidden, match="only members"):
        place.ask(Answer.APPROVE)
    place.ask(Answer.APPROVE, break_glass=True)
    assert place.statuses == [S.APPROVED]


def test_two_people_are_two_principals() -> None:
    place = asked(ApprovalRules(count=2))
    place.ask(Answer.APPROVE, ANNA)
    place.deliver()
    assert place.statuses == [S.WAITING]
    place.ask(Answer.APPROVE, BERT)
    place.deliver()
    assert place.statuses == [S.BEGUN]


def test_an_incident_without_approvals_is_refused() -> None:
    place = asked()
    with pytest.raises(Refused, match="no such approval"):
        place.ask(Answer.APPROVE, approval="another")


def test_an_answer_to_a_record_that_is_not_authentic_is_refused() -> None:
    place = asked()
    place.log.forge(KEY)
    with pytest.raises(Tampered):
        place.service().listed(place.history.incident)


GIVEN = {"incident": INCIDENT, "answer": "approve", "plan": DIGEST, "reason": "it beacons"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"answer": "maybe"}, "answer"),
        ({"plan": "short"}, "plan"),
        ({"reason": " "}, "reason"),
        ({"incident": "inc"}, "incident"),
        ({"answer": "reject", "break_glass": True}, "break_glass"),
        ({"dry_run": True}, "dry_run"),
    ],
)
def test_an_answer_is_checked_field_by_field(changed: dict[str, object], field: str) -> None:
    assert answer_request(GIVEN).answer == Answer.APPROVE
    with pytest.raises(BadInput) as caught:
        answer_request({**GIVEN, **changed})
    assert caught.value.field == field


@dataclass
class Kept:
    """Schedules in memory, and a topic with so many confirmed subscriptions."""

    subscriptions: int = 1
    made: dict[str, tuple[datetime, str, str]] = field(default_factory=dict)

    def at(self, name: str, when: datetime, queue: str, message: str) -> None:
        self.made.setdefault(name.rpartition("-")[2], (when, queue, message))

    def confirmed(self) -> int:
        return self.subscriptions


def scheduled(place: Place, subscriptions: int = 1) -> Kept:
    kept = Kept(subscriptions)
    schedules = ApprovalSchedules(kept, kept, {KEY.runbook: "arn:queue"}, place.clock)
    for entry in place.history.entries:
        schedules.before(KEY, entry)
        schedules.after(KEY, entry)
    return kept


def handled(place: Place, message: str) -> None:
    context = ExecutionContext(place.attempt(), "test", place.clock() + LEASE)
    place.engine().run(resumed(message, CONTAIN_INSTANCE, context))


def test_an_approval_has_one_schedule_for_its_expiry() -> None:
    place = asked()
    kept = scheduled(place)
    assert list(kept.made) == ["expiry"]
    when, queue, message = kept.made["expiry"]
    assert when == place.approvals[0].asked.expires_at
    assert queue == "arn:queue"
    place.clock.tick(hours=4)
    handled(place, message)
    assert place.statuses == [S.EXPIRED]


def test_the_time_to_veto_begins_with_the_notice() -> None:
    place = Place(ApprovalRules(veto=300), VETO)
    place.respond()
    place.clock.tick(minutes=3)
    when, _, message = scheduled(place).made["veto"]
    assert (when - place.clock()).total_seconds() == 300
    handled(place, message)
    assert place.statuses == [S.WAITING], "it is too early"
    place.clock.tick(minutes=5)
    handled(place, message)
    assert place.statuses == [S.BEGUN]


def test_a_plan_whose_notice_reaches_nobody_waits_for_an_approval_and_says_so() -> None:
    place = Place(decision=VETO)
    place.respond()
    kept = scheduled(place, subscriptions=0)
    assert set(kept.made) == {"expiry", "untold"}
    handled(place, kept.made["untold"][2])
    assert place.statuses == [S.VOIDED, S.WAITING]
    (voided,) = place.history.of(ApprovalVoided)
    assert voided.why == NOBODY
    assert not place.history.of(ApprovalRequested)[-1].vetoable
    assert not place.cloud.calls


def test_a_message_says_only_where_to_look() -> None:
    place = asked()
    told = json.loads(scheduled(place).made["expiry"][2])
    assert not {"answer", "decision", "plan"}.intersection(told)
