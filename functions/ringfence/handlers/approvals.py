"""The answers of people to approvals: who answered what, recorded once.

A message to look at the approval goes out before the answer is recorded. So if this execution dies after the
record, the approved plan begins all the same. The message decides nothing, and an approval begins once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.engine.distrust import not_authentic, rejection
from ringfence.engine.intake import approval_message
from ringfence.engine.requests import Approving
from ringfence.handlers.logs import logger
from ringfence.handlers.operator_types import Forbidden, within
from ringfence.model.codec import instant_text
from ringfence.model.errors import BadInput, Conflict, Refused, Retryable
from ringfence.model.kinds import parse_key
from ringfence.record.approval_facts import ApprovalAnswered
from ringfence.record.approvals import ApprovalStatus, Given, approvals
from ringfence.record.brief import Brief
from ringfence.record.chain import Stamp, link
from ringfence.record.summary import Summary
from ringfence.record.wording import so_far

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.handlers.operator_answers import Answer
    from ringfence.handlers.operator_types import AnswerRequest
    from ringfence.policy.policy import Policy
    from ringfence.record.approvals import Approval
    from ringfence.record.chain import ChainKey
    from ringfence.record.history import History

TRIES = 8
"""The number of attempts to record an answer in a chain with other writers."""
WATCHDOG = 60
"""The seconds until the message that begins an approved plan if this execution dies."""


@dataclass(frozen=True)
class ApprovalService:
    """Lists approvals and records answers.

    `find` returns every response to an incident. `go_on` queues a message for a runbook: its id, the message,
    and the delay in seconds.
    """

    policy: Policy
    ports: Ports
    find: Callable[[str], tuple[ChainKey, ...]]
    go_on: Callable[[str, str, int], None]

    def listed(self, incident: str) -> list[Answer]:
        """Return the approvals of an incident. Raises BadInput for an unknown incident."""
        now = self.ports.clock()
        return [approval_view(key, history, one, now) for key, history, one in self._all(incident)]

    def answer(self, asked: AnswerRequest, execution: ExecutionContext) -> Answer:
        """Record an answer. The same answer of the same person again has the same result."""
        for _ in range(TRIES):
            key, history, found = self._found(asked)
            within(self.policy, parse_key(key.subject))
            now = self.ports.clock()
            given = Given(execution.actor, now, asked.answer, asked.reason, asked.break_glass)
            if any((one.actor, one.answer) == (given.actor, given.answer) for one in found.answers):
                return self._concluded(key, history, found, now)
            if asked.limit != (found.asked.limit if asked.batch else ""):
                raise Refused(f"approval {found.id} does not wait behind the limit {asked.limit}")
            if refusal := found.refusal(given, asked.plan):
                waits = found.status(now) is ApprovalStatus.WAITING and asked.plan == found.asked.digest
                raise (Forbidden if waits else Refused)(refusal)
            self._send(key, asked.incident, found, WATCHDOG)
            fact = ApprovalAnswered(found.id, asked.answer, asked.reason, asked.break_glass, asked.batch)
            stamp = Stamp(key, asked.incident, execution.actor, execution.attempt, now)
            try:
                self.ports.log.append(key, history, link(stamp, history.head, (fact,)), None)
            except Conflict:
                continue
            _, history, answered = self._found(asked, found.id)
            return self._concluded(key, history, answered, now)
        raise Retryable(f"others keep writing to {asked.incident}: tried {TRIES} times")

    def _concluded(self, key: ChainKey, history: History, found: Approval, now: datetime) -> Answer:
        """Let an approved plan begin, and return the approval."""
        if found.status(now) is ApprovalStatus.APPROVED:
            self._send(key, history.incident, found, 0)
        return approval_view(key, history, found, now)

    def _send(self, key: ChainKey, incident: str, found: Approval, seconds: int) -> None:
        """Queue a message to look at the approval. A person can repeat an answer that has none."""
        message = approval_message(key, incident, found.asked, Approving(found.id))
        try:
            self.go_on(key.runbook, message, seconds)
        except Retryable as error:
            if not seconds:
                raise
            logger().warning("this answer has no watchdog message", extra={"error": str(error)})

    def _found(self, asked: AnswerRequest, id_: str = "") -> tuple[ChainKey, History, Approval]:
        """Return the approval that an answer is about. Raises BadInput and Refused."""
        id_, now = id_ or asked.approval, self.ports.clock()
        every = self._all(asked.incident)
        found = [one for one in every if id_ in {"", one[2].id}]
        if not id_:
            open_ = [one for one in found if one[2].status(now) is ApprovalStatus.WAITING]
            found = open_ or found[-1:]
        if not found:
            raise Refused(f"{asked.incident} has no such approval")
        if len(found) > 1:
            names = ", ".join(one.id for _, _, one in found)
            raise BadInput("approval", f"is required, because several wait for an answer: {names}")
        return found[0]

    def _all(self, incident: str) -> list[tuple[ChainKey, History, Approval]]:
        """Return the approvals of an incident, if it is the newest one of its resource.

        Raises Tampered if an entry is not authentic: nobody knows then what was asked, and who answered.
        """
        keys = self.find(incident)
        if not keys:
            raise BadInput("incident", "is not in the audit log", incident)
        found = []
        for key in keys:
            history = self.ports.log.read(key)
            if history.incident != incident:
                continue
            if history.proof.fault is not None:
                raise not_authentic(rejection(history, "an answer"))
            found += [(key, history, one) for one in approvals(history.entries)]
        return found


def approval_view(key: ChainKey, history: History, one: Approval, now: datetime) -> Answer:
    """Return an approval for people and programs, with the worst finding of its incident."""
    asked, ref = one.asked, parse_key(key.subject)
    summary = Summary.of(history.entries)
    worst = Brief(summary).worst
    return {
        "approval": one.id,
        "incident": history.incident,
        "runbook": key.runbook,
        "subject": {"kind": ref.kind, "account": ref.account, "region": ref.region, "id": ref.id},
        "status": str(one.status(now)),
        "state": summary.state,
        "finding": {"type": worst.type, "severity": worst.severity, "title": worst.title} if worst else None,
        "so_far": so_far(summary),
        "plan": asked.digest,
        "requested_at": instant_text(one.at),
        "expires_at": instant_text(asked.expires_at),
        "vetoable": asked.vetoable,
        "veto_seconds": asked.rules.veto if asked.vetoable else 0,
        "remediations": list(asked.remediations),
        "steps": list(asked.steps),
        "costs": list(asked.costs),
        "cautions": list(asked.cautions),
        "difference": list(asked.difference),
        "escalated": asked.escalated,
        "limit": asked.limit,
        "roles": list(asked.rules.roles),
        "who": list(one.who),
        "missing": one.missing,
        "answers": [
            {
                "actor": given.actor,
                "answer": given.answer,
                "reason": given.reason,
                "at": instant_text(given.at),
            }
            for given in one.answers
        ],
    }
