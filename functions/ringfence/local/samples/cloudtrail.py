"""Calls that CloudTrail recorded, as EventBridge delivers them, made by us in the published shape."""

from __future__ import annotations

from typing import Any

from ringfence.local.samples.guardduty import ACCOUNT, KEY, USER, USER_ID
from ringfence.model.resource_names import SESSION

Json = dict[str, Any]

EVENT_ID = "1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a5b"
OWN = {
    "type": "IAMUser",
    "principalId": USER_ID,
    "arn": f"arn:aws:iam::{ACCOUNT}:user/{USER}",
    "accountId": ACCOUNT,
    "accessKeyId": KEY,
    "userName": USER,
}
BY_AWS = {"type": "AWSService", "invokedBy": "AWS Internal"}


def by_role(role: str, account: str = ACCOUNT, path: str = "/", session: str = SESSION) -> Json:
    """Make the identity of a session of a role. The session's ARN has no path."""
    return {
        "type": "AssumedRole",
        "principalId": f"AROA4MADEUPBYUS00009:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        "accountId": account,
        "accessKeyId": "ASIA4MADEUPBYUS00010",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROA4MADEUPBYUS00009",
                "arn": f"arn:aws:iam::{account}:role{path}{role}",
                "accountId": account,
                "userName": role,
            },
            "attributes": {"creationDate": "2026-03-01T11:00:00Z", "mfaAuthenticated": "false"},
        },
    }


def attachment(
    policy: str = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3",
    identity: Json = BY_AWS,
    **detail: object,
) -> Json:
    """Make the record of a policy's attachment to a user; `detail` adds to the record or replaces."""
    return {
        "version": "0",
        "id": "7d6c5b4a-3928-4716-a5b4-c3d2e1f0a9b8",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.iam",
        "account": ACCOUNT,
        "time": "2026-03-01T12:00:30Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventVersion": "1.09",
            "userIdentity": identity,
            "eventTime": "2026-03-01T12:00:30Z",
            "eventSource": "iam.amazonaws.com",
            "eventName": "AttachUserPolicy",
            "awsRegion": "us-east-1",
            "sourceIPAddress": "AWS Internal",
            "userAgent": "AWS Internal",
            "requestParameters": {"userName": USER, "policyArn": policy},
            "responseElements": None,
            "requestID": "5e4d3c2b-1a09-4f8e-9d7c-6b5a4f3e2d1c",
            "eventID": EVENT_ID,
            "readOnly": False,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Management",
            **detail,
        },
    }
