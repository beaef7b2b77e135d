"""One queue's messages: which are done, which come back, and how soon."""

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
    """Works on a message's body; returns in words why it must come back, or nothing."""

RESERVE = timedelta(seconds=5)
"""Time at the end of an execution in which no change is begun: for looking again and recording."""
FIRST_RETRY, LAST_RETRY, BAD_INPUT = 5, 60, 0
"""Seconds after which a message comes back: twice as many each time, up to the last. Bad input gets no
better: it is among the dead letters quickly."""


class Queue(Protocol):
    """Where the messages are from."""

    def come_back(self, receipt: str, seconds: int) -> None:
        """Let a message come back after so many seconds. Raises Retryable."""
        ...


@frozen
class Message:
    """An SQS message as an event source mapping delivers it."""

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
        """After how many seconds to try again."""
        return min(FIRST_RETRY << min(self.received - 1, 8), LAST_RETRY)


def work_off(
    event: Mapping[str, list[dict[str, Any]]], execution: ExecutionContext, work: Work, queue: Queue
) -> dict[str, list[dict[str, str]]]:
    """Work on each message; return those that come back as batch item failures.

    What nobody foresaw is raised: the function fails, its alarm rings, and the message comes back when
    the lease that it may have taken is over.
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
    """Name an execution after its request; its lease ends before its time does."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return ExecutionContext(context.aws_request_id, actor, now + left - RESERVE)


def _attempt(message: Message, execution: ExecutionContext, work: Work) -> int | None:
    """Return after how many seconds the message must come back, or None when it is done."""
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
    """Shorten the message's wait; where that fails, it waits out its visibility."""
    try:
        queue.come_back(message.receipt, seconds)
    except Retryable as error:
        logger().warning("the message returns after its visibility timeout", extra={"error": str(error)})
