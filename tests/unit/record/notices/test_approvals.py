"""What people are told about approvals, and how they answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.policy.approvals import ApprovalRules, OnExpiry
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.record.approval_facts import Answer, ApprovalAnswered
from ringfence.record.chain import link
from ringfence.record.facts import FindingReceived
from ringfence.record.notices import notice
from ringfence.record.notices.approvals import words
from ringfence.record.notices.floods import Floods
from ringfence.record.notices.kinds import Urgency
from tests.support.asking import BERT, VETO, Place
from tests.support.fakes.chains import finding, stamp
from tests.support.notice_kinds import ASKED, decided
from tests.support.notice_kinds import told as of_facts

if TYPE_CHECKING:
    from ringfence.record.notices import Notice


def told(place: Place) -> list[Notice]:
    """Return the notices of the incident so far."""
    entries = place.history.entries
    found = (notice(entries[: number + 1]) for number in range(len(entries)))
    return [one for one in found if one]


def test_a_person_is_told_what_why_how_long_and_how_to_answer() -> None:
    place = Place(ApprovalRules(expires=3600, count=2, roles=("arn:aws:iam::111122223333:role/approver",)))
    place.respond()
    (one,) = told(place)
    approval = place.approvals[0]
    assert "approval needed" in one.subject
    for part in (
        "policy rule 1 sets mode approve",
        "Nothing has been changed yet. The resource is NOT contained.",
        "What would be done:",
        "What it breaks, and what it leaves open:",
        "13:00 UTC",
        "two people",
        "members of arn:aws:iam::111122223333:role/approver",
        f"ringfence approve {place.history.incident} --approval {approval.id} --plan {approval.asked.digest}",
        f"ringfence reject {place.history.incident}",
    ):
        assert part in one.text
    assert not one.escalated


def test_the_steps_in_a_notice_are_those_of_the_plan() -> None:
    place = Place()
    place.respond()
    (one,) = told(place)
    assert all(line in one.text for line in place.approvals[0].asked.steps[:10])
    assert len(place.approvals[0].asked.steps) > 3


def test_a_plan_that_runs_unless_it_is_vetoed_says_when() -> None:
    place = Place(ApprovalRules(veto=300), VETO)
    place.respond()
    (one,) = told(place)
    assert "runs unless vetoed" in one.subject
    assert "5 minutes after this notice" in one.text


@pytest.mark.parametrize(
    ("answer", "more", "title"),
    [
        (Answer.APPROVE, {}, "approved"),
        (Answer.REJECT, {}, "rejected"),
        (Answer.APPROVE, {"break_glass": True}, "BREAK-GLASS"),
    ],
)
def test_an_answer_is_told_with_who_gave_it(answer: str, more: dict[str, bool], title: str) -> None:
    place = Place()
    place.respond()
    place.answer(answer, BERT, **more)
    last = told(place)[-1]
    assert title in last.subject
    assert BERT in last.text
    assert last.escalated == bool(more), "with break-glass, everybody is told"


def rejected(severity: float, code: DecisionCode) -> Notice:
    """Return the notice of a rejection after a finding."""
    facts = (decided(Mode.APPROVE, code), ASKED, ApprovalAnswered("approval-1", Answer.REJECT, "no"))
    found = notice(link(stamp(), None, (FindingReceived(finding(severity=severity)), *facts)))
    assert found
    return found


@pytest.mark.parametrize("code", DecisionCode)
def test_a_rejection_is_urgent_if_an_intruder_can_have_caused_the_question(code: DecisionCode) -> None:
    one = rejected(5.0, code)
    urgent = code in {DecisionCode.EMERGENCY, DecisionCode.FORGEABLE}
    assert (one.urgency is Urgency.URGENT) is urgent


@pytest.mark.parametrize(("severity", "urgent"), [(8.0, True), (5.0, False)])
def test_a_rejection_is_urgent_if_it_leaves_a_severe_finding_uncontained(
    severity: float,
    urgent: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Somebody with an approver's session can reject one plan after the other."""
    assert (rejected(severity, DecisionCode.POLICY).urgency is Urgency.URGENT) is urgent
    assert (
        "- Nothing was changed. The resource is NOT contained."
        in rejected(severity, DecisionCode.POLICY).text
    )


def test_plans_that_one_answer_approves_have_one_notice() -> None:
    answer = ApprovalAnswered("approval-1", Answer.APPROVE, "go", batch="0" * 64)
    one = of_facts(decided(Mode.APPROVE), replace(ASKED, limit="overall/hour"), answer)
    assert one
    assert "approved together" in one.subject
    assert "behind the limit overall/hour" in one.text
    other = replace(one, about=replace(one.about, id="i-2"))
    floods, first = Floods().after(one)
    assert first == (one,)
    assert floods.after(other)[1] == ()


def test_plans_that_one_answer_rejects_have_one_urgent_notice_for_both_topics() -> None:
    answer = ApprovalAnswered("approval-1", Answer.REJECT, "no", batch="0" * 64)
    one = of_facts(decided(Mode.APPROVE), replace(ASKED, limit="overall/hour"), answer)
    assert one
    assert "plans rejected together" in one.subject
    assert "behind the limit overall/hour" in one.text
    other = replace(one, about=replace(one.about, id="i-2"), batch="1" * 64)
    floods, found = Floods(), []
    for told_one in (one, one, other, one):
        floods, messages = floods.after(told_one)
        found += [(each.urgency, each.escalated) for each in messages]
    assert found == [(Urgency.URGENT, True)] * 2, "one for each answer"


def test_an_escalation_goes_to_both_topics_and_an_expiry_says_that_nothing_is_changed() -> None:
    place = Place(ApprovalRules(on_expiry=OnExpiry.ESCALATE))
    place.respond()
    for _ in range(2):
        place.clock.tick(hours=4)
        place.look()
    first, second, last = told(place)
    assert [one.escalated for one in (first, second, last)] == [False, True, False]
    assert "ESCALATED" in second.subject
    assert "nothing is changed" in last.subject


@pytest.mark.parametrize(
    ("much", "expected"),
    [(60, "1 minute"), (90, "90 seconds"), (300, "5 minutes"), (14_400, "4 hours"), (3600, "1 hour")],
)
def test_a_duration_is_told_in_words(much: int, expected: str) -> None:
    assert words(timedelta(seconds=much)) == expected
