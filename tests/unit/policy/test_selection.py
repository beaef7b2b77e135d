"""What of a runbook runs because of a finding: what it is about, and no more than the policy allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.events.config.trigger import SOURCE
from ringfence.model.finding import Finding
from ringfence.model.rule_confirmation import ManagedRule
from ringfence.policy.circumstances import Circumstances
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.policy.protection import Exempt
from ringfence.policy.rules import Rule
from ringfence.policy.selection import portions
from tests.support.samples.hardening import HARDEN, REF
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.policy.selection import Portion

SETTINGS = RunbookSettings(
    remediations=HARDEN.ids,
    kept_dry=("second-switch",),
    answers=tuple(HARDEN.answers_by_type().items()),
)
FREE = RunbookSettings(HARDEN.ids, answers=SETTINGS.answers)


def verdict(rule: str, minutes: float = 0, **more: object) -> Finding:
    """A verdict of AWS Config."""
    at = NOON + timedelta(minutes=minutes)
    given = {
        "source": SOURCE,
        "id": f"{rule} {minutes}",
        "type": f"Config:{rule}",
        "severity": 5.0,
        "account": REF.account,
        "region": REF.region,
        "title": rule,
        "updated_at": at,
        "last_seen": at,
        "subjects": (REF,),
        "claim": ManagedRule(rule, rule.upper(), REF.region),
        **more,
    }
    return Finding(**given)  # type: ignore[arg-type]  # a test names what it changes


def policy(*exempt: Exempt, mode: Mode = Mode.AUTO, settings: RunbookSettings = SETTINGS) -> Policy:
    return Policy((REF.account,), default=mode, runbooks=((HARDEN.id, settings),), exempt=exempt)


def chosen(rule: str, given: Policy) -> list[tuple[Mode, tuple[str, ...]]]:
    return [(one.decision.mode, one.runbook.ids) for one in shared(rule, given)]


def shared(rule: str, given: Policy) -> tuple[Portion, ...]:
    return portions(given, HARDEN, verdict(rule), REF)


def test_what_a_finding_is_about_is_put_right_and_nothing_else() -> None:
    assert chosen("first-on", policy()) == [(Mode.AUTO, ("first-switch", "tell-of-it"))]


def test_what_answers_every_finding_is_put_right_beside_what_it_is_about() -> None:
    every = tuple({name for _, types in SETTINGS.answers for name in types})
    wide = tuple((id_, every if id_ == "first-switch" else types) for id_, types in SETTINGS.answers)
    assert chosen("second-on", policy(settings=RunbookSettings(HARDEN.ids, answers=wide))) == [
        (Mode.AUTO, HARDEN.ids)
    ]
    assert chosen("second-on", policy(settings=replace(SETTINGS, answers=wide))) == [
        (Mode.AUTO, ("first-switch", "tell-of-it")),
        (Mode.DRY_RUN, ("second-switch",)),
    ]


def test_what_can_break_a_workload_stays_a_dry_run_beside_what_is_carried_out() -> None:
    assert chosen("second-on", policy()) == [(Mode.DRY_RUN, ("second-switch",))]
    assert chosen("both-on", policy()) == [
        (Mode.AUTO, ("first-switch", "tell-of-it")),
        (Mode.DRY_RUN, ("second-switch",)),
    ]
    (share,) = shared("second-on", policy())
    assert "second-switch can break a workload" in share.decision.reason


def test_what_the_policy_allows_by_name_is_carried_out() -> None:
    allowed = policy(settings=RunbookSettings(HARDEN.ids, answers=SETTINGS.answers))
    assert chosen("both-on", allowed) == [(Mode.AUTO, HARDEN.ids)]


def test_a_dry_run_plans_all_that_the_finding_is_about() -> None:
    assert chosen("both-on", policy(mode=Mode.DRY_RUN)) == [(Mode.DRY_RUN, HARDEN.ids)]


def test_a_finding_that_nothing_answers_is_off() -> None:
    (share,) = shared("third-on", policy())
    assert share.decision.mode is Mode.OFF
    assert share.decision.reason == "no remediation of harden-toy answers Config:third-on"


@pytest.mark.parametrize("subject", ["bucket/*/*/a-*", REF.key, "*"])
def test_what_the_policy_exempts_is_left_and_that_is_recorded(subject: str) -> None:
    exempt = Exempt(subject, "it is the public website", remediations=("first-switch",))
    assert chosen("first-on", policy(exempt)) == [(Mode.NOTIFY, ("first-switch",))]
    (share,) = shared("first-on", policy(exempt))
    assert share.decision.reason == "the policy exempts it: it is the public website"
    assert chosen("second-on", policy(exempt)) == [(Mode.DRY_RUN, ("second-switch",))]


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.DRY_RUN])
def test_what_is_left_of_several_is_recorded_beside_what_is_done_about_the_others(mode: Mode) -> None:
    exempt = Exempt(REF.key, "it is the public website", remediations=("first-switch",))
    assert chosen("both-on", policy(exempt, mode=mode, settings=FREE)) == [
        (mode, ("second-switch", "tell-of-it")),
        (Mode.NOTIFY, ("first-switch",)),
    ]
    assert chosen("both-on", policy(exempt)) == [
        (Mode.DRY_RUN, ("second-switch",)),
        (Mode.NOTIFY, ("first-switch",)),
    ]


def test_where_nothing_is_done_anyway_an_exemption_says_nothing_more() -> None:
    exempt = Exempt(REF.key, "it is the public website", remediations=("first-switch",))
    assert chosen("both-on", policy(exempt, mode=Mode.NOTIFY)) == [
        (Mode.NOTIFY, ("second-switch", "tell-of-it"))
    ]


@pytest.mark.parametrize(
    "exempt", [Exempt("bucket/*/*/b-*", "r"), Exempt("*", "r", runbook="contain-*"), Exempt("a-bucket", "r")]
)
def test_an_exemption_of_something_else_leaves_nothing(exempt: Exempt) -> None:
    assert chosen("first-on", policy(exempt)) == [(Mode.AUTO, ("first-switch", "tell-of-it"))]


def test_out_of_scope_nothing_happens_whatever_is_exempt() -> None:
    given = Policy(("999900001111",), default=Mode.AUTO, exempt=(Exempt("*", "r"),))
    assert chosen("first-on", given) == [(Mode.OFF, HARDEN.ids)]


def test_where_all_remediations_answer_the_same_there_is_nothing_to_choose_between() -> None:
    assert HARDEN.narrowed(("first-switch", "tell-of-it")).answers_by_type() == {}
    alike = Policy((REF.account,), default=Mode.AUTO, runbooks=((HARDEN.id, RunbookSettings(HARDEN.ids)),))
    assert chosen("whatever", alike) == [(Mode.AUTO, HARDEN.ids)]


def by_remediation(mode: Mode, *ids: str, default: Mode = Mode.AUTO) -> Policy:
    return replace(policy(mode=default, settings=FREE), rules=(Rule(mode, remediations=ids),))


def test_a_rule_can_be_for_some_remediations() -> None:
    assert chosen("both-on", by_remediation(Mode.DRY_RUN, "second-switch")) == [
        (Mode.AUTO, ("first-switch", "tell-of-it")),
        (Mode.DRY_RUN, ("second-switch",)),
    ]
    assert chosen("both-on", by_remediation(Mode.AUTO, "second-switch", default=Mode.OFF)) == [
        (Mode.AUTO, ("second-switch", "tell-of-it"))
    ]
    assert chosen("first-on", by_remediation(Mode.AUTO, "second-switch", default=Mode.OFF)) == [
        (Mode.OFF, HARDEN.ids)
    ]


def test_what_belongs_to_another_remediation_gets_no_higher_mode() -> None:
    """A planner counts on the other one: without the isolation, for example, nothing else may be changed."""
    tied = replace(FREE, together=(("first-switch", ("second-switch",)),))
    given = replace(by_remediation(Mode.DRY_RUN, "first-switch"), runbooks=((HARDEN.id, tied),))
    assert chosen("both-on", given) == [(Mode.DRY_RUN, HARDEN.ids)]


def test_an_exemption_and_what_is_protected_can_expire() -> None:
    day = "2026-03-31"
    until = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    exempt = Exempt(REF.key, "a migration", owner="team-web", expires=day, remediations=("first-switch",))
    for one in (exempt, replace(exempt, remediations=(), protected=True)):
        given = policy(one, settings=FREE)
        (held,) = portions(given, HARDEN, verdict("first-on"), REF, Circumstances(until))
        assert held.decision.mode is Mode.NOTIFY
        assert "a migration (owner: team-web)" in held.decision.reason
        later = Circumstances(until + timedelta(minutes=1))
        assert portions(given, HARDEN, verdict("first-on"), REF, later)[0].decision.mode is Mode.AUTO
        assert portions(given, HARDEN, verdict("first-on"), REF)[0].decision.mode is Mode.NOTIFY


def test_what_is_protected_is_never_changed_whatever_the_rules_say() -> None:
    protected = Exempt("*", "a break-glass bucket", owner="ops", protected=True)
    (share,) = shared("both-on", policy(protected, settings=FREE))
    assert (share.decision.mode, share.decision.code) == (Mode.NOTIFY, DecisionCode.PROTECTED)
    assert share.decision.reason == "the policy protects it: a break-glass bucket (owner: ops)"
