"""What is read from an event of AWS Health."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ringfence.events.envelope import NotForUs
from ringfence.local.samples.guardduty import ACCOUNT, KEY, SESSION_KEY, changed, without
from ringfence.local.samples.health import ARN, health_event
from ringfence.model import principals
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.incident import Incident
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.other_principal import OtherPrincipalRef
from ringfence.model.subject import GLOBAL
from tests.support.parsing import parse
from tests.support.samples.shared import shared_file

EXPOSED = AccessKeyRef(ACCOUNT, GLOBAL, KEY)


def found(event: object) -> Finding:
    finding = parse(event)
    assert isinstance(finding, Finding), finding
    return finding


def test_an_exposure_is_read_whole() -> None:
    finding = found(health_event())
    at = datetime(2026, 3, 1, 12, 0, 9, tzinfo=UTC)
    assert (finding.source, finding.id, finding.type) == ("aws.health", ARN, "AWS_RISK_CREDENTIALS_EXPOSED")
    assert (finding.severity, finding.account, finding.region) == (8.0, ACCOUNT, "us-east-1")
    assert (finding.updated_at, finding.last_seen) == (at, at)
    assert finding.first_seen == datetime(2026, 3, 1, 11, 58, 9, tzinfo=UTC)
    assert (finding.subjects, finding.advices, finding.sample) == ((EXPOSED,), (), False)
    assert len(finding.digest) == 64


def test_the_account_is_the_affected_one_and_else_the_envelopes() -> None:
    """A delegated administrator receives the events of the whole organization."""
    assert found(health_event()).account == ACCOUNT != health_event()["account"]
    assert found(health_event(account=None)).account == ACCOUNT


def test_each_key_is_named_once() -> None:
    other = "AKIA4MADEUPBYUS00099"
    assert [ref.id for ref in found(health_event(KEY, other, KEY)).subjects] == [KEY, other]


def test_a_copy_from_the_backup_region_is_the_same_finding() -> None:
    first, copy = found(health_event()), found(health_event(region="us-west-2"))
    assert (first.id, first.updated_at, first.subjects) == (copy.id, copy.updated_at, copy.subjects)


@pytest.mark.parametrize(
    ("entity", "id_", "told"),
    [
        (SESSION_KEY, f"unknown:{SESSION_KEY}", principals.UNKNOWN),
        ("deploy-bot", "unknown:deploy-bot", principals.ODD_KEY),
        ("", "unknown:unknown", principals.UNKNOWN),
    ],
)
def test_what_is_no_long_term_key_is_told_to_a_person(entity: str, id_: str, told: str) -> None:
    finding = found(health_event(KEY, entity))
    assert finding.subjects == (EXPOSED, OtherPrincipalRef(ACCOUNT, GLOBAL, id_))
    assert [finding.notify_only_reason_for(ref) for ref in finding.subjects] == ["", told]


def test_an_event_without_entities_is_told_to_a_person() -> None:
    finding = found(without(health_event(), "detail.affectedEntities"))
    assert finding.notify_only_reason_for(finding.subjects[0]) == principals.UNKNOWN


def test_a_closed_event_counts_as_archived() -> None:
    assert not found(health_event()).archived
    assert found(changed(health_event(), "detail.statusCode", "closed")).archived


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("Sat, 05 Jun 2016 15:10:09 GMT", datetime(2016, 6, 5, 15, 10, 9, tzinfo=UTC)),  # it was a Sunday
        ("Thu, 1 Nov 2018 22:00:00 GMT", datetime(2018, 11, 1, 22, 0, tzinfo=UTC)),
        ("2026-03-01T12:00:09Z", datetime(2026, 3, 1, 12, 0, 9, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_health_writes_them(given: str, read: datetime) -> None:
    assert found(changed(health_event(), "detail.lastUpdatedTime", given)).updated_at == read


def test_an_event_without_an_update_counts_from_its_start_and_else_from_its_delivery() -> None:
    started = without(health_event(), "detail.lastUpdatedTime")
    assert found(started).updated_at == datetime(2026, 3, 1, 11, 58, 9, tzinfo=UTC)
    bare = found(without(started, "detail.startTime"))
    assert (bare.updated_at.isoformat(), bare.first_seen) == ("2026-03-01T12:00:20+00:00", None)


@pytest.mark.parametrize(
    ("start", "since"),
    [
        ("Sun, 01 Mar 2026 11:58:09 GMT", datetime(2026, 3, 1, 11, 58, 9, tzinfo=UTC)),
        ("Sun, 01 Mar 2026 12:30:00 GMT", datetime(2026, 3, 1, 12, 0, 9, tzinfo=UTC)),
        ("Sat, 01 Mar 2099 00:00:00 GMT", datetime(2026, 3, 1, 12, 0, 9, tzinfo=UTC)),
    ],
    ids=["before the update", "after the update", "in the future"],
)
def test_what_happened_since_the_start_may_be_the_intruders(start: str, since: datetime) -> None:
    """A start that lies after the opening leaves nothing out."""
    finding = found(changed(health_event(), "detail.startTime", start))
    assert Incident("inc-1", finding.updated_at).with_findings((finding,)).first_seen == since


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("detail.eventArn", "arn:aws:health:us-east-1::event/a b"),
        ("detail.eventArn", "x" * 500),
        ("detail.eventArn", None),
        ("detail.eventTypeCode", None),
        ("detail.affectedAccount", "12"),
        ("detail.affectedEntities", "AKIA4MADEUPBYUS00001"),
        ("detail", []),
    ],
)
def test_what_is_there_and_wrong_is_named(path: str, value: object) -> None:
    with pytest.raises(BadInput) as caught:
        parse(changed(health_event(), path, value))
    assert caught.value.field == path


@pytest.mark.parametrize("entity", ["AKIA4MADEUPBYUS00001", {"entityValue": 7}])
def test_an_entity_that_is_none_is_named(entity: object) -> None:
    with pytest.raises(BadInput, match=r"detail\.affectedEntities\[0\]"):
        parse(changed(health_event(), "detail.affectedEntities", [entity]))


def test_other_events_of_health_are_not_for_us() -> None:
    event = changed(health_event(code="AWS_EC2_OPERATIONAL_ISSUE"), "detail.service", "EC2")
    verdict = parse(event)
    assert isinstance(verdict, NotForUs)
    assert "AWS_EC2_OPERATIONAL_ISSUE" in verdict.reason


def test_the_example_that_aws_published_is_read() -> None:
    """Its entity is a placeholder, so a person is told."""
    name = "events/events/hlt-004-AWS-RISK-CREDENTIALS-EXPOSED.json"
    import json

    finding = found(json.loads(shared_file(name).read_text("utf-8")))
    assert finding.updated_at == datetime(2016, 6, 5, 15, 10, 9, tzinfo=UTC)
    assert finding.notify_only_reason_for(finding.subjects[0]) == principals.ODD_KEY
