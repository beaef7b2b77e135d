"""Which messages are done, which come back, and how soon."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.engine.again import Again
from ringfence.engine.continuations import LIFE
from ringfence.engine.intake import ExecutionContext
from ringfence.handlers.queue import (
    BAD_INPUT,
    FIRST_RETRY,
    LAST_RETRY,
    PROMPT,
    RESERVE,
    SLOW_RETRY,
    Message,
    Source,
    execution_of,
    hidden,
    work_off,
)
from ringfence.model.errors import BadInput, Conflict, InternalError, NotFound, Refused, Retryable
from ringfence.policy.circumstances import Circumstances
from stacks.times import CONTAIN, CONTINUE
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.handlers.proof import Proof
    from ringfence.handlers.queue import Work

HIDDEN = 35
THIS = ExecutionContext("request-1", "ringfence-contain-instance", NOON)


@dataclass
class Queue:
    """A queue that remembers what came back, and when; `broken`: it cannot be told."""

    broken: bool = False
    waits: dict[str, int] = field(default_factory=dict)
    in_flight: frozenset[str] = frozenset({"r-a", "r-b", "r-c"})
    asked: dict[str, int] = field(default_factory=dict)
    silent: bool = False

    def prove(self, receipt: str, seconds: int) -> str:
        self.asked[receipt] = seconds
        if self.silent:
            raise Retryable("sqs:ChangeMessageVisibility: it cannot be reached")
        return "" if receipt in self.in_flight else "its receipt handle is not one of the queue"

    def come_back(self, receipt: str, seconds: int) -> None:
        if self.broken:
            raise Retryable("sqs:ChangeMessageVisibility: it cannot be reached")
        self.waits[receipt] = seconds


class Context:
    """What Lambda tells a function of its execution."""

    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 29_500


def event(*bodies: str, received: int = 1) -> dict[str, Any]:
    """The event that an event source mapping makes of messages.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    records = [
        {
            "messageId": f"m-{body}",
            "receiptHandle": f"r-{body}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": str(received)},
            "eventSource": "aws:sqs",
        }
        for body in bodies
    ]
    return {"Records": records}


def source(queue: Queue) -> Source:
    """The queue as a source, which is asked before anything else is done."""

    def begin(function: Callable[[], str]) -> Callable[[], str]:
        try:
            answer = function()
        except Retryable as error:
            return partial(_raise, error)
        return lambda: answer

    return Source(queue, HIDDEN, begin)


def _raise(error: Exception) -> str:
    raise error


def raising(error: Exception) -> Work:
    def work(*_: object) -> tuple[Again, ...]:
        raise error

    return work


def ends(work: Work, queue: Queue | None = None, *, received: int = 1) -> tuple[list[str], dict[str, int]]:
    """Work on one message; return what failed, and after how long it comes back."""
    queue = queue or Queue()
    answer = work_off(event("a", received=received), THIS, work, source(queue))
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]], queue.waits


def test_what_is_done_does_not_come_back() -> None:
    assert ends(lambda *_: ()) == ([], {})


def test_what_must_be_looked_at_again_comes_back_soon() -> None:
    assert ends(lambda *_: (Again("a profile is disassociating"),)) == (["m-a"], {"r-a": FIRST_RETRY})


@pytest.mark.parametrize(
    ("received", "within", "waits"),
    [(4, 24.2, 25), (4, 40, 40), (4, 41, 40), (1, 55, FIRST_RETRY), (9, 0.2, 1), (60, 55, 55)],
)
def test_it_comes_back_when_a_look_shows_more_if_that_is_earlier(
    received: int, within: float, waits: int
) -> None:
    """Not before: whatever it looks at would prove nothing yet."""
    again = (Again("settles"), Again("not visible yet", timedelta(seconds=within)))
    assert ends(lambda *_: again, received=received)[1] == {"r-a": waits}


@pytest.mark.parametrize(
    "error", [Retryable("later"), Conflict("another was first"), Refused("no"), NotFound("x")]
)
def test_what_did_not_work_comes_back_soon(error: Exception) -> None:
    """Refused, too: a person who looks at the dead letters is told."""
    assert ends(raising(error)) == (["m-a"], {"r-a": FIRST_RETRY})


def test_bad_input_comes_back_at_once_and_so_is_among_the_dead_letters_soon() -> None:
    assert ends(raising(BadInput("detail.id", "is required"))) == (["m-a"], {"r-a": BAD_INPUT})
    assert BAD_INPUT == 0


def test_patience_grows_up_to_a_minute_and_after_half_an_hour_up_to_a_quarter() -> None:
    waits = [ends(raising(Retryable("later")), received=received)[1]["r-a"] for received in range(1, 1000)]
    assert waits == sorted(waits)
    assert (waits[0], waits[PROMPT - 1], waits[-1]) == (FIRST_RETRY, LAST_RETRY, SLOW_RETRY)
    assert sum(waits[:PROMPT]) < 30 * 60


def test_no_continuation_is_a_dead_letter_while_it_counts_as_alive() -> None:
    """Nor is it deleted by its queue, which keeps a message for four days."""
    waits = [Message("m", "", "r", number).patience for number in range(1, CONTINUE.receives + 1)]
    assert LIFE.total_seconds() < sum(waits) < 4 * 24 * 3600


def test_one_bad_message_does_not_touch_the_others() -> None:
    def work(body: str, execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
        assert execution == THIS
        proof.check()
        if body == "b":
            raise BadInput("(document)", "is not JSON")
        return ()

    queue = Queue()
    answer = work_off(event("a", "b", "c"), THIS, work, source(queue))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-b"}]}
    assert queue.waits.keys() == {"r-b"}


@pytest.mark.parametrize("error", [InternalError("two things that cannot both be"), KeyError("x")])
def test_what_nobody_foresaw_is_raised(error: Exception) -> None:
    queue = Queue()
    with pytest.raises(type(error)):
        ends(raising(error), queue)
    assert queue.waits == {}


def test_a_message_whose_wait_cannot_be_shortened_still_counts_as_failed() -> None:
    assert ends(raising(Retryable("later")), Queue(broken=True)) == (["m-a"], {})


def test_an_execution_begins_no_change_in_its_last_seconds() -> None:
    context: Any = Context()
    this = execution_of(context, "ringfence-contain-instance", NOON)
    assert this == ExecutionContext(
        "request-1",
        "ringfence-contain-instance",
        NOON + timedelta(seconds=29.5) - RESERVE,
        Circumstances(NOON),
    )


def test_a_message_stays_hidden_until_its_execution_has_ended() -> None:
    context: Any = Context()
    assert hidden(context) == 35 == CONTAIN.visibility


def test_the_queue_is_asked_about_each_message() -> None:
    queue = Queue()
    ends(lambda *_: (), queue)
    assert queue.asked == {"r-a": HIDDEN}
