"""What is read from a change of an instance's state."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ringfence.events.envelope import NotForUs
from ringfence.local.samples.guardduty import ACCOUNT, INSTANCE, REGION, changed
from ringfence.local.samples.states import state_change
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.kinds.instance import InstanceRef
from tests.support.parsing import parse


def found(event: object) -> Finding:
    finding = parse(event)
    assert isinstance(finding, Finding), finding
    return finding


def test_a_change_is_read_whole() -> None:
    finding = found(state_change())
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert (finding.source, finding.type, finding.severity) == ("aws.ec2", "EC2:running", 1.0)
    assert (finding.account, finding.region, finding.title) == (ACCOUNT, REGION, f"{INSTANCE} is running")
    assert (finding.updated_at, finding.last_seen) == (at, at)
    assert finding.subjects == (InstanceRef(ACCOUNT, REGION, INSTANCE),)
    assert finding.routine, "nobody says that anything is wrong"


def test_an_instance_that_starts_again_is_another_finding_and_a_copy_is_not() -> None:
    again = state_change(at="2026-03-01T13:00:00Z")
    assert found(again).id != found(state_change()).id
    assert found({**state_change(), "id": "another"}).id == found(state_change()).id


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (state_change("rebooting\x1b"), r"\x1b"),
        (changed(state_change(), "detail-type", "EBS Volume Notification"), "EBS Volume"),
    ],
)
def test_what_is_not_for_us_says_why(event: object, said: str) -> None:
    verdict = parse(event)
    assert isinstance(verdict, NotForUs)
    assert said in verdict.reason


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("detail.instance-id", None),
        ("detail.instance-id", "i-1"),
        ("detail.state", 7),
        ("account", "12"),
        ("region", None),
        ("time", "yesterday"),
        ("detail", []),
    ],
)
def test_what_is_there_and_wrong_is_named(path: str, value: object) -> None:
    with pytest.raises(BadInput) as caught:
        parse(changed(state_change(), path, value))
    assert caught.value.field == path
