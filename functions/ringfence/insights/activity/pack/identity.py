"""Users, their keys and passwords, and MFA."""

from __future__ import annotations

from ringfence.insights.activity import conditions
from ringfence.insights.activity.rule import (
    Calls,
    Once,
    Outcome,
    Rule,
    Sequence,
    Target,
)
from ringfence.insights.activity.selecting import (
    ADDRESS,
    KEY,
)
from ringfence.insights.activity.stories import (
    ABROAD,
    BOB,
    HOUR,
    OWN,
    ROOT,
    call,
    user,
)

_NEW_KEY = "AKIAI44QH8DHBEXAMPLE"
_CREATED = {"accessKey": {"accessKeyId": _NEW_KEY, "status": "Active", "userName": "bob"}}
_KEY = Target("access-key", "responseElements.accessKey.accessKeyId")
_USER = Target("iam-user", "requestParameters.userName")

ROOT_KEY = Rule(
    "root-access-key-created",
    "an access key of the root user was created",
    "T1098.001",
    "critical",
    Once(Calls("iam", ("CreateAccessKey",), {"userIdentity": {"type": ["Root"]}})),
    "contain-credentials",
    "delete the key as the root user: nothing in the account can limit it",
    hits=((call("iam:CreateAccessKey", None, by=ROOT, response=_CREATED),),),
    misses=(
        (call("iam:CreateAccessKey", {"userName": "alice"}, response=_CREATED),),
        (call("iam:CreateAccessKey", None, by=ROOT, error="LimitExceeded"),),
    ),
)
KEY_FOR_ANOTHER = Rule(
    "access-key-for-another-user",
    "a user's access key was created by somebody else",
    "T1098.001",
    "medium",
    Once(Calls("iam", ("CreateAccessKey",), also=conditions.for_another_user)),
    "contain-credentials",
    "ask the user and the caller whether they know the key, and contain it if nobody does",
    hits=((call("iam:CreateAccessKey", {"userName": "bob"}, response=_CREATED),),),
    misses=(
        (call("iam:CreateAccessKey", {"userName": "alice"}, response=_CREATED),),
        (call("iam:CreateAccessKey", None, response=_CREATED),),
        (call("iam:CreateAccessKey", {"userName": "bob"}, error="AccessDenied"),),
    ),
    about=(_KEY,),
)
KEY_USED_ELSEWHERE = Rule(
    "new-key-used-elsewhere",
    "an access key was used from another address within a day after it was created",
    "T1098.001",
    "high",
    Sequence(
        Calls("iam", ("CreateAccessKey",)),
        # A key that was created is a long-term key, and their ids begin so.
        Calls(
            "",
            (),
            {"userIdentity": {"invokedBy": [{"exists": False}], "accessKeyId": [{"prefix": "AKIA"}]}},
            Outcome.ANY,
        ),
        24 * 60,
        ("responseElements.accessKey.accessKeyId",),
        (KEY,),
        differs=ADDRESS,
    ),
    "contain-credentials",
    "contain the key, unless its user confirms the address",
    hits=(
        (
            call("iam:CreateAccessKey", {"userName": "bob"}, response=_CREATED),
            call("sts:GetCallerIdentity", None, HOUR, by=BOB, address=ABROAD),
        ),
        (
            call("iam:CreateAccessKey", {"userName": "bob"}, response=_CREATED),
            call("s3:ListBuckets", None, HOUR, by=BOB, address=ABROAD, error="AccessDenied"),
        ),
    ),
    misses=(
        (
            call("iam:CreateAccessKey", {"userName": "bob"}, response=_CREATED),
            call("sts:GetCallerIdentity", None, HOUR, by=BOB),
        ),
        (
            call("iam:CreateAccessKey", {"userName": "bob"}, response=_CREATED),
            call("sts:GetCallerIdentity", None, 25 * HOUR, by=BOB, address=ABROAD),
        ),
        (
            call("iam:CreateAccessKey", {"userName": "bob"}, response=_CREATED),
            call("sts:GetCallerIdentity", None, HOUR, by=user("carol"), address=ABROAD),
        ),
    ),
    about=(_KEY,),
)
PASSWORD_FOR_ANOTHER = Rule(
    "password-for-another-user",
    "a user's console password was set by somebody else",
    "T1098",
    "medium",
    Once(Calls("iam", ("CreateLoginProfile", "UpdateLoginProfile"), also=conditions.for_another_user)),
    "contain-credentials",
    "ask the user and the caller, and contain the user if nobody knows about it",
    hits=(
        (call("iam:CreateLoginProfile", {"userName": "bob", "passwordResetRequired": False}),),
        (call("iam:UpdateLoginProfile", {"userName": "bob"}),),
    ),
    misses=(
        (call("iam:UpdateLoginProfile", {"userName": "alice"}),),
        (call("iam:CreateLoginProfile", {"userName": "bob"}, error="EntityAlreadyExistsException"),),
    ),
    about=(_USER,),
)
MFA_REMOVED = Rule(
    "mfa-removed",
    "an MFA device was removed",
    "T1556.006",
    "high",
    Once(Calls("iam", ("DeactivateMFADevice",))),
    "contain-credentials",
    "ask the user whether the device was replaced, and contain the user if not",
    hits=(
        (
            call(
                "iam:DeactivateMFADevice", {"userName": "bob", "serialNumber": f"arn:aws:iam::{OWN}:mfa/bob"}
            ),
        ),
    ),
    misses=(
        (call("iam:DeactivateMFADevice", {"userName": "bob"}, error="NoSuchEntityException"),),
        (call("iam:EnableMFADevice", {"userName": "bob"}),),
    ),
    about=(_USER,),
)
FEDERATED = Rule(
    "federation-token-of-user",
    "an IAM user got a federation token, which stays valid if its key is deactivated",
    "T1550.001",
    "medium",
    Once(Calls("sts", ("GetFederationToken",), {"userIdentity": {"type": ["IAMUser"]}})),
    "contain-credentials",
    "ask the user; if nobody knows about it, contain the user, which also denies the token",
    hits=((call("sts:GetFederationToken", {"name": "x", "durationSeconds": 129600}),),),
    misses=(
        (call("sts:GetFederationToken", {"name": "x"}, error="AccessDenied"),),
        (call("sts:GetSessionToken", None),),
    ),
)
