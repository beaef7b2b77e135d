"""Prove that a message came by its own queue. Nothing is written, sent or changed before the proof.

Everybody with `lambda:InvokeFunction` can hand a function a made-up message. Only SQS issues receipt handles,
and the queue's policy allows only the function's role to receive. So the function asks the queue about the
message's receipt handle, side by side with its first read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ringfence.model.errors import Forged, Retryable
from ringfence.model.frozen import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.engine.ports import AuditLog, Ports
    from ringfence.record.chain import ChainKey, Entry, Lease, Slot
    from ringfence.record.history import History
    from ringfence.record.pauses import Pauses

    Begin = Callable[[Callable[[], str]], Callable[[], str]]
    """Starts a function in the background. Returns a function that waits for its result."""


class Proof(Protocol):
    """What proves an input's caller."""

    def start(self) -> None:
        """Ask, in the background, unless this was done."""
        ...

    def check(self) -> None:
        """Raise Forged if the input did not come by its way, and Retryable if that is unknown."""
        ...


class ByQueue:
    """The proof of a message. `ask` asks the queue why the handle is wrong, in words, in the background.

    It returns a function that waits for the answer.
    """

    def __init__(self, ask: Callable[[], Callable[[], str]]) -> None:
        self._ask = ask
        self._answer: Callable[[], str] | None = None

    def start(self) -> None:
        """Ask the queue, once."""
        if self._answer is None:
            self._answer = self._ask()

    def check(self) -> None:
        """Wait for the answer. Raises Forged and Retryable."""
        self.start()
        if self._answer and (reason := self._answer()):
            raise Forged(f"the message did not come by its queue: {reason}")


class NothingTaken:
    """The proof of a scheduled look: it takes nothing from its input, so any caller is as good as another."""

    def start(self) -> None:
        """Ask nobody."""

    def check(self) -> None:
        """Raise nothing."""


NOTHING_TAKEN = NothingTaken()


class ProvenLog:
    """An audit log that takes no entry before the proof. A change is recorded first, so none is made.

    If the queue does not say whether it contains the message, the source of the finding decides: what
    it has confirmed is contained all the same.
    """

    def __init__(self, log: AuditLog, proof: Proof) -> None:
        self._log = log
        self._proof = proof
        self._confirmed = False

    def read(self, key: ChainKey) -> History:
        """Read, side by side with the proof."""
        self._proof.start()
        return self._log.read(key)

    def pauses(self) -> Pauses:
        """Read what is paused. Only an execution that has its proof gets there."""
        return self._log.pauses()

    def keep_share(self, share: Slot, size: int) -> None:
        """Keep the size of a group. Only an execution that has its proof gets there."""
        self._log.keep_share(share, size)

    def append(
        self,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot] = (),
    ) -> None:
        """Append after the proof. Raises Forged, and Retryable if nothing proves the message."""
        self.check(entries)
        self._log.append(key, history, entries, lease, slots)

    def check(self, entries: Sequence[Entry] = ()) -> None:
        """Raise Forged, and Retryable if neither the queue nor the finding's source proves the message."""
        try:
            self._proof.check()
        except Retryable:
            self._confirmed = self._confirmed or any(map(_is_confirmed, entries))
            if not self._confirmed:
                raise


def _is_confirmed(entry: Entry) -> bool:
    """Return whether an entry records that the source of the finding confirmed it."""
    from ringfence.model.claims import Verdict
    from ringfence.record.facts import DecisionMade

    fact = entry.fact
    return (
        isinstance(fact, DecisionMade)
        and fact.source is not None
        and fact.source.verdict is Verdict.CONFIRMED
    )


def proven(ports: Ports, proof: Proof) -> Ports:
    """Return ports through which nothing is recorded or changed before the proof."""
    return replace(ports, log=ProvenLog(ports.log, proof))


def report_forged(error: Forged, **told: str) -> None:
    """Report a caller without proof: an error in the log, the metric of an alarm, and a notice."""
    from ringfence.handlers import wiring
    from ringfence.handlers.logs import logger
    from ringfence.handlers.metrics import emit
    from ringfence.record.measures import FORGED, Measure

    logger().error("forged", extra={"error": str(error), **told})
    emit((Measure(FORGED),))
    if notices := wiring.forgeries():
        notices.tell(error, told)
