"""Record again what a deleted flow log of a VPC recorded, to the same place.

CloudTrail names no more than its id; what it was is read where it is known. Whoever may make and delete flow
logs could have had one made that delivers to a place of their own, so the place must be vouched for: a log
group of the same account, the chosen destination, or one to which another flow log of the account delivers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.core.calls import recorded
from ringfence.core.remediation import remediation
from ringfence.core.subject import NetworkRef, VpcRef
from ringfence.facets.flow_log_records import LOGS, S3
from ringfence.facets.flow_logs import FlowLogs
from ringfence.remediations.enable_flow_logs import DESTINATION, WHERE, wanted_place
from ringfence.steps.flow_logs import CreateFlowLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.core.facet import Observed
    from ringfence.core.incident import Incident
    from ringfence.core.step import Step

_HOW = "a person has to look, and to make it again"


def reason_against(log: Observed, incident: Incident) -> str:
    """Say why a deleted flow log is not made again; empty when it can be."""
    seen, id_ = log[FlowLogs], log.ref.id
    if seen.deleted is None:
        return f"what {id_} recorded is known neither to AWS Config nor to CloudTrail: {_HOW}"
    recording, resource = seen.deleted.recording, ascii(seen.deleted.resource)[1:-1]
    was = f"{id_} recorded {ascii(recording.words())[1:-1]} of {resource}"
    if not VpcRef.pattern.fullmatch(seen.deleted.resource):
        return f"{was}, which is no single VPC: {_HOW}"
    if seen.owner != log.ref.account:
        return f"{was}, which belongs to account {seen.owner}: {_HOW} there"
    if recording.kind not in {S3, LOGS} or (recording.kind == LOGS and not recording.role):
        return f"{was}, a kind of delivery that is not made again from here: {_HOW}"
    if not _vouched(log, incident):
        return f"{was}; nothing vouches for that place: {_HOW}, or to choose it as {DESTINATION}"
    return ""


def _vouched(log: Observed, incident: Incident) -> bool:
    seen, ref = log[FlowLogs], log.ref
    if seen.deleted is None:
        return False
    to = seen.deleted.recording.destination
    own_group = f":logs:{ref.region}:{ref.account}:log-group:"
    others = {one.recording.destination for one in seen.logs}
    return own_group in to or to in others or to == wanted_place(ref, incident)


def missing(log: Observed, incident: Incident) -> Iterator[str]:
    """Say why a person has to look."""
    if not log[FlowLogs].exists and (reason := reason_against(log, incident)):
        yield reason


def different(log: Observed, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Say what is not as it was."""
    seen = log[FlowLogs]
    if seen.deleted and not seen.exists:
        yield (
            f"what {log.ref.id} had recorded is where it was delivered to; its tags are not known, and what "
            "was not recorded meanwhile is lost"
        )


@remediation(
    id="restore-flow-log",
    title="Record again what a deleted flow log of a VPC recorded",
    subject=NetworkRef,
    triggers=(recorded("ec2", "DeleteFlowLogs"),),
    facets=(FlowLogs,),
    steps=(CreateFlowLog,),
    references=("D3FEND D3-NTA", "ATT&CK T1562.008"),
    controls=("vpc-flow-logs",),
    choices=(WHERE,),
    exposure=different,
    review=missing,
)
def restore_flow_log(log: Observed, incident: Incident) -> Iterator[Step]:
    """Make the flow log again unless one records the same to the same place already."""
    seen = log[FlowLogs]
    if seen.exists or seen.deleted is None or reason_against(log, incident):
        return
    if not seen.records(seen.deleted.recording):
        yield CreateFlowLog(seen.vpc_id, seen.deleted.recording, incident.id, before=False, after=True)
