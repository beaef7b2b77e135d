"""Send notices to an SNS topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.aws.failures import raised
from ringfence.model.call import Permission

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

    from ringfence.record.notices import Notice

TOPIC = "RINGFENCE_TOPIC_ARN"
"""The variable with the ARN of the topic for notices."""
PERMISSIONS = (Permission("sns:Publish", ("{topic}",)),)
"""The permission to send notices. `{topic}` is the topic's ARN. Its key is separate."""
SUBSCRIBED_PERMISSIONS = (Permission("sns:GetTopicAttributes", ("{topic}",)),)
ESCALATION_PERMISSIONS = (Permission("sns:Publish", ("{escalations}",)),)


@dataclass(frozen=True)
class Topic:
    """A publisher of notices."""

    client: SNSClient
    arn: str

    def publish(self, notice: Notice) -> None:
        """Send a notice: its text, and its machine-readable form in message attributes. Raises Retryable."""
        from ringfence.record.notices.schema import attributes  # containment does not wait for it

        given: dict[str, MessageAttributeValueTypeDef] = {
            name: {"DataType": kind, "StringValue": value}
            for name, (kind, value) in attributes(notice).items()
        }
        with raised("sns:Publish"):
            self.client.publish(
                TopicArn=self.arn, Subject=notice.subject, Message=notice.text, MessageAttributes=given
            )

    def confirmed(self) -> int:
        """Return how many subscriptions are confirmed. Raises Retryable."""
        with raised("sns:GetTopicAttributes"):
            found = self.client.get_topic_attributes(TopicArn=self.arn)["Attributes"]
        return int(found.get("SubscriptionsConfirmed", "0"))
