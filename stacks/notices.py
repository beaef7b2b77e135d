"""The topics of notices: encrypted. One is open to this account's alarms, the other is for escalations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from stacks.keys import used_by

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_kms as kms
    from constructs import Construct


def notices(scope: Construct, key: kms.Key, email: str) -> sns.Topic:
    """Return a topic encrypted with `key` for this account's alarms. `email`, if any, subscribes to it."""
    topic = _topic(scope, "Notices", key, email)
    _alarms_notify(topic)
    used_by(key, "cloudwatch.amazonaws.com", Stack.of(scope).account)
    return topic


def escalations(scope: Construct, key: kms.Key, email: str) -> sns.Topic:
    """Return a topic for approvals that nobody answered, and for approvals with break-glass.

    Alarms about the topic of notices notify this one, because the other one may reach nobody.
    """
    topic = _topic(scope, "Escalations", key, email)
    _alarms_notify(topic)
    return topic


def only_published_by(topic: sns.Topic, roles: Iterable[str]) -> None:
    """Deny everybody but these roles to publish. AWS services have no ARN as a principal.

    What a notice says leads to answers of people, so others must not make one up.
    """
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="NobodyElsePublishes",
            effect=iam.Effect.DENY,
            actions=["sns:Publish"],
            principals=[iam.StarPrincipal()],
            resources=[topic.topic_arn],
            conditions={
                "ArnNotEquals": {"aws:PrincipalArn": list(roles)},
                "Null": {"aws:PrincipalArn": "false"},
            },
        )
    )


def _alarms_notify(topic: sns.Topic) -> None:
    """Allow the alarms of this account to notify a topic."""
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Alarms",
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(topic).account}},
        )
    )


def _topic(scope: Construct, id_: str, key: kms.Key, email: str) -> sns.Topic:
    topic = sns.Topic(scope, id_, display_name="Ringfence", master_key=key, enforce_ssl=True)
    if email:
        topic.add_subscription(subscriptions.EmailSubscription(email))
    return topic
