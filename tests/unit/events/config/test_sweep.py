"""What a sweep reads at AWS Config, and the events that it makes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from ringfence.events.config.sweep import MOST_NAMES, RESULTS, UNASKED, answered, page, sweep
from ringfence.events.dispatch import findings
from ringfence.model.place import Place
from ringfence.model.sweep import Page, Window
from tests.support.fakes.sources import Sources, result
from tests.support.talks import refusal, talk

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = Place("111122223333", "eu-west-1")
WHERE = (PLACE.account, PLACE.region)
HOUR = Window(NOW - timedelta(hours=1), NOW)
TYPES = frozenset({"Config:restricted-ssh", "Config:vpc-default-security-group-closed"})
IS_ANSWERED = answered(TYPES, {"our-ssh-rule": "restricted-ssh"})


def pages(sources: Sources) -> list[Page]:
    """Read every page."""
    found: list[Page] = []
    token = ""
    while not found or token:
        found.append(sources.asked(*WHERE, sweep(IS_ANSWERED).page(PLACE, RESULTS, HOUR, token)))
        token = found[-1].token
    return found


def subjects(found: list[Page]) -> list[str]:
    """Return the resources of the events, as the parser names them."""
    told = [findings(dict(event)) for one in found for event in one.events]
    return [one.subjects[0].id for each in told if isinstance(each, tuple) for one in each]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("restricted-ssh", True),
        ("securityhub-restricted-ssh-0a1b2c3d", True),
        ("our-ssh-rule", True),
        ("nacl-no-unrestricted-ssh-rdp", False),
        ("made-up", False),
    ],
)
def test_only_rules_that_a_runbook_answers_are_read(rule: str, expected: bool) -> None:  # noqa: FBT001 - a parameter
    sources = Sources(rules={"our-ssh-rule": ("AWS", "INCOMING_SSH_DISABLED")})
    sources.results[WHERE] = [result("sg-0123456789abcdef0", NOW, rule)]
    assert bool(subjects(pages(sources))) is expected
    assert sources.calls[(*WHERE, "GetComplianceDetailsByConfigRule")] == expected


FALSE = [
    ("CUSTOM_LAMBDA", "arn:aws:lambda:eu-west-1:111122223333:function:of-an-intruder"),
    ("CUSTOM_POLICY", "INCOMING_SSH_DISABLED"),
    ("AWS", "S3_BUCKET_VERSIONING_ENABLED"),
]
"""Sources of rules that are not the managed rule whose name they have."""


def named(number: int) -> str:
    """Return a name that Security Hub gives to a managed rule."""
    return f"securityhub-restricted-ssh-{number:08x}"


@pytest.mark.parametrize("source", FALSE)
def test_of_a_rule_that_only_has_the_name_of_a_managed_rule_one_page_is_read(source: tuple[str, str]) -> None:
    sources = Sources(rules={"restricted-ssh": source}, page=2)
    false = [result(f"sg-{number:017x}", NOW) for number in range(5)]
    sources.results[WHERE] = [*false, result("sg-0123456789abcdef1", NOW, named(0))]
    assert subjects(pages(sources)) == ["sg-0123456789abcdef1"]
    assert sources.calls[(*WHERE, "GetComplianceDetailsByConfigRule")] == 2


@pytest.mark.parametrize("source", FALSE)
def test_many_rules_that_only_have_the_name_of_a_managed_rule_use_up_few_pages(
    source: tuple[str, str],
) -> None:
    names = [named(number) for number in range(10 * UNASKED)]
    sources = Sources(rules=dict.fromkeys(names, source), page=100)
    false = [result(f"sg-{number:017x}", NOW, name) for number, name in enumerate(names)]
    sources.results[WHERE] = [*false, result("sg-0123456789abcdef1", NOW)]
    assert subjects(pages(sources))[-1] == "sg-0123456789abcdef1"
    assert sources.calls[(*WHERE, "GetComplianceDetailsByConfigRule")] <= UNASKED + 1


def test_a_few_rules_with_a_page_of_results_each_are_not_described() -> None:
    sources = Sources()
    names = [named(number) for number in range(UNASKED)]
    sources.results[WHERE] = [result("sg-0123456789abcdef0", NOW, name) for name in names]
    assert len(subjects(pages(sources))) == UNASKED
    assert sources.calls[(*WHERE, "DescribeConfigRules")] == 0


def test_a_rule_is_described_once_however_many_pages_it_has() -> None:
    sources = Sources(page=2)
    sources.results[WHERE] = [result(f"sg-{number:017x}", NOW) for number in range(9)]
    assert len(subjects(pages(sources))) == 9
    assert sources.calls[(*WHERE, "DescribeConfigRules")] == 1


def test_rules_are_described_in_as_many_calls_as_their_number_needs() -> None:
    names = [f"OrgConfigRule-restricted-ssh-{number:08x}" for number in range(MOST_NAMES + 1)]
    listed = {"ComplianceByConfigRules": [{"ConfigRuleName": name} for name in names]}
    source = {"Owner": "AWS", "SourceIdentifier": "INCOMING_SSH_DISABLED"}
    described = {"ConfigRules": [{"ConfigRuleName": name, "Source": source} for name in names[:MOST_NAMES]]}
    asked, found = talk(
        page(IS_ANSWERED, PLACE, RESULTS, HOUR, ""),
        (listed,),
        (described, refusal("NoSuchConfigRuleException")),
    )
    described_names = [call.parameters["ConfigRuleNames"] for call in asked[1]]
    assert described_names == [names[:MOST_NAMES], names[MOST_NAMES:]]
    assert json.loads(found.token)["rules"] == names  # each rule of a call that was refused is read by itself


def test_a_result_that_was_recorded_before_the_window_is_left_out() -> None:
    sources = Sources()
    old, new = (result(f"sg-{name:0>17}", at) for name, at in (("a", HOUR.since - timedelta(1)), ("b", NOW)))
    sources.results[WHERE] = [old, new]
    assert subjects(pages(sources)) == [f"sg-{'b':0>17}"]


def test_an_event_has_the_id_that_it_would_have_had() -> None:
    sources = Sources()
    sources.results[WHERE] = [result("sg-0123456789abcdef0", NOW)]
    (event,) = (event for one in pages(sources) for event in one.events)
    told = findings(dict(event))
    assert isinstance(told, tuple)
    (one,) = told
    assert one.id == "111122223333/eu-west-1/restricted-ssh/security-group/sg-0123456789abcdef0"
    assert (one.updated_at, one.account, one.region) == (NOW, *WHERE)


def test_every_page_of_every_rule_is_read() -> None:
    sources = Sources(page=2)
    rules = ("restricted-ssh", "vpc-default-security-group-closed", "unknown-1", "unknown-2")
    sources.results[WHERE] = [result(f"sg-{number:017x}", NOW, rule) for rule in rules for number in range(5)]
    assert len(subjects(pages(sources))) == 10


def test_a_rule_that_was_deleted_meanwhile_does_not_keep_the_others_from_being_read() -> None:
    rules = ["restricted-ssh", "our-ssh-rule"]
    token = json.dumps({"rules": rules, "listed": "", "details": "", "unasked": rules, "begun": 2})
    _, found = talk(page(IS_ANSWERED, PLACE, RESULTS, HOUR, token), (refusal("NoSuchConfigRuleException"),))
    assert found.events == ()
    assert '"our-ssh-rule"' in found.token
    assert '"restricted-ssh"' not in found.token


def test_a_region_that_is_not_enabled_has_nothing_to_read() -> None:
    _, found = talk(page(IS_ANSWERED, PLACE, RESULTS, HOUR, ""), (refusal("OptInRequired"),))
    assert found == Page()
