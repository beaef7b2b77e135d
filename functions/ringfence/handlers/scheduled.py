"""Create what handles scheduled looks, and work off their parts in the second queue."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from ringfence.handlers import wiring
from ringfence.handlers.findings import answer
from ringfence.handlers.members import MemberLook
from ringfence.handlers.parts import MEMBERS, WATCH, part_of
from ringfence.handlers.rechecks import KeptList, Rechecks, Verifier
from ringfence.handlers.reviews import AT_ONCE, Tour
from ringfence.handlers.threads import Threads
from ringfence.runbooks import runbook

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.aws.sqs import SqsQueue
    from ringfence.engine.intake import ExecutionContext
    from ringfence.handlers.parts import Send
    from ringfence.handlers.proof import Proof
    from ringfence.model.finding import Finding


def worked_off(body: str, execution: ExecutionContext, proof: Proof) -> bool:
    """Handle a part of a scheduled look. Return whether the message contains one.

    Nothing is read, changed or sent before the proof that the message came by its queue. Raises BadInput,
    Forged and Retryable.
    """
    part = part_of(body, wiring.settings().runbook, wiring.now())
    if part is None:
        return False
    proof.check()
    if part.kind == WATCH:
        rechecks().work(part, execution, threads(), send())
        return True
    if part.kind == MEMBERS:
        members().work(part, os.environ["AWS_REGION"])
        return True

    def look(finding: Finding, until: datetime) -> tuple[str, ...]:
        again = answer(finding, "", wiring.policy(), replace(execution, until=until), proof)
        return tuple(one.reason for one in again)

    tour().work(part, os.environ["AWS_REGION"], execution.until, look)
    return True


@cache
def tour() -> Tour:
    """Return the scheduled review of this function's runbook."""
    answering = runbook(wiring.settings().runbook)
    return Tour(answering, wiring.policy(), wiring.warm(), threads(), send())


@cache
def rechecks() -> Rechecks:
    """Return what verifies the open contained incidents of this function's runbook."""
    listed = wiring.containments()
    verifier = Verifier(
        runbook(wiring.settings().runbook), wiring.policy(), wiring.warm(), listed, _later().send
    )
    return Rechecks(verifier, KeptList(listed, wiring.now))


@cache
def members() -> MemberLook:
    """Return what keeps the target groups of the subjects of this function's runbook."""
    answering = runbook(wiring.settings().runbook)
    items = wiring.member_items()
    return MemberLook(answering, wiring.policy(), wiring.warm(), items, threads(), send())


def send() -> Send:
    """Return what sends messages to the second queue."""
    return _later().send


@cache
def _later() -> SqsQueue:
    later = wiring.queue(wiring.settings().continuation_queue_url)
    later.client()  # made once, before several ask for it
    return later


@cache
def threads() -> Threads:
    """Return the threads of scheduled looks."""
    return Threads("ringfence-look", AT_ONCE)
