"""The state of an approval: a pure function of the facts and the time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.person import person
from ringfence.policy.approvals import ApprovalRules
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.approval_facts import (
    Answer,
    ApprovalAnswered,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoided,
    Expiry,
)
from ringfence.record.approvals import Approval, ApprovalStatus, Given, approvals
from ringfence.record.chain import ChainKey, Entry, Stamp, link
from ringfence.record.facts import Closed, DecisionMade, Fact, Released, RunRequested
from tests.support.worlds import NOON, REF

S = ApprovalStatus
USER = "arn:aws:iam::111122223333:user/{}"
ANNA, BERT, CARL = map(USER.format, ("anna", "bert", "carl"))
ROLE = "arn:aws:iam::111122223333:role/path/approver"
MEMBERS = [f"arn:aws:sts::111122223333:assumed-role/approver/{name}" for name in ("anna", "bert")]
APPROVE, REJECT = (ApprovalAnswered("one", answer, "because") for answer in (Answer.APPROVE, Answer.REJECT))
BREAK_GLASS = ApprovalAnswered("one", Answer.APPROVE, "at night", break_glass=True)
BEGUN = DecisionMade(Decision(Mode.AUTO, "", code=DecisionCode.APPROVED), NOON, approval="one")
VOIDED = ApprovalVoided("one", "the plan has changed")
Said = tuple[str, Fact]


def asked(rules: ApprovalRules = ApprovalRules(), *, vetoable: bool = False) -> ApprovalRequested:  # noqa: B008 - frozen
    return ApprovalRequested(
        "one", "plan", (("isolate", "d"),), NOON, NOON + timedelta(hours=4), rules, vetoable=vetoable
    )


def chain(*facts: Said, every: timedelta = timedelta(minutes=1)) -> tuple[Entry, ...]:
    entries: tuple[Entry, ...] = ()
    for number, (actor, fact) in enumerate(facts):
        at = NOON + number * every
        stamp = Stamp(ChainKey("contain-instance", REF.key), "inc-1", actor, f"a-{number}", at)
        entries = (*entries, *link(stamp, entries[-1] if entries else None, (fact,)))
    return entries


def state(*facts: Said, first: ApprovalRequested | None = None, at: datetime | None = None) -> S:
    entries = chain(("f", first or asked()), *facts)
    return approvals(entries)[0].status(at or entries[-1].at)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((), S.WAITING),
        (((ANNA, APPROVE),), S.APPROVED),
        (((ANNA, REJECT),), S.REJECTED),
        (((ANNA, APPROVE), ("f", BEGUN)), S.BEGUN),
        (((ANNA, APPROVE), (BERT, REJECT)), S.APPROVED),
        (((ANNA, REJECT), (BERT, APPROVE)), S.REJECTED),
        (((ANNA, APPROVE), ("f", BEGUN), (BERT, REJECT)), S.BEGUN),
        ((("f", BEGUN),), S.WAITING),
        (((ANNA, REJECT), ("f", BEGUN)), S.REJECTED),
        (((ANNA, APPROVE), ("f", VOIDED)), S.VOIDED),
        ((("f", VOIDED), (ANNA, APPROVE)), S.VOIDED),
        ((("f", Released()),), S.VOIDED),
        ((("f", Closed("gone")), (ANNA, APPROVE)), S.VOIDED),
        ((("f", ApprovalExpired("one", Expiry.REJECT)), (ANNA, APPROVE)), S.EXPIRED),
        ((("f", ApprovalExpired("one", Expiry.EXECUTE)), ("f", BEGUN)), S.EXPIRED),
        ((("f", ApprovalExpired("another", Expiry.REJECT)),), S.WAITING),
    ],
)
def test_the_first_fact_that_ends_an_approval_counts(facts: tuple[Said, ...], expected: S) -> None:
    assert state(*facts) is expected


def test_only_a_plan_that_people_could_veto_is_carried_out_by_time() -> None:
    silence = ("f", ApprovalExpired("one", Expiry.EXECUTE))
    assert state(silence, first=asked(vetoable=True)) is S.APPROVED
    assert state(silence, ("f", BEGUN), first=asked(vetoable=True)) is S.BEGUN
    assert state((ANNA, REJECT), silence, first=asked(vetoable=True)) is S.REJECTED


@pytest.mark.parametrize(("minutes", "expected"), [(239, S.WAITING), (240, S.EXPIRED)])
def test_an_approval_expires_by_time_alone(minutes: int, expected: S) -> None:
    assert state(at=NOON + timedelta(minutes=minutes)) is expected


def test_an_approved_plan_that_does_not_begin_within_an_hour_expires() -> None:
    assert state((ANNA, APPROVE), at=NOON + timedelta(minutes=60)) is S.APPROVED
    assert state((ANNA, APPROVE), at=NOON + timedelta(minutes=61)) is S.EXPIRED


TWO = asked(ApprovalRules(count=2))
MEMBERS_ONLY = asked(ApprovalRules(roles=(ROLE,)))
OTHER = asked(ApprovalRules(other_than_requester=True))


@pytest.mark.parametrize(
    ("first", "facts", "expected"),
    [
        (TWO, ((ANNA, APPROVE),), S.WAITING),
        (TWO, ((ANNA, APPROVE), (ANNA, APPROVE)), S.WAITING),
        (TWO, ((ANNA, APPROVE), (BERT, APPROVE)), S.APPROVED),
        (TWO, ((MEMBERS[0], APPROVE), (MEMBERS[1], APPROVE)), S.WAITING),
        (TWO, ((ANNA, APPROVE), (BERT, REJECT)), S.REJECTED),
        (TWO, ((ANNA, BREAK_GLASS),), S.APPROVED),
        (MEMBERS_ONLY, ((ANNA, APPROVE),), S.WAITING),
        (MEMBERS_ONLY, ((MEMBERS[0], APPROVE),), S.APPROVED),
        (MEMBERS_ONLY, ((ANNA, REJECT),), S.REJECTED),
        (MEMBERS_ONLY, ((ANNA, BREAK_GLASS),), S.APPROVED),
        (OTHER, ((ANNA, RunRequested("run", "now")), (ANNA, APPROVE)), S.WAITING),
        (OTHER, ((ANNA, RunRequested("run", "now")), (BERT, APPROVE)), S.APPROVED),
        (OTHER, ((ANNA, RunRequested("run", "look", dry_run=True)), (ANNA, APPROVE)), S.APPROVED),
        (OTHER, ((ANNA, RunRequested("run", "now")), (ANNA, BREAK_GLASS)), S.APPROVED),
    ],
)
def test_the_rules_say_whose_answers_count(
    first: ApprovalRequested, facts: tuple[Said, ...], expected: S
) -> None:
    assert state(*facts, first=first) is expected


def test_an_answer_to_another_plan_is_refused() -> None:
    one = Approval(asked(), NOON)
    given = Given(ANNA, NOON, Answer.APPROVE, "because")
    assert "digest" in one.refusal(given, "another")
    assert not one.refusal(given, "plan")


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (ANNA, ANNA),
        (MEMBERS[0], "role approver of account 111122223333"),
        (ROLE, "role approver of account 111122223333"),
        ("arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:root"),
        ("arn:aws:sts::999900001111:assumed-role/approver/x", "role approver of account 999900001111"),
    ],
)
def test_the_sessions_of_a_role_are_one_person(arn: str, expected: str) -> None:
    assert person(arn) == expected


LATER = st.lists(
    st.sampled_from(
        [
            (ANNA, APPROVE),
            (BERT, APPROVE),
            (CARL, REJECT),
            (CARL, BREAK_GLASS),
            ("f", BEGUN),
            ("f", VOIDED),
            ("f", ApprovalExpired("one", Expiry.REJECT)),
            ("f", ApprovalExpired("one", Expiry.EXECUTE)),
            ("f", Released()),
        ]
    ),
    max_size=8,
)


@given(LATER, st.sampled_from([asked(), TWO, asked(vetoable=True)]), st.integers(0, 60))
def test_whatever_follows_an_approval_has_one_outcome(
    facts: list[Said], first: ApprovalRequested, minutes: int
) -> None:
    """A status that is final stays, and a plan begins only after enough people, or a veto's time."""
    entries = chain(("f", first), *facts, every=timedelta(minutes=minutes))
    seen: list[S] = []
    for number in range(1, len(entries) + 1):
        one = approvals(entries[:number])[0]
        seen.append(one.status(entries[number - 1].at))
    final = {S.BEGUN, S.REJECTED, S.EXPIRED, S.VOIDED}
    ended = [number for number, status in enumerate(seen) if status in final]
    assert len(set(seen[ended[0] :])) == 1 if ended else True
    last = approvals(entries)[0]
    if last.recorded is S.BEGUN:
        silent = any(isinstance(fact, ApprovalExpired) for _, fact in facts) and first.vetoable
        assert silent or last.missing == 0
