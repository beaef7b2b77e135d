"""The key behind the seals of the record: only the functions that write the record may use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from ringfence.model.resource_names import ARCHIVE, function_role, recording_roles
from stacks.acknowledgements import acknowledge
from stacks.names import role_arn

if TYPE_CHECKING:
    from constructs import Construct

ALIAS = "alias/ringfence-record"
_USE = ("kms:GenerateMac", "kms:VerifyMac")
_ADMINISTER = (
    "kms:CancelKeyDeletion",
    "kms:Create*",
    "kms:Delete*",
    "kms:Describe*",
    "kms:Disable*",
    "kms:Enable*",
    "kms:Get*",
    "kms:List*",
    "kms:Put*",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:Update*",
)


def record_key(scope: Construct) -> kms.Key:
    """Return the HMAC key.

    Its policy denies the use of the key to everybody but the functions, whatever IAM allows: everybody who
    can use it can forge entries. KMS does not rotate HMAC keys: a new key replaces this one.

    https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html
    """
    stack = Stack.of(scope)
    # The function that archives checks the MACs. It writes to no table with entries.
    names = (*recording_roles(), function_role(ARCHIVE))
    writers = [role_arn(stack.account, name) for name in names]
    account = iam.AccountRootPrincipal()
    key = kms.Key(
        scope,
        "RecordKey",
        alias=ALIAS,
        description="Ringfence's seals of the audit log",
        key_spec=kms.KeySpec.HMAC_256,
        key_usage=kms.KeyUsage.GENERATE_VERIFY_MAC,
        pending_window=Duration.days(30),
        removal_policy=RemovalPolicy.RETAIN,
        policy=iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(
                    sid="Administer", actions=list(_ADMINISTER), principals=[account], resources=["*"]
                ),
                iam.PolicyStatement(
                    sid="Functions",
                    actions=["kms:GenerateMac"],
                    principals=[account],
                    resources=["*"],
                    conditions={"ArnEquals": {"aws:PrincipalArn": writers}},
                ),
                iam.PolicyStatement(
                    sid="NobodyElse",
                    effect=iam.Effect.DENY,
                    actions=list(_USE),
                    principals=[iam.AnyPrincipal()],
                    resources=["*"],
                    conditions={"ArnNotEquals": {"aws:PrincipalArn": writers}},
                ),
            ]
        ),
    )
    acknowledge(key, "KMS5", "KMS does not rotate HMAC keys")
    return key
