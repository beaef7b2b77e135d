"""Send messages to SQS queues, and set when they return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.aws.failures import raised
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient


@frozen
class SqsQueue:
    """A queue, given its URL. `client` returns the client on first use, because containment comes first."""

    url: str
    client: Callable[[], SQSClient]

    def send(self, body: str, seconds: int = 0) -> None:
        """Send a message with a delay in seconds, 900 at most. Raises Retryable."""
        with raised("sqs:SendMessage"):
            self.client().send_message(QueueUrl=self.url, MessageBody=body, DelaySeconds=seconds)

    def come_back(self, receipt: str, seconds: int) -> None:
        """Let a received message return after this number of seconds. Raises Retryable."""
        with raised("sqs:ChangeMessageVisibility"):
            self.client().change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
