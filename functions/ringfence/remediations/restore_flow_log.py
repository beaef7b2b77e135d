"""Recreate a deleted flow log of a VPC with its old destination.

CloudTrail records only its id. Its settings are read from AWS Config or from CloudTrail's record of its
creation. An intruder may have created a flow log with their own destination. So the destination must
be a log group of the same account, the destination in the policy, or one that another flow log of the
account uses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.impairing import DELETED_FLOW_LOGS
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.remediation import remediation
from ringfence.model.subject import NetworkRef
from ringfence.observations.ec2.flow_log_destination import DESTINATION, NO_ROLE, WHERE, wanted_place
from ringfence.observations.ec2.flow_log_records import LOGS, S3
from ringfence.observations.ec2.flow_logs import FlowLogs
from ringfence.steps.ec2.flow_logs import CreateFlowLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.observations.ec2.flow_log_records import Recording

_HOW = "a person must check, and recreate it"


def reason_against(log: ResourceState, incident: Incident) -> str:
    """Return why a deleted flow log is not recreated. Empty if it can be."""
    seen, id_ = log[FlowLogs], log.ref.id
    if seen.deleted is None:
        return f"neither AWS Config nor CloudTrail knows what {id_} recorded: {_HOW}"
    resource, recording = seen.deleted.resource, seen.deleted.recording
    why = ""
    if not VpcRef.pattern.fullmatch(resource):
        why = f"that is not a single VPC: {_HOW}"
    elif seen.owner != log.ref.account:
        why = f"the VPC belongs to account {seen.owner}: {_HOW} there"
    elif recording.kind not in {S3, LOGS}:
        why = f"Ringfence does not recreate flow logs with this type of destination: {_HOW}"
    elif recording.kind == LOGS and not seen.role:
        why = NO_ROLE
    elif not _vouched(recording, log, incident):
        why = f"no other flow log uses that destination: {_HOW}, or set it as {DESTINATION}"
    return f"{id_} recorded {_plain(recording.words())} for {_plain(resource)}; {why}" if why else ""


def _plain(text: str) -> str:
    """Escape text that the creator of the flow log chose."""
    return ascii(text)[1:-1]


def _vouched(recording: Recording, log: ResourceState, incident: Incident) -> bool:
    ref, to = log.ref, recording.destination
    own_group = recording.kind == LOGS and to.split(":")[2:5] == ["logs", ref.region, ref.account]
    others = {one.recording.destination for one in log[FlowLogs].logs}
    return own_group or to in others or to == wanted_place(ref, incident)


def missing(log: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield why a person must check."""
    if not log[FlowLogs].exists and (reason := reason_against(log, incident)):
        yield reason


def again(log: ResourceState) -> Recording | None:
    """Return the flow log to recreate. For a log group it uses the role that may be passed."""
    seen = log[FlowLogs]
    if seen.exists or seen.deleted is None:
        return None
    was = seen.deleted.recording
    return replace(was, role=seen.role) if was.kind == LOGS else was


def different(log: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what differs from before."""
    recording, seen = again(log), log[FlowLogs]
    if recording is None or seen.deleted is None or reason_against(log, incident):
        return
    if recording.role != seen.deleted.recording.role:
        to = _plain(recording.destination)
        yield f"the new flow log delivers to {to} with {recording.role}, not with the old role"
    yield (
        f"the existing records of {log.ref.id} are still at its destination; its tags are unknown, and "
        "there are no records of the traffic since its deletion"
    )


@remediation(
    id="restore-flow-log",
    title="Recreate a deleted flow log of a VPC",
    subject=NetworkRef,
    triggers=(DELETED_FLOW_LOGS,),
    observations=(FlowLogs,),
    steps=(CreateFlowLog,),
    references=("ATT&CK T1562.008",),
    countermeasures=("D3-NTA",),
    controls=("vpc-flow-logs",),
    options=(WHERE,),
    residual_risk=different,
    needs_review=missing,
)
def restore_flow_log(log: ResourceState, incident: Incident) -> Iterator[Step]:
    """Recreate the flow log unless one records the same traffic to the same destination."""
    seen, recording = log[FlowLogs], again(log)
    if recording and not reason_against(log, incident) and not seen.records(recording):
        yield CreateFlowLog(seen.vpc_id, recording, incident.id, before=False, after=True)
