"""The findings that the local AWS is sent are ones that Ringfence reads, whole and as they were meant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.local.estate import Ground, Server
from ringfence.local.findings import InstanceFinding
from ringfence.model.finding import Finding
from ringfence.model.kinds.instance import InstanceRef
from tests.support.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

REF = InstanceRef("444455556666", "eu-west-1", "i-0123456789abcdef0")
GROUND = Ground("vpc-1", ("subnet-1", "subnet-2"), ("sg-1", "sg-2"), "sg-3")
SERVER = Server(REF, "web", GROUND, ("eni-1", "eni-2"), ("vol-1",))


@pytest.fixture
def made() -> InstanceFinding:
    return InstanceFinding.about(SERVER)


def parsed(finding: InstanceFinding) -> Finding:
    """Read a finding as it comes from EventBridge, through the administrator's account."""
    read = parse({**delivered(finding.entry()), "account": "999900001111", "region": "eu-west-1"})
    assert isinstance(read, Finding)
    return read


def delivered(entry: Mapping[str, str]) -> dict[str, Any]:
    return {
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "detail": json.loads(entry["Detail"]),
    }


def test_a_finding_is_about_its_server_in_the_servers_account(made: InstanceFinding) -> None:
    read = parsed(made)
    assert read.subjects == (REF,)
    assert (read.account, read.region) == (REF.account, REF.region)
    assert (read.archived, read.sample, read.advice) == (False, False, "")


def test_a_finding_is_one_that_isolating_an_instance_answers(made: InstanceFinding) -> None:
    assert COMPROMISED_INSTANCE.matches(parsed(made))


def test_an_update_is_the_same_finding_seen_once_more_and_later(made: InstanceFinding) -> None:
    first, again = parsed(made), parsed(made.again())
    assert again.id == first.id
    assert again.count == first.count + 1
    assert again.updated_at > first.updated_at


def test_two_findings_about_one_server_are_two() -> None:
    assert InstanceFinding.about(SERVER).id != InstanceFinding.about(SERVER).id
