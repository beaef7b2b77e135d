"""List and replay dead letters for operators.

A replayed message goes through its queue like the first time: its claim is read at its source again, and the
policy decides again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ringfence.engine.daily_chain import record_today
from ringfence.events.dispatch import findings
from ringfence.events.envelope import parse_json
from ringfence.events.sent.offered import is_unsealed, offered
from ringfence.handlers.logs import logger
from ringfence.handlers.operator_types import check_reason, request_document
from ringfence.model.errors import BadInput, RingfenceError
from ringfence.model.resource_names import FINDINGS, INTAKE, OUTPUTS, PREFIX
from ringfence.model.suggestions import unknown
from ringfence.record.chain import ChainKey
from ringfence.record.deployment_facts import ReplayRequested
from ringfence.record.slots import REPLAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ringfence.aws.dead_letters import DeadLetter
    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.handlers.operator_answers import Answer
    from ringfence.model.kinds.account import AccountRef
    from ringfence.model.runbook import Runbook

_LONGEST = 200
_MOST = 40
"""Letters of one entry. An item of DynamoDB can have 400 KB, a letter has three texts of up to 200
characters, and JSON needs up to 12 bytes for a character.
"""


class Letters(Protocol):
    """The dead letters of queues."""

    def waiting(self, queue: str) -> tuple[DeadLetter, ...]:
        """Return those of a queue."""
        ...

    def put_back(self, queue: str, letter: DeadLetter) -> None:
        """Send one to its queue again."""
        ...


def queues_of(catalogue: Mapping[str, Runbook]) -> Iterator[str]:
    """Yield the names of the queues that every deployment has, without their prefix."""
    for id_, runbook in catalogue.items():
        yield id_
        yield f"{id_}-continuation"
        if runbook.undone_by:
            yield f"{id_}-recheck"
    yield INTAKE
    yield OUTPUTS
    yield FINDINGS


@dataclass(frozen=True)
class DeadLetterService:
    """Serves operators. `letters` reads and sends. `home` is the home account, whose log has each replay.

    `optional` are the queues that only some deployments have, and that this one has.
    """

    catalogue: Mapping[str, Runbook]
    letters: Letters
    ports: Ports
    home: AccountRef
    optional: tuple[str, ...] = ()

    def queues(self) -> tuple[str, ...]:
        """Return the names of the queues, without their prefix."""
        return (*queues_of(self.catalogue), *self.optional)

    def listed(self) -> Answer:
        """Return the dead letters of every queue."""
        found = [
            {"queue": queue, "id": one.id, "at": one.at.isoformat(), **about(one.body), **fault(one.body)}
            for queue in self.queues()
            for one in self.letters.waiting(f"{PREFIX}{queue}")
        ]
        return {"dead_letters": found}

    def replay(self, body: object, execution: ExecutionContext) -> Answer:
        """Put dead letters of one queue back on it: one by its id, or all.

        The record comes first: who, why, and which messages. Raises BadInput, Refused and Retryable.
        """
        given = request_document(body, "queue", "id", "reason")
        queue, wanted, reason = given.text("queue"), given.optional_text("id"), given.text("reason")
        check_reason(reason)
        if queue not in self.queues():
            raise unknown("queue", queue, self.queues())
        waiting = self.letters.waiting(f"{PREFIX}{queue}")
        chosen = [one for one in waiting if wanted in (None, one.id)]
        if wanted and not chosen:
            raise BadInput("id", f"is no dead letter of {queue}; one that was just read is hidden", wanted)
        if chosen:
            self._record(queue, chosen, reason, execution)
        return {"replayed": [self._put_back(queue, one, execution.actor, reason) for one in chosen]}

    def _record(
        self, queue: str, chosen: Sequence[DeadLetter], reason: str, execution: ExecutionContext
    ) -> None:
        """Record a replay. After an outage of KMS, it does not wait for a seal."""
        key = ChainKey(REPLAYS, self.home.key)
        for start in range(0, len(chosen), _MOST):
            some = chosen[start : start + _MOST]
            words = tuple(" ".join(about(one.body).values()) for one in some)
            fact = ReplayRequested(queue, tuple(one.id for one in some), words, reason)
            record_today(self.ports, key, fact, execution)

    def _put_back(self, queue: str, letter: DeadLetter, actor: str, reason: str) -> dict[str, object]:
        """Send one. A failure is its result, and the others are still sent."""
        told: dict[str, object] = {"queue": queue, "id": letter.id, **about(letter.body)}
        try:
            self.letters.put_back(f"{PREFIX}{queue}", letter)
        except RingfenceError as error:
            return {**told, "error": str(error)}
        logger().info("a dead letter was replayed", extra={"by": actor, "why": reason, "letter": told})
        return told


def about(body: str) -> dict[str, str]:
    """Return what a message is about: its type, and the account and region of its event. All can be empty."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return {"type": "not JSON"}
    event = read if isinstance(read, dict) else {}
    detail = event.get("detail")
    inner = detail if isinstance(detail, dict) else {}
    type_ = inner.get("type") or inner.get("eventName") or event.get("detail-type") or "a continuation"
    found = {"type": type_, "account": event.get("account"), "region": event.get("region")}
    return {name: str(one)[:_LONGEST] for name, one in found.items() if one}


def fault(body: str) -> dict[str, str]:
    """Return what is wrong with the form of a message, as `why`. Empty if its form is right or unknown."""
    try:
        event = parse_json(body)
        if isinstance(event, dict) and is_unsealed(event):
            offered(event["detail"], "detail")
        elif isinstance(event, dict) and "detail-type" in event:
            findings(event)
    except BadInput as error:
        return {"why": str(error)[:_LONGEST]}
    return {}
