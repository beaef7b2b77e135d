"""Secrets that are read in bulk."""

from __future__ import annotations

from ringfence.insights.activity.rule import (
    Calls,
    Once,
    Outcome,
    Rule,
    Threshold,
)
from ringfence.insights.activity.stories import (
    MINUTE,
    PIPELINE,
    call,
)

_REFUSED = "AccessDenied"

SECRETS_READ = Rule(
    "many-secrets-read",
    "one caller read many secrets within minutes",
    "T1555.006",
    "high",
    Threshold(
        Calls("secretsmanager", ("GetSecretValue",), {"userIdentity": {"invokedBy": [{"exists": False}]}}),
        10,
        10,
        distinct="requestParameters.secretId",
    ),
    "contain-credentials",
    "ask the caller; if nobody knows about it, contain it and rotate the secrets",
    hits=(
        tuple(call("secretsmanager:GetSecretValue", {"secretId": f"s-{one}"}, 5 * one) for one in range(10)),
    ),
    misses=(
        tuple(
            call("secretsmanager:GetSecretValue", {"secretId": "s-1"}, one, by=PIPELINE) for one in range(60)
        ),
        tuple(
            call("secretsmanager:GetSecretValue", {"secretId": f"s-{one}"}, 10 * MINUTE * one)
            for one in range(20)
        ),
    ),
)
SECRETS_IN_BATCHES = Rule(
    "secrets-read-by-filter",
    "secrets were read in a batch by a filter, without naming them",
    "T1555.006",
    "medium",
    Once(
        Calls(
            "secretsmanager",
            ("BatchGetSecretValue",),
            {"requestParameters": {"filters": {"key": [{"exists": True}]}}},
        )
    ),
    "contain-credentials",
    "ask the caller; applications read secrets by name",
    hits=((call("secretsmanager:BatchGetSecretValue", {"filters": [{"key": "tag-key", "values": ["a"]}]}),),),
    misses=((call("secretsmanager:BatchGetSecretValue", {"secretIdList": ["a", "b"]}),),),
)
PARAMETERS_READ = Rule(
    "many-parameters-decrypted",
    "one caller read many secret parameters within minutes",
    "T1555.006",
    "medium",
    Threshold(
        Calls("ssm", ("GetParameter",), {"requestParameters": {"withDecryption": [True]}}),
        30,
        10,
        distinct="requestParameters.name",
    ),
    "contain-credentials",
    "ask the caller; if nobody knows about it, contain it and replace the secrets",
    hits=(
        tuple(
            call("ssm:GetParameter", {"name": f"/p/{one}", "withDecryption": True}, one) for one in range(30)
        ),
    ),
    misses=(
        tuple(
            call("ssm:GetParameter", {"name": f"/p/{one}", "withDecryption": False}, one) for one in range(40)
        ),
        tuple(call("ssm:GetParameter", {"name": "/p/1", "withDecryption": True}, one) for one in range(40)),
    ),
)
PASSWORDS_READ = Rule(
    "windows-passwords-read",
    "passwords of several Windows instances were asked for",
    "T1552",
    "high",
    Threshold(
        Calls("ec2", ("GetPasswordData",), {}, Outcome.ANY), 3, 10, distinct="requestParameters.instanceId"
    ),
    "contain-credentials",
    "ask the caller, and contain it if nobody knows about it",
    hits=(
        tuple(
            call("ec2:GetPasswordData", {"instanceId": f"i-{one}"}, one, error=_REFUSED) for one in range(3)
        ),
    ),
    misses=(tuple(call("ec2:GetPasswordData", {"instanceId": "i-1"}, one) for one in range(9)),),
)
