"""The desk at which operators are served: the same runs, releases and looks, whoever brings the request.

The Lambda behind the HTTP API serves callers that IAM has verified; `--direct` serves the operator with
their own credentials, in their own process.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.intake import continuation, resumed, watchdog
from ringfence.engine.release import Releaser
from ringfence.engine.requests import FollowupKind
from ringfence.engine.run import Engine
from ringfence.handlers.logs import logger
from ringfence.handlers.operator_answers import (
    ENDED,
    OK,
    error_answer,
    not_done_answer,
    report_answer,
    status_answer,
    worst_code,
)
from ringfence.handlers.operator_requests import release_request, response_release, run_request, status_query
from ringfence.handlers.operator_types import check_actor, within
from ringfence.model.errors import BadInput, Refused, Retryable
from ringfence.model.kinds import parse_key
from ringfence.model.resource_names import release_role, run_role
from ringfence.record.chain import ChainKey
from ringfence.record.facts import RELEASE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.engine.requests import ResponseRequest, ResponseResult
    from ringfence.handlers.operator_answers import Answer
    from ringfence.handlers.operator_types import ReleaseRequest
    from ringfence.model.runbook import Runbook
    from ringfence.policy.decision import Policy

MARGIN = timedelta(seconds=10)
"""How long after the end of its lease an execution that died is gone on with: its function has ended too."""


@dataclass(frozen=True)
class OperatorService:
    """Serves operators.

    `ports` are given by the role that acts in the subject's account; no role reads the log alone.
    `find` names every response to an incident. `go_on` takes the message that lets later stages run: a
    runbook's id, the message, and after how many seconds it is due. `direct`: nobody verified who calls,
    and the log says so.
    """

    catalogue: Mapping[str, Runbook]
    policy: Policy
    ports: Callable[[str], Ports]
    find: Callable[[str], tuple[ChainKey, ...]]
    go_on: Callable[[str, str, int], None]
    direct: bool = False

    def run(self, body: object, execution: ExecutionContext) -> Answer:
        """Run a runbook's first stage and leave the rest to a continuation; a dry run plans every stage.

        Raises BadInput, Forbidden, NotFound, Refused and Retryable; each can be described to the caller.
        """
        check_actor(execution.actor)
        ask = run_request(body, self.catalogue, self.policy, execution, direct=self.direct)
        order, ports = ask.response_request, self.ports(run_role(ask.response_request.runbook.id))
        if not (self.direct or ask.dry_run):
            self._start_watchdog(order, ports)
        report = Engine(ports).respond(order)
        if report.follows(FollowupKind.CONTINUE, FollowupKind.RETRY):
            self.go_on(order.runbook.id, continuation(order, report), 0)
        answer = self._answer(report, ChainKey(order.runbook.id, order.ref.key))
        return {**answer, "whole": ask.whole, "remediations": list(order.runbook.on(order.ref).ids)}

    def resume(self, runbook: str, message: str, execution: ExecutionContext) -> ResponseResult:
        """Take up a continuation."""
        order = resumed(message, self.catalogue[runbook], execution)
        report = Engine(self.ports(run_role(runbook))).respond(order)
        if report.follows(FollowupKind.RETRY):
            self.go_on(runbook, message, 0)
        return report

    def release(self, body: object, execution: ExecutionContext) -> tuple[int, Answer]:
        """Undo every response to an incident, or the one that is named.

        What one response is refused does not keep the others from being released: each is answered for,
        and the status code is that of the worst. Raises what concerns the request as a whole.
        """
        check_actor(execution.actor)
        undoing = release_request(body, self.catalogue, direct=self.direct)
        keys = (undoing.key,) if undoing.key else self.find(undoing.incident)
        if not keys:
            raise BadInput("incident", "is not in the audit log", undoing.incident)
        for key in keys:
            within(self.policy, parse_key(key.subject))
        if undoing.key or len(keys) == 1:
            return OK, {"incident": undoing.incident, "releases": [self._undo(undoing, keys[0], execution)]}
        answers = [self._undone(undoing, key, execution) for key in keys]
        if all(one["status"] == ENDED for one in answers):
            raise Refused(f"{undoing.incident} is already released")
        return worst_code(answers), {"incident": undoing.incident, "releases": answers}

    def status(self, body: object) -> Answer:
        """Say how the newest incident on a subject stands; changes nothing."""
        question, ports = status_query(body, self.catalogue), self.ports("")
        return status_answer(question, ports.log.read(question.key), ports.clock())

    def _start_watchdog(self, order: ResponseRequest, ports: Ports) -> None:
        """Leave a message that goes on should this execution die: no other brings it back.

        Containment does not wait for a queue that is out of order: whoever asked is there, and asks again.
        """
        seconds = (order.until - ports.clock() + MARGIN) // timedelta(seconds=1)
        try:
            self.go_on(order.runbook.id, watchdog(order), seconds)
        except Retryable as error:
            logger().warning("this run has no watchdog message", extra={"error": str(error)})

    def _answer(self, report: ResponseResult, key: ChainKey) -> Answer:
        runbook = self.catalogue.get(key.runbook)
        titles = {stage.id: stage.title for stage in runbook.stages} if runbook else {}
        return report_answer(report, key, {**titles, RELEASE: "Restore the recorded values"})

    def _undo(self, undoing: ReleaseRequest, key: ChainKey, execution: ExecutionContext) -> Answer:
        order = response_release(undoing, key, parse_key(key.subject), execution)
        return self._answer(Releaser(self.ports(release_role(key.runbook))).release(order), key)

    def _undone(self, undoing: ReleaseRequest, key: ChainKey, execution: ExecutionContext) -> Answer:
        """Release one of several; what it is refused is its answer."""
        history = self.ports("").log.read(key)
        if history.incident != undoing.incident or history.released_at is not None:
            return not_done_answer(key, undoing.incident, ENDED, "it is released, or a newer incident exists")
        try:
            return self._undo(undoing, key, execution)
        except (Refused, Retryable) as error:
            described = error_answer(error)
            return not_done_answer(key, undoing.incident, described["kind"], str(error))
