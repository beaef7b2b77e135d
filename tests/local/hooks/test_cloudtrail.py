"""CloudTrail of the local AWS records management calls, and EventBridge gets them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def cloudtrail(aws: Any) -> Any:
    return aws.client("cloudtrail")


def recorded(cloudtrail: Any, name: str, key: str) -> list[dict[str, Any]]:
    found = cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "AccessKeyId", "AttributeValue": key}]
    )
    return [event for event in found["Events"] if event["EventName"] == name]


def test_a_users_call_is_recorded_with_its_name_and_who_made_it(
    aws: Any, iam: Any, cloudtrail: Any, unique: str
) -> None:
    iam.create_user(UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    user = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    aws.client("ec2", **user).create_vpc(CidrBlock="10.0.0.0/16")
    (event,) = recorded(cloudtrail, "CreateVpc", key["AccessKeyId"])
    assert (event["EventSource"], event["Username"]) == ("ec2.amazonaws.com", unique)
    detail = json.loads(event["CloudTrailEvent"])
    assert detail["userIdentity"]["type"] == "IAMUser"
    assert detail["userIdentity"]["arn"] == f"arn:aws:iam::{aws.account}:user/{unique}"
    assert detail["requestParameters"]["cidrBlock"] == "10.0.0.0/16"
    assert detail["readOnly"] is False


def test_a_sessions_call_is_recorded_with_its_role(aws: Any, iam: Any, cloudtrail: Any, unique: str) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    role = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    given = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="incident")["Credentials"]
    session = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    aws.client("sqs", **session).create_queue(QueueName=unique)
    (event,) = recorded(cloudtrail, "CreateQueue", given["AccessKeyId"])
    identity = json.loads(event["CloudTrailEvent"])["userIdentity"]
    assert identity["type"] == "AssumedRole"
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == role


def test_events_are_looked_up_page_by_page_newest_first(aws: Any, cloudtrail: Any, unique: str) -> None:
    sqs = aws.client("sqs")
    for index in range(3):
        sqs.create_queue(QueueName=f"{unique}-{index}")
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "CreateQueue"}]
    pages = cloudtrail.get_paginator("lookup_events").paginate(
        LookupAttributes=wanted, PaginationConfig={"PageSize": 1, "MaxItems": 3}
    )
    names = [
        json.loads(event["CloudTrailEvent"])["requestParameters"]["queueName"]
        for page in pages
        for event in page["Events"]
    ]
    assert names == [f"{unique}-{index}" for index in (2, 1, 0)]


def test_a_change_reaches_eventbridge_and_a_read_does_not(
    aws: Any, make_queue: Callable[..., Any], unique: str
) -> None:
    queue, events = make_queue(), aws.client("events")
    pattern = {"detail-type": ["AWS API Call via CloudTrail"], "source": ["aws.kms"]}
    events.put_rule(Name=unique, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=unique, Targets=[{"Id": "t", "Arn": queue.arn}])
    kms = aws.client("kms")
    kms.list_keys()
    kms.create_key(Description=unique)
    (event,) = queue.take(1)
    assert (event["source"], event["detail"]["eventName"]) == ("aws.kms", "CreateKey")
    assert queue.waiting() == 0


def test_data_events_are_not_recorded(
    aws: Any, cloudtrail: Any, make_queue: Callable[..., Any], unique: str
) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=unique)
    s3.put_object(Bucket=unique, Key="k", Body=b"v")
    assert recorded(cloudtrail, "CreateBucket", aws.account)
    assert not recorded(cloudtrail, "PutObject", aws.account)
    queue = make_queue()
    queue.client.send_message(QueueUrl=queue.url, MessageBody="{}")
    (message,) = queue.client.receive_message(QueueUrl=queue.url)["Messages"]
    handle = message["ReceiptHandle"]
    queue.client.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=1)
    queue.client.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "1"})
    assert recorded(cloudtrail, "SetQueueAttributes", aws.account)
    assert not recorded(cloudtrail, "ChangeMessageVisibility", aws.account)


def test_iams_calls_are_recorded_and_delivered_in_us_east_1_alone(
    aws: Any, make_queue: Callable[..., Any], unique: str
) -> None:
    pattern = {"source": ["aws.iam"], "detail": {"requestParameters": {"userName": [unique]}}}
    queues = {}
    for region in ("us-east-1", "eu-west-1"):
        queue, events = make_queue(region=region), aws.client("events", region=region)
        events.put_rule(Name=unique, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=unique, Targets=[{"Id": "t", "Arn": queue.arn}])
        queues[region] = queue
    aws.client("iam", region="eu-west-1").create_user(UserName=unique)
    (event,) = queues["us-east-1"].take(1)
    assert (event["region"], event["detail"]["awsRegion"]) == ("us-east-1", "us-east-1")
    assert queues["eu-west-1"].waiting() == 0
    wanted = [{"AttributeKey": "EventId", "AttributeValue": event["detail"]["eventID"]}]
    found = {
        region: len(aws.client("cloudtrail", region=region).lookup_events(LookupAttributes=wanted)["Events"])
        for region in queues
    }
    assert found == {"us-east-1": 1, "eu-west-1": 0}
