"""What is read from a GuardDuty finding, and which field is named when it cannot be."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.envelope import NotForUs
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples import guardduty_callers as callers
from ringfence.local.samples.guardduty import (
    changed,
    instance_finding,
    sequence_finding,
    sequence_resource,
    without,
)
from ringfence.model.claims import HeldFinding
from ringfence.model.codec import decode, encode
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.kinds.instance import InstanceRef
from tests.support.parsing import parse, parse_text
from tests.support.samples.shared import shared_events
from tests.support.strategies.events import json_values, paths

EVENT = instance_finding()
REF = InstanceRef(samples.ACCOUNT, samples.REGION, samples.INSTANCE)


def found(event: object) -> Finding:
    finding = parse(event)
    assert isinstance(finding, Finding), finding
    return finding


def answer(event: object) -> Finding | NotForUs | BadInput:
    try:
        return parse(event)
    except BadInput as error:
        return error


def refused(event: object) -> BadInput:
    error = answer(event)
    assert isinstance(error, BadInput), error
    return error


def test_a_finding_is_read_whole() -> None:
    assert found(EVENT) == Finding(
        source="aws.guardduty",
        id=samples.FINDING,
        type="Backdoor:EC2/C&CActivity.B",
        severity=8.0,
        account=samples.ACCOUNT,
        region=samples.REGION,
        title="Activity of type Backdoor:EC2/C&CActivity.B.",
        updated_at=datetime(2026, 3, 1, 12, 4, 59, 456000, tzinfo=UTC),
        last_seen=datetime(2026, 3, 1, 12, 1, 30, tzinfo=UTC),
        first_seen=datetime(2026, 3, 1, 11, 40, tzinfo=UTC),
        count=3,
        subjects=(REF,),
        remote_addresses=("198.51.100.7", "2001:db8::7"),
        claim=HeldFinding("3eb1a8c2"),
        digest=hashlib.sha256(json.dumps(EVENT, sort_keys=True, separators=(",", ":")).encode()).hexdigest(),
    )


def test_a_finding_can_be_recorded_and_read_back() -> None:
    finding = found(EVENT)
    assert decode(encode(finding)) == finding


def test_the_body_of_a_message_is_the_event() -> None:
    assert parse_text(json.dumps(EVENT)) == found(EVENT)


def test_the_digest_does_not_depend_on_how_the_event_is_written() -> None:
    other = json.dumps(dict(reversed(EVENT.items())), indent=4)
    assert parse_text(other) == found(EVENT)
    assert found(changed(EVENT, "detail.description", "other words")).digest != found(EVENT).digest


def test_the_account_is_the_findings_and_not_the_envelopes() -> None:
    """A delegated administrator receives the findings of all its members."""
    assert EVENT["account"] == samples.ADMINISTRATOR
    assert found(EVENT).subjects[0].account == samples.ACCOUNT


def test_the_region_is_the_findings_or_else_the_envelopes() -> None:
    assert found(changed(EVENT, "detail.region", "us-east-1")).subjects[0].region == "us-east-1"
    assert found(without(EVENT, "detail.region")).region == samples.REGION


def test_several_interfaces_make_one_subject() -> None:
    assert len(EVENT["detail"]["resource"]["instanceDetails"]["networkInterfaces"]) == 2
    assert found(EVENT).subjects == (REF,)


@pytest.mark.parametrize("role", ["TARGET", "ACTOR", None, 7])
def test_the_role_is_not_even_read_where_the_type_says_it_all(role: object) -> None:
    event = changed(instance_finding("UnauthorizedAccess:EC2/TorClient"), "detail.service.resourceRole", role)
    assert found(event).advice == ""


@pytest.mark.parametrize(("role", "acts"), [("ACTOR", True), ("TARGET", False), (None, False), ("", False)])
def test_a_brute_force_attack_calls_for_isolation_of_its_actor_only(role: str | None, acts: bool) -> None:  # noqa: FBT001 - a table's column
    advice = found(instance_finding("UnauthorizedAccess:EC2/SSHBruteForce", role=role)).advice
    assert (advice == "") is acts


def test_a_role_of_the_wrong_type_is_bad_input_where_it_matters() -> None:
    event = changed(instance_finding("Recon:EC2/Portscan"), "detail.service.resourceRole", 7)
    assert refused(event).field == "detail.service.resourceRole"


@pytest.mark.parametrize(
    ("archived", "is_archived"),
    [(True, True), (False, False), ("true", True), ("false", False), (None, False)],
)
def test_archived_may_come_as_text(archived: object, is_archived: object) -> None:
    assert found(instance_finding(archived=archived)).archived is is_archived


@pytest.mark.parametrize(
    ("info", "sample"),
    [
        ({"sample": True}, True),
        ({"sample": "true"}, True),
        ({"sample": False}, False),
        ({"value": '{"threatListName":"x","sample":true}', "type": "default"}, True),
        ({"value": '{"sample":"true"}'}, True),
        ({"value": '{"sample":false}'}, False),
        ({"value": '{"unusual":{"sample":true}}'}, False),
        ({"value": '"sample"'}, False),
        ({"value": "[" * 100_000}, False),
        ({"value": ""}, False),
        ({}, False),
        (None, False),
    ],
)
def test_samples_are_recognised_in_both_of_their_forms(info: object, sample: object) -> None:
    assert found(instance_finding(additionalInfo=info)).sample is sample


def test_an_update_keeps_the_id_and_moves_the_rest() -> None:
    later = changed(changed(EVENT, "detail.updatedAt", "2026-03-01T13:00:00Z"), "detail.service.count", 9)
    first, second = found(EVENT), found(later)
    assert first.id == second.id
    assert first.updated_at < second.updated_at
    assert (first.count, second.count) == (3, 9)


def test_last_seen_falls_back_to_the_update() -> None:
    finding = found(without(EVENT, "detail.service.eventLastSeen"))
    assert finding.last_seen == finding.updated_at


def test_when_it_was_first_seen_may_be_unsaid() -> None:
    assert found(without(EVENT, "detail.service.eventFirstSeen")).first_seen is None


def test_the_type_decides_what_a_finding_is_about_and_not_the_blocks_in_it() -> None:
    """A finding about calls may well describe the instance that they came from."""
    called = callers.credentials_finding(instanceDetails=samples.instance_details())
    assert [ref.kind for ref in found(called).subjects] == ["access-key"]


@pytest.mark.parametrize("resource_type", ["AccessKey", "S3Bucket", "EKSCluster", "instance"])
def test_a_resource_type_that_contradicts_the_finding_type_is_bad_input(resource_type: str) -> None:
    event = changed(EVENT, "detail.resource.resourceType", resource_type)
    assert refused(event).field == "detail.resource.resourceType"


@pytest.mark.parametrize("resource_type", [7, ["Container"], {}])
def test_a_workload_whose_kind_is_no_text_is_bad_input(resource_type: object) -> None:
    event = changed(samples.workload_finding(), "detail.resource.resourceType", resource_type)
    assert refused(event).field == "detail.resource.resourceType"


@pytest.mark.parametrize(
    "path",
    [
        "source",
        "detail-type",
        "detail",
        "detail.type",
        "detail.id",
        "detail.accountId",
        "detail.severity",
        "detail.updatedAt",
        "detail.service",
        "detail.resource",
        "detail.resource.resourceType",
        "detail.resource.instanceDetails",
        "detail.resource.instanceDetails.instanceId",
    ],
)
def test_what_is_needed_and_missing_is_named(path: str) -> None:
    assert refused(without(EVENT, path)).field == path
    assert refused(changed(EVENT, path, None)).field == path
    assert refused(changed(EVENT, path, [1])).field == path


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("detail.id", "x" * 300),
        ("detail.id", "f'; DROP TABLE"),
        ("detail.id", "\ud800"),
        ("detail.accountId", "1234567891234"),
        ("detail.accountId", "11112222333"),
        ("detail.accountId", "１１１１２２２２３３３３"),  # noqa: RUF001 - digits, but not AWS's
        ("detail.region", "nowhere"),
        ("detail.region", 5),
        ("detail.severity", "8"),
        ("detail.severity", True),
        ("detail.severity", 11),
        ("detail.severity", -1),
        ("detail.severity", 10**400),
        ("detail.updatedAt", "yesterday"),
        ("detail.updatedAt", "2026-03-01T12:00:00"),
        ("detail.updatedAt", "0001-01-01T00:00:00+23:59"),
        ("detail.service.archived", "yes"),
        ("detail.service.archived", 1),
        ("detail.resource.instanceDetails.instanceId", "i-0123"),
        ("detail.resource.instanceDetails.instanceId", "i-0A1B2C3D4E5F60718"),
        ("detail.resource.instanceDetails.instanceId", "i-0a1b2c3d4e5f60718\n"),
    ],
)
def test_what_is_there_and_wrong_is_named(path: str, value: object) -> None:
    assert refused(changed(EVENT, path, value)).field == path


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1 column 1"),
        (json.dumps(EVENT)[:-40], "not one complete JSON document"),
        (json.dumps(EVENT) + json.dumps(EVENT), "Extra data"),
        ('{"a": NaN}', "NaN"),
        ('{"a": 1e999}', "too large"),
        ('{"a": ' + "9" * 5000 + "}", "too long"),
        ("[" * 100_000, "nested"),
        ("[" * 80 + "]" * 80, "nested"),
        ("[]", "must be an object"),
        ('"text"', "must be an object"),
    ],
)
def test_text_that_is_no_event_is_refused_as_a_whole(text: str, problem: str) -> None:
    with pytest.raises(BadInput, match=problem) as caught:
        parse_text(text)
    assert caught.value.field == "(document)"


def test_data_that_is_no_json_is_refused() -> None:
    assert refused({**EVENT, "extra": {1, 2}}).field == "(document)"
    assert refused({**EVENT, "extra": float("nan")}).field == "(document)"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("detail.service.action", "none"),
        ("detail.service.action", {"networkConnectionAction": ["odd"]}),
        ("detail.service.action", samples.connection("not an address", "fe80::1%eth0")),
        ("detail.service.action", {"portProbeAction": {"portProbeDetails": "odd"}}),
    ],
)
def test_details_that_no_decision_rests_on_are_left_out_where_they_are_odd(path: str, value: object) -> None:
    assert found(changed(EVENT, path, value)).remote_addresses == ()


def test_the_addresses_of_a_port_probe_are_read_each_once() -> None:
    probes = [
        {"remoteIpDetails": {"ipAddressV4": address}} for address in ("203.0.113.9", "203.0.113.9", "x")
    ]
    action = {"actionType": "PORT_PROBE", "portProbeAction": {"portProbeDetails": probes}}
    event = instance_finding("Recon:EC2/PortProbeUnprotectedPort", action=action)
    assert found(event).remote_addresses == ("203.0.113.9",)


def test_a_title_is_made_harmless_and_short() -> None:
    title = found(changed(EVENT, "detail.title", "\x1b[2Jgone\r\n\u202etfel \x00" + "x" * 5000)).title
    assert title.startswith("[2Jgone tfel x")
    assert title.isprintable()
    assert len(title) == 200


def test_unknown_fields_are_welcome() -> None:
    event = changed(changed(EVENT, "detail.somethingNew", {"a": [1]}), "detail.schemaVersion", "3.7")
    assert found(event).subjects == (REF,)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (changed(EVENT, "source", "aws.securityhub"), "aws.securityhub"),
        (
            changed(EVENT, "detail-type", "GuardDuty Malware Protection Object Scan Result"),
            "Object Scan Result",
        ),
        (changed(EVENT, "source", "\x1b[2J"), r"\x1b"),
    ],
)
def test_what_is_not_for_us_says_why(event: dict[str, Any], said: str) -> None:
    verdict = parse(event)
    assert isinstance(verdict, NotForUs)
    assert said in verdict.reason
    assert verdict.reason.isprintable()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Execution:EC2/MaliciousFile!AMI", "image"),
        ("Trojan:EC2/SomethingNew", "nobody has reviewed"),
        ("Discovery:RDS/TorIPCaller", "database"),
        ("Object:S3/MaliciousFile", "malware"),
        ("Impact:IAMUser/SomethingNew", "nobody has reviewed"),
        ("no type at all", "unknown to Ringfence"),
    ],
)
def test_a_finding_that_is_only_reported_says_why(name: str, said: str) -> None:
    assert said in found(instance_finding(name)).advice


def test_an_attack_sequence_names_each_instance_once_in_its_own_account_and_region() -> None:
    other = "i-0fedcba9876543210"
    event = sequence_finding(
        sequence_resource(),
        sequence_resource(other, "444455556666", "us-east-1"),
        {**sequence_resource(), "name": "the first one again"},
        {"uid": "arn:aws:s3:::bucket", "resourceType": "S3_BUCKET"},
    )
    assert found(event).subjects == (REF, InstanceRef("444455556666", "us-east-1", other))
    assert found(event).remote_addresses == ("198.51.100.7",)


def test_a_resource_of_a_sequence_may_be_named_by_id_or_by_arn_alone() -> None:
    by_id = {"uid": samples.INSTANCE, "resourceType": "EC2_INSTANCE"}
    by_arn = {"uid": sequence_resource()["uid"], "resourceType": "EC2_INSTANCE"}
    assert found(sequence_finding(by_id)).subjects == (REF,)
    assert found(sequence_finding(by_arn)).subjects == (REF,)


@pytest.mark.parametrize(
    ("resource", "field"),
    [
        ({**sequence_resource(), "accountId": "444455556666"}, "accountId"),
        ({**sequence_resource(), "accountId": "12"}, "accountId"),
        ({**sequence_resource(), "region": "us-east-1"}, "region"),
        ({"uid": samples.INSTANCE, "resourceType": "EC2_INSTANCE", "region": "moon"}, "region"),
        ({**sequence_resource(), "uid": "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1"}, "uid"),
        ({**sequence_resource(), "uid": None}, "uid"),
        ({**sequence_resource(), "resourceType": 3}, "resourceType"),
    ],
)
def test_a_resource_that_contradicts_itself_keeps_no_other_from_being_contained(
    resource: dict[str, Any], field: str
) -> None:
    assert found(sequence_finding(sequence_resource(), resource)).subjects == (REF,)
    assert (
        refused(sequence_finding(resource)).field == f"detail.service.detection.sequence.resources[0].{field}"
    )


@given(json_values)
def test_any_json_is_answered_or_refused(value: object) -> None:
    verdict = answer(value)
    assert isinstance(verdict, NotForUs) or (isinstance(verdict, BadInput) and verdict.field)


@given(data=st.data())
def test_any_change_to_a_finding_is_answered_or_refused(data: st.DataObject) -> None:
    event = data.draw(st.sampled_from([EVENT, sequence_finding(), samples.workload_finding()]))
    path = data.draw(st.sampled_from(paths(event)))
    verdict = answer(changed(event, path, data.draw(json_values)))
    assert not isinstance(verdict, BadInput) or (verdict.field and str(verdict).isascii())


def test_every_event_of_the_shared_corpus_is_answered_or_refused_with_a_field() -> None:
    verdicts = {name: answer(event) for name, event in shared_events().items()}
    assert {type(verdict) for verdict in verdicts.values()} == {Finding, NotForUs, BadInput}
    fields = {name: one.field for name, one in verdicts.items() if isinstance(one, BadInput)}
    assert {field.partition(".")[0] for field in fields.values()} == {"detail", "source"}
    assert {name.partition("-")[0] for name in fields} == {"gd", "cfgrule", "ct", "eb", "sh"}


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({}, ()),
        ({"resourceType": "Container"}, ("Container",)),
        ({"containerDetails": {"id": "c-1", "name": "web"}}, ("container web",)),
        (
            {"eksClusterDetails": {"name": "shop"}, "containerDetails": {"id": "c-1"}},
            ("EKS cluster shop", "container c-1"),
        ),
        (
            {"kubernetesDetails": {"kubernetesWorkloadDetails": {"name": "web-1\n"}}},
            ("Kubernetes workload web-1",),
        ),
        ({"ecsClusterDetails": {"name": "c" * 300}}, (f"ECS cluster {'c' * 199}…",)),
        ({"containerDetails": "odd", "ecsClusterDetails": []}, ("container",)),
    ],
)
def test_a_finding_says_which_containers_it_is_about(resource: dict[str, Any], said: tuple[str, ...]) -> None:
    event = samples.workload_finding()
    event["detail"]["resource"].update(resource)
    finding = parse(event)
    assert isinstance(finding, Finding)
    assert finding.containers == said
