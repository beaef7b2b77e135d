"""The HTTP API for operators: runs, releases, status and rechecks, for callers that STS and IAM verified."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from ringfence.engine.intake import ExecutionContext
from ringfence.events.envelope import WHOLE, parse_json
from ringfence.handlers.logs import logger
from ringfence.handlers.operator_answers import OK, code_of, error_answer
from ringfence.handlers.operator_callers import Received
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
    check_actor,
)
from ringfence.handlers.proof import report_forged
from ringfence.handlers.queue import RESERVE
from ringfence.model.errors import BadInput, Forged, RingfenceError
from ringfence.model.signed_identity import HEADER
from ringfence.policy.circumstances import Circumstances

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.operator_answers import Answer
    from ringfence.handlers.operator_api import OperatorService
    from ringfence.handlers.operator_callers import CallerCheck

RETRY_AFTER = 5
"""Seconds until it is worth asking again."""

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
    return _response(OK, _service().run(_body(), caller))


@app.post(RELEASES)
def releases() -> Response[str]:
    """Undo what was done, or say what that would be."""
    caller = _caller(RELEASES)
    return _response(*_service().release(_body(), caller))


@app.post(STATUS)
def status() -> Response[str]:
    """Say how an incident stands."""
    _caller(STATUS, once=False)  # a poll asks again and again, and changes nothing
    return _response(OK, _service().status(_body()))


@app.post(RECHECKS)
def rechecks() -> Response[str]:
    """Verify open contained incidents again."""
    caller = _caller(RECHECKS)
    return _response(OK, _service().recheck(_body(), caller))


@app.post(DEAD_LETTERS)
def dead_letters() -> Response[str]:
    """List the messages that were given up on."""
    _caller(DEAD_LETTERS)
    return _response(OK, _service().dead_letters())


@app.post(REPLAYS)
def replays() -> Response[str]:
    """Put messages that were given up on back on their queue."""
    caller = _caller(REPLAYS)
    return _response(OK, _service().replay(_body(), caller))


@app.post(SEALS)
def seals() -> Response[str]:
    """Say which entries of an incident are sealed."""
    caller = _caller(SEALS, once=False)  # like a status query: it changes nothing
    return _response(OK, _service().check_seals(_body(), caller))


@app.post(APPROVALS)
def approvals() -> Response[str]:
    """List the approvals of an incident, or those that wait."""
    caller = _caller(APPROVALS, once=False)  # like a status query: it changes nothing
    return _response(OK, _service().approvals(_body(), caller))


@app.post(ANSWERS)
def answers() -> Response[str]:
    """Record the answer of the caller."""
    caller = _caller(ANSWERS)
    return _response(OK, _service().answer(_body(), caller))


@app.post(PAUSES)
def pauses() -> Response[str]:
    """Stop changes for a while."""
    caller = _caller(PAUSES)
    return _response(OK, _service().pause(_body(), caller))


@app.post(RESUMES)
def resumes() -> Response[str]:
    """End a pause before its time."""
    caller = _caller(RESUMES)
    return _response(OK, _service().unpause(_body(), caller))


@app.post(PAUSED)
def paused() -> Response[str]:
    """Say what is paused."""
    _caller(PAUSED, once=False)  # like a status query: it changes nothing
    return _response(OK, _service().paused())


@app.post(LIMITS)
def limits() -> Response[str]:
    """Say how much of the limits is used."""
    _caller(LIMITS, once=False)  # like a status query: it changes nothing
    return _response(OK, _service().limits(_body()))


@app.post(RESETS)
def resets() -> Response[str]:
    """Reset a limit."""
    caller = _caller(RESETS)
    return _response(OK, _service().reset(_body(), caller))


@app.exception_handler(RingfenceError)  # type: ignore[untyped-decorator]  # likewise
def refuse(error: RingfenceError) -> Response[str]:
    """Answer with the error; a bug is raised again."""
    described = error_answer(error)
    if isinstance(error, Forged):
        report_forged(error)
    logger().warning("failed", extra={"why": described})
    return _response(code_of(described["kind"]), {"error": described})


def _service() -> OperatorService:
    return cast("OperatorService", app.context["service"])


def _caller(path: str, *, once: bool = True) -> ExecutionContext:
    """Name the execution after its request, and let it act for the caller.

    Raises Forged, and Retryable if the caller cannot be verified now.
    """
    event = app.current_event
    named = event.request_context.authorizer.iam.user_arn or ""
    request = Received(path, _sent(), event.headers.get(HEADER, ""), named)
    account = app.lambda_context.invoked_function_arn.split(":")[4]
    callers = cast("CallerCheck", app.context["callers"])
    arn = callers.arn(request, account, once=once)
    left = timedelta(milliseconds=app.lambda_context.get_remaining_time_in_millis())
    now = _service().ports("").clock()
    until = now + left - RESERVE
    return ExecutionContext(app.lambda_context.aws_request_id, check_actor(arn), until, Circumstances(now))


def _sent() -> bytes:
    """Return the body as the caller sent it."""
    body = app.current_event.body or ""
    try:
        return b64decode(body) if app.current_event.is_base64_encoded else body.encode()
    except ValueError as error:
        raise BadInput(WHOLE, "must be UTF-8 text") from error


def _body() -> object:
    try:
        text = app.current_event.decoded_body or ""
    except ValueError as error:
        raise BadInput(WHOLE, "must be UTF-8 text") from error
    return parse_json(text)


def _response(code: int, answer: Answer) -> Response[str]:
    headers: dict[str, str | list[str]] = {"Cache-Control": "no-store"}
    if code == code_of("retry"):
        headers["Retry-After"] = str(RETRY_AFTER)
    return Response(code, "application/json", json.dumps(answer), headers)
