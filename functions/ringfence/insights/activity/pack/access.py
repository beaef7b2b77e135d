"""Sign-ins, and credentials in unusual places."""

from __future__ import annotations

from ringfence.insights.activity.rule import (
    Calls,
    FirstSeen,
    Once,
    Rule,
    Sequence,
    Threshold,
)
from ringfence.insights.activity.selecting import (
    ADDRESS,
    CALLER,
    KEY,
    NETWORK,
    REGION,
    SESSION,
)
from ringfence.insights.activity.stories import (
    ABROAD,
    DAY,
    HOUR,
    INSTANCE,
    MINUTE,
    PIPELINE,
    call,
    invoked,
    sign_in,
)

_LOGIN = ("ConsoleLogin",)
_SUCCESS = {"responseElements": {"ConsoleLogin": ["Success"]}}
_FAILURE = {"responseElements": {"ConsoleLogin": ["Failure"]}}
_DIRECT = {"userIdentity": {"invokedBy": [{"exists": False}]}}
_OF_INSTANCE = {
    "userIdentity": {"invokedBy": [{"exists": False}], "principalId": [{"wildcard": "AROA*:i-*"}]}
}
_USER = "userIdentity.userName"

WITHOUT_MFA = Rule(
    "console-login-without-mfa",
    "an IAM user signed in to the console without MFA",
    "T1078.004",
    "low",
    Once(
        Calls(
            "signin",
            _LOGIN,
            {
                **_SUCCESS,
                "userIdentity": {"type": ["IAMUser"]},
                "additionalEventData": {"MFAUsed": ["No"]},
            },
        ),
        minutes=24 * 60,
    ),
    "report-findings",
    "require MFA for this user",
    hits=((sign_in("alice", mfa=False),),),
    misses=(
        (sign_in("alice"),),
        (sign_in("alice", mfa=False, success=False),),
        (sign_in("", root=True, mfa=False),),
    ),
)
BRUTE_FORCE = Rule(
    "console-brute-force",
    "many sign-ins of one user failed within minutes",
    "T1110.001",
    "high",
    Threshold(Calls("signin", _LOGIN, _FAILURE), 5, 10, (CALLER,)),
    "report-findings",
    "ask the user, and require MFA; if a sign-in succeeded, contain the user",
    hits=(tuple(sign_in("alice", 20 * one, success=False, address=ABROAD) for one in range(6)),),
    misses=(
        tuple(sign_in("alice", 20 * one, success=False) for one in range(4)),
        tuple(sign_in("alice", 5 * MINUTE * one, success=False) for one in range(8)),
        tuple(sign_in("alice", 20 * one) for one in range(8)),
    ),
)
SPRAY = Rule(
    "console-password-spray",
    "sign-ins of many users failed from one address",
    "T1110.003",
    "high",
    Threshold(Calls("signin", _LOGIN, _FAILURE), 5, 60, (ADDRESS,), _USER),
    "report-findings",
    "block the address, and check whether a sign-in from it succeeded",
    hits=(tuple(sign_in(f"user-{one}", MINUTE * one, success=False, address=ABROAD) for one in range(6)),),
    misses=(
        tuple(sign_in("alice", MINUTE * one, success=False, address=ABROAD) for one in range(9)),
        tuple(
            sign_in(f"user-{one}", MINUTE * one, success=False, address=f"203.0.113.{one}")
            for one in range(9)
        ),
    ),
)
GUESSED = Rule(
    "console-password-guessed",
    "a sign-in succeeded after several failed",
    "T1110.001",
    "medium",
    Sequence(Calls("signin", _LOGIN, _FAILURE), Calls("signin", _LOGIN, _SUCCESS), 60, least=4),
    "contain-credentials",
    "ask the user whether this was a forgotten password, and contain the user if not",
    hits=((*(sign_in("alice", 20 * one, success=False) for one in range(5)), sign_in("alice", 3 * MINUTE)),),
    misses=(
        (sign_in("alice", success=False), sign_in("alice", MINUTE)),
        (*(sign_in("bob", 20 * one, success=False) for one in range(5)), sign_in("alice", 3 * MINUTE)),
        (*(sign_in("alice", 20 * one, success=False) for one in range(5)), sign_in("alice", 2 * HOUR)),
    ),
)
NEW_NETWORK = Rule(
    "console-login-from-new-network",
    "a user signed in to the console from a network that is new for this user",
    "T1078.004",
    "medium",
    FirstSeen(Calls("signin", _LOGIN, _SUCCESS), NETWORK),
    "contain-credentials",
    "ask the user where the sign-in came from, and contain the user if it was somebody else",
    hits=((sign_in("alice"), sign_in("alice", 8 * DAY, address=ABROAD)),),
    misses=(
        (sign_in("alice"), sign_in("alice", 8 * DAY)),
        (sign_in("alice"), sign_in("alice", DAY, address=ABROAD)),
        (sign_in("alice", address=ABROAD),),
        (sign_in("alice"), sign_in("bob", 8 * DAY, address=ABROAD)),
    ),
)
KEY_FROM_NEW_NETWORK = Rule(
    "key-used-from-new-network",
    "an access key was used from a network that is new for this key",
    "T1078.004",
    "medium",
    FirstSeen(
        Calls("", (), {"userIdentity": {"type": ["IAMUser"], "accessKeyId": [{"prefix": "AKIA"}]}}),
        NETWORK,
        (KEY,),
    ),
    "contain-credentials",
    "ask the owner of the key, and contain it if the address is unknown",
    hits=((call("s3:ListBuckets"), call("s3:ListBuckets", None, 9 * DAY, address=ABROAD)),),
    misses=(
        (call("s3:ListBuckets"), call("s3:ListBuckets", None, 9 * DAY, address="198.51.99.1")),
        (call("s3:ListBuckets"), call("s3:ListBuckets", None, DAY, address=ABROAD)),
        (
            call("s3:ListBuckets"),
            invoked(call("s3:ListBuckets", None, 9 * DAY), "cloudformation.amazonaws.com"),
        ),
    ),
)
INSTANCE_ELSEWHERE = Rule(
    "instance-credentials-elsewhere",
    "credentials of an instance were used from another network",
    "T1552.005",
    "high",
    FirstSeen(
        Calls("", (), _OF_INSTANCE),
        NETWORK,
        (SESSION,),
        days=1 / 24,
    ),
    "contain-credentials",
    "contain the session and the instance, unless the network of the instance was changed",
    hits=(
        (
            call("s3:ListBuckets", by=INSTANCE),
            call("s3:ListBuckets", None, 2 * HOUR, by=INSTANCE, address=ABROAD),
        ),
    ),
    misses=(
        (call("s3:ListBuckets", by=INSTANCE), call("s3:ListBuckets", None, 2 * HOUR, by=INSTANCE)),
        (
            call("s3:ListBuckets", by=PIPELINE),
            call("s3:ListBuckets", None, 2 * HOUR, by=PIPELINE, address=ABROAD),
        ),
    ),
)
NEW_REGION = Rule(
    "first-change-in-region",
    "an account made its first changes in a region",
    "T1535",
    "medium",
    FirstSeen(
        Calls("", (), {**_DIRECT, "readOnly": [False], "eventType": ["AwsApiCall"]}),
        REGION,
        ("recipientAccountId",),
    ),
    "report-findings",
    "ask the caller, and deny unused regions with a service control policy",
    hits=((call("ec2:RunInstances"), call("ec2:RunInstances", None, 8 * DAY, region="sa-east-1")),),
    misses=(
        (call("ec2:RunInstances"), call("ec2:RunInstances", None, 8 * DAY)),
        (call("ec2:RunInstances"), call("ec2:DescribeInstances", None, 8 * DAY, region="sa-east-1")),
        (call("ec2:RunInstances"), call("ec2:RunInstances", None, HOUR, region="sa-east-1")),
    ),
)
