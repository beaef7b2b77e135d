"""Encryption keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

if TYPE_CHECKING:
    from constructs import Construct

_USE = ("kms:Decrypt", "kms:GenerateDataKey")


def encryption_key(scope: Construct, alias: str, description: str, removal: RemovalPolicy) -> kms.Key:
    """Return a key that rotates; this account's policies say who uses it, CloudWatch Logs does."""
    stack = Stack.of(scope)
    groups = f"arn:aws:logs:{stack.region}:{stack.account}:log-group:*"
    key = kms.Key(
        scope,
        "Key",
        alias=f"alias/{alias}",
        description=description,
        enable_key_rotation=True,
        pending_window=Duration.days(30),
        removal_policy=removal,
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="LogGroups",
            actions=[
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey*",
                "kms:ReEncrypt*",
            ],
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
            resources=["*"],
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )
    )
    return key


def used_by(key: kms.Key, service: str, account: str) -> None:
    """Let a service use the key on behalf of this account: to put events and alarms where they belong."""
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid=service.title().replace(".", ""),
            actions=list(_USE),
            principals=[iam.ServicePrincipal(service)],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": account}},
        )
    )
