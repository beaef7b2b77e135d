"""What no runbook acts on reaches a person, once, through the deployed rules, functions and topic."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.local.findings import formatted
from ringfence.local.samples import guardduty
from ringfence.local.samples.calls import call_event
from ringfence.local.samples.guardduty import changed
from ringfence.model.kinds import parse_key
from ringfence.record.facts import DecisionMade, FindingReceived
from tests.e2e.world import Inbox, until
from tests.support.samples.bus import entry

if TYPE_CHECKING:
    from ringfence.record.history import History
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e
RUNBOOK = "report-findings"


def of_this_moment(compliance: Compliance, event: dict[str, Any], id_: str, ago: int = 0) -> dict[str, Any]:
    """Return a sample about the local account, with an id and a time of its own."""
    local = compliance.world.local
    about = {"accountId": local.account, "region": local.region, "id": id_}
    at = formatted(datetime.now(UTC) - timedelta(minutes=ago))
    return changed(event, "detail", {**event["detail"], **about, "updatedAt": at})


@pytest.mark.shows("report-finding")
def test_of_a_finding_of_a_new_type_a_person_is_told_once_whatever_updates_follow(
    compliance: Compliance,
) -> None:
    inbox, local, id_ = Inbox(compliance.world), compliance.world.local, "7" * 32
    event = guardduty.reported_finding("Impact:Bedrock/SomethingNew")
    ref = parse_key(f"finding/{local.account}/{local.region}/Impact:Bedrock/SomethingNew/{id_}")
    for ago in (2, 1, 0):
        compliance.put(entry(of_this_moment(compliance, event, id_, ago)))
    history = compliance.when(RUNBOOK, ref, lambda found: len(found.of(FindingReceived)) == 3, "known")
    assert [made.decision.mode for made in history.of(DecisionMade)] == ["notify"]
    assert history.steps() == ()
    until(lambda: inbox.told(id_), "a person was told")
    compliance.quiet(RUNBOOK)
    assert inbox.told(id_) == [
        f"[action, high] decision needed: {ref.id} ({local.account} {local.region})"[:99]
    ]


def test_an_instance_that_a_listed_address_contacts_from_outside_is_reported_and_left_alone(
    compliance: Compliance,
) -> None:
    inbox, local, instance = Inbox(compliance.world), compliance.world.local, "i-0123456789abcdef7"
    action = guardduty.connection()
    action["networkConnectionAction"]["connectionDirection"] = "INBOUND"
    event = guardduty.instance_finding("UnauthorizedAccess:EC2/MaliciousIPCaller.Custom", action=action)
    event = changed(event, "detail.resource.instanceDetails.instanceId", instance)
    compliance.put(entry(of_this_moment(compliance, event, "8" * 32)))
    ref = parse_key(f"instance/{local.account}/{local.region}/{instance}")
    history = compliance.when("contain-instance", ref, lambda found: bool(found.of(DecisionMade)), "decided")
    (made,) = history.of(DecisionMade)
    assert made.decision.mode == "notify"
    assert "INBOUND" in made.decision.reason
    assert history.steps() == ()
    until(lambda: inbox.told(instance), "a person was told")


def test_whoever_archives_new_findings_unseen_is_reported_at_once(compliance: Compliance) -> None:
    """The local AWS records no calls of GuardDuty's filters, so the record is a sample."""
    inbox, local = Inbox(compliance.world), compliance.world.local
    parameters = {"detectorId": "0" * 32, "name": "quiet", "action": "ARCHIVE"}
    event = call_event("guardduty", "CreateFilter", parameters, account=local.account, region=local.region)
    compliance.put(entry(event))
    found = findings(event)
    assert not isinstance(found, NotForUs)
    (ref,) = found[-1].subjects
    history = compliance.when(RUNBOOK, ref, lambda found: bool(found.of(DecisionMade)), "decided")
    (made,) = history.of(DecisionMade)
    assert (made.decision.mode, made.decision.code) == ("notify", "urgent")
    until(lambda: inbox.told("quiet"), "a person was told")
    assert inbox.told("quiet") == [
        f"[URGENT, critical] decision needed: {ref.id} ({local.account} {local.region})"[:99]
    ]


def policy_of(bucket: str, principal: dict[str, str]) -> str:
    arn = f"arn:aws:s3:::{bucket}"
    allow = {"Effect": "Allow", "Principal": principal, "Action": "s3:PutObject", "Resource": f"{arn}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def told_of(compliance: Compliance, bucket: str, words: str, *calls: dict[str, Any]) -> History:
    """Put the records of calls on a bucket, and wait until a person must review something."""
    local = compliance.world.local
    compliance.put(*map(entry, calls))
    ref = parse_key(f"bucket/{local.account}/{local.region}/{bucket}")

    def is_said(found: History) -> bool:
        return found.verified is not None and any(words in one for one in found.verified.review)

    return compliance.when("harden-bucket", ref, is_said, "for review")


@pytest.mark.shows("report-foreign-access")
def test_of_another_account_that_a_bucket_policy_lets_in_a_person_is_told(compliance: Compliance) -> None:
    local, name = compliance.world.local, "drop-box-of-partners"
    inbox, s3 = Inbox(compliance.world), compliance.world.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": local.region})
    s3.put_bucket_policy(Bucket=name, Policy=policy_of(name, {"AWS": "arn:aws:iam::999988887777:root"}))
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    call = call_event(
        "s3", "PutBucketPolicy", {"bucketName": name}, account=local.account, region=local.region, at=at
    )
    history = told_of(compliance, name, "999988887777", call)
    assert "SetBucketPolicy" not in {type(one).__name__ for one in history.steps("applied")}
    until(lambda: inbox.told("999988887777"), "a person was told")


@pytest.mark.shows("report-log-bucket")
def test_who_lets_logs_expire_is_reported(compliance: Compliance) -> None:
    local, name = compliance.world.local, "logs-of-our-trail"
    inbox, s3 = Inbox(compliance.world), compliance.world.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": local.region})
    s3.put_bucket_policy(Bucket=name, Policy=policy_of(name, {"Service": "cloudtrail.amazonaws.com"}))
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    call = call_event(
        "s3", "PutBucketLifecycle", {"bucketName": name}, account=local.account, region=local.region, at=at
    )
    told_of(compliance, name, "a rule deletes logs", call)
    (told,) = until(lambda: inbox.told("a rule deletes logs"), "a person was told")
    assert told.startswith("[URGENT")


@pytest.mark.shows("report-log-group")
def test_who_deletes_the_log_group_of_a_trail_is_reported_and_of_another_group_is_not(
    compliance: Compliance,
) -> None:
    local, trails = compliance.world.local, compliance.world.client("cloudtrail")
    inbox, account = Inbox(compliance.world), compliance.world.local.account
    group, other = "/our/trail", "/teams/scratch"
    trails.create_trail(
        Name="to-a-group",
        S3BucketName="bucket-of-somebody",
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{local.region}:{account}:log-group:{group}:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{account}:role/to-a-group",
    )
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for name in (other, group):
        call = call_event(
            "logs", "DeleteLogGroup", {"logGroupName": name}, account=account, region=local.region, at=at
        )
        compliance.put(entry(changed(call, "detail.eventID", str(uuid.uuid4()))))
    until(lambda: inbox.told("delivered events to it: create it again"), "a person was told")
    compliance.quiet("restore-logging")
    ref = parse_key(f"log-group/{account}/{local.region}/{other}")
    assert compliance.history("restore-logging", ref).entries == ()
    trails.delete_trail(Name="to-a-group")
