"""A finding of another product gets a higher mode than `approve` from Security Hub's answer alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.claims import asks_again, with_answer
from ringfence.events.security_hub.told import AT_MOST
from ringfence.model.claims import CONFIRMED, Checked, ImportedFinding, SourceAnswer, Verdict
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.mappings import Mapped
from ringfence.policy.policy import Policy
from ringfence.record.history import History
from tests.support.worlds import NOON, REF, finding, order

ANY = "arn:aws:securityhub:eu-west-1::product/crowdstrike/crowdstrike-falcon"
OWN = f"arn:aws:securityhub:eu-west-1:{REF.account}:product/{REF.account}/default"
BEACON = "TTPs/Command and Control/Beacon"
MODES = [one for one in Mode if one.observes]


def policy(mode: Mode, default: Mode = Mode.AUTO, product: str = "*falcon") -> Policy:
    entry = Mapped(product, "contain-instance", "TTPs/*", mode=mode)
    return Policy((REF.account,), default=default, mappings=(Mapped("*", "off", "Software*"), entry))


def decided(given: Policy, product: str = ANY, answer: SourceAnswer | None = CONFIRMED) -> tuple[Mode, str]:
    """Return the mode after the answer of Security Hub, and the code of the decision."""
    claim = ImportedFinding("f", product)
    told = finding(source="aws.securityhub", type=BEACON, claim=claim, at_most=AT_MOST)
    decision = decide(given, "contain-instance", told.finding, REF)
    asked = replace(order(received=told, decision=decision), unconfirmable=given.unconfirmable)
    made = with_answer(asked, Checked(answer) if answer else None).decision
    assert made is not None
    return made.mode, made.code


@pytest.mark.parametrize("highest", MODES)
@pytest.mark.parametrize("default", MODES)
def test_the_policy_decides_with_at_most_the_mode_of_the_entry(default: Mode, highest: Mode) -> None:
    mode, code = decided(policy(highest, default))
    assert mode is default.at_most(highest)
    assert code == (DecisionCode.POLICY if mode is default else DecisionCode.SENDER)


def test_without_a_mode_in_the_entry_and_without_an_entry_a_person_approves() -> None:
    for one in (
        Policy((REF.account,), default=Mode.AUTO),
        Policy((REF.account,), default=Mode.AUTO, mappings=(Mapped("*falcon", "contain-instance"),)),
        policy(Mode.AUTO, product="*eagle"),
    ):
        assert decided(one)[0] is Mode.APPROVE


def test_a_product_of_the_account_itself_is_never_more_than_approved() -> None:
    assert decided(policy(Mode.AUTO, product="*"), OWN)[0] is Mode.APPROVE
    assert decided(policy(Mode.DRY_RUN, product="*"), OWN)[0] is Mode.DRY_RUN


@pytest.mark.parametrize(
    ("verdict", "mode", "code"),
    [
        (Verdict.CONFIRMED, Mode.AUTO, DecisionCode.POLICY),
        (Verdict.UNKNOWN, Mode.APPROVE, DecisionCode.UNCONFIRMED),
        (Verdict.ABSENT, Mode.NOTIFY, DecisionCode.REFUTED),
        (Verdict.REFUTED, Mode.NOTIFY, DecisionCode.REFUTED),
        (Verdict.BLINDED, Mode.DRY_RUN, DecisionCode.BLINDED),
    ],
)
def test_each_answer_has_its_mode(verdict: Verdict, mode: Mode, code: DecisionCode) -> None:
    assert decided(policy(Mode.AUTO), answer=SourceAnswer(verdict, "why")) == (mode, code)


@given(st.sampled_from(Verdict), st.sampled_from(Mode), st.sampled_from(MODES), st.sampled_from(MODES))
def test_no_other_answer_than_a_confirmation_changes_anything_without_a_person(
    verdict: Verdict, default: Mode, highest: Mode, unconfirmable: Mode
) -> None:
    made = replace(policy(highest, default), unconfirmable=unconfirmable)
    mode, _ = decided(made, answer=SourceAnswer(verdict, "why"))
    assert mode.freedom <= default.at_most(highest).freedom
    if verdict is not Verdict.CONFIRMED:
        assert mode.freedom <= Mode.APPROVE.freedom


def test_a_finding_that_security_hub_does_not_have_yet_is_asked_for_again() -> None:
    told = finding(type=BEACON, claim=ImportedFinding("f", ANY), at_most=AT_MOST)
    decision = decide(policy(Mode.AUTO), "contain-instance", told.finding, REF)
    absent = Checked(SourceAnswer(Verdict.ABSENT, "not yet"))
    asked = with_answer(order(received=told, decision=decision), absent)
    assert asks_again(asked, History(()), NOON) == ("not yet",)
