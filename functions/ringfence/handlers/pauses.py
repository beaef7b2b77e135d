"""Pauses for operators: what they ask for, what they get, and what a schedule records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.pauses import active_in, key_of
from ringfence.handlers.operator_types import Forbidden, check_actor, check_reason, request_document
from ringfence.model.codec import instant_text
from ringfence.model.errors import BadInput
from ringfence.model.incident import check_incident
from ringfence.model.suggestions import unknown
from ringfence.record.chain import digest
from ringfence.record.deployment_facts import Pause
from ringfence.record.pausing import LONGEST, SHORTEST, USUAL, scope, shown, words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.pauses import PauseKeeper
    from ringfence.handlers.operator_answers import Answer
    from ringfence.model.document import Document
    from ringfence.model.runbook import Runbook
    from ringfence.policy.policy import Policy

_SCOPE = ("runbook", "account", "incident")


@dataclass(frozen=True)
class PauseService:
    """Serves those who pause and resume.

    The requests::

        POST /pauses   {reason, seconds?, runbook?, account?, incident?}
        POST /resumes  {reason, pause?}
        POST /paused   {}
    """

    keeper: PauseKeeper
    catalogue: Mapping[str, Runbook]
    policy: Policy

    def pause(self, body: object, execution: ExecutionContext) -> Answer:
        """Begin a pause. Raises BadInput, Forbidden, Refused and Retryable."""
        check_actor(execution.actor)
        wanted = pause_of(body, self.catalogue, self.policy, execution, self._now())
        changed = self.keeper.pause(wanted, execution)
        return {"pause": described(changed.pause), **self.listed()}

    def resume(self, body: object, execution: ExecutionContext) -> Answer:
        """End a pause before its time. Without an id, the only one. Raises BadInput and Retryable."""
        check_actor(execution.actor)
        document = request_document(body, "pause", "reason")
        reason = check_reason(document.optional_text("reason") or "")
        changed = self.keeper.resume(document.optional_text("pause") or self._only(), reason, execution)
        return {"pause": described(changed.pause), **self.listed()}

    def listed(self) -> Answer:
        """Return what is paused now, as responses read it. Raises Retryable."""
        pauses, now = self.keeper.ports.log.pauses(), self._now()
        active = [described(one) for one in pauses.active if now < one.until]
        return {"pauses": active, "unreadable": pauses.unreadable, "paused": list(shown(pauses, now))}

    def _only(self) -> str:
        """Return the id of the only pause. Raises BadInput if there is another number of them."""
        active = active_in(self.keeper.ports.log.read(key_of(self.keeper.home)))
        lasting = [one for one in active if self._now() < one.until]
        if len(lasting) != 1:
            ids = ", ".join(one.id for one in lasting)
            raise BadInput("pause", f"must be one of {ids}" if ids else "is not needed: nothing is paused")
        return lasting[0].id

    def _now(self) -> datetime:
        return self.keeper.ports.clock()


def pause_of(
    body: object,
    catalogue: Mapping[str, Runbook],
    policy: Policy,
    execution: ExecutionContext,
    now: datetime,
) -> Pause:
    """Read a request to pause. Raises BadInput that names the field, and Forbidden outside the scope."""
    document = request_document(body, "reason", "seconds", *_SCOPE)
    runbook, account, incident = (document.text_if_given(name) for name in _SCOPE)
    if runbook and runbook not in catalogue:
        raise unknown("runbook", runbook, sorted(catalogue))
    if incident and (runbook or account):
        raise BadInput("incident", "cannot be combined with a runbook or an account", incident)
    pause = Pause(
        id=f"pause-{digest(execution.attempt)[:8]}",
        who=execution.actor,
        reason=check_reason(document.optional_text("reason") or ""),
        at=now,
        until=now + _lasts(document),
        runbook=runbook,
        account=account,
        incident=check_incident(incident) if incident else "",
    )
    if account and account not in policy.accounts:  # the form is read first
        raise Forbidden(f"account {account} is not in the scope of the policy")
    return pause


def described(pause: Pause) -> Answer:
    """Return a pause as a JSON document."""
    return {
        "id": pause.id,
        "scope": scope(pause),
        "runbook": pause.runbook,
        "account": pause.account,
        "incident": pause.incident,
        "who": pause.who,
        "reason": pause.reason,
        "at": instant_text(pause.at),
        "until": instant_text(pause.until),
        "words": words(pause),
    }


def _lasts(document: Document) -> timedelta:
    if not document.has("seconds"):
        return USUAL
    seconds = document.integer("seconds")
    if not SHORTEST.total_seconds() <= seconds <= LONGEST.total_seconds():
        raise BadInput("seconds", "must be between one minute and 24 hours", seconds)
    return timedelta(seconds=seconds)
