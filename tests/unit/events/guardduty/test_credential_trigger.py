"""Which GuardDuty findings about credentials are answered, and that the patterns agree."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.guardduty.trigger import credential_types as types
from ringfence.events.guardduty.trigger.buckets import BUCKET_TYPES
from ringfence.events.guardduty.trigger.credential_types import CREDENTIAL_TYPES, Actor
from ringfence.events.guardduty.trigger.credentials import COMPROMISED_CREDENTIALS
from ringfence.events.guardduty.trigger.instance_types import TYPES, Shape
from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.events.guardduty.trigger.reported import REPORTED_TYPES
from ringfence.events.patterns import PATTERN_LIMIT
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples import guardduty_callers as callers
from ringfence.local.samples import guardduty_types as typed
from tests.support.delivery import Delivery
from tests.support.samples.shared import shared_events, shared_file

if TYPE_CHECKING:
    from ringfence.model.trigger import Trigger

RULES = Delivery(COMPROMISED_CREDENTIALS)
INSTANCES = Delivery(COMPROMISED_INSTANCE)
CALLERS = sorted(name for name, kind in CREDENTIAL_TYPES.items() if kind.actor is Actor.CALLER)
THEFTS = sorted(name for name, kind in TYPES.items() if kind.shape is Shape.STOLEN)


def published(*families: str) -> set[str]:
    types_ = json.loads(shared_file("data/guardduty_types.json").read_text("utf-8"))["types"]
    return {one["type"] for one in types_ if one["type"].partition(":")[2].partition("/")[0] in families}


def test_the_trigger_is_a_trigger() -> None:
    trigger: Trigger = COMPROMISED_CREDENTIALS
    assert trigger.id == "guardduty-compromised-credentials"
    assert hash(trigger)


def test_each_pattern_is_valid_and_within_the_limit() -> None:
    assert not RULES.errors()
    assert all(len(pattern) < PATTERN_LIMIT for pattern in RULES.patterns)


@pytest.mark.parametrize("name", sorted(CREDENTIAL_TYPES))
def test_every_type_is_delivered_exactly_once_and_answered(name: str) -> None:
    event = typed.of_type(name)
    assert RULES.count(event) == 1
    assert RULES.answered(event) is True


@pytest.mark.parametrize("name", sorted(CREDENTIAL_TYPES.keys() - TYPES.keys()))
def test_what_speaks_of_credentials_alone_isolates_no_instance(name: str) -> None:
    event = samples.changed(
        typed.of_type(name), "detail.resource.instanceDetails", samples.instance_details()
    )
    assert INSTANCES.count(event) == 0
    assert INSTANCES.answered(event) is False


@pytest.mark.parametrize("name", THEFTS)
def test_stolen_credentials_of_an_instance_call_for_two_responses(name: str) -> None:
    event = callers.stolen_finding(name)
    assert (RULES.count(event), INSTANCES.count(event)) == (1, 1)
    assert RULES.answered(event) is INSTANCES.answered(event) is True


@pytest.mark.parametrize("name", CALLERS)
@pytest.mark.parametrize("key", [None, "", "system:anonymous", 7])
def test_a_finding_about_a_bucket_or_a_cluster_is_answered_where_an_access_key_made_the_calls(
    name: str, key: object
) -> None:
    event = typed.of_type(name)
    event["detail"]["resource"]["accessKeyDetails"]["accessKeyId"] = key
    assert RULES.count(event) == 0
    assert RULES.answered(event) is (None if key == 7 else False)


@pytest.mark.parametrize("name", sorted(REPORTED_TYPES))
def test_what_does_not_show_whose_credentials_is_neither_delivered_nor_answered(name: str) -> None:
    event = callers.bucket_finding(name)
    assert RULES.count(event) == 0
    assert RULES.answered(event) is False


@given(
    name=st.sampled_from([*sorted(CREDENTIAL_TYPES), *sorted(REPORTED_TYPES), "Impact:IAMUser/New"]),
    key=st.sampled_from(
        [samples.KEY, samples.SESSION_KEY, "AKIA", "GeneratedFindingAccessKeyId", "", None, 7]
    ),
    instance=st.sampled_from([samples.INSTANCE, "i-99999999", "web", "i-web", "", None, 7]),
    resource_type=st.sampled_from(["AccessKey", "S3Bucket", "EKSCluster", "Instance", None]),
    source=st.sampled_from(["aws.guardduty", "aws.ec2"]),
)
def test_patterns_and_code_agree(
    name: str, key: object, instance: object, resource_type: object, source: str
) -> None:
    event = typed.of_type(name) if name in CREDENTIAL_TYPES else callers.credentials_finding(name)
    event["source"] = source
    event["detail"]["resource"]["resourceType"] = resource_type
    event["detail"]["resource"]["instanceDetails"] = {"instanceId": instance}
    event["detail"]["resource"]["accessKeyDetails"] = {**samples.OF_A_USER, "accessKeyId": key}
    assert RULES.agrees(event)
    assert INSTANCES.agrees(event)


def test_patterns_and_code_agree_on_the_shared_corpus() -> None:
    events: dict[str, Any] = shared_events()
    assert not [name for name, event in events.items() if not RULES.agrees(event)]
    assert sum(RULES.count(event) for event in events.values()) > 5


def test_every_published_type_about_credentials_is_reviewed() -> None:
    names = published("IAMUser", "IAM")
    assert len(names) > 40
    assert names <= CREDENTIAL_TYPES.keys()


def test_every_published_type_about_buckets_and_clusters_is_reviewed() -> None:
    names = published("S3", "Kubernetes")
    assert len(names) > 60
    assert names <= CREDENTIAL_TYPES.keys() | REPORTED_TYPES.keys() | TYPES.keys() | BUCKET_TYPES


def test_every_reviewed_type_is_published() -> None:
    families = ("IAMUser", "IAM", "S3", "Kubernetes", "EC2", "ECS", "EKS")
    assert CREDENTIAL_TYPES.keys() <= published(*families)


def test_no_type_stands_in_two_tables() -> None:
    tables = (
        types._IN_THE_WRONG_HANDS,
        tuple(types._FOR_A_PERSON),
        types._CALLED_BY_AN_INTRUDER,
        types._SEQUENCES,
        types._CLUSTERS,
        tuple(REPORTED_TYPES),
    )
    assert not [name for name, count in Counter(sum(tables, ())).items() if count > 1]


def test_only_a_type_for_a_person_has_advice() -> None:
    advised = {name for name, kind in CREDENTIAL_TYPES.items() if kind.notify_only_reason}
    assert advised == types._FOR_A_PERSON.keys()
    assert all("person" in CREDENTIAL_TYPES[name].notify_only_reason for name in advised)
    assert {name for name in CREDENTIAL_TYPES if name.startswith("Policy:")} <= advised
