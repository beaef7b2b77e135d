"""Handle the messages of one queue: which are done, which return, and when."""

from __future__ import annotations

import math
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ringfence.engine.intake import ExecutionContext
from ringfence.handlers.logs import logger
from ringfence.handlers.proof import ByQueue, report_forged
from ringfence.model.errors import BadInput, Forged, Refused, Retryable, UnknownRecord
from ringfence.model.frozen import frozen
from ringfence.policy.circumstances import Circumstances

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.engine.again import Again
    from ringfence.handlers.proof import Begin, Proof

    Work = Callable[[str, ExecutionContext, Proof], tuple[Again, ...]]
    """Handles a message body. Returns why it must return, or nothing.

    It must check the proof before it writes, sends or changes anything.
    """

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


HIDDEN_AFTER = timedelta(seconds=5)
"""How long a message stays hidden after the latest end of the execution that handles it."""


class Queue(Protocol):
    """The queue of the messages."""

    def prove(self, receipt: str, seconds: int) -> str:
        """Hide a message for this number of seconds. Return in words why it is none of the queue's in flight.

        Raises Retryable if the queue does not say.
        """
        ...

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
        """Read a record of the event. Raises Forged for one that no event source mapping delivers."""
        try:
            received = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
            texts = (record["messageId"], record["body"], record["receiptHandle"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise Forged("the event contains a record that is no message of a queue") from error
        if not all(isinstance(one, str) for one in texts):
            raise Forged("the event contains a message whose id, body or receipt handle is no text")
        return cls(*texts, received)

    @property
    def patience(self) -> int:
        """The seconds until the next delivery."""
        if self.received <= PROMPT:
            return min(FIRST_RETRY << min(self.received - 1, 8), LAST_RETRY)
        return min(LAST_RETRY << min(self.received - PROMPT, 8), SLOW_RETRY)

    def returns_after(self, again: Sequence[Again]) -> int:
        """Return the seconds until the next delivery: earlier if a read shows more by then."""
        known = (one.within for one in again if one.within is not None)
        return min((self.patience, *(max(1, math.ceil(one.total_seconds())) for one in known)))


@frozen
class Source:
    """The queue of the messages. `hidden`: for how many seconds a message is hidden from others from now on.

    `begin` starts a function in the background.
    """

    queue: Queue
    hidden: int
    begin: Begin

    def proof(self, message: Message) -> ByQueue:
        """Return the proof of a message, which the first read starts."""
        return ByQueue(partial(self.begin, partial(self.queue.prove, message.receipt, self.hidden)))


def work_off(
    event: Mapping[str, list[dict[str, Any]]], execution: ExecutionContext, work: Work, source: Source
) -> dict[str, list[dict[str, str]]]:
    """Handle each message that came by the queue. Return those to retry as batch item failures.

    Unexpected errors are raised: the function fails, its alarm rings, and the message returns after the
    lease. Raises Forged for an event that no event source mapping delivers.
    """
    failures = []
    for message in _messages(event):
        proof = source.proof(message)
        seconds = _attempt(message, execution, work, proof)
        if _is_forged(message, proof):
            failures.append({"itemIdentifier": message.id})
        elif seconds is not None:
            _come_back(message, seconds, source.queue)
            failures.append({"itemIdentifier": message.id})
    return {"batchItemFailures": failures}


def _messages(event: Mapping[str, list[dict[str, Any]]]) -> list[Message]:
    """Read the messages of an event. Raises Forged, and lets the alarm ring."""
    records: Any = event.get("Records") if isinstance(event, dict) else None
    try:
        return [Message.of(record) for record in (records if isinstance(records, list) else [records])]
    except Forged as error:
        report_forged(error)
        raise


def _is_forged(message: Message, proof: Proof) -> bool:
    """Return whether a message did not come by the queue, and let the alarm ring.

    Also where nothing was written for it, so that nothing waited for its proof.
    """
    try:
        proof.check()
    except Forged as error:
        report_forged(error, message_id=message.id)
        return True
    except Retryable as error:
        logger().warning("the queue does not say", extra={"message_id": message.id, "error": str(error)})
    return False


def execution_of(context: LambdaContext, actor: str, now: datetime) -> ExecutionContext:
    """Return the context of an execution. Its id is the request id, and its lease ends before its timeout."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return ExecutionContext(context.aws_request_id, actor, now + left - RESERVE, Circumstances(now))


def hidden(context: LambdaContext) -> int:
    """Return for how many seconds from now on a message must be hidden from others."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return math.ceil((left + HIDDEN_AFTER).total_seconds())


def _attempt(message: Message, execution: ExecutionContext, work: Work, proof: Proof) -> int | None:
    """Return the seconds until the message must return. None if it is done."""
    try:
        again = work(message.body, execution, proof)
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
        why = [one.reason for one in again]
        logger().warning("must be read again", extra={"message_id": message.id, "why": why})
        return message.returns_after(again)
    return None


def _come_back(message: Message, seconds: int, queue: Queue) -> None:
    """Shorten the visibility timeout of the message. If that fails, the message returns later."""
    try:
        queue.come_back(message.receipt, seconds)
    except Retryable as error:
        logger().warning("the message returns after its visibility timeout", extra={"error": str(error)})
