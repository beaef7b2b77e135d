"""Decisions are total and deterministic, protect what is protected, and are more cautious in doubt.

They hold for every policy, finding, resource and time. The catalogue and the kinds are the real ones.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.finding import Finding
from ringfence.model.kinds import kinds_of
from ringfence.model.runbook import Runbook
from ringfence.model.subject import GLOBAL, Ref
from ringfence.policy.circumstances import AccountFacts, Circumstances
from ringfence.policy.decision import Decision, Mode
from ringfence.policy.evaluation import UNDECIDED, decide
from ringfence.policy.look import Look
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.policy.protection import Exempt
from ringfence.policy.rules import Rule
from ringfence.policy.selection import portions
from ringfence.policy.windows import Window
from ringfence.runbooks.catalogue import CATALOGUE

HOME, OTHER = "111122223333", "444455556666"
REGIONS = ("eu-west-1", GLOBAL)
RUNBOOKS = tuple(CATALOGUE.values())
REFS = tuple(
    kind(account, region if kind.regional else GLOBAL, kind.example)
    for runbook in RUNBOOKS
    for kind in kinds_of(runbook.subject).values()
    for account in (HOME, OTHER)
    for region in REGIONS
)
TYPES = tuple(dict.fromkeys(name for one in RUNBOOKS for each in one.triggers for name in each.types))
IDS = tuple(dict.fromkeys(id_ for one in RUNBOOKS for id_ in one.ids))
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds have no zone

some = st.sampled_from
MODES, SEVERITIES = some(tuple(Mode)), st.floats(0, 10)
WINDOWS = st.builds(
    Window,
    some(("UTC", "Europe/Berlin", "Asia/Kolkata", "Nowhere/At-All")),
    st.lists(st.integers(0, 6), max_size=2).map(tuple),
    st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1440)), max_size=2).map(tuple),
    st.lists(some(("2026-12-25", "2030-01-01")), max_size=2).map(tuple),
)


def tuples(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(some(values), max_size=2).map(tuple)


RULES = st.builds(
    Rule,
    mode=MODES,
    runbook=some(("*", "contain-*", *CATALOGUE)),
    finding=some(("*", "Backdoor:*", "Config:*", *TYPES[:5])),
    min_severity=SEVERITIES,
    max_severity=SEVERITIES,
    accounts=tuples((HOME, OTHER)),
    remediations=tuples(IDS),
    regions=tuples(REGIONS),
    sources=tuples(("aws.guardduty", "aws.*", "ringfence")),
    affects=some(("", "human", "workload")),
    units=tuples(("ou-1", "Workloads/*")),
    account_tags=some(((), (("env", "prod"),))),
    during=st.lists(WINDOWS, max_size=1).map(tuple),
    look=some((None, None, None, Look(tags=(("env", "prod"),)))),
)
EXEMPT = st.builds(
    Exempt,
    subject=some(("*", "instance/*", f"*/{OTHER}/*", *(ref.key for ref in REFS[:8]))),
    reason=st.just("because"),
    runbook=some(("*", "contain-*")),
    remediations=tuples(IDS),
    owner=st.just("ops"),
    expires=some(("", "2026-01-01", "2060-01-01")),
)
PROTECTED = EXEMPT.map(lambda one: replace(one, runbook="*", remediations=(), protected=True))
SETTINGS = tuple(
    (
        one.id,
        RunbookSettings(
            one.chosen(()).ids,
            kept_dry=tuple(each.id for each in one.remediations if each.workload_risk),
            answers=tuple(one.answers_by_type().items()),
            together=tuple((each.id, each.held_together) for each in one.remediations if each.held_together),
        ),
    )
    for one in RUNBOOKS
)
POLICIES = st.builds(
    Policy,
    accounts=some(((HOME,), (HOME, OTHER))),
    regions=some(((), ("eu-west-1",))),
    rules=st.lists(RULES, max_size=4).map(tuple),
    default=MODES,
    act_on_samples=st.booleans(),
    act_on_archived=st.booleans(),
    runbooks=some(((), SETTINGS)),
    exempt=st.lists(EXEMPT | PROTECTED, max_size=3).map(tuple),
)
FACTS = st.builds(
    AccountFacts,
    some((HOME, OTHER)),
    tuples(("ou-1", "Workloads/Production")),
    some(((), (("env", "prod"),))),
)
AT = st.builds(Circumstances, st.none() | TIMES, st.none() | st.lists(FACTS, max_size=2).map(tuple))
FINDINGS = st.builds(
    Finding,
    source=some(("aws.guardduty", "aws.config", "ringfence")),
    id=st.just("f-1"),
    type=some(TYPES),
    severity=SEVERITIES,
    account=some((HOME, OTHER)),
    region=some(REGIONS),
    title=st.just("a title"),
    updated_at=TIMES,
    last_seen=TIMES,
    archived=st.booleans(),
    sample=st.booleans(),
    advice=some(("", "a person has to look")),
)
CASES = st.tuples(POLICIES, some(RUNBOOKS), FINDINGS, some(REFS), AT)
Case = tuple[Policy, Runbook, Finding, Ref, Circumstances]


def shares(case: Case) -> list[tuple[tuple[str, ...], Decision]]:
    policy, runbook, finding, ref, at = case
    return [(one.runbook.ids, one.decision) for one in portions(policy, runbook, finding, ref, at)]


@given(case=CASES)
def test_a_decision_is_made_for_everything_and_always_the_same(case: Case) -> None:
    found = shares(case)
    assert found
    assert found == shares(case)
    ids = [id_ for one, _ in found for id_ in one]
    assert len(ids) == len(set(ids))
    assert all(decision.reason for _, decision in found)


@given(case=CASES)
def test_nothing_that_is_protected_is_changed_or_asked_about(case: Case) -> None:
    policy, runbook, _, ref, at = case
    if policy.protection(runbook.id, ref, at.now):
        assert not any(decision.mode.observes for _, decision in shares(case))


@given(case=CASES)
def test_nothing_that_is_exempt_is_changed_or_asked_about(case: Case) -> None:
    policy, runbook, _, ref, at = case
    exempt = [one for one in policy.exemptions(runbook.id, ref, at.now) if one.speaks_of(runbook.id, ref)]
    for ids, decision in shares(case):
        left = {id_ for one in exempt for id_ in one.of(ids)}
        assert not (left & set(ids)) or not decision.mode.observes or not left & _answering(case)


def _answering(case: Case) -> set[str]:
    """Return the remediations that the finding selects. Others only accompany them."""
    policy, runbook, finding, _, _ = case
    answers = dict(dict(policy.runbooks).get(runbook.id, RunbookSettings()).answers)
    return {id_ for id_ in runbook.ids if not answers or finding.type in answers.get(id_, ())}


@given(case=CASES, more=PROTECTED)
def test_protecting_more_never_raises_a_mode(case: Case, more: Exempt) -> None:
    policy, runbook, finding, ref, at = case
    wider = replace(policy, exempt=(*policy.exempt, more))
    assert _highest((wider, runbook, finding, ref, at)) <= _highest(case)


@given(case=CASES)
def test_what_is_not_known_never_leads_to_more_than_a_question(case: Case) -> None:
    """Without the time and the organization, nothing is changed that could be kept with them."""
    policy, runbook, finding, ref, at = case
    unknown = decide(policy, runbook.id, finding, ref)
    known = decide(policy, runbook.id, finding, ref, at)
    if unknown.mode.freedom > known.mode.freedom:
        assert unknown.mode.freedom <= UNDECIDED.freedom


@given(case=CASES, look=RULES, place=st.integers(0, 4))
def test_a_rule_of_caution_never_changes_what_the_other_rules_decide(
    case: Case,
    look: Rule,
    place: int,
) -> None:
    """It is applied after the first read, and only towards caution."""
    policy, runbook, finding, ref, at = case
    careful = replace(look, look=Look(groups=("web",)), name="careful")
    rules = (*policy.rules[:place], careful, *policy.rules[place:])
    before = [(ids, one.mode) for ids, one in shares(case)]
    assert [
        (ids, one.mode) for ids, one in shares((replace(policy, rules=rules), runbook, finding, ref, at))
    ] == before


@given(case=CASES)
def test_what_belongs_together_never_runs_without_what_it_needs(case: Case) -> None:
    policy, runbook, *_ = case
    modes = {id_: decision.mode for ids, decision in shares(case) for id_ in ids}
    for leader, ids in dict(policy.runbooks).get(runbook.id, RunbookSettings()).together:
        for id_ in ids:
            if {leader, id_} <= modes.keys() and modes[leader] is not Mode.NOTIFY:
                assert modes[id_].freedom <= modes[leader].freedom


def _highest(case: Case) -> int:
    return max(decision.mode.freedom for _, decision in shares(case))
