"""The HTTP API for operators: runs, releases, status and rechecks, for callers that STS and IAM verified.

`operator_routes` declares the routes. Here is who serves each of them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from ringfence.handlers import operator_types as paths
from ringfence.handlers.http_requests import body_of, execution_of, refused, response
from ringfence.handlers.operator_answers import OK
from ringfence.handlers.operator_api import OperatorService
from ringfence.handlers.operator_routes import ROUTES
from ringfence.model.errors import RingfenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.engine.intake import ExecutionContext
    from ringfence.handlers.operator_answers import Answer
    from ringfence.handlers.operator_callers import CallerCheck
    from ringfence.handlers.routes import Route

    Served = Callable[[OperatorService, object, ExecutionContext], Answer]

app = APIGatewayHttpResolver()
SERVED: Mapping[str, Served] = MappingProxyType(
    {
        paths.RUNS: OperatorService.run,
        paths.STATUS: lambda service, body, _: service.status(body),
        paths.RECHECKS: OperatorService.recheck,
        paths.DEAD_LETTERS: lambda service, body, _: service.dead_letters(body),
        paths.REPLAYS: OperatorService.replay,
        paths.SEALS: OperatorService.check_seals,
        paths.APPROVALS: OperatorService.approvals,
        paths.ANSWERS: OperatorService.answer,
        paths.PAUSES: OperatorService.pause,
        paths.RESUMES: OperatorService.unpause,
        paths.PAUSED: lambda service, body, _: service.paused(body),
        paths.LIMITS: lambda service, body, _: service.limits(body),
        paths.RESETS: OperatorService.reset,
    }
)
"""What serves the routes whose status code is 200 unless there is an error. A release has a worst one."""


def serve(
    service: OperatorService, callers: CallerCheck, event: dict[str, Any], context: LambdaContext
) -> dict[str, Any]:
    """Serve one request; what nobody foresaw is raised, and the function's alarm rings."""
    app.append_context(service=service, callers=callers)  # type: ignore[no-untyped-call]  # Powertools leaves it untyped
    return app.resolve(event, context)


def _answered(route: Route) -> Response[str]:
    """Verify the caller, and then read the request."""
    service, callers = (
        cast("OperatorService", app.context["service"]),
        cast("CallerCheck", app.context["callers"]),
    )
    caller = execution_of(app, route.path, callers, service.ports("").clock, once=route.once)
    if route.path == paths.RELEASES:
        return response(*service.release(body_of(app), caller))
    return response(OK, SERVED[route.path](service, body_of(app), caller))


def _add(route: Route) -> None:
    """Add a route to the application, which wants a function with a name."""

    @app.post(route.path)
    def served() -> Response[str]:
        return _answered(route)


for _one in ROUTES:
    _add(_one)


@app.exception_handler(RingfenceError)  # type: ignore[untyped-decorator]  # likewise
def refuse(error: RingfenceError) -> Response[str]:
    """Answer with the error; a bug is raised again."""
    return refused(error)
