"""Queues: putting a message in, and saying when one comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.aws.failures import raised
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient


@frozen
class SqsQueue:
    """A queue by its URL. `client` gives the client once it is needed: containment comes first."""

    url: str
    client: Callable[[], SQSClient]

    def send(self, body: str, seconds: int = 0) -> None:
        """Put a message in, to be delivered after so many seconds, 900 at most; raises Retryable."""
        with raised("sqs:SendMessage"):
            self.client().send_message(QueueUrl=self.url, MessageBody=body, DelaySeconds=seconds)

    def come_back(self, receipt: str, seconds: int) -> None:
        """Let a message that was received come back after so many seconds; raises Retryable."""
        with raised("sqs:ChangeMessageVisibility"):
            self.client().change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
