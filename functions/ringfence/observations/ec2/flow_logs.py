"""The flow logs of a VPC; of a flow log that was deleted, what it recorded; and the role that may deliver.

CloudTrail names a deleted flow log by its id alone. What it was stands in AWS Config's history, where flow
logs are recorded, or in CloudTrail's record of its making, which is kept for 90 days: a few pages are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document, tags
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.kinds.flow_log import FlowLogRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.observation import Observation
from ringfence.model.step import Step
from ringfence.observations.ec2.flow_log_destination import ROLE, ROLE_ARN
from ringfence.observations.ec2.flow_log_records import (
    LOOKUPS,
    PAGES,
    Deleted,
    Recording,
    history_call,
    in_history,
    in_trail,
    recording_in,
    token_in,
    trail_call,
)
from ringfence.observations.ec2.instance import ec2_describes
from ringfence.observations.ec2.tags import INCIDENT_TAG
from ringfence.observations.ec2.vpc import describe_vpc, owner_of
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.subject import Ref


ACTIVE = "ACTIVE"
_FAILED = "FAILED"
_UNREADABLE = ("AccessDenied", "AccessDeniedException")
"""What is answered, too, for a role of the name that has a path."""
_ALL = "ALL"
_HALVES = frozenset({"ACCEPT", "REJECT"})


class FlowLogStep(Step):
    """A step on a flow log of a VPC: it remembers what CloudTrail forgets."""

    vpc_id: str
    recording: Recording


@value
class FlowLog:
    """A flow log that records. `incident` is whom our tag names; `failing` is why nothing is delivered."""

    vpc_id: str
    recording: Recording
    incident: str = ""
    failing: str = ""


@value
class FlowLogs(Observation):
    """The active flow logs of a VPC; for a deleted flow log, those of the region.

    Attributes
    ----------
    vpc_id : str
        The VPC; empty if there is none.
    owner : str
        The account that owns the VPC.
    logs : tuple of FlowLog
        The active flow logs.
    deleted : Deleted or None
        What the subject recorded; None if it is a VPC, still exists, or is unknown.
    exists : bool
        Whether the flow log that is the subject still exists.
    role : str
        ARN of the role that delivers to log groups; empty if there is none.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFlowLogs.html
    """

    vpc_id: str = ""
    owner: str = ""
    logs: tuple[FlowLog, ...] = ()
    deleted: Deleted | None = None
    exists: bool = False
    role: str = ""

    permissions: ClassVar = (
        *ec2_describes("FlowLogs", "Vpcs"),
        *LOOKUPS,
        Permission("iam:GetRole", (ROLE_ARN,)),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Read the VPC and its flow logs; of a flow log, first what it recorded."""
        if isinstance(ref, FlowLogRef):
            return (yield from cls._of_deleted(ref, past))
        if not isinstance(ref, VpcRef):
            return cls()
        described, listed, found = yield (describe_vpc(ref.id), _list(ref.id), _GET_ROLE)
        return cls(ref.id, owner_of(described, ref.id), _active(listed, ref), role=_offered(found, ref))

    @classmethod
    def _of_deleted(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        listed, found = yield (_list(), _GET_ROLE)
        logs, role = _active(listed, ref), _offered(found, ref)
        if any(one.optional_text("FlowLogId") == ref.id for one in document(listed).children("FlowLogs")):
            return cls(logs=logs, exists=True, role=role)
        deleted = _remembered(past) or (yield from _asked(ref))
        if deleted is None or not VpcRef.pattern.fullmatch(deleted.resource):
            return cls(logs=logs, deleted=deleted, role=role)
        (described,) = yield (describe_vpc(deleted.resource),)
        return cls(deleted.resource, owner_of(described, deleted.resource), logs, deleted, role=role)

    def of_vpc(self) -> tuple[FlowLog, ...]:
        """Return the flow logs of the VPC itself."""
        return tuple(one for one in self.logs if one.vpc_id == self.vpc_id)

    def covers(self, traffic: str) -> bool:
        """Return whether the VPC's flow logs record this traffic, wherever to."""
        recorded = {one.recording.traffic for one in self.of_vpc()}
        return bool(recorded.intersection((traffic, _ALL))) or recorded >= _HALVES

    def records(self, recording: Recording) -> bool:
        """Return whether an equal flow log exists. EC2 refuses a second one."""
        return any(one.recording.same(recording) for one in self.of_vpc())

    def made(self, vpc_id: str, recording: Recording, incident: str) -> FlowLog | None:
        """Return the flow log that was made in an incident; None if there is none."""
        return next(
            (
                one
                for one in self.logs
                if (one.vpc_id, one.incident) == (vpc_id, incident) and one.recording.same(recording)
            ),
            None,
        )


_GET_ROLE = Call("iam", "GetRole", {"RoleName": ROLE}, expected=(*NO_SUCH_ENTITY, *_UNREADABLE))


def list_flow_logs(vpc_id: str, incident: str) -> Call:
    """Return the call that lists the flow logs of a VPC that bear an incident's tag."""
    return _list(vpc_id, (f"tag:{INCIDENT_TAG}", incident))


def _list(vpc_id: str = "", *more: tuple[str, str]) -> Call:
    filters = [*([("resource-id", vpc_id)] if vpc_id else []), *more]
    parameters = {"Filter": [{"Name": name, "Values": [one]} for name, one in filters]} if filters else {}
    return Call("ec2", "DescribeFlowLogs", parameters, pages=True)


def _offered(found: Answer, ref: Ref) -> str:
    """Return the role's ARN if it is the one that may be passed on."""
    arn = "" if isinstance(found, Failed) else found.child("Role").text("Arn")
    return arn if arn == ROLE_ARN.format(account=ref.account) else ""


def _active(listed: Answer, ref: Ref) -> tuple[FlowLog, ...]:
    found = (one for one in document(listed).children("FlowLogs") if is_active(one))
    return tuple(sorted((_flow_log(one, ref) for one in found), key=repr))


def is_active(log: Document) -> bool:
    """Return whether a flow log is one that records."""
    return log.optional_text("FlowLogStatus") == ACTIVE


def _flow_log(log: Document, ref: Ref) -> FlowLog:
    failed = log.optional_text("DeliverLogsStatus") == _FAILED
    return FlowLog(
        log.optional_text("ResourceId") or "",
        recording_in(log, ref),
        tags(log).get(INCIDENT_TAG, ""),
        (log.optional_text("DeliverLogsErrorMessage") or "delivery fails") if failed else "",
    )


def _remembered(past: tuple[Step, ...]) -> Deleted | None:
    made = [one for one in past if isinstance(one, FlowLogStep)]
    return Deleted(made[0].vpc_id, made[0].recording) if made else None


def _asked(ref: Ref) -> SansIO[Deleted | None]:
    """Ask AWS Config and CloudTrail side by side; then CloudTrail, page after page."""
    history, page = yield (history_call(ref), trail_call())
    found = in_history(history, ref) or in_trail(page, ref)
    for _ in range(PAGES - 1):
        token = token_in(page)
        if found or not token:
            break
        (page,) = yield (trail_call(token),)
        found = in_trail(page, ref)
    return found
