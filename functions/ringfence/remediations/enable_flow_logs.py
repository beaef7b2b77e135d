"""Create flow logs for a VPC without flow logs, at the destination in the policy.

Without a destination nothing is done, and the record says what to set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.config.trigger import judged_by
from ringfence.model.remediation import Option, remediation
from ringfence.model.subject import NetworkRef
from ringfence.observations.ec2.flow_log_destination import DESTINATION, NO_ROLE, WHERE, wanted_place
from ringfence.observations.ec2.flow_log_records import LOGS, S3, Recording
from ringfence.observations.ec2.flow_logs import FlowLogs
from ringfence.steps.ec2.flow_logs import CreateFlowLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

TRAFFIC = "flow-log-traffic"


def wanted(vpc: ResourceState, incident: Incident) -> Recording | None:
    """Return the flow log to create. None without a destination or its role."""
    destination = wanted_place(vpc.ref, incident)
    kind = S3 if ":s3:::" in destination else LOGS
    role = vpc[FlowLogs].role if kind == LOGS else ""
    if not destination or (kind == LOGS and not role):
        return None
    return Recording(incident.choice(TRAFFIC), kind, destination, role)


def not_recorded(vpc: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what a person must set, or must do in another account."""
    seen = vpc[FlowLogs]
    if seen.covers(incident.choice(TRAFFIC)):
        return
    if seen.owner != vpc.ref.account:
        yield f"{vpc.ref.id} belongs to account {seen.owner}, which shares it: create flow logs there"
    elif not incident.choice(DESTINATION):
        yield (
            f"the traffic of {vpc.ref.id} is not recorded: set the option {DESTINATION} of harden-network "
            "to a destination"
        )
    elif wanted(vpc, incident) is None:
        yield f"the traffic of {vpc.ref.id} is not recorded: {NO_ROLE}"


def failing(vpc: ResourceState, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Yield the flow logs that deliver nothing."""
    for log in vpc[FlowLogs].of_vpc():
        if log.failing:
            reason = ascii(log.failing)[1:-1]
            yield f"the flow log of {log.vpc_id} to {log.recording.destination} delivers nothing: {reason}"


@remediation(
    id="enable-flow-logs",
    title="Create flow logs for a VPC without flow logs",
    subject=NetworkRef,
    triggers=(judged_by("vpc-flow-logs-enabled"),),
    observations=(FlowLogs,),
    steps=(CreateFlowLog,),
    references=(),
    countermeasures=("D3-NTA",),
    controls=("vpc-flow-logs",),
    options=(
        WHERE,
        Option(
            TRAFFIC,
            ("ALL", "REJECT", "ACCEPT"),
            "the traffic to record: ALL; REJECT: only rejected traffic, which costs less; ACCEPT: only "
            "accepted traffic",
        ),
    ),
    residual_risk=failing,
    needs_review=not_recorded,
)
def enable_flow_logs(vpc: ResourceState, incident: Incident) -> Iterator[Step]:
    """Create a flow log unless the VPC has one for this traffic, at any destination."""
    seen, recording = vpc[FlowLogs], wanted(vpc, incident)
    if seen.owner != vpc.ref.account or recording is None or seen.covers(recording.traffic):
        return
    yield CreateFlowLog(vpc.ref.id, recording, incident.id, before=False, after=True)
