"""The operator service: runs, releases and status queries.

The Lambda function behind the HTTP API serves callers that IAM has verified. `--direct` runs the service in
the operator's own process, with the operator's credentials.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.engine.intake import continuation, resumed, watchdog
from ringfence.engine.release import Releaser
from ringfence.engine.results import FollowupKind
from ringfence.engine.run import Engine
from ringfence.engine.stopped_release import release_watchdog
from ringfence.handlers.logs import logger
from ringfence.handlers.operator_answers import (
    ENDED,
    OK,
    error_answer,
    not_done_answer,
    recheck_answer,
    report_answer,
    status_answer,
    worst_code,
)
from ringfence.handlers.operator_requests import (
    answer_request,
    approvals_query,
    batch_request,
    recheck_query,
    release_request,
    response_release,
    run_request,
    status_query,
)
from ringfence.handlers.operator_types import check_actor, request_document, within
from ringfence.model.errors import BadInput, InternalError, Refused, Retryable
from ringfence.model.kinds import parse_key
from ringfence.model.resource_names import release_role, run_role
from ringfence.record.chain import ChainKey
from ringfence.record.facts import RELEASE
from ringfence.record.pausing import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.engine.results import ResponseResult
    from ringfence.handlers.approvals import ApprovalService
    from ringfence.handlers.dead_letters import DeadLetterService
    from ringfence.handlers.limits import LimitService
    from ringfence.handlers.operator_answers import Answer
    from ringfence.handlers.operator_types import ReleaseRequest
    from ringfence.handlers.pauses import PauseService
    from ringfence.handlers.rechecks import Containments
    from ringfence.handlers.seal_checks import SealService
    from ringfence.handlers.waiting import Opened, WaitingService
    from ringfence.model.runbook import Runbook
    from ringfence.policy.policy import Policy
    from ringfence.record.containments import Containment

MARGIN = timedelta(seconds=10)
"""The time from the end of a dead execution's lease to its continuation."""


@dataclass(frozen=True)
class OperatorService:
    """Serves operators.

    `ports` maps a role to the ports that act with it. Without a role they only read the log. `find` returns
    every response to an incident. `go_on` queues a message for later stages: a runbook's id, the message,
    and the delay in seconds. `direct`: nobody verified the caller, and the log says so. `listed` is the
    list of open contained incidents. `letters` are the dead letters of a deployment, and
    `seals` checks its record, `pauses` changes what is paused, and `limits_of` reads and resets limits. They
    are None without a deployment. `opened` returns the responses to incidents since a time, newest first.
    `altered` returns in words why lists do not show responses of an incident.
    """

    catalogue: Mapping[str, Runbook]
    policy: Policy
    ports: Callable[[str], Ports]
    find: Callable[[str], tuple[ChainKey, ...]]
    go_on: Callable[[str, str, int], None]
    direct: bool = False
    listed: Containments | None = None
    letters: DeadLetterService | None = None
    seals: SealService | None = None
    pauses: PauseService | None = None
    limits_of: LimitService | None = None
    opened: Opened | None = None
    altered: Callable[[Sequence[ChainKey], str], Sequence[str]] = lambda _, __: ()

    def run(self, body: object, execution: ExecutionContext) -> Answer:
        """Run the first stage of a runbook and queue the rest. A dry run plans every stage.

        Raises BadInput, Forbidden, NotFound, Refused and Retryable. Each one can be described to the
        caller.
        """
        check_actor(execution.actor)
        ask = run_request(body, self.catalogue, self.policy, execution, direct=self.direct)
        order, ports = ask.response_request, self.ports(run_role(ask.response_request.runbook.id))
        if not (self.direct or ask.dry_run):
            self._start_watchdog(order.runbook.id, watchdog(order), order.until, ports)
        report = Engine(ports).run(order)
        if report.follows(FollowupKind.CONTINUE, FollowupKind.RETRY):
            self.go_on(order.runbook.id, continuation(order, report), 0)
        if report.error:
            raise report.error
        answer = self._answer(report, ChainKey(order.runbook.id, order.ref.key))
        return {**answer, "whole": ask.whole, "remediations": list(order.runbook.on(order.ref).ids)}

    def dead_letters(self, body: object) -> Answer:
        """Return the dead letters. Raises BadInput for a field, and without a deployment."""
        request_document(body)
        return {**self._letters().listed(), **self._shown()}

    def replay(self, body: object, execution: ExecutionContext) -> Answer:
        """Put dead letters back on their queue. Raises BadInput."""
        check_actor(execution.actor)
        return self._letters().replay(body, execution)

    def _letters(self) -> DeadLetterService:
        if self.letters is None:
            raise BadInput("--direct", "cannot be used: only the API may send to the queues")
        return self.letters

    def check_seals(self, body: object, execution: ExecutionContext) -> Answer:
        """Return which entries of an incident are sealed. Raises BadInput and Retryable."""
        check_actor(execution.actor)
        if self.seals is None:
            raise BadInput("--direct", "cannot be used: only the functions have the key of the seals")
        return self.seals.checked(body, execution.until)

    def pause(self, body: object, execution: ExecutionContext) -> Answer:
        """Pause. Raises BadInput, Forbidden, Refused and Retryable."""
        return self._pauses().pause(body, execution)

    def unpause(self, body: object, execution: ExecutionContext) -> Answer:
        """End a pause before its time. Raises BadInput and Retryable."""
        return self._pauses().resume(body, execution)

    def paused(self, body: object) -> Answer:
        """Return what is paused. Raises BadInput for a field, and Retryable."""
        request_document(body)
        return self._pauses().listed()

    def _pauses(self) -> PauseService:
        if self.pauses is None:
            raise BadInput("--direct", "cannot be used: only the functions have the key of the seals")
        return self.pauses

    def limits(self, body: object) -> Answer:
        """Return how much of the limits is used. Raises BadInput and Retryable."""
        return self._limits().listed(body)

    def reset(self, body: object, execution: ExecutionContext) -> Answer:
        """Reset a limit. Raises BadInput, Refused and Retryable."""
        return self._limits().reset(body, execution)

    def _limits(self) -> LimitService:
        if self.limits_of is None:
            raise BadInput("--direct", "cannot be used: only the functions have the key of the seals")
        return self.limits_of

    def _shown(self) -> Answer:
        """Return what is paused, for the top of a list."""
        ports = self.ports("")
        return {"paused": list(shown(ports.log.pauses(), ports.clock()))}

    def resume(self, runbook: str, message: str, execution: ExecutionContext) -> ResponseResult:
        """Continue a run."""
        order = resumed(message, self.catalogue[runbook], execution)
        report = Engine(self.ports(run_role(runbook))).run(order)
        if report.follows(FollowupKind.RETRY, FollowupKind.PAUSED):
            self.go_on(runbook, message, 0)
        if report.error:
            raise report.error
        return report

    def release(self, body: object, execution: ExecutionContext) -> tuple[int, Answer]:
        """Release every response to an incident, or the named one.

        A refusal of one response does not stop the others. Each one has its own result, and the status code
        is that of the worst. Raises errors about the whole request.
        """
        check_actor(execution.actor)
        undoing = release_request(body, self.catalogue, direct=self.direct)
        keys = (undoing.key,) if undoing.key else self.find(undoing.incident)
        if not keys:
            raise BadInput("incident", "is not in the audit log", undoing.incident)
        for key in keys:
            within(self.policy, parse_key(key.subject))
        told = {"incident": undoing.incident, "altered": self._altered(keys, undoing.incident)}
        if undoing.key or len(keys) == 1:
            return OK, {**told, "releases": [self._undo(undoing, keys[0], execution)]}
        answers = [self._undone(undoing, key, execution) for key in keys]
        if all(one["status"] == ENDED for one in answers):
            raise Refused(f"{undoing.incident} is already released")
        return worst_code(answers), {**told, "releases": answers}

    def _altered(self, keys: Sequence[ChainKey], incident: str) -> list[str]:
        """Return why lists do not show these responses. It is no reason to refuse: their entries decide."""
        found = list(self.altered(keys, incident))
        if found:
            logger().error("the index was altered", extra={"incident": incident, "altered": found})
        return found

    def status(self, body: object) -> Answer:
        """Return the status of the newest incident of a subject. Changes nothing."""
        question, ports = status_query(body, self.catalogue), self.ports("")
        return status_answer(question, ports.log.read(question.key), ports.clock())

    def recheck(self, body: object, execution: ExecutionContext) -> Answer:
        """Verify open contained incidents again, one after the other until the time is over.

        `next` is the chain after which another request continues. Empty if nothing is left. Raises BadInput
        for an incident that is not an open contained one.
        """
        check_actor(execution.actor)
        asked = recheck_query(body)
        if self.listed is None:
            raise InternalError("there is no list of open containments")
        found = sorted(self.listed.open(), key=lambda one: one.key.text)
        if asked.incident:
            found = [one for one in found if one.incident == asked.incident] or self._unlisted(asked.incident)
        done: list[Answer] = []
        last = ""
        for one in (one for one in found if one.key.text > asked.after):
            if done and self.ports("").clock() >= execution.until:
                return {"rechecks": done, "next": last, **self._shown()}
            done.append(self._rechecked(self.listed, one, execution))
            last = one.key.text
        return {"rechecks": done, "next": "", **self._shown()}

    def approvals(self, body: object, execution: ExecutionContext) -> Answer:
        """Return the approvals of an incident, or those that wait. Changes nothing.

        Raises BadInput for an unknown incident.
        """
        asked = approvals_query(body)
        if asked.incident:
            return {"approvals": self._answers().listed(asked.incident)}
        return self._waiting().listed(asked, execution.until)

    def answer(self, body: object, execution: ExecutionContext) -> Answer:
        """Record a person's answer to an approval, and let the plan begin if it was the last one needed.

        An answer to everything that waits behind a limit has one outcome for each incident. Raises BadInput,
        Forbidden, Refused, Retryable and Tampered.
        """
        check_actor(execution.actor)
        if self.direct:
            raise BadInput("--direct", "cannot be used: only the API can prove who answered")
        if batch := batch_request(body):
            return self._waiting().answer(batch, execution)
        return self._answers().answer(answer_request(body), execution)

    def _waiting(self) -> WaitingService:
        from ringfence.handlers.waiting import WaitingService

        if self.opened is None:
            raise InternalError("there is no list of incidents")
        return WaitingService(self._answers(), self.opened)

    def _answers(self) -> ApprovalService:
        from ringfence.handlers.approvals import ApprovalService

        return ApprovalService(self.policy, self.ports(""), self.find, self.go_on)

    def _unlisted(self, incident: str) -> list[Containment]:
        """Return an incident that was contained before there was a list. Raises BadInput if there is none."""
        from ringfence.record.containments import containment

        keys, log = self.find(incident), self.ports("").log
        read = [containment(key, log.read(key)) for key in keys]
        found = [one for one in read if one and one.open and one.incident == incident]
        if not found:
            raise BadInput("incident", "must be an incident that is contained or complete", incident)
        return found

    def _rechecked(self, listed: Containments, one: Containment, execution: ExecutionContext) -> Answer:
        """Verify one incident. An error is its result, and does not stop the others."""
        from ringfence.engine.recheck_results import RecheckResult, Standing
        from ringfence.handlers.rechecks import Verifier

        runbook = self.catalogue[one.key.runbook]
        verifier = Verifier(
            runbook,
            self.policy,
            self.ports(run_role(runbook.id)),
            listed,
            lambda message: self.go_on(runbook.id, message, 0),
        )
        try:
            return recheck_answer(one, verifier.verify(one, execution))
        except (Refused, Retryable) as error:
            return recheck_answer(one, RecheckResult(Standing.UNCLEAR, one.incident, reason=str(error)))

    def _start_watchdog(self, runbook: str, message: str, until: datetime, ports: Ports) -> None:
        """Queue a message that continues the run, or checks the release, if this execution dies.

        Nothing waits for a failing queue, because the operator can repeat the request.
        """
        seconds = (until - ports.clock() + MARGIN) // timedelta(seconds=1)
        try:
            self.go_on(runbook, message, seconds)
        except Retryable as error:
            logger().warning("this request has no watchdog message", extra={"error": str(error)})

    def _answer(self, report: ResponseResult, key: ChainKey) -> Answer:
        runbook = self.catalogue.get(key.runbook)
        titles = {stage.id: stage.title for stage in runbook.stages} if runbook else {}
        return report_answer(report, key, {**titles, RELEASE: "Restore the recorded values"})

    def _undo(self, undoing: ReleaseRequest, key: ChainKey, execution: ExecutionContext) -> Answer:
        order = response_release(undoing, key, parse_key(key.subject), execution, self.policy.digest)
        ports = self.ports(release_role(key.runbook))
        if not (self.direct or order.request.dry_run):
            self._start_watchdog(key.runbook, release_watchdog(order), order.until, ports)
        return self._answer(Releaser(ports).release(order), key)

    def _undone(self, undoing: ReleaseRequest, key: ChainKey, execution: ExecutionContext) -> Answer:
        """Release one of several responses. A refusal is its result."""
        history = self.ports("").log.read(key)
        ended = not_done_answer(key, undoing.incident, ENDED, "it is released, or a newer incident exists")
        if history.incident != undoing.incident:
            return ended
        try:
            return self._undo(undoing, key, execution)
        except (Refused, Retryable) as error:
            if isinstance(error, Refused) and history.released_at is not None:
                return ended
            described = error_answer(error)
            return not_done_answer(key, undoing.incident, described["kind"], str(error))
