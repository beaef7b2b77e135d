"""Handle the messages of one queue: which are done, which return, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from ringfence.engine.intake import ExecutionContext
from ringfence.handlers.logs import logger
from ringfence.model.errors import BadInput, Refused, Retryable, UnknownRecord
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from aws_lambda_powertools.utilities.typing import LambdaContext

    Work = Callable[[str, ExecutionContext], tuple[str, ...]]
    """Handles a message body. Returns in words why it must return, or nothing."""

RESERVE = timedelta(seconds=5)
"""Time at the end of an execution in which no change starts. It is for verification and recording."""
FIRST_RETRY, LAST_RETRY, BAD_INPUT = 5, 60, 0
"""Seconds until a message returns. The time doubles with each delivery, up to the last value. Bad input
returns at once and reaches the dead-letter queue quickly.
"""
PROMPT, SLOW_RETRY = 30, 900
"""After this many deliveries, the time doubles again, up to this value. Only a continuation gets there: what
failed for half an hour will hardly succeed within a minute.
"""


class Queue(Protocol):
    """The queue of the messages."""

    def come_back(self, receipt: str, seconds: int) -> None:
        """Let a message return after this number of seconds. Raises Retryable."""
        ...


@frozen
class Message:
    """An SQS message, as the event source mapping delivers it."""

    id: str
    body: str
    receipt: str
    received: int = 1

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Message:
        """Read a record of the event."""
        received = record.get("attributes", {}).get("ApproximateReceiveCount", "1")
        return cls(record["messageId"], record["body"], record["receiptHandle"], int(received))

    @property
    def patience(self) -> int:
        """The seconds until the next delivery."""
        if self.received <= PROMPT:
            return min(FIRST_RETRY << min(self.received - 1, 8), LAST_RETRY)
        return min(LAST_RETRY << min(self.received - PROMPT, 8), SLOW_RETRY)


def work_off(
    event: Mapping[str, list[dict[str, Any]]], execution: ExecutionContext, work: Work, queue: Queue
) -> dict[str, list[dict[str, str]]]:
    """Handle each message. Return those to retry as batch item failures.

    Unexpected errors are raised: the function fails, its alarm rings, and the message returns after the
    lease.
    """
    failures = []
    for record in event["Records"]:
        message = Message.of(record)
        seconds = _attempt(message, execution, work)
        if seconds is not None:
            _come_back(message, seconds, queue)
            failures.append({"itemIdentifier": message.id})
    return {"batchItemFailures": failures}


def execution_of(context: LambdaContext, actor: str, now: datetime) -> ExecutionContext:
    """Return the context of an execution. Its id is the request id, and its lease ends before its timeout."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return ExecutionContext(context.aws_request_id, actor, now + left - RESERVE)


def _attempt(message: Message, execution: ExecutionContext, work: Work) -> int | None:
    """Return the seconds until the message must return. None if it is done."""
    try:
        again = work(message.body, execution)
    except BadInput as error:
        logger().error(
            "bad input", extra={"message_id": message.id, "field": error.field, "error": str(error)}
        )
        return BAD_INPUT
    except UnknownRecord as error:
        logger().error(
            "a newer version wrote to the log", extra={"message_id": message.id, "error": str(error)}
        )
        return message.patience
    except (Retryable, Refused) as error:
        logger().warning("failed", extra={"message_id": message.id, "error": str(error)})
        return message.patience
    if again:
        logger().warning("must be read again", extra={"message_id": message.id, "why": again})
        return message.patience
    return None


def _come_back(message: Message, seconds: int, queue: Queue) -> None:
    """Shorten the visibility timeout of the message. If that fails, the message returns later."""
    try:
        queue.come_back(message.receipt, seconds)
    except Retryable as error:
        logger().warning("the message returns after its visibility timeout", extra={"error": str(error)})
