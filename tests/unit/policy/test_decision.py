"""What the policy decides, and that what cannot be evaluated closes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import Refused
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.subject import GLOBAL
from ringfence.policy.decision import Decision, DecisionCode, Mode, Permit
from ringfence.policy.evaluation import decide
from ringfence.policy.policy import Policy
from ringfence.policy.rules import Rule
from tests.support.worlds import LEASE, NOON, REF, finding

if TYPE_CHECKING:
    from ringfence.model.finding import Finding

FINDING: Finding = finding().finding
POLICY = Policy((REF.account,), rules=(Rule(Mode.AUTO, finding="Backdoor:*", min_severity=7),))


def mode(policy: Policy = POLICY, ref: InstanceRef = REF, **changed: object) -> Mode:
    return decide(policy, "contain-instance", replace(FINDING, **changed), ref).mode  # type: ignore[arg-type]  # a test names what it changes


def test_the_first_matching_rule_decides() -> None:
    rules = (Rule(Mode.NOTIFY, finding="*C&CActivity*"), *POLICY.rules)
    assert mode(replace(POLICY, rules=rules)) is Mode.NOTIFY


def test_a_fresh_policy_runs_dry() -> None:
    assert mode(Policy((REF.account,))) is Mode.DRY_RUN


@pytest.mark.parametrize(("severity", "expected"), [(6.9, Mode.DRY_RUN), (7.0, Mode.AUTO)])
def test_severity_is_a_threshold(severity: float, expected: Mode) -> None:
    assert mode(severity=severity) is expected


def test_nothing_outside_the_scope_is_touched_whatever_the_rules_say() -> None:
    stranger = InstanceRef("999900001111", REF.region, REF.id)
    assert mode(ref=stranger) is Mode.OFF
    assert mode(replace(POLICY, regions=("us-east-1",))) is Mode.OFF


def test_the_account_that_counts_is_the_subjects() -> None:
    """A finding of a sequence may name instances of several accounts."""
    rules = (Rule(Mode.AUTO, accounts=("444455556666",)),)
    policy = Policy((REF.account, "444455556666"), rules=rules)
    assert mode(policy) is Mode.DRY_RUN
    assert mode(policy, InstanceRef("444455556666", REF.region, REF.id)) is Mode.AUTO


@pytest.mark.parametrize("what", ["archived", "sample"])
def test_archived_findings_and_samples_are_left_unless_told_so(what: str) -> None:
    marked = {"archived": what == "archived", "sample": what == "sample"}
    assert mode(POLICY, REF, **marked) is Mode.OFF
    assert mode(replace(POLICY, act_on_archived=True, act_on_samples=True), REF, **marked) is Mode.AUTO


def test_a_finding_that_shows_no_compromise_is_never_more_than_notified() -> None:
    assert mode(advice="a person has to look") is Mode.NOTIFY


def test_credentials_of_the_root_user_are_told_by_a_code_of_their_own() -> None:
    """What a person is told is written by whoever writes sentences; the notice of it goes by the code."""
    root = RootRef(REF.account, GLOBAL, "root")
    per_subject = finding(advices=((root.key, "a person has to look"),), subjects=(root,))
    assert decide(POLICY, "contain-credentials", per_subject.finding, root).code is DecisionCode.ROOT
    of_all = finding(advice="a person has to look", subjects=(root,))
    assert decide(POLICY, "contain-credentials", of_all.finding, root).code is DecisionCode.NOTIFY_ONLY


CUSTOM = "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom"


@pytest.mark.parametrize("named", ["*.Custom", "*Custom", CUSTOM])
def test_what_a_list_of_the_account_reports_changes_nothing_by_itself_unless_a_rule_names_it(
    named: str,
) -> None:
    """Who may change GuardDuty's lists could have anything contained."""
    everything = Policy((REF.account,), default=Mode.AUTO)
    decision = decide(everything, "contain-instance", replace(FINDING, type=CUSTOM), REF)
    assert decision.mode is Mode.DRY_RUN
    assert "threat list" in decision.reason
    assert mode(everything) is Mode.AUTO
    for given, expected in (
        (Mode.AUTO, Mode.DRY_RUN),
        (Mode.AUTO_UNLESS_VETOED, Mode.DRY_RUN),
        (Mode.APPROVE, Mode.APPROVE),
        (Mode.NOTIFY, Mode.NOTIFY),
    ):
        assert mode(replace(everything, rules=(Rule(given),)), type=CUSTOM) is expected
        assert mode(replace(everything, rules=(Rule(given, finding=named),)), type=CUSTOM) is given


def test_a_rule_can_switch_even_notices_off() -> None:
    rules = (Rule(Mode.OFF, finding="Backdoor:*"),)
    assert mode(replace(POLICY, rules=rules), advice="a person has to look") is Mode.OFF


@pytest.mark.parametrize("mode", [one for one in Mode if one is not Mode.AUTO])
def test_only_auto_makes_a_permit(mode: Mode) -> None:
    with pytest.raises(Refused):
        Permit.of(Decision(mode, "because"), REF, NOON + LEASE)


def test_a_decision_of_an_unknown_mode_is_none() -> None:
    with pytest.raises(ValueError, match="everything"):
        Decision("everything", "because")  # type: ignore[arg-type]  # what a forged log may hold


def test_the_modes_are_in_the_order_of_caution() -> None:
    order = ["off", "notify", "dry-run", "approve", "auto-unless-vetoed", "auto"]
    assert [mode.value for mode in sorted(Mode, key=lambda one: one.freedom)] == order
    assert Mode.AUTO.at_most(Mode.APPROVE) is Mode.APPROVE
    assert Mode.NOTIFY.at_most(Mode.AUTO) is Mode.NOTIFY


def test_only_one_mode_changes_anything_by_itself() -> None:
    assert [mode for mode in Mode if mode.changes] == [Mode.AUTO]
    assert [mode for mode in Mode if mode.asks] == [Mode.APPROVE, Mode.AUTO_UNLESS_VETOED]
    assert [mode for mode in Mode if mode.can_be_vetoed] == [Mode.AUTO_UNLESS_VETOED]
    assert all(mode.observes for mode in Mode if mode.asks or mode.changes)
