"""From credentials to instances, and the use of the account for other purposes."""

from __future__ import annotations

from ringfence.insights.activity.rule import (
    Calls,
    Once,
    Outcome,
    Rule,
    Sequence,
    Target,
    Threshold,
)
from ringfence.insights.activity.selecting import (
    NAME,
    REGION,
)
from ringfence.insights.activity.stories import (
    HOUR,
    MINUTE,
    call,
)

_DIRECT = {"userIdentity": {"invokedBy": [{"exists": False}]}}
_REFUSED = "AccessDenied"

KEYS_PUSHED = Rule(
    "ssh-keys-pushed",
    "SSH keys were sent to several instances within minutes",
    "T1021.004",
    "high",
    Threshold(
        Calls("ec2-instance-connect", ("SendSSHPublicKey", "SendSerialConsoleSSHPublicKey")),
        3,
        10,
        distinct="requestParameters.instanceId",
    ),
    "contain-credentials",
    "ask the caller, and contain it if nobody knows about it",
    hits=(
        tuple(
            call("ec2-instance-connect:SendSSHPublicKey", {"instanceId": f"i-{one}"}, one) for one in range(4)
        ),
    ),
    misses=(
        tuple(call("ec2-instance-connect:SendSSHPublicKey", {"instanceId": "i-1"}, one) for one in range(4)),
        tuple(
            call("ec2-instance-connect:SendSSHPublicKey", {"instanceId": f"i-{one}"}, HOUR * one)
            for one in range(4)
        ),
    ),
)
SERIAL_CONSOLE = Rule(
    "serial-console-enabled",
    "access to the serial console of instances was enabled",
    "T1021",
    "medium",
    Once(Calls("ec2", ("EnableSerialConsoleAccess",), {}, Outcome.ANY)),
    "report-findings",
    "disable it, unless somebody repairs an instance",
    hits=((call("ec2:EnableSerialConsoleAccess", {}),),),
    misses=((call("ec2:DisableSerialConsoleAccess", {}),),),
)
SESSIONS_OPENED = Rule(
    "sessions-on-many-instances",
    "one caller opened sessions on many instances within minutes",
    "T1651",
    "medium",
    Threshold(Calls("ssm", ("StartSession",)), 5, 10, distinct="requestParameters.target"),
    "contain-credentials",
    "ask the caller, and contain it if nobody knows about it",
    hits=(tuple(call("ssm:StartSession", {"target": f"i-{one}"}, 20 * one) for one in range(5)),),
    misses=(
        tuple(call("ssm:StartSession", {"target": "i-1"}, 20 * one) for one in range(9)),
        tuple(call("ssm:StartSession", {"target": f"i-{one}"}, 20 * one, error=_REFUSED) for one in range(9)),
    ),
)
USER_DATA_CHANGED = Rule(
    "user-data-changed-and-started",
    "the start script of an instance was changed and the instance was started",
    "T1059",
    "high",
    Sequence(
        Calls("ec2", ("ModifyInstanceAttribute",), {"requestParameters": {"userData": [{"exists": True}]}}),
        Calls("ec2", ("StartInstances",)),
        60,
        ("requestParameters.instanceId",),
        ("requestParameters.instancesSet.instanceId",),
    ),
    "contain-instance",
    "compare the script with what you deploy, and contain the instance if it differs",
    hits=(
        (
            call(
                "ec2:ModifyInstanceAttribute", {"instanceId": "i-0123456789abcdef0", "userData": "<hidden>"}
            ),
            call(
                "ec2:StartInstances",
                {"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}},
                MINUTE,
            ),
        ),
    ),
    misses=(
        (
            call("ec2:ModifyInstanceAttribute", {"instanceId": "i-0123456789abcdef0", "ebsOptimized": {}}),
            call(
                "ec2:StartInstances",
                {"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}},
                MINUTE,
            ),
        ),
        (
            call(
                "ec2:ModifyInstanceAttribute", {"instanceId": "i-0123456789abcdef0", "userData": "<hidden>"}
            ),
            call(
                "ec2:StartInstances",
                {"instancesSet": {"items": [{"instanceId": "i-0aaaaaaaaaaaaaaaa"}]}},
                MINUTE,
            ),
        ),
    ),
    about=(Target("instance", "requestParameters.instanceId"),),
)
MANY_REGIONS = Rule(
    "instances-in-many-regions",
    "one caller started instances in many regions within an hour",
    "T1496.001",
    "high",
    Threshold(Calls("ec2", ("RunInstances",), _DIRECT, Outcome.ANY), 4, 60, distinct=REGION),
    "contain-credentials",
    "contain the caller, unless it deploys to these regions",
    hits=(tuple(call("ec2:RunInstances", {}, MINUTE * one, region=f"eu-west-{one}") for one in range(5)),),
    misses=(
        tuple(call("ec2:RunInstances", {}, MINUTE * one) for one in range(9)),
        tuple(call("ec2:RunInstances", {}, HOUR * one, region=f"eu-west-{one}") for one in range(9)),
    ),
)
MAIL_PREPARED = Rule(
    "mail-abuse-prepared",
    "a caller looked into the limits for sending mail and tried to send",
    "T1496.004",
    "medium",
    Threshold(
        Calls(
            "ses",
            (
                "GetSendQuota",
                "GetAccountSendingEnabled",
                "GetAccount",
                "ListIdentities",
                "ListEmailIdentities",
                "CreateEmailIdentity",
                "VerifyEmailIdentity",
                "PutAccountDetails",
                "UpdateAccountSendingEnabled",
            ),
            {"userIdentity": {"accessKeyId": [{"prefix": "AKIA"}]}},
            Outcome.ANY,
        ),
        3,
        60,
        distinct=NAME,
    ),
    "contain-credentials",
    "ask the owner of the key: stolen keys are often used to send spam",
    hits=(
        tuple(
            call(f"ses:{name}", None, one)
            for one, name in enumerate(("GetSendQuota", "GetAccountSendingEnabled", "ListIdentities"))
        ),
    ),
    misses=(tuple(call("ses:GetSendQuota", None, one) for one in range(20)),),
)
