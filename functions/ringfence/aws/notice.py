"""Send notices to an SNS topic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ringfence.aws.failures import raised
from ringfence.model.call import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

    from ringfence.record.notices import Notice

TOPIC = "RINGFENCE_TOPIC_ARN"
"""The variable with the ARN of the topic for notices."""
ROUTES, ROUTE_TOPICS, CHAT_TOPIC = (
    "RINGFENCE_ROUTES",
    "RINGFENCE_ROUTE_TOPICS",
    "RINGFENCE_CHAT_TOPIC_ARN",
)
"""The variables with the routes as JSON, the ARNs of their topics by name as JSON, and the topic of chat."""
PERMISSIONS = (Permission("sns:Publish", ("{topic}",)),)
"""The permission to send notices. `{topic}` is the topic's ARN. Its key is separate."""
SUBSCRIBED_PERMISSIONS = (Permission("sns:GetTopicAttributes", ("{topic}",)),)
ESCALATION_PERMISSIONS = (Permission("sns:Publish", ("{escalations}",)),)


@dataclass(frozen=True)
class Topic:
    """A publisher of notices. `names` are names of accounts, by their ids."""

    client: SNSClient
    arn: str
    names: Mapping[str, str] = field(default_factory=dict)

    def publish(self, notice: Notice) -> None:
        """Send a notice: its text, and its machine-readable form in message attributes. Raises Retryable."""
        from ringfence.record.notices.schema import attributes  # containment does not wait for it

        told = notice.with_account(self.names)
        self.send(told.subject, told.text, attributes(told))

    def send(self, subject: str, text: str, attributes: Mapping[str, tuple[str, str]]) -> None:
        """Send a message with attributes: the type and the value of each by its name. Raises Retryable.

        Without a subject, it has none.
        """
        given: dict[str, MessageAttributeValueTypeDef] = {
            name: {"DataType": kind, "StringValue": value} for name, (kind, value) in attributes.items()
        }
        named: dict[str, Any] = {"Subject": subject} if subject else {}  # it must not be empty
        with raised("sns:Publish"):
            self.client.publish(TopicArn=self.arn, Message=text, MessageAttributes=given, **named)

    def confirmed(self) -> int:
        """Return how many subscriptions are confirmed. Raises Retryable."""
        with raised("sns:GetTopicAttributes"):
            found = self.client.get_topic_attributes(TopicArn=self.arn)["Attributes"]
        return int(found.get("SubscriptionsConfirmed", "0"))
