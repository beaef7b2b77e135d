"""Lambda: record heartbeats and report silent places; on a schedule, run the self-check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.aws.sessions import RoleClients
from ringfence.handlers import wiring
from ringfence.handlers.heartbeat_wiring import heartbeats, pause_watch
from ringfence.handlers.queue import execution_of, hidden, work_off
from ringfence.handlers.self_checks import checked
from ringfence.model.resource_names import DOCTOR_ROLE, SESSION
from ringfence.record.pauses import WATCH
from ringfence.self_check.expiry import expired

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ringfence.handlers.findings import Event


def handler(event: Event, context: LambdaContext) -> object:
    """Handle messages with heartbeats. A schedule sends none: then compare what is deployed.

    Another schedule records each minute which pauses have ended or end soon.
    """
    given, beats = wiring.settings(), heartbeats()
    if WATCH in event:
        return {"told": pause_watch().tell(execution_of(context, given.function, wiring.now()))}
    if "Records" in event:
        execution = execution_of(context, given.function, wiring.now())
        return work_off(event, execution, beats.work, wiring.source(given.queue_url, hidden(context)))
    report = checked(beats.deployment, RoleClients(DOCTOR_ROLE, SESSION, wiring.now), wiring.now)
    report = report.with_problems(expired(wiring.policy(), beats.deployment, wiring.now()))
    beats.checked(report)
    return {"problems": len(report.problems)}
