"""Clients of the operator service: through the HTTP API, or directly in this process."""

from __future__ import annotations

import contextlib
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from ringfence.cli.denials import remedy
from ringfence.engine.intake import ExecutionContext
from ringfence.handlers.operator_answers import OK, raise_answer
from ringfence.handlers.operator_api import OperatorService
from ringfence.handlers.operator_types import (
    ANSWERS,
    APPROVALS,
    DEAD_LETTERS,
    LIMITS,
    PAUSED,
    PAUSES,
    RECHECKS,
    RELEASES,
    REPLAYS,
    RESETS,
    RESUMES,
    RUNS,
    SEALS,
    STATUS,
    Forbidden,
)
from ringfence.model.errors import AccessDenied, BadInput, ProofSlotTaken, Refused, Retryable
from ringfence.policy.circumstances import Circumstances

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.engine.ports import Ports
    from ringfence.handlers.rechecks import Containments
    from ringfence.handlers.waiting import Opened
    from ringfence.model.runbook import Runbook
    from ringfence.policy.policy import Policy
    from ringfence.record.chain import ChainKey

Body = Mapping[str, object]
LEASE = timedelta(minutes=5)
"""The lease of an operator's own process. If the process dies, others wait until the lease ends."""
NOT_FOUND, FORBIDDEN = 404, 403
_PASSING = frozenset({429, 502, 503, 504})
"""Status codes of API Gateway for requests that can succeed when repeated."""
_SIGNED_AGAIN = 2
"""How often a request is signed again because another proof of identity has its slot."""


@contextlib.contextmanager
def _own_rights() -> Iterator[None]:
    """Report missing permissions of the operator's credentials at once, because retrying does not help."""
    try:
        yield
    except AccessDenied as error:
        raise BadInput("--direct", f"needs credentials with these permissions: {error}") from error


class OperatorClient(Protocol):
    """A client of the operator service. Each method raises the errors that the service raises."""

    def run(self, body: Body) -> Body:
        """Request a run."""
        ...

    def release(self, body: Body) -> Body:
        """Request a release."""
        ...

    def status(self, body: Body) -> Body:
        """Query the status."""
        ...

    def recheck(self, body: Body) -> Body:
        """Request that open contained incidents are verified again."""
        ...

    def dead_letters(self, body: Body) -> Body:
        """List the messages that were given up on."""
        ...

    def replay(self, body: Body) -> Body:
        """Put messages that were given up on back on their queue."""
        ...

    def seals(self, body: Body) -> Body:
        """Ask which entries of an incident are sealed."""
        ...

    def approvals(self, body: Body) -> Body:
        """List the approvals of an incident."""
        ...

    def answer(self, body: Body) -> Body:
        """Answer an approval."""
        ...

    def pause(self, body: Body) -> Body:
        """Stop changes for a while."""
        ...

    def resume(self, body: Body) -> Body:
        """End a pause before its time."""
        ...

    def paused(self, body: Body) -> Body:
        """Ask what is paused."""
        ...

    def limits(self, body: Body) -> Body:
        """Ask how much of the limits is used."""
        ...

    def reset(self, body: Body) -> Body:
        """Reset a limit."""
        ...


class Http(Protocol):
    """Sends a document with POST."""

    def post(self, path: str, document: Body) -> tuple[int, object]:
        """Return the status code and the response document. Raises Unreachable if there is no response."""
        ...


class HttpOperatorClient:
    """Calls the deployed API. IAM establishes the caller."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def run(self, body: Body) -> Body:
        """Request a run."""
        return self._ask(RUNS, body)

    def release(self, body: Body) -> Body:
        """Request a release."""
        return self._ask(RELEASES, body)

    def status(self, body: Body) -> Body:
        """Query the status."""
        return self._ask(STATUS, body)

    def recheck(self, body: Body) -> Body:
        """Request that open contained incidents are verified again."""
        return self._ask(RECHECKS, body)

    def dead_letters(self, body: Body) -> Body:
        """List the messages that were given up on."""
        return self._ask(DEAD_LETTERS, body)

    def replay(self, body: Body) -> Body:
        """Put messages that were given up on back on their queue."""
        return self._ask(REPLAYS, body)

    def seals(self, body: Body) -> Body:
        """Ask which entries of an incident are sealed."""
        return self._ask(SEALS, body)

    def approvals(self, body: Body) -> Body:
        """List the approvals of an incident."""
        return self._ask(APPROVALS, body)

    def answer(self, body: Body) -> Body:
        """Answer an approval."""
        return self._ask(ANSWERS, body)

    def pause(self, body: Body) -> Body:
        """Stop changes for a while."""
        return self._ask(PAUSES, body)

    def resume(self, body: Body) -> Body:
        """End a pause before its time."""
        return self._ask(RESUMES, body)

    def paused(self, body: Body) -> Body:
        """Ask what is paused."""
        return self._ask(PAUSED, body)

    def limits(self, body: Body) -> Body:
        """Ask how much of the limits is used."""
        return self._ask(LIMITS, body)

    def reset(self, body: Body) -> Body:
        """Reset a limit."""
        return self._ask(RESETS, body)

    def _ask(self, path: str, body: Body) -> Body:
        """Send a request. Sign it again if another request has its slot."""
        for _ in range(_SIGNED_AGAIN):
            with contextlib.suppress(ProofSlotTaken):
                return self._send(path, body)
        return self._send(path, body)

    def _send(self, path: str, body: Body) -> Body:
        code, answer = self._http.post(path, body)
        document: Body = answer if isinstance(answer, dict) else {}
        error = document.get("error")
        if isinstance(error, dict):
            raise_answer(error)
        # Each of several releases has its own status. The code is that of the worst one.
        if code == OK or "releases" in document:
            return document
        message = f"the API answered {code}: {document.get('message', 'no message')}"
        if code == FORBIDDEN:
            raise Forbidden(
                f"{message}. Your IAM policies must allow execute-api:Invoke on it{remedy(route=path)}"
            )
        if code == NOT_FOUND:
            raise BadInput("--url", f"must be Ringfence's API: {message}")
        raise Retryable(message) if code in _PASSING else Refused(message)


class DirectOperatorClient:
    """Runs the service in this process, with the operator's own credentials. The audit log records that.

    No other function continues the work, so each status query also runs the next pending message.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what the service needs, each from elsewhere
        self,
        ports: Ports,
        arn: str,
        policy: Policy,
        catalogue: Mapping[str, Runbook],
        find: Callable[[str], tuple[ChainKey, ...]],
        listed: Containments | None = None,
        opened: Opened | None = None,
        altered: Callable[[Sequence[ChainKey], str], Sequence[str]] = lambda _, __: (),
    ) -> None:
        self._left: deque[tuple[str, str]] = deque()
        self._arn = arn
        self._clock: Callable[[], datetime] = ports.clock
        self._service = OperatorService(
            catalogue,
            policy,
            lambda _: ports,
            find,
            lambda runbook, message, _: self._left.append((runbook, message)),
            direct=True,
            listed=listed,
            opened=opened,
            altered=altered,
        )

    def run(self, body: Body) -> Body:
        """Run the first stage. Each of these methods raises BadInput for missing permissions."""
        with _own_rights():
            return self._service.run(body, self._execution())

    def release(self, body: Body) -> Body:
        """Run a release."""
        with _own_rights():
            _, answer = self._service.release(body, self._execution())
            return answer

    def status(self, body: Body) -> Body:
        """Run the next pending message, then return the status."""
        with _own_rights():
            self._go_on()
            return self._service.status(body)

    def recheck(self, body: Body) -> Body:
        """Verify incidents, then run the messages that this led to. A message that fails is left."""
        with _own_rights():
            answer = self._service.recheck(body, self._execution())
            for _ in range(len(self._left)):
                self._go_on()
            return answer

    def dead_letters(self, body: Body) -> Body:
        """Raise BadInput, because only the API may send to the queues."""
        return self._service.dead_letters(body)

    def replay(self, body: Body) -> Body:
        """Raise BadInput likewise."""
        return self._service.replay(body, self._execution())

    def seals(self, body: Body) -> Body:
        """Raise BadInput, because only the functions have the key of the seals."""
        return self._service.check_seals(body, self._execution())

    def approvals(self, body: Body) -> Body:
        """List the approvals of an incident."""
        with _own_rights():
            return self._service.approvals(body, self._execution())

    def answer(self, body: Body) -> Body:
        """Raise BadInput, because only the API can prove who answered."""
        return self._service.answer(body, self._execution())

    def pause(self, body: Body) -> Body:
        """Raise BadInput likewise."""
        return self._service.pause(body, self._execution())

    def resume(self, body: Body) -> Body:
        """Raise BadInput likewise."""
        return self._service.unpause(body, self._execution())

    def paused(self, body: Body) -> Body:
        """Raise BadInput likewise."""
        return self._service.paused(body)

    def limits(self, body: Body) -> Body:
        """Raise BadInput likewise."""
        return self._service.limits(body)

    def reset(self, body: Body) -> Body:
        """Raise BadInput likewise."""
        return self._service.reset(body, self._execution())

    def _go_on(self) -> None:
        if self._left:
            runbook, message = self._left.popleft()
            try:
                self._service.resume(runbook, message, self._execution())
            except AccessDenied:
                raise
            except Retryable:
                self._left.append((runbook, message))

    def _execution(self) -> ExecutionContext:
        now = self._clock()
        return ExecutionContext(f"direct-{uuid.uuid4()}", self._arn, now + LEASE, Circumstances(now))
