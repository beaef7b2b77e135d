"""The HTTP API for operators: runs, releases, status and rechecks, for callers that STS and IAM verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from ringfence.handlers.http_requests import body_of, execution_of, refused, response
from ringfence.handlers.operator_answers import OK
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
)
from ringfence.model.errors import RingfenceError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.engine.intake import ExecutionContext
    from ringfence.handlers.operator_api import OperatorService
    from ringfence.handlers.operator_callers import CallerCheck

app = APIGatewayHttpResolver()


def serve(
    service: OperatorService, callers: CallerCheck, event: dict[str, Any], context: LambdaContext
) -> dict[str, Any]:
    """Serve one request; what nobody foresaw is raised, and the function's alarm rings."""
    app.append_context(service=service, callers=callers)  # type: ignore[no-untyped-call]  # Powertools leaves it untyped
    return app.resolve(event, context)


@app.post(RUNS)
def runs() -> Response[str]:
    """Run a runbook, or say what it would do."""
    caller = _caller(RUNS)
    return response(OK, _service().run(body_of(app), caller))


@app.post(RELEASES)
def releases() -> Response[str]:
    """Undo what was done, or say what that would be."""
    caller = _caller(RELEASES)
    return response(*_service().release(body_of(app), caller))


@app.post(STATUS)
def status() -> Response[str]:
    """Say how an incident stands."""
    _caller(STATUS, once=False)  # a poll asks again and again, and changes nothing
    return response(OK, _service().status(body_of(app)))


@app.post(RECHECKS)
def rechecks() -> Response[str]:
    """Verify open contained incidents again."""
    caller = _caller(RECHECKS)
    return response(OK, _service().recheck(body_of(app), caller))


@app.post(DEAD_LETTERS)
def dead_letters() -> Response[str]:
    """List the messages that were given up on."""
    _caller(DEAD_LETTERS)
    return response(OK, _service().dead_letters())


@app.post(REPLAYS)
def replays() -> Response[str]:
    """Put messages that were given up on back on their queue."""
    caller = _caller(REPLAYS)
    return response(OK, _service().replay(body_of(app), caller))


@app.post(SEALS)
def seals() -> Response[str]:
    """Say which entries of an incident are sealed."""
    caller = _caller(SEALS, once=False)  # like a status query: it changes nothing
    return response(OK, _service().check_seals(body_of(app), caller))


@app.post(APPROVALS)
def approvals() -> Response[str]:
    """List the approvals of an incident, or those that wait."""
    caller = _caller(APPROVALS, once=False)  # like a status query: it changes nothing
    return response(OK, _service().approvals(body_of(app), caller))


@app.post(ANSWERS)
def answers() -> Response[str]:
    """Record the answer of the caller."""
    caller = _caller(ANSWERS)
    return response(OK, _service().answer(body_of(app), caller))


@app.post(PAUSES)
def pauses() -> Response[str]:
    """Stop changes for a while."""
    caller = _caller(PAUSES)
    return response(OK, _service().pause(body_of(app), caller))


@app.post(RESUMES)
def resumes() -> Response[str]:
    """End a pause before its time."""
    caller = _caller(RESUMES)
    return response(OK, _service().unpause(body_of(app), caller))


@app.post(PAUSED)
def paused() -> Response[str]:
    """Say what is paused."""
    _caller(PAUSED, once=False)  # like a status query: it changes nothing
    return response(OK, _service().paused())


@app.post(LIMITS)
def limits() -> Response[str]:
    """Say how much of the limits is used."""
    _caller(LIMITS, once=False)  # like a status query: it changes nothing
    return response(OK, _service().limits(body_of(app)))


@app.post(RESETS)
def resets() -> Response[str]:
    """Reset a limit."""
    caller = _caller(RESETS)
    return response(OK, _service().reset(body_of(app), caller))


@app.exception_handler(RingfenceError)  # type: ignore[untyped-decorator]  # likewise
def refuse(error: RingfenceError) -> Response[str]:
    """Answer with the error; a bug is raised again."""
    return refused(error)


def _service() -> OperatorService:
    return cast("OperatorService", app.context["service"])


def _caller(path: str, *, once: bool = True) -> ExecutionContext:
    callers = cast("CallerCheck", app.context["callers"])
    return execution_of(app, path, callers, _service().ports("").clock, once=once)
