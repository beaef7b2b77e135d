"""Limits for operators: how much is used, which breakers are open, and resets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.engine.limit_names import known, named
from ringfence.handlers.operator_types import check_actor, check_reason, request_document
from ringfence.model.codec import instant_text
from ringfence.model.errors import BadInput
from ringfence.model.suggestions import similar
from ringfence.record.slots import LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.limit_resets import LimitKeeper
    from ringfence.handlers.operator_answers import Answer
    from ringfence.model.runbook import Runbook
    from ringfence.policy.policy import Policy
    from ringfence.record.chain import Slot
    from ringfence.record.limit_usage import Breaker, Usage


@dataclass(frozen=True)
class LimitService:
    """Serves those who read and reset limits.

    The requests::

        POST /limits   {limit?}
        POST /resets   {limit, reason}
    """

    keeper: LimitKeeper
    catalogue: Mapping[str, Runbook]
    policy: Policy

    def listed(self, body: object) -> Answer:
        """Return the limits that the policy names, and those that were reached. With `limit`, only that one.

        Raises BadInput and Retryable.
        """
        document, breakers = request_document(body, "limit"), self.keeper.breakers()
        if one := document.optional_text("limit"):
            wanted: tuple[Slot, ...] = (self._named(one),)
        else:
            wanted = self._known()
            wanted = tuple({each.name: each for each in (*wanted, *self._reached(breakers))}.values())
        return {"limits": [described(each) for each in self.keeper.usage(wanted)]}

    def reset(self, body: object, execution: ExecutionContext) -> Answer:
        """Reset a limit. Raises BadInput, Refused and Retryable."""
        check_actor(execution.actor)
        document = request_document(body, "limit", "reason")
        reason = check_reason(document.optional_text("reason") or "")
        limit = self._named(document.text("limit"))
        fact = self.keeper.reset(limit, reason, execution)
        (after,) = self.keeper.usage((limit,))
        opened_at = instant_text(fact.opened_at) if fact.opened_at else None
        return {"reset": fact.limit, "freed": list(fact.owners), "opened_at": opened_at, **described(after)}

    def _reached(self, breakers: tuple[Breaker, ...]) -> tuple[Slot, ...]:
        """Return the limits that were reached. One that the policy no longer has is left out."""
        found = []
        for one in breakers:
            try:
                found.append(self._named(one.limit))
            except BadInput:
                continue
        return tuple(found)

    def _named(self, text: str) -> Slot:
        try:
            return named(self.policy.limits, text, self._now())
        except BadInput as error:
            names = (one.name.removeprefix(LIMIT) for one in self._known())
            hint = similar(text, names)
            raise BadInput(error.field, error.problem, error.value, hint) from error

    def _known(self) -> tuple[Slot, ...]:
        return tuple(known(self.policy.limits, self.policy.accounts, self.catalogue, self._now()))

    def _now(self) -> datetime:
        return self.keeper.ports.clock()


def described(one: Usage) -> Answer:
    """Return how much of a limit is used as a JSON document."""
    breaker = one.breaker
    return {
        "limit": one.name,
        "most": one.most,
        "used": len(one.used),
        "free": one.free,
        "next_free_at": instant_text(one.next_free_at) if one.next_free_at else None,
        "breaker": {
            "incident": breaker.incident,
            "opened_at": instant_text(breaker.opened_at),
            "closes_at": instant_text(breaker.closes_at),
        }
        if breaker
        else None,
    }
