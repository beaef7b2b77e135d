"""Functions and keys that others can use or change."""

from __future__ import annotations

from ringfence.insights.activity import conditions
from ringfence.insights.activity.rule import (
    Calls,
    Once,
    Rule,
)
from ringfence.insights.activity.stories import (
    OTHER,
    OWN,
    call,
    policy,
)

FUNCTION_OPENED = Rule(
    "function-opened",
    "everybody can invoke a function",
    "T1648",
    "high",
    Once(
        Calls(
            "lambda",
            ("AddPermission20150331", "AddPermission20150331v2"),
            {"requestParameters": {"principal": ["*"], "principalOrgID": [{"exists": False}]}},
        )
    ),
    "report-findings",
    "remove the permission, unless the function is meant to be public",
    hits=((call("lambda:AddPermission20150331v2", {"functionName": "f", "principal": "*"}),),),
    misses=(
        (call("lambda:AddPermission20150331v2", {"functionName": "f", "principal": "sns.amazonaws.com"}),),
        (
            call(
                "lambda:AddPermission20150331v2",
                {"functionName": "f", "principal": "*", "principalOrgID": "o-1"},
            ),
        ),
    ),
)
FOREIGN_LAYER = Rule(
    "function-got-foreign-layer",
    "a function runs code from a layer of another account",
    "T1525",
    "medium",
    Once(Calls("lambda", ("UpdateFunctionConfiguration20150331v2",), also=conditions.uses_foreign_layer)),
    "report-findings",
    "check whether your organization knows the owner of the layer",
    hits=(
        (
            call(
                "lambda:UpdateFunctionConfiguration20150331v2",
                {"functionName": "f", "layers": [f"arn:aws:lambda:eu-west-1:{OTHER}:layer:x:1"]},
            ),
        ),
    ),
    misses=(
        (
            call(
                "lambda:UpdateFunctionConfiguration20150331v2",
                {"functionName": "f", "layers": [f"arn:aws:lambda:eu-west-1:{OWN}:layer:x:1"]},
            ),
        ),
        (call("lambda:UpdateFunctionConfiguration20150331v2", {"functionName": "f", "memorySize": 512}),),
    ),
)
KEY_OPENED = Rule(
    "key-policy-opened",
    "a policy of a KMS key lets everybody or another account in",
    "T1098",
    "high",
    Once(Calls("kms", ("PutKeyPolicy", "CreateKey"), also=conditions.lets_others_in)),
    "report-findings",
    "check whether the other account is known, and set the former policy if not",
    hits=(
        (call("kms:PutKeyPolicy", {"keyId": "k", "policyName": "default", "policy": policy({"AWS": "*"})}),),
        (
            call(
                "kms:PutKeyPolicy", {"keyId": "k", "policy": policy({"AWS": [f"arn:aws:iam::{OTHER}:root"]})}
            ),
        ),
    ),
    misses=(
        (call("kms:PutKeyPolicy", {"keyId": "k", "policy": policy({"AWS": f"arn:aws:iam::{OWN}:root"})}),),
        (
            call(
                "kms:PutKeyPolicy",
                {
                    "keyId": "k",
                    "policy": policy({"AWS": "*"}, condition={"StringEquals": {"kms:CallerAccount": OWN}}),
                },
            ),
        ),
    ),
)
