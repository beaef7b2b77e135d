"""The HTTP API for sent findings: STS and IAM verify each sender."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from ringfence.handlers.http_requests import body_of, execution_of, refused, response
from ringfence.handlers.sent_routes import FINDINGS
from ringfence.model.errors import RingfenceError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.engine.ports import Clock
    from ringfence.handlers.operator_callers import CallerCheck
    from ringfence.handlers.sent_findings import SentFindings

app = APIGatewayHttpResolver()


def serve(
    service: SentFindings, callers: CallerCheck, clock: Clock, event: dict[str, Any], context: LambdaContext
) -> dict[str, Any]:
    """Serve one request; what nobody foresaw is raised, and the function's alarm rings."""
    app.append_context(service=service, callers=callers, clock=clock)  # type: ignore[no-untyped-call]  # Powertools leaves it untyped
    return app.resolve(event, context)


@app.post(FINDINGS.path)
def findings() -> Response[str]:
    """Accept findings. A request that is sent twice changes nothing: the second finding is the first one."""
    callers, clock = cast("CallerCheck", app.context["callers"]), cast("Clock", app.context["clock"])
    execution = execution_of(app, FINDINGS.path, callers, clock, once=False)
    service = cast("SentFindings", app.context["service"])
    return response(*service.by_api(body_of(app), execution))


@app.exception_handler(RingfenceError)  # type: ignore[untyped-decorator]  # likewise
def refuse(error: RingfenceError) -> Response[str]:
    """Answer with the error; a bug is raised again."""
    return refused(error)
