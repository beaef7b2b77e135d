"""Evaluate the rules for activity over calls as EventBridge delivers them, and send what they find.

What a rule found is stored together with the state of its group, and removed after it was sent. So a function
that dies sends it with the next delivery of the message. A finding that is sent twice has the same id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from ringfence.events.envelope import parse_json
from ringfence.handlers.logs import logger
from ringfence.handlers.sent_routes import FINDINGS
from ringfence.insights.activity.counting import DAY, State, advance, group_of, kept_for, with_pending
from ringfence.insights.activity.records import record_in
from ringfence.insights.activity.rule import FirstSeen
from ringfence.insights.activity.seeing import time_of
from ringfence.insights.activity.stored import from_bytes, to_bytes
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, InternalError, Retryable
from ringfence.model.frozen import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.aws.activity_items import Kept
    from ringfence.engine.again import Again
    from ringfence.engine.intake import ExecutionContext
    from ringfence.handlers.chat import Http
    from ringfence.handlers.proof import Proof
    from ringfence.insights.activity.seeing import Seeing, Seen
    from ringfence.model.subject import Ref

TRIES = 10
"""How often a state is read and written until another function has not changed it meanwhile."""
PENDING_KEPT_DAYS = 30
"""Days for which a finding waits. A dead letter waits for 14 days, and its replay sends the finding."""
MOST_KNOWN = 20_000
"""Values that a warm environment remembers, so that known ones need no call of DynamoDB."""


class States(Protocol):
    """The stored states of groups."""

    def read(self, group: str, now: float) -> Kept:
        """Return the state of a group at a time. Raises Retryable."""
        ...

    def write(self, group: str, data: bytes, seen: int, expires: float) -> bool:
        """Write it. Return False if its version is no longer the one that was seen. Raises Retryable."""
        ...


@dataclass(frozen=True)
class LiveActivity:
    """Evaluates rules.

    `send` sends a finding, and raises BadInput or Retryable if it was not accepted. `outside` returns why a
    resource is outside of the policy's scope.
    """

    seeing: Seeing
    states: States
    send: Callable[[Mapping[str, object]], None]
    outside: Callable[[Ref], str]
    known: dict[tuple[str, str], float] = field(default_factory=dict)

    def work(self, body: str, execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
        """Take the record in an event. Raises BadInput, Forged and Retryable."""
        proof.check()
        now = execution.circumstances.now
        if now is None:
            raise InternalError("a call is evaluated at some time")
        record = record_in(parse_json(body))
        if record is not None:
            for seen in self.seeing.of(record, time_of(record)):
                self._take(seen, now.timestamp())
        return ()

    def _take(self, seen: Seen, now: float) -> None:
        group, day = group_of(seen), seen.sight.at // DAY
        first_seen = isinstance(seen.rule.detects, FirstSeen)
        if first_seen and self.known.get((group, seen.sight.value), -1) >= day:
            return
        self._advance(group, seen, now)
        if first_seen:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            self.known[group, seen.sight.value] = day

    def _advance(self, group: str, seen: Seen, now: float) -> None:
        """Count a call once, whatever other functions do, and send what is found."""
        for _ in range(TRIES):
            kept = self.states.read(group, now)
            before = from_bytes(kept.data)
            state, found = advance(before, seen)
            state = with_pending(state, found, lambda ref: not self.outside(ref))
            version = kept.version
            if state != before:
                if not self.states.write(group, to_bytes(state), version, self._expires(seen, now, state)):
                    continue
                version += 1
            if state.pending:
                self._send_pending(seen, state, version, now)
            return
        raise Retryable(f"other functions change the state of {seen.rule.id} at the same time")

    def _send_pending(self, seen: Seen, state: State, version: int, now: float) -> None:
        """Send what was found, and remove it from the state.

        If another function has changed the state meanwhile, the findings stay. They are sent once more with
        the next call of the group, under the same ids.
        """
        for finding in state.pending:
            self.send(finding)
            logger().info("found", extra={"finding": finding["id"]})
        done = replace(state, pending=())
        self.states.write(group_of(seen), to_bytes(done), version, self._expires(seen, now, done))

    def _expires(self, seen: Seen, now: float, state: State) -> float:
        """Return when a state expires: not before a dead letter can be replayed, if something waits."""
        wait = PENDING_KEPT_DAYS * DAY if state.pending else 0
        return max(now, seen.sight.at) + max(kept_for(seen.rule), wait)


@dataclass(frozen=True)
class FindingsApi:
    """Sends findings to the API for sent findings, with the role of the function."""

    http: Http

    def send(self, finding: Mapping[str, object]) -> None:
        """Send a finding. Raises Retryable without a clear answer, and BadInput if it is not let in.

        A finding about a resource outside the policy's scope is logged and left out: no response can follow.
        """
        code, answer = self.http.post(FINDINGS.path, {"findings": [finding]})
        if code == HTTPStatus.ACCEPTED:
            return
        document = Document.of(answer if isinstance(answer, dict) else {})
        results = document.children("results") if document.has("results") else ()
        error = next(iter(results), document).optional_child("error")
        told = error.optional_text("message") or document.optional_text("message")
        why = told or f"the API answered {code}"
        if code == HTTPStatus.BAD_REQUEST and results:
            logger().warning("not accepted", extra={"finding": finding["id"], "why": why})
            return
        if code == HTTPStatus.FORBIDDEN:
            raise BadInput("senders", f"of the policy must let the role of this function send it: {why}")
        raise Retryable(f"a finding was not accepted: {why}")
