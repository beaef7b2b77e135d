"""The topic of notices: encrypted, and open to this account's alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from stacks.keys import used_by

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct


def notices(scope: Construct, key: kms.Key, email: str) -> sns.Topic:
    """Return a topic encrypted with `key` for this account's alarms. `email`, if any, subscribes to it."""
    account = Stack.of(scope).account
    topic = sns.Topic(scope, "Notices", display_name="Ringfence", master_key=key, enforce_ssl=True)
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Alarms",
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": account}},
        )
    )
    used_by(key, "cloudwatch.amazonaws.com", account)
    if email:
        topic.add_subscription(subscriptions.EmailSubscription(email))
    return topic
