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
    """Return a rotating key. The account's IAM policies control its use, and CloudWatch Logs may use it."""
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
    """Allow a service to use the key for this account, to deliver events and alarms."""
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid=service.title().replace(".", ""),
            actions=list(_USE),
            principals=[iam.ServicePrincipal(service)],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": account}},
        )
    )
