"""Subscriptions of the local SNS wait for a confirmation, and are listed so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringfence.local import LocalAws


def test_an_email_waits_for_its_confirmation_and_a_queue_does_not(aws: LocalAws, unique: str) -> None:
    sns = aws.client("sns")
    topic = sns.create_topic(Name=unique)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="night@example.com")
    queue = f"arn:aws:sqs:us-east-1:111122223333:{unique}"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    found = {one["Endpoint"]: one["SubscriptionArn"] for one in listed}
    assert found.pop("night@example.com") == "PendingConfirmation"
    assert found[queue].startswith(topic)
