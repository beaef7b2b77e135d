"""GuardDuty of the local AWS holds what is put there, raises its event, and answers GetFindings with it."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from ringfence.local import LocalAws
from ringfence.local.samples import guardduty as samples
from ringfence.local.samples import guardduty_callers as callers
from ringfence.local.sending import put_findings
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = dict[str, Any]
REGION, OTHER_REGION = "eu-west-1", "eu-central-1"
ACCOUNT, ADMINISTRATOR = samples.ACCOUNT, samples.ADMINISTRATOR
SAMPLES = {
    "an instance": samples.instance_finding(),
    "a workload": samples.workload_finding(),
    "a bucket": callers.bucket_finding(details=samples.OF_A_USER),
    "a cluster": callers.cluster_finding(details=samples.OF_A_USER),
    "a sequence": callers.credentials_sequence([callers.actor(samples.OF_A_USER)], []),
    "credentials": callers.credentials_finding(),
}


@pytest.fixture
def guardduty(aws: LocalAws) -> Iterator[Any]:
    client = aws.client("guardduty", ACCOUNT, REGION)
    yield client
    for account in (ACCOUNT, ADMINISTRATOR):
        made = aws.client("guardduty", account, REGION)
        for one in made.list_detectors()["DetectorIds"]:
            made.delete_detector(DetectorId=one)


@pytest.fixture
def finding() -> Json:
    """The detail of an event about an instance, with an id of its own."""
    return {**samples.instance_finding()["detail"], "id": uuid.uuid4().hex}


def put(aws: LocalAws, *details: Json, account: str = ACCOUNT) -> list[Json]:
    return put_findings(aws.endpoint, details, account, REGION)


def detector(client: Any) -> str:
    (only,) = client.list_detectors()["DetectorIds"]
    return str(only)


def held(client: Any, id_: str) -> list[Json]:
    found: list[Json] = client.get_findings(DetectorId=detector(client), FindingIds=[id_])["Findings"]
    return found


def heard(aws: LocalAws, account: str, region: str) -> Callable[[], list[Json]]:
    """Let a queue hear what is on a default bus; return a function that takes what it has heard so far."""
    name, sqs = f"t-{uuid.uuid4().hex[:10]}", aws.client("sqs", account, region)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{region}:{account}:{name}"
    events = aws.client("events", account, region)
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.guardduty"]}))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    def take() -> list[Json]:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        return [json.loads(one["Body"]) for one in answer.get("Messages", [])]

    return take


def test_a_finding_that_is_put_raises_its_event_and_is_answered(
    aws: LocalAws, guardduty: Any, finding: Json
) -> None:
    listen = heard(aws, ACCOUNT, REGION)
    (sent,) = put(aws, finding)
    (event,) = listen()
    assert (event["source"], event["detail-type"]) == ("aws.guardduty", "GuardDuty Finding")
    assert (event["account"], event["region"]) == (ACCOUNT, REGION)
    assert event["detail"] == sent
    (answer,) = held(guardduty, finding["id"])
    assert (answer["Id"], answer["Type"], answer["AccountId"]) == (finding["id"], finding["type"], ACCOUNT)
    assert answer["Service"]["DetectorId"] == sent["service"]["detectorId"] == detector(guardduty)
    instance = finding["resource"]["instanceDetails"]["instanceId"]
    assert answer["Resource"]["InstanceDetails"]["InstanceId"] == instance


@pytest.mark.parametrize("name", SAMPLES)
def test_an_answer_has_the_shape_of_the_api(aws: LocalAws, guardduty: Any, name: str) -> None:
    sample = SAMPLES[name]["detail"]
    put(aws, sample)
    found = held(guardduty, sample["id"])
    shape = get_session().get_service_model("guardduty").shape_for("Finding")
    errors = ParamValidator().validate(found[0], shape).generate_report().splitlines()
    assert len(found) == 1
    assert [one for one in errors if "Missing required" not in one] == []  # what a sample leaves out


def test_remarks_are_json_text_in_an_answer(aws: LocalAws, guardduty: Any, finding: Json) -> None:
    finding["service"] = {**finding["service"], "additionalInfo": {"sample": True, "threatListName": "x"}}
    put(aws, finding)
    (answer,) = held(guardduty, finding["id"])
    remarks = json.loads(answer["Service"]["AdditionalInfo"]["Value"])
    assert remarks == {"sample": True, "threatListName": "x"}


def test_an_update_replaces_a_finding_and_an_older_version_does_not(
    aws: LocalAws, guardduty: Any, finding: Json
) -> None:
    later = {
        **finding,
        "updatedAt": "2026-03-01T13:00:00.000Z",
        "service": {**finding["service"], "count": 9},
    }
    put(aws, finding)
    put(aws, later)
    put(aws, finding)
    (answer,) = held(guardduty, finding["id"])
    assert (answer["Service"]["Count"], answer["UpdatedAt"]) == (9, later["updatedAt"])


def test_an_archived_finding_stays_archived(aws: LocalAws, guardduty: Any, finding: Json) -> None:
    put(aws, finding)
    asked = {"DetectorId": detector(guardduty), "FindingIds": [finding["id"]]}
    guardduty.archive_findings(**asked)
    put(aws, finding)
    assert held(guardduty, finding["id"])[0]["Service"]["Archived"] is True
    guardduty.unarchive_findings(**asked)
    assert held(guardduty, finding["id"])[0]["Service"]["Archived"] is False


def test_findings_are_listed_by_criteria(aws: LocalAws, guardduty: Any, finding: Json) -> None:
    other = {**finding, "id": uuid.uuid4().hex, "severity": 2, "type": "Recon:EC2/Portscan"}
    put(aws, finding, other)

    def listed(**criterion: Json) -> set[str]:
        asked = {"Criterion": criterion}
        return set(
            guardduty.list_findings(DetectorId=detector(guardduty), FindingCriteria=asked)["FindingIds"]
        )

    assert listed() == {finding["id"], other["id"]}
    assert listed(type={"Equals": [other["type"]]}) == {other["id"]}
    assert listed(severity={"GreaterThanOrEqual": 7}) == {finding["id"]}
    assert listed(severity={"LessThan": 7}) == {other["id"]}
    assert listed(severity={"GreaterThan": 2}) == {finding["id"]}
    at = int(datetime.fromisoformat(finding["updatedAt"]).timestamp() * 1000)
    assert len(listed(updatedAt={"GreaterThanOrEqual": at})) == 2
    assert listed(updatedAt={"GreaterThanOrEqual": at + 1}) == set()
    assert listed(**{"service.archived": {"Equals": ["true"]}}) == set()


def test_findings_are_listed_in_pages_and_in_the_order_of_their_updates(
    aws: LocalAws, guardduty: Any, finding: Json
) -> None:
    """What a sweep asks for, as AWS documents it: SortCriteria, MaxResults and NextToken of ListFindings."""
    times = ("2026-03-01T12:03:00.000Z", "2026-03-01T12:01:00.000Z", "2026-03-01T12:02:00.000Z")
    made = [{**finding, "id": uuid.uuid4().hex, "updatedAt": at} for at in times]
    put(aws, *made)
    asked: Json = {
        "DetectorId": detector(guardduty),
        "SortCriteria": {"AttributeName": "updatedAt", "OrderBy": "ASC"},
        "MaxResults": 2,
    }
    first = guardduty.list_findings(**asked)
    second = guardduty.list_findings(**asked, NextToken=first["NextToken"])
    assert [*first["FindingIds"], *second["FindingIds"]] == [made[number]["id"] for number in (1, 2, 0)]
    assert "NextToken" not in second


def test_other_accounts_regions_and_detectors_do_not_answer_a_finding(
    aws: LocalAws, guardduty: Any, finding: Json, refusal: Callable[..., str]
) -> None:
    put(aws, finding)
    assert guardduty.get_findings(DetectorId=detector(guardduty), FindingIds=["0" * 32])["Findings"] == []
    for place in (("444455556666", REGION), (ACCOUNT, OTHER_REGION)):
        client = aws.client("guardduty", *place)
        asked = {"DetectorId": detector(guardduty), "FindingIds": [finding["id"]]}
        assert refusal(client.get_findings, **asked) == "BadRequestException"
        made = client.create_detector(Enable=True)["DetectorId"]
        assert client.get_findings(DetectorId=made, FindingIds=[finding["id"]])["Findings"] == []
        client.delete_detector(DetectorId=made)


def test_the_administrator_hears_and_answers_the_finding_of_a_member(
    aws: LocalAws, guardduty: Any, finding: Json
) -> None:
    own, administrators = heard(aws, ACCOUNT, REGION), heard(aws, ADMINISTRATOR, REGION)
    put(aws, finding, account=ADMINISTRATOR)
    assert own() == []
    (event,) = administrators()
    assert (event["account"], event["detail"]["accountId"]) == (ADMINISTRATOR, ACCOUNT)
    for client in (guardduty, aws.client("guardduty", ADMINISTRATOR, REGION)):
        assert [one["AccountId"] for one in held(client, finding["id"])] == [ACCOUNT]


def test_the_administrator_lists_its_members_in_pages(aws: LocalAws, guardduty: Any) -> None:
    made = guardduty.create_detector(Enable=True)["DetectorId"]
    assert guardduty.list_members(DetectorId=made)["Members"] == []
    accounts = [f"{number:012d}" for number in range(1, 4)]
    details = [{"AccountId": one, "Email": f"{one}@example.com"} for one in accounts]
    assert guardduty.create_members(DetectorId=made, AccountDetails=details)["UnprocessedAccounts"] == []
    first = guardduty.list_members(DetectorId=made, OnlyAssociated="true", MaxResults=2)
    rest = guardduty.list_members(DetectorId=made, OnlyAssociated="true", NextToken=first["NextToken"])
    found = [*first["Members"], *rest["Members"]]
    assert [one["AccountId"] for one in found] == accounts
    assert {(one["RelationshipStatus"], one["AdministratorId"]) for one in found} == {("Enabled", ACCOUNT)}
    guardduty.delete_members(DetectorId=made, AccountIds=accounts[1:])
    assert [one["AccountId"] for one in guardduty.list_members(DetectorId=made)["Members"]] == accounts[:1]
    other = aws.client("guardduty", ADMINISTRATOR, REGION)
    own = other.create_detector(Enable=True)["DetectorId"]
    assert other.list_members(DetectorId=own)["Members"] == []


def test_a_deleted_detector_takes_its_findings_with_it(
    aws: LocalAws, guardduty: Any, finding: Json, refusal: Callable[..., str]
) -> None:
    (sent,) = put(aws, finding)
    asked = {"DetectorId": sent["service"]["detectorId"], "FindingIds": [finding["id"]]}
    guardduty.delete_detector(DetectorId=asked["DetectorId"])
    assert refusal(guardduty.get_findings, **asked) == "BadRequestException"
    guardduty.create_detector(Enable=True)
    assert held(guardduty, finding["id"]) == []


def test_a_suspended_detector_finds_nothing_new_and_keeps_what_it_found(
    aws: LocalAws, guardduty: Any, finding: Json
) -> None:
    put(aws, finding)
    guardduty.update_detector(DetectorId=detector(guardduty), Enable=False)
    with pytest.raises(BadInput, match="is suspended"):
        put(aws, {**finding, "id": uuid.uuid4().hex})
    assert len(held(guardduty, finding["id"])) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": None}, "finding 1: id: is missing"),
        ({"severity": "high"}, "finding 1: severity: must be a double, not 'high'"),
        ({"accountId": "12"}, "finding 1: accountId: must be a 12-digit account id, not '12'"),
        ({"resource": {"resourceType": 7}}, "finding 1: resource.resourceType: must be a string, not 7"),
        ({"updatedAt": "yesterday"}, "finding 1: updatedAt: must be a time, not 'yesterday'"),
    ],
)
def test_what_is_no_finding_is_refused_with_its_field_and_value(
    aws: LocalAws, guardduty: Any, finding: Json, changed: Json, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        put(aws, {**finding, **changed})
    assert guardduty.list_detectors()["DetectorIds"] == []


def test_iam_decides_who_reads_findings_and_only_the_root_user_puts_them(
    finding: Json, refusal: Callable[..., str]
) -> None:
    with LocalAws(enforce_iam=True) as aws:
        (sent,) = put(aws, finding)
        iam, name = aws.client("iam", ACCOUNT), "reader"
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        reader = aws.client(
            "guardduty",
            None,
            REGION,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )
        asked = {"DetectorId": sent["service"]["detectorId"], "FindingIds": [finding["id"]]}
        assert refusal(reader.get_findings, **asked) == "AccessDeniedException"
        statement = {"Effect": "Allow", "Action": "guardduty:GetFindings", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="read", PolicyDocument=policy)
        assert len(reader.get_findings(**asked)["Findings"]) == 1
        assert refusal(reader.archive_findings, **asked) == "AccessDeniedException"
        with pytest.raises(BadInput, match="refused"):
            put(aws, finding, account=key["AccessKeyId"])
