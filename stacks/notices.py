"""The topics of notices: encrypted, and open to Ringfence's alarms. One is for escalations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from stacks.keys import used_by
from stacks.names import prefixed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_kms as kms
    from constructs import Construct


def notices(scope: Construct, key: kms.Key, email: str) -> sns.Topic:
    """Return a topic encrypted with `key` for Ringfence's alarms. `email`, if any, subscribes to it."""
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


def only_published_by(topic: sns.Topic, roles: Iterable[str] = ()) -> None:
    """Deny everybody but these roles to publish. AWS services have no ARN as a principal.

    What a notice says leads to answers of people, so others must not make one up.
    """
    own = list(roles)
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="NobodyElsePublishes",
            effect=iam.Effect.DENY,
            actions=["sns:Publish"],
            principals=[iam.StarPrincipal()],
            resources=[topic.topic_arn],
            conditions={
                **({"ArnNotEquals": {"aws:PrincipalArn": own}} if own else {}),
                "Null": {"aws:PrincipalArn": "false"},
            },
        )
    )


def _alarms_notify(topic: sns.Topic) -> None:
    """Allow Ringfence's alarms to notify a topic: those of this account and region with its names.

    An alarm's name and description are texts of its creator. The service control policy denies the creation
    of one with these names, and the notice about such a call names a resource of Ringfence.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html#sns-publish-cloudwatch-alarm
    """
    stack = Stack.of(topic)
    alarms = stack.format_arn(
        service="cloudwatch",
        resource="alarm",
        resource_name=prefixed("*"),
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Alarms",
            actions=["sns:Publish"],
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            resources=[topic.topic_arn],
            conditions={
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {"aws:SourceArn": alarms},
            },
        )
    )


def _topic(scope: Construct, id_: str, key: kms.Key, email: str) -> sns.Topic:
    topic = sns.Topic(scope, id_, display_name="Ringfence", master_key=key, enforce_ssl=True)
    if email:
        topic.add_subscription(subscriptions.EmailSubscription(email))
    return topic
