"""All plans that wait for approval, and one answer to those that wait behind a limit.

The answer to a batch is one answer to each plan that the person has seen. A plan that has changed since is
left out and named. If the function dies in between, the same person can send the same batch again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from ringfence.handlers.approvals import approval_view
from ringfence.handlers.operator_answers import error_answer
from ringfence.handlers.operator_types import AnswerRequest
from ringfence.model.errors import BadInput, Refused, Retryable, UnknownRecord
from ringfence.record.approvals import waiting
from ringfence.record.chain import ChainKey

if TYPE_CHECKING:
    from ringfence.aws.incidents import IncidentReader
    from ringfence.engine.intake import ExecutionContext
    from ringfence.handlers.approvals import ApprovalService
    from ringfence.handlers.operator_answers import Answer
    from ringfence.handlers.operator_types import ApprovalsQuery, BatchRequest
    from ringfence.record.batches import Shown

Opened = Callable[[datetime], Iterable[tuple[ChainKey, str]]]
"""Returns the responses to incidents that were opened since a time, newest first: chain and incident."""
LISTED_FOR = timedelta(days=14)
"""How far back the list goes. No approval waits longer."""
AT_ONCE = 16
"""The number of chains that are read side by side."""
LEFT_OUT = "left out"
"""The outcome of a plan that was not answered."""


def opened_by(reader: IncidentReader) -> Opened:
    """Return the responses that an index of the audit table contains."""

    def opened(since: datetime) -> Iterable[tuple[ChainKey, str]]:
        found = reader.opened(since, since + LISTED_FOR + timedelta(days=1))
        return ((one.key, one.incident) for one in found)

    return opened


@dataclass(frozen=True)
class WaitingService:
    """Lists what waits, and answers it."""

    approvals: ApprovalService
    opened: Opened

    def listed(self, asked: ApprovalsQuery, until: datetime) -> Answer:
        """Return the approvals that wait, and how many responses were read when the time is over.

        `next`: the number with which another request continues. None if nothing is left. A record that is not
        authentic, or that this version cannot read, is named, and hides no other.
        """
        ports, read = self.approvals.ports, asked.after
        found: list[Answer] = []
        doubted: list[str] = []
        rest = islice(self.opened(ports.clock() - LISTED_FOR), asked.after, None)
        while some := tuple(islice(rest, AT_ONCE)):
            if read > asked.after and ports.clock() >= until:
                return {"approvals": found, "doubted": doubted, "next": read}
            reads = [partial(self._waiting, key, incident, asked.limit) for key, incident in some]
            for (_, incident), views in zip(some, ports.side_by_side(reads), strict=True):
                given: list[Answer] | None = views  # type: ignore[assignment]  # what the reads return
                if given is None:
                    doubted.append(incident)
                else:
                    found += given
            read += len(some)
        return {"approvals": found, "doubted": doubted, "next": None}

    def _waiting(self, key: ChainKey, incident: str, limit: str) -> list[Answer] | None:
        """Return the approvals of a response that wait. None if its record is not authentic or unreadable."""
        ports = self.approvals.ports
        try:
            history = ports.log.read(key)
            if history.incident != incident:
                return []
            if history.proof.fault is not None:
                return None
            now = ports.clock()
            waits = [one for one in waiting(history.entries, now) if limit in {"", one.asked.limit}]
            return [approval_view(key, history, one, now) for one in waits]
        except (BadInput, UnknownRecord):
            return None

    def answer(self, asked: BatchRequest, execution: ExecutionContext) -> Answer:
        """Answer each plan that was shown. Return one outcome for each, and where to continue.

        `next` is the number of plans that have an outcome when the time is over. None if all have.
        """
        outcomes: list[Answer] = []
        for one in asked.shown[asked.after :]:
            if outcomes and self.approvals.ports.clock() >= execution.until:
                return {"outcomes": outcomes, "next": asked.after + len(outcomes)}
            outcomes.append(self._answered(asked, one, execution))
        return {"outcomes": outcomes, "next": None}

    def _answered(self, asked: BatchRequest, one: Shown, execution: ExecutionContext) -> Answer:
        """Answer one plan. An error about it is its outcome, and does not stop the others."""
        told = AnswerRequest(
            one.incident,
            one.approval,
            asked.answer,
            one.plan,
            asked.reason,
            asked.break_glass,
            asked.digest,
            asked.limit,
        )
        about = {"incident": one.incident, "approval": one.approval}
        try:
            found = self.approvals.answer(told, execution)
        except (BadInput, Refused, Retryable) as error:
            described = error_answer(error)
            return {**about, "outcome": LEFT_OUT, "kind": described["kind"], "reason": str(error)}
        return {**about, "outcome": found["status"], "kind": "", "missing": found["missing"], "reason": ""}
