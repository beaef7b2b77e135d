"""Records for the examples of rules, in the form in which CloudTrail publishes them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.insights.activity.selecting import Record

OWN, OTHER = "111122223333", "444455556666"
"""The account of the examples, and another one."""
HOME, ABROAD = "198.51.100.7", "203.0.113.99"
"""Addresses in two networks."""
MINUTE, HOUR, DAY = 60, 3600, 86400
_START = datetime(2026, 11, 2, 9, tzinfo=UTC)
_READS = ("Get", "List", "Describe", "Head", "Batch", "Lookup")


@frozen
class Who:
    """A caller of the examples: its `userIdentity`."""

    identity: Mapping[str, object]


def user(name: str, key: str = "AKIAIOSFODNN7EXAMPLE") -> Who:
    """Return an IAM user with an access key."""
    arn = f"arn:aws:iam::{OWN}:user/{name}"
    ids = {"principalId": "AIDACKCEVSQ6C2EXAMPLE", "arn": arn, "accountId": OWN, "accessKeyId": key}
    return Who({"type": "IAMUser", **ids, "userName": name})


def session(role: str, name: str) -> Who:
    """Return a session of a role."""
    issuer = f"arn:aws:iam::{OWN}:role/{role}"
    id_ = "AROACKCEVSQ6C2EXAMPLE"
    context = {
        "sessionIssuer": {
            "type": "Role",
            "principalId": id_,
            "arn": issuer,
            "accountId": OWN,
            "userName": role,
        },
        "attributes": {"creationDate": "2026-11-02T08:59:00Z", "mfaAuthenticated": "false"},
    }
    ids = {
        "principalId": f"{id_}:{name}",
        "arn": f"arn:aws:sts::{OWN}:assumed-role/{role}/{name}",
        "accountId": OWN,
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
    }
    return Who({"type": "AssumedRole", **ids, "sessionContext": context})


ROOT = Who({"type": "Root", "principalId": OWN, "arn": f"arn:aws:iam::{OWN}:root", "accountId": OWN})
ALICE, BOB = user("alice"), user("bob", "AKIAI44QH8DHBEXAMPLE")
PIPELINE = session("pipeline", "build-17")
INSTANCE = session("web", "i-0123456789abcdef0")


def call(  # noqa: PLR0913 - the fields of a record
    name: str,
    request: Mapping[str, object] | None = None,
    at: float = 0,
    *,
    by: Who = ALICE,
    address: str = HOME,
    response: Mapping[str, object] | None = None,
    error: str = "",
    region: str = "eu-west-1",
) -> Record:
    """Return the record of a call, such as `iam:CreateUser`. `at` is in seconds after the start."""
    service, _, operation = name.partition(":")
    body: dict[str, object] = {
        "eventVersion": "1.11",
        "userIdentity": dict(by.identity),
        "eventTime": f"{_START + timedelta(seconds=at):%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": operation,
        "awsRegion": "us-east-1" if service == "iam" else region,
        "sourceIPAddress": address,
        "userAgent": "aws-cli/2.31.0",
        **({"errorCode": error, "errorMessage": "the call was refused"} if error else {}),
        "requestParameters": None if request is None else dict(request),
        "responseElements": None if response is None else dict(response),
        "readOnly": operation.startswith(_READS),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": OWN,
        "eventCategory": "Management",
    }
    return {**body, "requestID": _id(body, "request"), "eventID": _id(body, "event")}


def sign_in(  # noqa: PLR0913 - the fields of a record
    name: str,
    at: float = 0,
    *,
    success: bool = True,
    mfa: bool = True,
    address: str = HOME,
    root: bool = False,
) -> Record:
    """Return the record of a sign-in to the console."""
    who = dict((ROOT if root else user(name, "")).identity)
    made = call("signin:ConsoleLogin", None, at, by=Who(who), address=address, region="us-east-1")
    return {
        **made,
        **({} if success else {"errorMessage": "Failed authentication"}),
        "userAgent": "Mozilla/5.0",
        "responseElements": {"ConsoleLogin": "Success" if success else "Failure"},
        "additionalEventData": {
            "LoginTo": "https://console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": "Yes" if mfa else "No",
        },
        "readOnly": False,
        "eventType": "AwsConsoleSignIn",
    }


def policy(principal: object = None, action: object = "*", condition: object = None) -> str:
    """Return a policy with one statement, as records contain it."""
    statement = {
        "Effect": "Allow",
        **({} if principal is None else {"Principal": principal}),
        "Action": action,
        "Resource": "*",
        **({} if condition is None else {"Condition": condition}),
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def invoked(record: Record, service: str) -> Record:
    """Return a record of a call that a service made for its caller."""
    who = record["userIdentity"]
    identity = {**who, "invokedBy": service} if isinstance(who, dict) else who
    return {**record, "userIdentity": identity, "sourceIPAddress": service, "userAgent": service}


def _id(body: Mapping[str, object], kind: str) -> str:
    digest = hashlib.sha256(f"{kind}{json.dumps(body)}".encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
