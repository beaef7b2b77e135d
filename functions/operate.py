"""Lambda behind the IAM-authorized HTTP API: run, release and look by hand, for callers that IAM verified."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from ringfence.aws.incidents import IncidentReader
from ringfence.aws.sessions import own_client
from ringfence.engine.intake import ExecutionContext
from ringfence.events.envelope import WHOLE, parse_json
from ringfence.handlers import wiring as composition
from ringfence.handlers.logs import logger
from ringfence.handlers.operator_answers import OK, code_of, error_answer
from ringfence.handlers.operator_api import OperatorService
from ringfence.handlers.operator_types import QUEUES, RELEASES, RUNS, STATUS, check_actor
from ringfence.handlers.queue import RESERVE
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, RingfenceError
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.handlers.operator_answers import Answer
    from ringfence.record.chain import ChainKey

RETRY_AFTER = 5
"""Seconds until it is worth asking again."""

app = APIGatewayHttpResolver()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Serve one request at the desk of this deployment."""
    return serve(desk(), event, context)


def serve(desk: OperatorService, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Serve one request; what nobody foresaw is raised, and the function's alarm rings."""
    app.append_context(desk=desk)  # type: ignore[no-untyped-call]  # Powertools leaves it untyped
    return app.resolve(event, context)


@app.post(RUNS)
def runs() -> Response[str]:
    """Run a runbook, or say what it would do."""
    caller = _caller()
    return _response(OK, _desk().run(_body(), caller))


@app.post(RELEASES)
def releases() -> Response[str]:
    """Undo what was done, or say what that would be."""
    caller = _caller()
    return _response(*_desk().release(_body(), caller))


@app.post(STATUS)
def status() -> Response[str]:
    """Say how an incident stands."""
    _caller()
    return _response(OK, _desk().status(_body()))


@app.exception_handler(RingfenceError)  # type: ignore[untyped-decorator]  # likewise
def refuse(error: RingfenceError) -> Response[str]:
    """Answer with the error; a bug is raised again."""
    described = error_answer(error)
    logger().warning("failed", extra={"why": described})
    return _response(code_of(described["kind"]), {"error": described})


@cache
def desk() -> OperatorService:
    """Return the desk of this deployment."""
    queues = _queues()

    def go_on(runbook: str, message: str, seconds: int) -> None:
        composition.queue(queues[runbook]).send(message, seconds)

    return OperatorService(CATALOGUE, composition.policy(__file__), composition.warm, _find, go_on)


def _find(incident: str) -> tuple[ChainKey, ...]:
    client = cast("DynamoDBClient", own_client("dynamodb"))
    reader = IncidentReader(client, composition.settings().audit_table)
    return tuple(response.key for response in reader.responses(incident))


def _queues() -> Mapping[str, str]:
    """Read the second queues; raises BadInput before anything is done, where one is missing."""
    try:
        given = Document.of(json.loads(os.environ.get(QUEUES, "")), QUEUES)
    except ValueError as error:
        raise BadInput(QUEUES, "must be JSON: the queue URLs by runbook") from error
    return {runbook: given.text(runbook) for runbook in CATALOGUE}


def _desk() -> OperatorService:
    return cast("OperatorService", app.context["desk"])


def _caller() -> ExecutionContext:
    """Name the execution after its request, and let it act for the caller; raises Forbidden."""
    arn = app.current_event.request_context.authorizer.iam.user_arn
    left = timedelta(milliseconds=app.lambda_context.get_remaining_time_in_millis())
    until = _desk().ports("").clock() + left - RESERVE
    return ExecutionContext(app.lambda_context.aws_request_id, check_actor(arn), until)


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
