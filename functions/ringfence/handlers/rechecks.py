"""Verify open contained incidents again: after a call that can undo one, and on a schedule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from ringfence.engine.again import Again
from ringfence.engine.concurrency import each
from ringfence.engine.intake import resumption
from ringfence.engine.recheck import Rechecker
from ringfence.engine.recheck_results import RecheckRequest, RecheckResult, Standing
from ringfence.events.cloudtrail.parser.undoing import Undoing, undoing_of_text
from ringfence.events.envelope import NotForUs
from ringfence.handlers.links import heard
from ringfence.handlers.logs import logger
from ringfence.handlers.parts import DUE, WATCH, Part, in_parts, send_again, send_apart, told
from ringfence.model.errors import RingfenceError, Tampered
from ringfence.model.frozen import frozen
from ringfence.model.kinds import parse_key
from ringfence.record.containments import fitting

if TYPE_CHECKING:
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Clock, Ports, SideBySide
    from ringfence.handlers.parts import Send as Later
    from ringfence.handlers.proof import Proof
    from ringfence.model.runbook import Runbook
    from ringfence.policy.policy import Policy
    from ringfence.record.containments import Containment

KEPT = timedelta(minutes=1)
"""How long the list is kept. So a call that concerns no incident costs no read of the list."""
VISIBLE = timedelta(seconds=30)
"""How much later than a call the list must have been read.

An execution that contained the resource before the call can verify, and write the item, until its lease ends
after 25 seconds. A new item is in the index a moment later.
"""
FRESH = timedelta(seconds=10)
"""How old the list must be before a call that waits for a newer one leads to a read."""
CONSISTENT = timedelta(seconds=10)
"""How much later than a call a verification must begin to cover it. AWS can show a change late."""
NEVER = datetime.min.replace(tzinfo=UTC)
Send = Callable[[str], None]
"""Queues a message for the later stages of the runbook."""


class Containments(Protocol):
    """The list of open contained incidents."""

    def open(self) -> tuple[Containment, ...]:
        """Return all of them. Raises Retryable."""
        ...

    def verified(self, one: Containment, at: datetime) -> None:
        """Record the time of a verification. Raises Retryable."""
        ...


@dataclass
class KeptList:
    """The list, read once a minute, and sooner for a call that waits. `read_at` is when it was last read.

    `covered` says of each incident when the last verification began that found it contained, and which calls
    it does not cover, because Ringfence may have removed their effect.
    """

    source: Containments
    clock: Clock
    read_at: datetime = NEVER
    covered: dict[tuple[str, str], tuple[datetime, tuple[datetime, datetime] | None]] = field(
        default_factory=dict
    )
    _items: tuple[Containment, ...] = ()
    _lock: Lock = field(default_factory=Lock)

    def items(self, since: datetime = NEVER) -> tuple[Containment, ...]:
        """Return the list, read after `since` if that is past. Raises Retryable."""
        with self._lock:
            now = self.clock()
            waits = self.read_at < since <= now
            if now - self.read_at >= (FRESH if waits else KEPT):
                self._items, self.read_at = self.source.open(), now
            return self._items


@frozen
class Verifier:
    """Verifies incidents of one runbook again, and lets the second queue continue if there is work."""

    runbook: Runbook
    policy: Policy
    ports: Ports
    listed: Containments
    send: Send

    def verify(
        self, one: Containment, execution: ExecutionContext, cause: Undoing | None = None
    ) -> RecheckResult:
        """Verify one incident. Raises Retryable."""
        ref = parse_key(one.key.subject)
        asked = RecheckRequest(self.runbook, ref, one.incident, self.policy, execution, cause)
        result = Rechecker(self.ports).recheck(asked)
        if result.follows:
            self.send(resumption(result.follows))
        if result.whole and result.standing in {Standing.CONTAINED, Standing.BROKEN}:
            broken = result.standing is Standing.BROKEN
            seen = replace(
                one, names=frozenset(fitting((*sorted(one.names), *sorted(result.names)))), broken=broken
            )
            self.listed.verified(seen, self.ports.clock())
        return result


@frozen
class Rechecks:
    """Handles the calls and the schedule of one runbook."""

    verifier: Verifier
    listed: KeptList

    def heard(self, body: str, execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
        """Handle a call that can undo a containment. Return why it must be handled again.

        Nothing is verified before the proof that the message came by its queue.

        A call on names that no open incident recorded is ignored, without a record. A call whose record does
        not contain all names concerns every open incident of its account. If the list was read
        before the call, an incident may be missing in it, also beside one that is listed. Raises BadInput,
        Forged and Retryable.
        """
        proof.start()
        call = undoing_of_text(body, self.verifier.runbook)
        if isinstance(call, NotForUs):
            proof.check()  # a made-up heartbeat must not hide that a link is silent
            if heard(body, f"{self.verifier.runbook.id}-recheck", self.verifier.policy.own.home):
                return ()
            logger().debug("no containment is concerned", extra={"why": call.reason})
            return ()
        needed = call.at + VISIBLE
        named = (one for one in self._open(needed) if call.concerns(one.account, one.names))
        concerned = [one for one in named if not self._is_covered(call, one)]
        is_old = self.listed.read_at < needed
        if concerned:
            proof.check()
        again = tuple(map(Again, each(concerned, partial(self._handled, execution, call))))
        return (*again, Again("the list of open containments is older than the call")) if is_old else again

    def watch(self, execution: ExecutionContext, side_by_side: SideBySide, send: Later) -> int:
        """Verify every open incident, the first ones now. Send messages for the others. Return their number.

        Raises Retryable if a message cannot be sent.
        """
        keys = [one.key.subject for one in self._open()]
        parts = tuple(in_parts(Part(WATCH, self.verifier.runbook.id, self._now() + DUE), keys))
        send_apart(parts[1:], send, start=1)
        if parts:
            self.work(parts[0], execution, side_by_side, send)
        return len(keys)

    def work(self, part: Part, execution: ExecutionContext, side_by_side: SideBySide, send: Later) -> None:
        """Verify the incidents of a part that are still open. What fails is sent again, a few times.

        Raises Retryable if a message cannot be sent.
        """
        if self._now() >= part.due:
            told(part, ("it was not finished before the next look",))
            return
        left: dict[str, str] = {}
        wanted = frozenset(part.subjects)
        late: list[str] = []

        def visit(one: Containment) -> None:
            if self._now() >= execution.until:
                late.append(one.key.subject)
                return
            try:
                again = self._handled(execution, None, one)
            except Tampered as error:  # recorded and reported once; each look fails until a release
                logger().error("tampered", extra={"chain": one.key.text, "error": str(error)})
                return
            except RingfenceError as error:
                logger().exception("not verified", extra={"chain": one.key.text})
                again = (str(error),)
            if again:
                left[one.key.subject] = "; ".join(again)

        found = [one for one in self._open() if one.key.subject in wanted]
        side_by_side([partial(visit, one) for one in found])
        if left or late:
            send_again(part, {**left, **dict.fromkeys(late, "the time is over")}, send, failed=bool(left))

    def _handled(
        self, execution: ExecutionContext, cause: Undoing | None, one: Containment
    ) -> tuple[str, ...]:
        began = self._now()
        result = self.verifier.verify(one, execution, cause)
        if result.standing is Standing.CONTAINED and result.whole:
            self.listed.covered[one.key.text, one.incident] = (began, result.untold)
        told = {"chain": one.key.text, "incident": one.incident, "why": result.reason}
        level = logger().warning if result.standing is Standing.BROKEN else logger().debug
        level(result.standing, extra={**told, "open": result.open, "who": cause.who if cause else ""})
        return (f"{one.key.text}: {result.reason}",) if result.standing is Standing.UNCLEAR else ()

    def _is_covered(self, call: Undoing, one: Containment) -> bool:
        """Return whether a verification after the call found the incident contained.

        If Ringfence changed anything since the call, and did not report it, that may have removed the effect
        of the call. Then a person must learn who made the call.
        """
        began, untold = self.listed.covered.get((one.key.text, one.incident), (NEVER, None))
        if untold and untold[0] < call.at <= untold[1]:
            return False
        return began >= call.at + CONSISTENT

    def _open(self, since: datetime = NEVER) -> tuple[Containment, ...]:
        runbook = self.verifier.runbook.id
        return tuple(one for one in self.listed.items(since) if one.key.runbook == runbook)

    def _now(self) -> datetime:
        return self.verifier.ports.clock()
