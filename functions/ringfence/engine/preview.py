"""Preview: plan every stage from the current state, and record the plans. Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.execution import Execution
from ringfence.engine.journal import journal
from ringfence.engine.read import read
from ringfence.engine.reading import check_reads, further_read
from ringfence.engine.report import ended
from ringfence.model.errors import Refused
from ringfence.model.frozen import replace
from ringfence.record.approval_facts import ApprovalRequested
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from ringfence.engine.ports import Ports
    from ringfence.engine.prospect import Prospect
    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.results import ResponseResult
    from ringfence.model.observation import ResourceState


def preview(
    ports: Ports, request: ResponseRequest, prospect: Prospect, resource: ResourceState, refusal: str
) -> ResponseResult:
    """Record the plans of all stages, and a question about them if the decision asks people.

    Raises Refused for a `refusal`, after the plans are recorded.
    """
    execution = Execution.of(request, prospect.start)
    plans = []
    for stage in request.runbook.stages:
        missing = (kind for kind in stage.observations if kind not in resource)
        more = further_read(request, execution.history, missing)
        resource = resource.updated(read(ports, more).found)
        plans.append(prospect.plan(stage, execution.history, resource))
    facts = prospect.news(request, plans)
    if prospect.start.decision.mode.asks:
        from ringfence.engine.asking import Proposal, asked  # a dry run asks nobody

        facts = asked(request, Proposal(prospect, tuple(plans), resource, ports.clock()), facts)
    journal(ports, execution, facts)
    check_reads(resource)
    if refusal:
        raise Refused(refusal)
    unread = () if request.request else resource.unreadable(resource.unread, for_good=False)
    status, words = IncidentStatus.DRY_RUN, "dry run: nothing was changed"
    if any(isinstance(one, ApprovalRequested) for one in facts):
        status, words = IncidentStatus.WAITING, "the plan waits for approval; nothing was changed"
    result = ended(execution.incident, status, words, unread)
    return replace(result, plans=tuple(plans), as_of=prospect.at)
