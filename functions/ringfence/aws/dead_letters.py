"""Dead letters: messages that were given up on. They are read, and put back on their queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.aws.failures import raised
from ringfence.model.call import Permission
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient

SUFFIX = "-dead-letters"
_NAMES = "the names of the runbooks' queues begin so"
PERMISSIONS = (
    *(
        Permission(action, ("{dead_letters}",), reason=_NAMES)
        for action in ("sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage")
    ),
    *(
        Permission(action, ("{own_queues}",), reason=_NAMES)
        for action in ("sqs:GetQueueUrl", "sqs:SendMessage")
    ),
)
"""The permissions to list and replay dead letters. `{own_queues}` are the queues that they came from."""
MOST = 100
"""How many dead letters of one queue are read at once."""
HIDDEN = 30
"""Seconds for which a dead letter is hidden after it was read. It returns by itself."""
_A_CALL = 10
"""The most messages that SQS returns for one call."""


@frozen
class DeadLetter:
    """One dead letter of a queue: its id, when it was sent, its text, and the handle to delete it."""

    id: str
    at: datetime
    body: str
    handle: str


@dataclass(frozen=True)
class SqsDeadLetters:
    """The dead letters of the queues of one account and region. Raises Retryable if SQS fails."""

    client: Callable[[], SQSClient]

    def waiting(self, queue: str) -> tuple[DeadLetter, ...]:
        """Return the dead letters of a queue, the oldest first. They are hidden for some seconds."""
        found: dict[str, DeadLetter] = {}
        url = self._url(f"{queue}{SUFFIX}")
        with raised("sqs:ReceiveMessage"):
            while len(found) < MOST:
                answer = self.client().receive_message(
                    QueueUrl=url,
                    MaxNumberOfMessages=_A_CALL,
                    VisibilityTimeout=HIDDEN,
                    AttributeNames=["SentTimestamp"],
                )
                if not (messages := answer.get("Messages", [])):
                    break
                for one in messages:
                    sent = timedelta(milliseconds=int(one["Attributes"]["SentTimestamp"]))
                    at = datetime.fromtimestamp(0, UTC) + sent
                    found[one["MessageId"]] = DeadLetter(
                        one["MessageId"], at, one["Body"], one["ReceiptHandle"]
                    )
        return tuple(sorted(found.values(), key=lambda one: one.at))

    def put_back(self, queue: str, letter: DeadLetter) -> None:
        """Send a dead letter to its queue again, then delete it.

        If the second call fails, the message is delivered twice, which changes nothing.
        """
        with raised("sqs:SendMessage"):
            self.client().send_message(QueueUrl=self._url(queue), MessageBody=letter.body)
        with raised("sqs:DeleteMessage"):
            self.client().delete_message(QueueUrl=self._url(f"{queue}{SUFFIX}"), ReceiptHandle=letter.handle)

    def _url(self, name: str) -> str:
        with raised("sqs:GetQueueUrl"):
            return self.client().get_queue_url(QueueName=name)["QueueUrl"]
