from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.guardduty.trigger import instance_types as guardduty_types
from ringfence.events.guardduty.trigger.credential_types import CREDENTIAL_TYPES
from ringfence.events.guardduty.trigger.instance_types import TYPES, Shape
from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE, notify_only_reason
from ringfence.events.guardduty.trigger.reported import REPORTED_TYPES
from ringfence.events.patterns import PATTERN_LIMIT
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples import guardduty_callers as callers
from ringfence.local.samples import guardduty_types as typed
from ringfence.model.finding import Finding
from tests.support.delivery import Delivery
from tests.support.parsing import parse
from tests.support.samples.shared import shared_events, shared_file

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger

RULES = Delivery(COMPROMISED_INSTANCE)
BY_ROLE = sorted(name for name, kind in TYPES.items() if kind.target)
BY_DIRECTION = sorted(name for name, kind in TYPES.items() if kind.contact)
COMPROMISES = sorted(name for name, kind in TYPES.items() if not kind.target and not kind.contact)


def test_the_trigger_is_a_trigger() -> None:
    trigger: Trigger = COMPROMISED_INSTANCE
    assert trigger.id == "guardduty-compromised-instance"
    assert hash(trigger)


def test_each_pattern_is_valid_and_within_the_limit() -> None:
    assert not RULES.errors()
    assert all(len(pattern) < PATTERN_LIMIT for pattern in RULES.patterns)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_type_is_delivered_exactly_once_and_answered(name: str) -> None:
    event = typed.of_type(name)
    assert RULES.count(event) == 1
    assert RULES.answered(event) is True


@pytest.mark.parametrize("resource_type", ["Instance", "EKSCluster", "ECSCluster", "Container"])
def test_a_workload_is_delivered_where_the_finding_names_its_host(resource_type: str) -> None:
    event = samples.workload_finding(resource_type=resource_type)
    assert RULES.count(event) == 1
    assert RULES.answered(event) is True


@pytest.mark.parametrize("resource_type", ["EKSCluster", "ECSCluster", "Container"])
@pytest.mark.parametrize("host", [None, ""])
def test_a_container_without_a_host_is_neither_delivered_nor_answered(
    resource_type: str, host: str | None
) -> None:
    event = samples.workload_finding(resource_type=resource_type, host=host)
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


@pytest.mark.parametrize(
    "event",
    [
        samples.instance_finding("Trojan:EC2/SomethingNew"),
        samples.workload_finding("Execution:Runtime/SomethingNew"),
        samples.instance_finding("Execution:EC2/MaliciousFile!Snapshot"),
        callers.credentials_finding("Recon:IAMUser/MaliciousIPCaller.Custom"),
        samples.changed(samples.instance_finding(), "source", "aws.securityhub"),
        samples.changed(samples.instance_finding(), "detail-type", "GuardDuty Finding (old)"),
    ],
)
def test_what_is_not_for_us_is_neither_delivered_nor_answered(event: dict[str, Any]) -> None:
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


def test_an_instance_finding_that_names_no_instance_is_delivered_for_somebody_to_see() -> None:
    """It is bad input, ends in the dead-letter queue and raises an alarm, and does not vanish."""
    event = samples.without(samples.instance_finding(), "detail.resource.instanceDetails")
    assert RULES.count(event) == 1
    assert RULES.answered(event) is None


@given(
    name=st.sampled_from(
        [*sorted(TYPES), *sorted(REPORTED_TYPES), "Trojan:EC2/New", "Recon:IAMUser/UserPermissions"]
    ),
    resource_type=st.sampled_from(
        ["Instance", "EKSCluster", "ECSCluster", "Container", "AccessKey", "Robot", None]
    ),
    host=st.sampled_from([samples.INSTANCE, "i-99999999", "web", "", None, 7]),
    source=st.sampled_from(["aws.guardduty", "aws.ec2"]),
)
def test_patterns_and_code_agree(name: str, resource_type: object, host: object, source: str) -> None:
    """What the code answers is delivered, once; what is delivered is answered or bad input."""
    event = samples.instance_finding(name)
    event["source"] = source
    event["detail"]["resource"] = {"resourceType": resource_type, "instanceDetails": {"instanceId": host}}
    assert RULES.agrees(event)


@pytest.mark.parametrize("instance", [samples.INSTANCE, None, "", "web"])
def test_an_instance_whose_credentials_were_taken_is_answered_where_it_is_named(instance: str | None) -> None:
    event = callers.stolen_finding(instance=instance)
    assert RULES.count(event) == int(instance == samples.INSTANCE)
    assert RULES.answered(event) is (instance == samples.INSTANCE)


def test_patterns_and_code_agree_on_the_shared_corpus() -> None:
    events = shared_events()
    assert not [name for name, event in events.items() if not RULES.agrees(event)]
    assert sum(RULES.count(event) for event in events.values()) > 0


@pytest.mark.parametrize("name", COMPROMISES)
@pytest.mark.parametrize("role", ["TARGET", "ACTOR", None])
@pytest.mark.parametrize("direction", ["INBOUND", "OUTBOUND", ""])
def test_a_type_that_is_a_compromise_is_one_whatever_the_role(
    name: str, role: str | None, direction: str
) -> None:
    assert notify_only_reason(name, role, direction, blocked=True) == ""


@pytest.mark.parametrize("name", BY_ROLE)
def test_an_attack_is_a_compromise_of_its_actor_only(name: str) -> None:
    assert notify_only_reason(name, "ACTOR") == ""
    assert "TARGET" in notify_only_reason(name, "TARGET")
    assert "missing" in notify_only_reason(name, None)
    assert "neither" in notify_only_reason(name, "actor")


def test_the_types_that_depend_on_the_role_are_attacks_that_have_two_sides() -> None:
    assert BY_ROLE == [
        "Impact:EC2/PortSweep",
        "Impact:EC2/WinRMBruteForce",
        "Recon:EC2/PortProbeEMRUnprotectedPort",
        "Recon:EC2/PortProbeUnprotectedPort",
        "Recon:EC2/Portscan",
        "UnauthorizedAccess:EC2/RDPBruteForce",
        "UnauthorizedAccess:EC2/SSHBruteForce",
        "UnauthorizedAccess:EC2/TorIPCaller",
    ]


CONNECTIONS = [
    ("OUTBOUND", False, ""),
    ("INBOUND", False, "INBOUND"),
    ("OUTBOUND", True, "blocked"),
    ("OUTBOUND", "true", "blocked"),
    ("INBOUND", True, "blocked"),
    ("UNKNOWN", False, "UNKNOWN"),
    ("\x1b[2J", False, "missing"),
    (None, False, "missing"),
    (7, False, "missing"),
]


@pytest.mark.parametrize("name", BY_DIRECTION)
@pytest.mark.parametrize(("direction", "blocked", "said"), CONNECTIONS)
def test_a_contact_is_a_compromise_only_if_the_instance_began_it(
    name: str, direction: object, blocked: object, said: str
) -> None:
    action = samples.connection()
    action["networkConnectionAction"] |= {"connectionDirection": direction, "blocked": blocked}
    advice = advice_of(samples.instance_finding(name, role="TARGET", action=action))
    assert advice == "" if not said else said in advice


@pytest.mark.parametrize("name", BY_ROLE)
@pytest.mark.parametrize(("direction", "blocked", "said"), CONNECTIONS[:5])
def test_an_attack_from_outside_or_one_that_was_blocked_isolates_nothing(
    name: str, direction: str, blocked: object, said: str
) -> None:
    action = samples.connection()
    action["networkConnectionAction"] |= {"connectionDirection": direction, "blocked": blocked}
    advice = advice_of(samples.instance_finding(name, role="ACTOR", action=action))
    assert advice == "" if not said else said in advice


def test_a_port_probe_that_was_blocked_isolates_nothing() -> None:
    action = {"actionType": "PORT_PROBE", "portProbeAction": {"blocked": True, "portProbeDetails": []}}
    event = samples.instance_finding("Recon:EC2/PortProbeUnprotectedPort", role="ACTOR", action=action)
    assert "blocked" in advice_of(event)


def advice_of(event: dict[str, Any]) -> str:
    finding = parse(event)
    assert isinstance(finding, Finding)
    return finding.advice


def test_the_types_that_depend_on_the_direction_are_contacts_that_anybody_can_begin() -> None:
    assert BY_DIRECTION == [
        "Behavior:EC2/NetworkPortUnusual",
        "Behavior:EC2/TrafficVolumeUnusual",
        "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom",
    ]


def test_no_type_stands_in_two_tables() -> None:
    tables = (
        guardduty_types._COMPROMISED_INSTANCE,
        tuple(guardduty_types._BY_ROLE),
        guardduty_types._COMPROMISED_WORKLOAD,
        guardduty_types._COMPROMISED_GROUP,
        guardduty_types._ROBBED_INSTANCE,
        tuple(guardduty_types._BY_DIRECTION),
        tuple(REPORTED_TYPES),
    )
    assert not [name for name, count in Counter(sum(tables, ())).items() if count > 1]


def family(name: str) -> str:
    """Return what a type is about: `EC2` of `Backdoor:EC2/Spambot`."""
    return name.partition(":")[2].partition("/")[0]


def published_types() -> list[dict[str, Any]]:
    types: list[dict[str, Any]] = json.loads(shared_file("data/guardduty_types.json").read_text("utf-8"))[
        "types"
    ]
    return types


def test_every_published_type_about_an_instance_is_reviewed() -> None:
    names = {
        one["type"]
        for one in published_types()
        if family(one["type"]) in {"EC2", "Runtime", "ECS", "EKS"}
        or "Instance" in one["finding_resource_type"]
        or one.get("data_source_or_feature") == "EBS Malware Protection"
    }
    assert len(names) > 90
    assert names <= TYPES.keys() | REPORTED_TYPES.keys()
    robbed = {name for name, kind in TYPES.items() if kind.shape is Shape.STOLEN}
    assert TYPES.keys() - robbed <= names
    assert robbed <= CREDENTIAL_TYPES.keys()


def test_every_workload_and_theft_needs_an_instance_to_be_named() -> None:
    needy = {name for name, kind in TYPES.items() if kind.shape in {Shape.WORKLOAD, Shape.STOLEN}}
    patterns = [json.loads(pattern)["detail"] for pattern in RULES.patterns]
    assert {name for pattern in patterns if "resource" in pattern for name in pattern["type"]} == needy
