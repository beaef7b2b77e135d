"""Items of AWS Config in the forms that people have, and the properties in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.posture.items import documents_in, resource_of
from ringfence.posture.mapping import identical
from ringfence.posture.mappings import every_mapping
from ringfence.posture.values import UNREAD
from tests.support.samples.shared import shared_file

if TYPE_CHECKING:
    from ringfence.posture.rule import Resource

PLACE = {"awsRegion": "eu-west-1", "resourceId": "b", "resourceType": "AWS::S3::Bucket"}
VERSIONED = {"BucketVersioningConfiguration": {"status": "Enabled"}}


def resource(document: dict[str, Any]) -> Resource:
    found = resource_of(Document.of(document))
    assert found is not None
    return found


QUERIED = {
    **PLACE,
    "accountId": "111122223333",
    "configuration": {"name": "b"},
    "supplementaryConfiguration": VERSIONED,
    "tags": [{"key": "team", "value": "web", "tag": "team=web"}],
}
SNAPSHOT = {
    **PLACE,
    "awsAccountId": "111122223333",
    "configuration": {"name": "b"},
    "supplementaryConfiguration": {name: json.dumps(one) for name, one in VERSIONED.items()},
    "tags": {"team": "web"},
}
HISTORY = {**SNAPSHOT, "accountId": "111122223333", "configuration": json.dumps({"name": "b"})}


@pytest.mark.parametrize("item", [QUERIED, SNAPSHOT, HISTORY])
def test_an_item_has_one_meaning_in_every_form(item: dict[str, Any]) -> None:
    found = resource(item)
    assert (found.type, found.account, found.region, found.id) == (
        "AWS::S3::Bucket",
        "111122223333",
        "eu-west-1",
        "b",
    )
    assert found.properties["BucketName"] == "b"
    assert found.properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert found.tags == {"team": "web"}


@pytest.mark.parametrize(
    "document",
    [
        {"configurationItems": [QUERIED]},
        {"Results": [json.dumps(QUERIED)], "QueryInfo": {}},
        {"detail": {"configurationItem": QUERIED}},
        {"configurationItem": QUERIED},
        QUERIED,
    ],
)
def test_the_items_of_a_document_are_found(document: dict[str, Any]) -> None:
    assert [one.text("resourceId") for one in documents_in(Document.of(document))] == ["b"]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            {"source": "aws.guardduty", "detail": {"id": "f"}},
            "source: is no item of AWS Config: it is an event of 'aws.guardduty'",
        ),
        ({"id": "f"}, "resourceType: is required: an item of AWS Config has resourceType and resourceId"),
    ],
)
def test_a_document_that_is_no_item_is_told_as_such(document: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as caught:
        list(documents_in(Document.of(document)))
    assert str(caught.value).startswith(words)


def test_a_deleted_resource_is_none_and_one_of_another_type_has_no_properties() -> None:
    assert resource_of(Document.of({**QUERIED, "configurationItemStatus": "ResourceDeleted"})) is None
    assert resource({**QUERIED, "resourceType": "AWS::EC2::Host"}).properties == {}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"resourceType": ""}, "resourceType"),
        ({"accountId": "12"}, "accountId"),
        ({"awsRegion": None}, "awsRegion"),
        ({"configuration": 3}, "configuration"),
        ({"configuration": "{"}, "configuration"),
    ],
)
def test_a_field_that_is_wrong_is_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        resource_of(Document.of({**QUERIED, **change}))
    assert caught.value.field == field


def test_a_part_that_a_query_left_out_was_not_read() -> None:
    found = resource({**QUERIED, "supplementaryConfiguration": None})
    assert found.properties["VersioningConfiguration"] == {"Status": UNREAD, "MfaDelete": UNREAD}
    assert found.properties["BucketPolicy"] is UNREAD
    assert found.properties["AccessControlList"] is UNREAD


OWNER = '{"grantee": {"id": "4df5", "displayName": null}, "permission": "FullControl"}'


@pytest.mark.parametrize(
    ("given", "grants"),
    [
        (f'{{"grantSet": null, "grantList": [{OWNER}]}}', [("4df5", "FullControl")]),
        (
            f'{{"grantList": [{OWNER}, {{"grantee": "AllUsers", "permission": "ReadAcp"}}]}}',
            [("4df5", "FullControl"), ("AllUsers", "ReadAcp")],
        ),
        ({"grantList": [{"grantee": "LogDelivery", "permission": "Write"}]}, [("LogDelivery", "Write")]),
        ({"grantList": []}, []),
    ],
)
def test_grants_are_read_from_texts_and_from_documents(given: object, grants: list[tuple[str, str]]) -> None:
    kept = {"supplementaryConfiguration": {"AccessControlList": given}}
    found = resource({**QUERIED, **kept}).properties["AccessControlList"]
    assert found == [{"Grantee": grantee, "Permission": permission} for grantee, permission in grants]


@pytest.mark.parametrize(
    "given",
    [
        *("{", "[]", "", None, 3, {}, {"grantList": None}, {"grantList": "AllUsers"}, {"grantList": [3]}),
        {"grantList": [{"grantee": {"name": "AllUsers"}, "permission": "Read"}]},
        {"grantList": [{"grantee": "AllUsers"}]},
    ],
)
def test_grants_that_are_not_understood_were_not_read(given: object) -> None:
    kept = {"supplementaryConfiguration": {"AccessControlList": given}}
    assert resource({**QUERIED, **kept}).properties["AccessControlList"] is UNREAD


def test_what_only_the_service_knows_was_not_read() -> None:
    trail = {**QUERIED, "resourceType": "AWS::CloudTrail::Trail", "configuration": {"name": "t"}}
    assert resource(trail).properties["IsLogging"] is UNREAD
    assert (
        resource({**trail, "reads": {"GetTrailStatus": {"IsLogging": True}}}).properties["IsLogging"] is True
    )


def test_a_security_group_has_a_rule_for_each_source() -> None:
    permission = {
        "ipProtocol": "tcp",
        "fromPort": 22,
        "toPort": 22,
        "ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}, {"cidrIp": "10.0.0.0/8"}],
        "ipv6Ranges": [{"cidrIpv6": "::/0"}],
        "prefixListIds": [],
        "userIdGroupPairs": [{"groupId": "sg-0123456789abcdef0"}],
    }
    configuration = {"groupName": "g", "ipPermissions": [permission], "ipPermissionsEgress": []}
    found = resource({**QUERIED, "resourceType": "AWS::EC2::SecurityGroup", "configuration": configuration})
    rules = found.properties["SecurityGroupIngress"]
    assert isinstance(rules, list)
    assert [(one["CidrIp"], one["CidrIpv6"], one["SourceSecurityGroupId"]) for one in rules] == [
        ("0.0.0.0/0", "", ""),
        ("10.0.0.0/8", "", ""),
        ("", "::/0", ""),
        ("", "", "sg-0123456789abcdef0"),
    ]
    assert found.properties["SecurityGroupEgress"] == []


def test_a_policy_is_a_list_of_statements_whose_parts_are_lists() -> None:
    policy = {"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}
    configuration = {"roleName": "r", "assumeRolePolicyDocument": quote(json.dumps(policy))}
    found = resource({**QUERIED, "resourceType": "AWS::IAM::Role", "configuration": configuration})
    assert found.properties["AssumeRolePolicyDocument"] == [
        {
            "Effect": "Allow",
            "Actions": ["sts:AssumeRole"],
            "NotActions": [],
            "Resources": [],
            "Principals": ["*"],
            "NotPrincipals": [],
            "Conditions": {},
        }
    ]


@pytest.mark.parametrize("text", ["{", "[1]", "%7Bx", "3"])
def test_a_policy_that_cannot_be_read_was_not_read(text: str) -> None:
    configuration = {"assumeRolePolicyDocument": text}
    found = resource({**QUERIED, "resourceType": "AWS::IAM::Role", "configuration": configuration})
    assert found.properties["AssumeRolePolicyDocument"] is UNREAD


@pytest.mark.parametrize("text", ["[1]", '["10.0.0.0/8"]', "{}", '{"a": 1}', "[" * 999])
def test_words_of_an_owner_that_look_like_json_stay_a_text(text: str) -> None:
    group = {"groupName": text, "description": text, "vpcId": "vpc-1"}
    found = resource({**QUERIED, "resourceType": "AWS::EC2::SecurityGroup", "configuration": group})
    assert (found.properties["GroupName"], found.properties["GroupDescription"]) == (text, text)


@pytest.mark.parametrize("text", ["{", "Enabled", "[" * 999])
def test_a_document_that_cannot_be_read_was_not_read(text: str) -> None:
    broken = {"BucketVersioningConfiguration": text}
    found = resource({**QUERIED, "supplementaryConfiguration": broken})
    assert found.properties["VersioningConfiguration"] == {"Status": UNREAD, "MfaDelete": UNREAD}
    group = {**QUERIED, "resourceType": "AWS::EC2::SecurityGroup", "configuration": {"ipPermissions": text}}
    assert resource(group).properties["SecurityGroupIngress"] is UNREAD


def test_a_document_that_is_null_says_that_there_is_nothing() -> None:
    found = resource({**QUERIED, "supplementaryConfiguration": {"BucketVersioningConfiguration": "null"}})
    assert "VersioningConfiguration" not in found.properties


def test_lists_in_lists_keep_their_positions() -> None:
    mapping = identical("AWS::X::Y", "A[].B[].C", "A[].D")
    item = {
        "configuration": {"A": [{"B": [{"C": 1}, {"C": 2}], "D": 3}, {"B": [], "D": 4}, {"B": [{"C": 5}]}]}
    }
    assert mapping.properties(item) == {
        "A": [{"B": [{"C": 1}, {"C": 2}], "D": 3}, {"D": 4}, {"B": [{"C": 5}]}]
    }


def test_a_mapping_knows_its_properties_and_those_above_them() -> None:
    bucket = every_mapping()["AWS::S3::Bucket"]
    assert bucket.knows(("VersioningConfiguration",))
    assert bucket.knows(("VersioningConfiguration", "Status"))
    assert not bucket.knows(("VersioningConfiguration", "Stat"))


def test_recorded_items_have_the_properties_of_their_mappings() -> None:
    """The items are those that AWS sent. `shared_file` skips where they are not there."""
    queue = json.loads(
        shared_file("events/events/cfg-001-ConfigurationItemChangeNotification.json").read_text("utf-8")
    )
    items = [resource_of(one) for one in documents_in(Document.of(queue))]
    assert [one.type for one in items if one] == ["AWS::SQS::Queue"]
    assert [one.properties["VisibilityTimeout"] for one in items if one] == ["30"]
