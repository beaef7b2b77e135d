"""What rules match on: severities, regions, sources, who is affected, the organization and the time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.subject import GLOBAL
from ringfence.policy.circumstances import AccountFacts, Circumstances
from ringfence.policy.compile_rule import severities
from ringfence.policy.decision import DecisionCode, Mode
from ringfence.policy.evaluation import UNDECIDED, decide
from ringfence.policy.policy import Policy
from ringfence.policy.rules import Rule
from ringfence.policy.windows import Window
from tests.support.worlds import NOON, REF, finding

if TYPE_CHECKING:
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref

FINDING: Finding = finding().finding
SESSION = "AROAEXAMPLE000000001"


def decided(rule: Rule, ref: Ref = REF, at: Circumstances | None = None, **changed: object) -> Mode:
    policy = Policy((REF.account,), rules=(rule,), default=Mode.OFF)
    about = replace(FINDING, **changed)  # type: ignore[arg-type]  # a test names what it changes
    return decide(policy, "contain-instance", about, ref, at or Circumstances(NOON)).mode


@pytest.mark.parametrize(
    ("given", "severity", "matches"),
    [
        ({"from": "medium", "to": "high"}, 3.9, False),
        ({"from": "medium", "to": "high"}, 4.0, True),
        ({"from": "medium", "to": "high"}, 8.95, True),
        ({"from": "medium", "to": "high"}, 9.0, False),
        ({"to": "critical"}, 10.0, True),
        ({"to": 5}, 5.0, True),
        ({"to": 5}, 5.1, False),
        ("high", 10.0, True),
        (0, 0.0, True),
    ],
    ids=str,
)
def test_a_severity_has_a_lowest_and_a_highest_value(
    given: object, severity: float, *, matches: bool
) -> None:
    lowest, highest = severities(given)
    rule = Rule(Mode.AUTO, min_severity=lowest, max_severity=highest)
    assert (decided(rule, severity=severity) is Mode.AUTO) is matches


def test_the_region_is_the_resources_and_of_a_global_one_the_findings() -> None:
    rule = Rule(Mode.AUTO, regions=(REF.region,))
    assert decided(rule) is Mode.AUTO
    assert decided(replace(rule, regions=("us-west-2",))) is Mode.OFF
    user = UserRef(REF.account, GLOBAL, "kim")
    assert decided(rule, user, region=REF.region) is Mode.AUTO
    assert decided(replace(rule, regions=(GLOBAL,)), user, region=REF.region) is Mode.OFF


def test_a_source_is_matched_as_a_glob() -> None:
    assert decided(Rule(Mode.AUTO, sources=("aws.guard*",))) is Mode.AUTO
    assert decided(Rule(Mode.AUTO, sources=("aws.config", "aws.health"))) is Mode.OFF


@pytest.mark.parametrize(
    ("ref", "affects"),
    [
        (REF, "workload"),
        (RootRef(REF.account, GLOBAL, "root"), "human"),
        (
            RoleSessionRef(REF.account, GLOBAL, f"{SESSION}:kim@example.com", "AWSReservedSSO_Admin_1"),
            "human",
        ),
        (RoleSessionRef(REF.account, GLOBAL, f"{SESSION}:i-0123456789abcdef0", "web"), "workload"),
        (RoleSessionRef(REF.account, GLOBAL, f"{SESSION}:nightly", "batch"), ""),
        (UserRef(REF.account, GLOBAL, "kim"), ""),
        (AccessKeyRef(REF.account, GLOBAL, AccessKeyRef.example), ""),
    ],
    ids=lambda one: one if isinstance(one, str) else one.key,
)
def test_who_is_affected_is_known_from_the_kind_or_unknown(ref: Ref, affects: str) -> None:
    assert ref.affects == affects
    for asked in ("human", "workload"):
        expected = Mode.AUTO if affects == asked else Mode.OFF if affects else UNDECIDED
        assert decided(Rule(Mode.AUTO, affects=asked), ref) is expected


PRODUCTION = AccountFacts(
    REF.account, ("r-1", "ou-1234-abcdefgh", "Workloads/Production"), (("env", "prod"),)
)
KNOWN = Circumstances(NOON, (PRODUCTION,))


@pytest.mark.parametrize(
    ("rule", "matches"),
    [
        (Rule(Mode.AUTO, units=("ou-1234-abcdefgh",)), True),
        (Rule(Mode.AUTO, units=("Workloads/*",)), True),
        (Rule(Mode.AUTO, units=("Sandbox", "ou-9999-abcdefgh")), False),
        (Rule(Mode.AUTO, account_tags=(("env", "prod*"),)), True),
        (Rule(Mode.AUTO, account_tags=(("env", "dev"),)), False),
        (Rule(Mode.AUTO, account_tags=(("team", "*"),)), False),
        (Rule(Mode.AUTO, units=("Workloads/*",), account_tags=(("env", "dev"),)), False),
    ],
    ids=str,
)
def test_a_rule_can_be_for_an_organizational_unit_or_an_account_tag(rule: Rule, *, matches: bool) -> None:
    assert decided(rule, at=KNOWN) is (Mode.AUTO if matches else Mode.OFF)


def test_what_is_not_known_is_told_and_leads_to_no_change() -> None:
    policy = Policy((REF.account,), rules=(Rule(Mode.AUTO, units=("Sandbox",)),), default=Mode.AUTO)
    sandbox = replace(policy, default=Mode.NOTIFY)
    decision = decide(sandbox, "contain-instance", FINDING, REF, Circumstances(NOON))
    assert (decision.mode, decision.code) == (UNDECIDED, DecisionCode.UNDECIDED)
    assert f"the place of account {REF.account} in the organization is not known" in decision.reason
    assert decide(policy, "contain-instance", FINDING, REF, Circumstances(NOON)).mode is Mode.AUTO


def test_what_is_not_known_never_allows_more_than_the_policy_could() -> None:
    unknown = Rule(Mode.OFF, units=("Sandbox",))
    policy = Policy((REF.account,), rules=(unknown,), default=Mode.NOTIFY)
    assert decide(policy, "contain-instance", FINDING, REF, Circumstances(NOON)).mode is Mode.NOTIFY


WORK = Window("Europe/Berlin", (0, 1, 2, 3, 4), ((9 * 60, 17 * 60),), ("2026-12-25",))
NIGHT = Window("Europe/Berlin", (4,), ((22 * 60, 6 * 60),), ("2026-12-18",))


@pytest.mark.parametrize(
    ("window", "utc", "inside"),
    [
        (WORK, "2026-12-24T08:00", True),  # 09:00 on a Thursday
        (WORK, "2026-12-24T07:59", False),
        (WORK, "2026-12-24T15:59", True),
        (WORK, "2026-12-24T16:00", False),
        (WORK, "2026-12-25T10:00", False),  # a holiday
        (WORK, "2026-12-26T10:00", False),  # a Saturday
        (WORK, "2026-07-01T07:00", True),  # 09:00 in summer
        (NIGHT, "2026-12-11T21:00", True),  # Friday 22:00
        (NIGHT, "2026-12-12T04:59", True),  # the same night, on Saturday
        (NIGHT, "2026-12-12T05:00", False),
        (NIGHT, "2026-12-12T21:30", False),  # Saturday night
        (NIGHT, "2026-12-19T04:00", False),  # the night that began on a holiday
        (Window("UTC"), "2026-12-19T04:00", True),
    ],
    ids=str,
)
def test_a_time_window_is_open_by_its_own_clock(window: Window, utc: str, *, inside: bool) -> None:
    at = Circumstances(datetime.fromisoformat(utc).replace(tzinfo=UTC))
    assert (decided(Rule(Mode.AUTO, during=(window,)), at=at) is Mode.AUTO) is inside


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_an_unknown_time_zone_or_time_leads_to_no_change(zone: str) -> None:
    assert decided(Rule(Mode.AUTO, during=(Window(zone),))) is UNDECIDED
    assert decided(Rule(Mode.AUTO, during=(WORK,)), at=Circumstances()) is UNDECIDED


@given(at=st.datetimes(timezones=st.just(UTC)), zone=st.sampled_from(("UTC", "Asia/Kolkata", "Pacific/Apia")))
def test_every_moment_is_inside_or_outside_of_a_window(at: datetime, zone: str) -> None:
    rule = Rule(Mode.AUTO, during=(Window(zone, (0, 6), ((1, 1439), (1439, 1))),))
    assert decided(rule, at=Circumstances(at)) in {Mode.AUTO, Mode.OFF, UNDECIDED}
