"""Send messages to SQS queues, and set when they return."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ringfence.aws.failures import code_of, raised
from ringfence.model.errors import Retryable
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_RECEIPT = re.compile(r"[A-Za-z0-9+/=_-]{1,1024}")
"""The form of receipt handles. Any other handle is wrong. It must not lead to an error that says nothing."""
_NOT_OURS = frozenset(
    {"ReceiptHandleIsInvalid", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"}
)
_NOT_IN_FLIGHT = frozenset(
    {"InvalidParameterValue", "MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"}
)
"""Error codes for a handle of no message of the queue, and for one that was deleted or is visible again.

https://repost.aws/knowledge-center/sqs-receipt-handle-error
"""


@frozen
class SqsQueue:
    """A queue, given its URL. `client` returns the client on first use, because containment comes first."""

    url: str
    client: Callable[[], SQSClient]

    def send(self, body: str, seconds: int = 0) -> None:
        """Send a message with a delay in seconds, 900 at most. Raises Retryable."""
        with raised("sqs:SendMessage"):
            self.client().send_message(QueueUrl=self.url, MessageBody=body, DelaySeconds=seconds)

    def send_all(self, bodies: Sequence[str]) -> None:
        """Send up to ten messages. Raises Retryable if one of them is not accepted."""
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": one} for number, one in enumerate(bodies)
        ]
        with raised("sqs:SendMessage"):
            answer = self.client().send_message_batch(QueueUrl=self.url, Entries=entries)
        for failed in answer.get("Failed", ()):
            raise Retryable(f"sqs:SendMessage: {failed['Code']}: {failed.get('Message', '')}")

    def prove(self, receipt: str, seconds: int) -> str:
        """Hide a message of this queue for some seconds from now on. Return in words why it cannot.

        Raises Retryable if the queue does not say.
        """
        if not _RECEIPT.fullmatch(receipt):
            return "it has no receipt handle"
        try:
            self.come_back(receipt, seconds)
        except Retryable as error:
            code = code_of(error.__cause__) if isinstance(error.__cause__, ClientError) else ""
            if code in _NOT_OURS:
                return "its receipt handle is not one of the queue"
            if code in _NOT_IN_FLIGHT:
                return "its receipt handle is of no message that is being handled"
            raise
        return ""

    def come_back(self, receipt: str, seconds: int) -> None:
        """Let a received message return after this number of seconds. Raises Retryable."""
        with raised("sqs:ChangeMessageVisibility"):
            self.client().change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
