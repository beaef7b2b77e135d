"""What the HTTP APIs have in common: who sends a request, its body, and the answer."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import timedelta
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response

from ringfence.engine.intake import ExecutionContext
from ringfence.events.envelope import WHOLE, parse_json
from ringfence.handlers.logs import logger
from ringfence.handlers.operator_answers import code_of, error_answer
from ringfence.handlers.operator_callers import Received
from ringfence.handlers.operator_types import check_actor
from ringfence.handlers.proof import report_forged
from ringfence.handlers.queue import RESERVE
from ringfence.model.errors import BadInput, Forged, RingfenceError
from ringfence.model.signed_identity import HEADER
from ringfence.policy.circumstances import Circumstances

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from ringfence.engine.ports import Clock
    from ringfence.handlers.operator_answers import Answer
    from ringfence.handlers.operator_callers import CallerCheck

RETRY_AFTER = 5
"""Seconds until it is worth asking again."""


def execution_of(
    app: APIGatewayHttpResolver, path: str, callers: CallerCheck, clock: Clock, *, once: bool
) -> ExecutionContext:
    """Name the execution after its request, and let it act for the caller.

    Raises Forged, and Retryable if the caller cannot be verified now.
    """
    event = app.current_event
    named = event.request_context.authorizer.iam.user_arn or ""
    request = Received(path, sent(app), event.headers.get(HEADER, ""), named)
    account = app.lambda_context.invoked_function_arn.split(":")[4]
    arn = callers.actor(callers.arn(request, account, once=once), path, lambda: body_of(app))
    left = timedelta(milliseconds=app.lambda_context.get_remaining_time_in_millis())
    now = clock()
    until = now + left - RESERVE
    return ExecutionContext(app.lambda_context.aws_request_id, check_actor(arn), until, Circumstances(now))


def sent(app: APIGatewayHttpResolver) -> bytes:
    """Return the body as the caller sent it."""
    body = app.current_event.body or ""
    try:
        return b64decode(body) if app.current_event.is_base64_encoded else body.encode()
    except ValueError as error:
        raise BadInput(WHOLE, "must be UTF-8 text") from error


def body_of(app: APIGatewayHttpResolver) -> object:
    """Return the body as JSON data. Raises BadInput."""
    try:
        text = app.current_event.decoded_body or ""
    except ValueError as error:
        raise BadInput(WHOLE, "must be UTF-8 text") from error
    value = parse_json(text)
    if "\\u" in text:
        _check_characters(value)
    return value


def _check_characters(value: object) -> None:
    """Raise BadInput for half of a surrogate pair: no table, no queue and no log stores it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise BadInput(WHOLE, "contains half of a surrogate pair, which is no character") from error
    except RecursionError as error:
        raise BadInput(WHOLE, "is nested too deeply") from error


def response(code: int, answer: Answer) -> Response[str]:
    """Return the response with an answer."""
    headers: dict[str, str | list[str]] = {"Cache-Control": "no-store"}
    if code == code_of("retry"):
        headers["Retry-After"] = str(RETRY_AFTER)
    return Response(code, "application/json", json.dumps(answer), headers)


def refused(error: RingfenceError) -> Response[str]:
    """Return the response with an error; a bug is raised again."""
    described = error_answer(error)
    if isinstance(error, Forged):
        report_forged(error)
    logger().warning("failed", extra={"why": described})
    return response(code_of(described["kind"]), {"error": described})
