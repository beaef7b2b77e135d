"""Somebody looks around, and tries out permissions."""

from __future__ import annotations

from ringfence.insights.activity.rule import (
    Calls,
    Once,
    Outcome,
    Rule,
    Sequence,
    Threshold,
)
from ringfence.insights.activity.selecting import (
    NAME,
    SERVICE,
)
from ringfence.insights.activity.stories import (
    HOUR,
    MINUTE,
    PIPELINE,
    call,
)

_DIRECT = {"userIdentity": {"invokedBy": [{"exists": False}]}}
_DENIED = Calls("", (), _DIRECT, Outcome.DENIED)
_LONG_TERM = {"userIdentity": {"invokedBy": [{"exists": False}], "accessKeyId": [{"prefix": "AKIA"}]}}
_SERVICES = ("ec2", "s3", "iam", "lambda", "rds", "sqs", "sns", "kms", "ecs", "eks", "logs", "sts", "ssm")
_REFUSED = "AccessDenied"


def _probes(number: int, every: float = 10, error: str = _REFUSED) -> tuple[dict[str, object], ...]:
    """Return reading calls of several services."""
    names = [f"{_SERVICES[one % 13]}:List{chr(65 + one // 13)}{_SERVICES[one % 13]}" for one in range(number)]
    return tuple(dict(call(name, None, every * one, error=error)) for one, name in enumerate(names))


DENIED = Rule(
    "denied-burst",
    "many different calls of one caller were denied within minutes",
    "T1580",
    "medium",
    Threshold(_DENIED, 10, 10, distinct=NAME),
    "contain-credentials",
    "ask the caller: a program needs few calls, and somebody who tries out permissions makes many",
    hits=(_probes(12),),
    misses=(_probes(8), _probes(12, 2 * MINUTE), _probes(30, error="")),
)
DENIED_THEN_ALLOWED = Rule(
    "denied-then-changed",
    "a caller changed something after many different calls were denied",
    "T1078.004",
    "high",
    Sequence(
        _DENIED,
        Calls("", (), {**_DIRECT, "readOnly": [False], "eventType": ["AwsApiCall"]}),
        30,
        least=10,
        distinct=NAME,
    ),
    "contain-credentials",
    "check the change, and contain the caller unless it is known",
    hits=((*_probes(12), call("iam:CreateUser", {"userName": "x"}, 5 * MINUTE)),),
    misses=(
        (*_probes(5), call("iam:CreateUser", {"userName": "x"}, 5 * MINUTE)),
        (*_probes(12), call("iam:ListUsers", None, 5 * MINUTE)),
        (*_probes(12), call("iam:CreateUser", {"userName": "x"}, 5 * MINUTE, by=PIPELINE)),
        (*_probes(12), call("iam:CreateUser", {"userName": "x"}, 2 * HOUR)),
    ),
)
DISCOVERY = Rule(
    "discovery-burst",
    "an access key read from many services within minutes",
    "T1526",
    "low",
    Threshold(Calls("", (), {**_LONG_TERM, "readOnly": [True]}, Outcome.ANY), 12, 5, distinct=SERVICE),
    "report-findings",
    "ask the owner of the key: scanners of your own do the same",
    hits=(_probes(13, error=""),),
    misses=(_probes(9, error=""), _probes(13, 2 * MINUTE, error="")),
)
IDENTITIES_LISTED = Rule(
    "identities-dumped",
    "all users, roles and policies of the account were read in one call",
    "T1087.004",
    "low",
    Once(Calls("iam", ("GetAccountAuthorizationDetails",), _DIRECT, Outcome.ANY), minutes=24 * 60),
    "report-findings",
    "ask the caller: auditors and scanners use this call, and intruders too",
    hits=(
        (call("iam:GetAccountAuthorizationDetails"),),
        (call("iam:GetAccountAuthorizationDetails", error=_REFUSED),),
    ),
    misses=((call("iam:ListUsers"),),),
)
