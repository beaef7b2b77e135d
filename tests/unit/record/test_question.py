"""The newest plan that people were asked about, and what they answered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.policy.approvals import ApprovalRules
from ringfence.record.approval_facts import (
    ApprovalAnswered,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoided,
)
from ringfence.record.chain import link
from ringfence.record.question import Question
from ringfence.record.summary import Summary
from tests.support.fakes.chains import NOON, contained, stamp

if TYPE_CHECKING:
    from ringfence.record.facts import Fact

ENDS = NOON + timedelta(hours=4)
ASKED = ApprovalRequested("a-1", "0" * 64, (), NOON, ENDS, ApprovalRules())
VETOABLE = ApprovalRequested("a-1", "0" * 64, (), NOON, ENDS, ApprovalRules(), vetoable=True)
OLD = ApprovalRequested("a-0", "0" * 64, (), NOON, ENDS, ApprovalRules())


def words(*facts: Fact, hours: int = 1) -> list[str]:
    question = Question.newest(Summary.of(link(stamp(), None, facts)))
    assert question is not None
    return list(question.words(NOON + timedelta(hours=hours)))


def test_without_a_question_there_is_none() -> None:
    assert Question.newest(Summary.of(contained())) is None


def test_a_plan_that_waits_says_until_when_and_what_follows() -> None:
    assert words(ASKED) == ["a plan waits until 2025-11-22 16:00:00 UTC; nothing is changed then"]
    assert words(VETOABLE) == [
        "a plan waits until 2025-11-22 16:00:00 UTC; it is carried out if nobody rejects it"
    ]
    assert words(ASKED, hours=5) == ["nobody answered until 2025-11-22 16:00:00 UTC"]


@pytest.mark.parametrize(("answer", "said"), [("approve", "approved"), ("reject", "rejected")])
def test_an_answer_names_the_person_and_the_reason(answer: str, said: str) -> None:
    (found,) = words(ASKED, ApprovalAnswered("a-1", answer, "a known miner"))
    assert found.startswith(f"{said} by ")
    assert found.endswith("2025-11-22 12:00:00 UTC, reason: a known miner")


def test_an_answer_with_break_glass_says_so() -> None:
    (found,) = words(ASKED, ApprovalAnswered("a-1", "approve", "an emergency", break_glass=True))
    assert ", with break-glass, " in found


def test_the_answers_to_an_older_plan_are_not_those_to_the_newest_one() -> None:
    found = words(OLD, ApprovalAnswered("a-0", "reject", "too early"), ASKED)
    assert found == ["a plan waits until 2025-11-22 16:00:00 UTC; nothing is changed then"]


def test_a_plan_that_ended_says_why() -> None:
    assert words(ASKED, ApprovalExpired("a-1", "reject")) == [
        "nobody answered in time, 2025-11-22 12:00:00 UTC"
    ]
    assert words(ASKED, ApprovalVoided("a-1", "the plan has changed")) == [
        "the plan counts no more since 2025-11-22 12:00:00 UTC: the plan has changed"
    ]
