"""Lambda: serve operators behind the HTTP API. The function verifies each caller with STS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.handlers.operator_http import serve
from ringfence.handlers.operator_wiring import caller_check, operator_service

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Serve one request."""
    return serve(operator_service(), caller_check(), event, context)
