"""Law: each trigger of the catalogue has a sample event, and each sample tells of the declared subject.

The shipped policies decide about each of them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ringfence.cli.samples import SOURCES
from ringfence.engine.explanation import Explainer, Status
from ringfence.engine.replay import read_findings
from ringfence.events.envelope import NotForUs
from ringfence.events.guardduty.trigger import DETAIL_TYPE
from ringfence.events.health import trigger as health
from ringfence.events.recorded import recorded_entries
from ringfence.local.samples.catalogue import samples_of, subjects_of
from ringfence.local.samples.fresh import about, fresh, marked
from ringfence.local.samples.relayed import relayed
from ringfence.model.reviews import ReviewTrigger
from ringfence.policy.file import load_policy
from ringfence.policy.lookup import items_of, mapping_of
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.delivery import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.local.samples.catalogue import Sample
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.trigger import Trigger

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(path.stem for path in (ROOT / "functions/ringfence/policy/shipped").glob("*.yaml"))
NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)
ACCOUNT, REGION = "444455556666", "ap-southeast-2"
SAMPLES = tuple(samples_of(CATALOGUE.values()))
EVERY = tuple(samples_of(CATALOGUE.values(), every_type=True))
EACH = pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.name)
TRIGGERS = [
    pytest.param(runbook, trigger, id=f"{runbook.id}-{trigger.id}-{number}")
    for runbook in CATALOGUE.values()
    for number, trigger in enumerate(runbook.triggers)
    if not isinstance(trigger, ReviewTrigger)
]


def findings_of(event: dict[str, object]) -> tuple[Finding, ...]:
    found = read_findings(event)
    assert not isinstance(found, NotForUs), found.reason
    return found


def new(sample: Sample) -> dict[str, object]:
    return fresh(sample.event, sample.name, NOW, ACCOUNT, REGION)


@pytest.mark.parametrize(("runbook", "trigger"), TRIGGERS)
def test_each_trigger_has_a_sample_that_is_delivered_and_tells_of_its_subject(
    runbook: Runbook, trigger: Trigger
) -> None:
    own = [one for one in SAMPLES if one.runbook == runbook.id and one.type in trigger.types]
    assert own
    kinds = subjects_of(runbook, trigger)
    for event in map(new, own):
        found = filter(trigger.matches, findings_of(event))
        assert any(isinstance(ref, kinds) for one in found for ref in one.subjects)
        assert Delivery(trigger).count(event) == 1


def test_an_arn_and_the_address_of_a_queue_have_the_form_of_aws() -> None:
    """A sample is in the form in which AWS publishes it, so that a kind that is added can read it."""
    shown = {
        (sample.type, name, text)
        for sample in EVERY
        for part in ("requestParameters", "responseElements")
        for name, text in texts(mapping_of(new(sample).get("detail")).get(part))
        if name.lower().endswith("arn") or name == "queueUrl"
    }
    assert {one for one in shown if not re.match(FORMS[one[1] == "queueUrl"], one[2])} == set()
    assert {name for _, name, _ in shown} >= {"topicArn", "subscriptionArn", "queueUrl", "eventSourceArn"}


FORMS = (
    r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:(?:[0-9]{12}|aws)?:.+",
    r"https://sqs\.[a-z0-9-]+\.amazonaws\.com/[0-9]{12}/.+",
)
"""The form of an ARN, and of the address of a queue."""


def texts(data: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of a document with the name of its field."""
    for key, value in mapping_of(data).items():
        yield from texts(value, key)
    for value in items_of(data):
        yield from texts(value, name)
    if isinstance(data, str):
        yield name, data


def test_every_type_of_every_trigger_has_a_sample() -> None:
    types = {
        (runbook.id, type_)
        for runbook in CATALOGUE.values()
        for trigger in runbook.triggers
        if not isinstance(trigger, ReviewTrigger)
        for type_ in trigger.types
    }
    assert {(one.runbook, one.type) for one in EVERY} == types
    assert len({one.name for one in EVERY}) == len(EVERY)


@pytest.mark.parametrize("name", ["policy.yaml", *SHIPPED])
def test_each_sample_is_decided_by_a_shipped_policy(name: str, tmp_path: Path) -> None:
    path = ROOT / name
    if name in SHIPPED:
        path = tmp_path / "policy.yaml"
        path.write_text(f"{{version: 1, scope: {{accounts: [home]}}, extends: {name}}}", encoding="utf-8")
    explainer = Explainer(load_policy(path, CATALOGUE), CATALOGUE, home=ACCOUNT)
    for sample in SAMPLES:
        found = explainer.of_event(new(sample))
        assert found.status is Status.HANDLED, (sample.name, found.reason)
        assert sample.runbook in {one.runbook for one in found.answers}, sample.name


@EACH
def test_a_new_sample_is_of_now_in_its_account_and_has_its_own_id(sample: Sample) -> None:
    before, after = findings_of(sample.event)[0], findings_of(new(sample))[0]
    assert after.account == ACCOUNT
    assert after.region in {REGION, "us-east-1"}
    assert 0 <= (NOW - after.updated_at).total_seconds() <= 3600
    assert after.id != before.id
    assert after.type == before.type


def test_each_finding_of_guardduty_and_health_has_another_id_each_time() -> None:
    """Ids of other findings follow from the call or the rule, the resource, and the time."""
    with_ids = (DETAIL_TYPE, health.DETAIL_TYPE)
    named = [one for one in SAMPLES if one.event["detail-type"] in with_ids]
    salted = ((one.event, f"{salt} {one.name}") for one in named for salt in (1, 2))
    ids = [findings_of(fresh(event, salt, NOW))[0].id for event, salt in salted]
    assert len(ids) == len(set(ids)) == 2 * len(named) > 0


@EACH
def test_a_sample_is_marked_only_if_that_is_wanted_and_only_by_guardduty(sample: Sample) -> None:
    assert not any(one.sample for one in findings_of(new(sample)))
    found = findings_of(marked(new(sample)))
    by_guardduty = sample.event["detail-type"] == DETAIL_TYPE
    assert {one.sample for one in found} == {by_guardduty}


def test_a_sample_can_be_about_another_resource() -> None:
    (one,) = samples_of([CATALOGUE["contain-instance"]], "Backdoor:EC2/C&CActivity.B")
    (finding,) = findings_of(about(new(one), one.subject.id, "i-0fffffffffffffff0"))
    assert [ref.id for ref in finding.subjects] == ["i-0fffffffffffffff0"]


@pytest.mark.parametrize("source", SOURCES)
def test_each_event_that_comes_in_another_way_is_of_now_and_answered(source: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        "{version: 1, scope: {accounts: [home]}, extends: balanced, "
        "senders: [{account: home, subjects: ['instance/*'], mode: dry-run}], "
        "mappings: [{product: office-ids, runbook: contain-instance}]}",
        encoding="utf-8",
    )
    explainer = Explainer(load_policy(path, CATALOGUE), CATALOGUE, home=ACCOUNT)
    found = list(relayed(source, NOW))
    assert len({one.name for one in found}) == len(found) > 1
    for sample in found:
        (entry,) = recorded_entries(new(sample))
        assert entry.error is None
        assert not isinstance(entry.event, NotForUs)
        told = explainer.of_event(entry.event)
        assert told.status is Status.HANDLED, (sample.name, told.reason)
        assert told.finding
        assert (told.finding.account, told.finding.region) == (ACCOUNT, REGION)
