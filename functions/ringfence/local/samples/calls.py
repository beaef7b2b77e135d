"""Calls that CloudTrail recorded, of any service, as EventBridge delivers them: made by us.

Shape: "CloudTrail record contents" under `detail`. Parameters are CloudTrail's own: its names, its nesting.
"""

from __future__ import annotations

from typing import Any

from ringfence.local.samples.cloudtrail import OWN
from ringfence.local.samples.guardduty import ACCOUNT, REGION

Json = dict[str, Any]

AT = "2026-03-01T12:00:00Z"
ADMIN_ID, ADMIN_KEY = "AIDA4MADEUPBYUS00021", "AKIA4MADEUPBYUS00022"
ROOT_KEY = "ASIA4MADEUPBYUS00020"
API = "a1b2c3d4e5"
"""The id of the operators' API."""


def by_user(name: str = "sample-admin", account: str = ACCOUNT) -> Json:
    """Make the identity of an IAM user with a long-term key."""
    return {
        **OWN,
        "principalId": ADMIN_ID,
        "accountId": account,
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accessKeyId": ADMIN_KEY,
        "userName": name,
    }


def by_root(account: str = ACCOUNT) -> Json:
    """Make the identity of the root user in the console."""
    return {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "accountId": account,
        "accessKeyId": ROOT_KEY,
        "sessionContext": {
            "attributes": {"creationDate": "2026-03-01T11:00:00Z", "mfaAuthenticated": "false"}
        },
    }


def call_event(  # noqa: PLR0913, PLR0917 - what a record is made of
    service: str,
    name: str,
    parameters: Json | None,
    response: Json | None = None,
    account: str = ACCOUNT,
    region: str = REGION,
    identity: Json | None = None,
    at: str = AT,
    error: str | None = None,
    read_only: bool = False,  # noqa: FBT001, FBT002 - as the record has it
) -> Json:
    """Make the event of a call to `service`, such as s3, that a user made unless an `identity` is given."""
    identity = by_user(account=account) if identity is None else identity
    refused = {} if error is None else {"errorCode": error, "errorMessage": "It was refused."}
    event = {
        "version": "0",
        "id": "0b9c8d7e-6f5a-4b3c-92d1-e0f1a2b3c4d5",
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{service}",
        "account": account,
        "time": at,
        "region": region,
        "resources": [],
    }
    asked = {
        "eventTime": at,
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        **refused,
        "requestParameters": parameters,
        "responseElements": response,
        "readOnly": read_only,
        "recipientAccountId": account,
    }
    return {**event, "detail": {"userIdentity": identity, **_RECORD, **asked}}


_RECORD = {
    "eventVersion": "1.11",
    "sourceIPAddress": "203.0.113.9",
    "userAgent": "aws-cli/2.30.0",
    "requestID": "3a2b1c0d-9e8f-4a7b-8c6d-5e4f3a2b1c0d",
    "eventID": "c1d2e3f4-a5b6-4c7d-8e9f-0a1b2c3d4e5f",
    "eventType": "AwsApiCall",
    "managementEvent": True,
    "eventCategory": "Management",
}
"""What is the same in the record of each call."""


def sign_in(
    identity: Json | None = None, *, succeeded: bool = True, account: str = ACCOUNT, at: str = AT
) -> Json:
    """Make the event of a sign-in to the console: the root user's unless an `identity` is given."""
    made = call_event("signin", "ConsoleLogin", None, account=account, region="us-east-1", at=at)
    detail = made["detail"]
    detail |= {
        "userIdentity": _signing_in(account) if identity is None else identity,
        "responseElements": {"ConsoleLogin": "Success" if succeeded else "Failure"},
        "additionalEventData": {
            "LoginTo": "https://console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": "No",
        },
        "eventType": "AwsConsoleSignIn",
    }
    return {**made, "detail-type": "AWS Console Sign In via CloudTrail"}


def _signing_in(account: str) -> Json:
    """Make the root user's identity before there is a session: no key, or an empty one."""
    return {**by_root(account), "accessKeyId": "", "sessionContext": {}}
