"""Whom a GuardDuty finding about credentials names, and what is told of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ringfence.events.guardduty.trigger.credential_types import CREDENTIAL_TYPES
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples import guardduty_callers as callers
from ringfence.local.samples import guardduty_types as typed
from ringfence.local.samples.guardduty import ACCOUNT, OF_A_USER, OF_AN_INSTANCE, changed, without
from ringfence.local.samples.guardduty_callers import (
    actor,
    credentials_finding,
    credentials_sequence,
    key_resource,
)
from ringfence.model import principals
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.kinds.other_principal import OtherPrincipalRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.kinds.root import RootRef
from ringfence.model.subject import GLOBAL
from tests.support.parsing import parse

KEY = AccessKeyRef(ACCOUNT, GLOBAL, samples.KEY, samples.USER, samples.USER_ID)
USER = UserRef(ACCOUNT, GLOBAL, samples.USER)
SESSION = RoleSessionRef(ACCOUNT, GLOBAL, f"{samples.ROLE_ID}:{samples.INSTANCE}", samples.ROLE)
INSTANCE = InstanceRef(ACCOUNT, samples.REGION, samples.INSTANCE)
ROOT = RootRef(ACCOUNT, GLOBAL, "root")
OF_ROOT = {"accessKeyId": samples.KEY, "principalId": ACCOUNT, "userType": "Root", "userName": "Root"}
FOREIGN = "444455556666"


def found(event: object) -> Finding:
    finding = parse(event)
    assert isinstance(finding, Finding), finding
    return finding


def test_the_key_is_the_subject_and_the_region_is_where_iam_is_filed() -> None:
    finding = found(credentials_finding())
    assert finding.subjects == (KEY,)
    assert (finding.region, finding.subjects[0].region) == (samples.REGION, "us-east-1")
    assert (finding.advice, finding.advices) == ("", ())
    assert finding.remote_addresses == (samples.C2_SERVER,)


@pytest.mark.parametrize(
    ("details", "subject"),
    [
        ({**OF_A_USER, "accessKeyId": samples.SESSION_KEY}, replace(USER, unique_id=samples.USER_ID)),
        ({"userType": "IAMUser", "userName": samples.USER}, USER),
        (OF_AN_INSTANCE, SESSION),
        (OF_ROOT, ROOT),
        ({}, OtherPrincipalRef(ACCOUNT, GLOBAL, "unknown:unknown")),
    ],
)
def test_every_field_is_optional(details: dict[str, str], subject: object) -> None:
    assert found(credentials_finding(details=details)).subjects == (subject,)


@pytest.mark.parametrize("path", ["detail.resource", "detail.resource.accessKeyDetails"])
def test_a_finding_that_names_nobody_is_told_to_a_person(path: str) -> None:
    finding = found(without(credentials_finding(), path))
    assert finding.notify_only_reason_for(finding.subjects[0]) == principals.UNKNOWN


def test_root_is_named_and_told_of() -> None:
    assert found(credentials_finding(details=OF_ROOT)).notify_only_reason_for(ROOT) == principals.ROOT


@pytest.mark.parametrize("name", sorted(CREDENTIAL_TYPES))
def test_a_type_that_shows_no_wrong_hands_is_for_a_person(name: str) -> None:
    finding = found(typed.of_type(name))
    assert finding.advice == CREDENTIAL_TYPES[name].notify_only_reason
    assert finding.subjects


def test_stolen_credentials_name_the_session_and_the_instance() -> None:
    assert found(callers.stolen_finding()).subjects == (SESSION, INSTANCE)


def test_a_session_is_named_like_an_instance_by_whoever_assumes_the_role() -> None:
    """Only GuardDuty's own word names the instance to be isolated."""
    assert found(callers.stolen_finding(instance=None)).subjects == (SESSION,)


def test_an_instance_that_is_misnamed_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"detail\.resource\.instanceDetails\.instanceId"):
        parse(callers.stolen_finding(instance="i-web"))


@pytest.mark.parametrize("event", [callers.bucket_finding(), callers.cluster_finding()])
def test_the_key_that_called_is_the_subject_of_a_finding_about_a_bucket_or_a_cluster(event: object) -> None:
    assert found(event).subjects == (KEY,)


def test_a_bucket_that_was_read_anonymously_is_only_reported() -> None:
    anonymous = {"accessKeyId": "", "principalId": "ANONYMOUS_PRINCIPAL", "userType": "AWSAccount"}
    finding = found(callers.bucket_finding(details=anonymous))
    assert [ref.kind for ref in finding.subjects] == ["finding"]
    assert "names no access key" in finding.advice


def test_a_key_of_the_wrong_type_is_named() -> None:
    with pytest.raises(BadInput, match=r"detail\.resource\.accessKeyDetails\.accessKeyId"):
        parse(changed(credentials_finding(), "detail.resource.accessKeyDetails.accessKeyId", 7))


def test_a_resource_type_that_contradicts_the_finding_type_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"detail\.resource\.resourceType"):
        parse(changed(credentials_finding(), "detail.resource.resourceType", "S3Bucket"))
    assert found(without(credentials_finding(), "detail.resource.resourceType")).subjects == (KEY,)


def test_a_sequence_names_each_principal_once() -> None:
    assert found(credentials_sequence()).subjects == (KEY, SESSION)


def test_a_sequence_may_name_its_keys_among_the_resources_alone() -> None:
    session = key_resource(OF_AN_INSTANCE)
    arn = {**key_resource(), "uid": f"arn:aws:iam::{ACCOUNT}:access-key/{samples.KEY}", "name": "the key"}
    bucket = {"uid": "arn:aws:s3:::reports", "resourceType": "S3_BUCKET"}
    assert found(credentials_sequence([], [arn, session, bucket])).subjects == (KEY, SESSION)


def test_a_sequence_may_name_principals_of_several_accounts() -> None:
    finding = found(credentials_sequence([actor(), actor(account=FOREIGN)], [key_resource(account=FOREIGN)]))
    assert [ref.account for ref in finding.subjects] == [ACCOUNT, FOREIGN]
    assert found(credentials_sequence([actor(account="AccountId")])).subjects == (KEY,)


def test_root_among_the_actors_keeps_nobody_else_from_being_contained() -> None:
    finding = found(credentials_sequence([actor(OF_ROOT), actor()], []))
    assert finding.subjects == (ROOT, KEY)
    assert finding.notify_only_reason_for(ROOT) == principals.ROOT
    assert finding.notify_only_reason_for(KEY) == ""


def test_a_federated_actor_stands_for_the_user_that_made_its_session() -> None:
    federated = {
        "accessKeyId": samples.SESSION_KEY,
        "principalId": f"{ACCOUNT}:bob",
        "userType": "FederatedUser",
    }
    issuer = f"arn:aws:iam::{ACCOUNT}:user/{samples.USER}"
    assert found(credentials_sequence([actor(federated, issuer=issuer)], [])).subjects == (USER,)


@pytest.mark.parametrize("actors", [[], [{"id": "PROCESS:1", "process": {"name": "x", "path": "/x"}}]])
def test_a_sequence_that_names_nobody_is_told_to_a_person(actors: list[dict[str, Any]]) -> None:
    finding = found(credentials_sequence(actors, []))
    assert finding.notify_only_reason_for(finding.subjects[0]) == principals.UNKNOWN


def test_actors_that_are_no_list_are_bad_input() -> None:
    with pytest.raises(BadInput, match=r"detail\.service\.detection\.sequence\.actors"):
        parse(changed(credentials_sequence(), "detail.service.detection.sequence.actors", "root"))


def test_a_sample_finding_is_read_and_names_nobody_to_contain() -> None:
    """GuardDuty's samples have made-up words in every field."""
    words = {field: f"GeneratedFinding{field}" for field in ("accessKeyId", "principalId", "userName")}
    for type_ in ("IAMUser", "AssumedRole", "GeneratedFindingUserType"):
        finding = found(credentials_finding(details={**words, "userType": type_}))
        assert finding.notify_only_reason_for(finding.subjects[0])
