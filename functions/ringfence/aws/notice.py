"""Notices go to an SNS topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.aws.failures import raised
from ringfence.model.call import Permission

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

    from ringfence.record.notices import Notice

PERMISSIONS = (Permission("sns:Publish", ("{topic}",)),)
"""What telling needs. `{topic}` stands for the topic's ARN; the topic's key is beside this."""


@dataclass(frozen=True)
class Topic:
    """Where notices are published."""

    client: SNSClient
    arn: str

    def publish(self, notice: Notice) -> None:
        """Send a notice; raises Retryable."""
        with raised("sns:Publish"):
            self.client.publish(TopicArn=self.arn, Subject=notice.subject, Message=notice.text)
