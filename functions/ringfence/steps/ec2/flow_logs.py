"""Steps on the flow logs of a VPC."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept, document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import NotFound, Refused
from ringfence.model.step import Done, State
from ringfence.observations.ec2.flow_log_destination import ROLE_ARN
from ringfence.observations.ec2.flow_log_records import INTERVAL, PLAIN, S3, Recording, is_of
from ringfence.observations.ec2.flow_logs import (
    FlowLog,
    FlowLogs,
    FlowLogStep,
    is_active,
    list_flow_logs,
)
from ringfence.observations.ec2.instance import ec2_describes
from ringfence.observations.ec2.tags import INCIDENT_TAG
from ringfence.observations.ec2.vpc import NO_VPC

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names

_LOGS = "arn:aws:ec2:{region}:{account}:vpc-flow-log/*"
_DELIVERY = "log delivery actions have no resource types"
_END_DELIVERY = Permission("logs:DeleteLogDelivery", ("*",), reason=_DELIVERY, implied=True)


class _FlowLogStep(FlowLogStep):
    """What recording and no longer recording have in common."""

    incident: str
    before: bool
    after: bool

    observation: ClassVar = FlowLogs

    @property
    def target(self) -> str:
        """The VPC's recording to one place."""
        return f"vpc/{self.vpc_id}/flow-log/{self.recording.traffic}/{self.recording.destination}"

    def state(self, observed: ResourceState) -> State:
        """Look for the flow log of this incident: one that somebody else made is not ours to delete."""
        there = observed[FlowLogs].made(self.vpc_id, self.recording, self.incident) is not None
        return State.AFTER if there == self.after else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Add the flow log or take it away."""
        seen = observed[FlowLogs]
        ours = FlowLog(self.vpc_id, self.recording, self.incident)
        left = tuple(one for one in seen.logs if one != ours)
        logs = tuple(sorted((*left, ours), key=repr)) if self.after else left
        return observed.with_observation(replace(seen, logs=logs))

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        before, after = (
            self.recording.words() if one else "not recorded" for one in (self.before, self.after)
        )
        return before, after


@value
class CreateFlowLog(_FlowLogStep):
    """Create a flow log for a VPC, with Ringfence's tag.

    Attributes
    ----------
    vpc_id : str
        The VPC.
    recording : Recording
        Which traffic, where to, and in which format.
    incident : str
        The id of the incident: the tag of the flow log.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
    """

    vpc_id: str
    recording: Recording
    incident: str
    before: bool
    after: bool

    permissions: ClassVar = (
        Permission("ec2:CreateFlowLogs", (_LOGS, "arn:aws:ec2:{region}:{account}:vpc/*")),
        Permission(
            "ec2:CreateTags",
            (_LOGS,),
            (("StringEquals", "ec2:CreateAction", ("CreateFlowLogs",)),),
            implied=True,
        ),
        Permission(
            "iam:PassRole",
            (ROLE_ARN,),
            (("StringEquals", "iam:PassedToService", ("vpc-flow-logs.amazonaws.com",)),),
            implied=True,
        ),
        Permission("logs:CreateLogDelivery", ("*",), reason=_DELIVERY, implied=True),
        _END_DELIVERY,
    )
    _THERE: ClassVar = "FlowLogAlreadyExists"
    _REFUSED: ClassVar = (
        "FlowLogsLimitExceeded",
        "InvalidParameter",
        "InvalidParameterCombination",
        "InvalidParameterValue",
        "UnsupportedParameter",
    )

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Create it. What EC2 could not do stands in an answer of success.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
        """
        expected = (*NO_VPC, self._THERE, *self._REFUSED)
        (answer,) = yield (Call("ec2", "CreateFlowLogs", self._parameters(), expected=expected),)
        if isinstance(answer, Failed) and answer.code == self._THERE:
            return Done(note="somebody else had already done it")
        made = accept(answer, not_found=NO_VPC, refused=self._REFUSED)
        for one in made.children("Unsuccessful"):
            error = one.optional_child("Error")
            raise Refused(f"{error.optional_text('Code')}: {error.optional_text('Message')}")
        return Done(note=", ".join(made.texts("FlowLogIds")))

    def _parameters(self) -> dict[str, object]:
        given, tag = self.recording, {"Key": INCIDENT_TAG, "Value": self.incident}
        parameters: dict[str, object] = {
            "ResourceType": "VPC",
            "ResourceIds": [self.vpc_id],
            "TrafficType": given.traffic,
            "LogDestinationType": given.kind,
            "LogDestination": given.destination,
            "TagSpecifications": [{"ResourceType": "vpc-flow-log", "Tags": [tag]}],
        }
        if given.role:
            parameters["DeliverLogsPermissionArn"] = given.role
        if given.interval != INTERVAL:
            parameters["MaxAggregationInterval"] = given.interval
        if given.format:
            parameters["LogFormat"] = given.format
        if given.kind == S3 and (given.file_format or given.hive or given.hourly):
            parameters["DestinationOptions"] = {
                "FileFormat": given.file_format or PLAIN,
                "HiveCompatiblePartitions": given.hive,
                "PerHourPartition": given.hourly,
            }
        return parameters

    def describe(self) -> str:
        """Describe the change."""
        return f"record {self.recording.words()} for {self.vpc_id}"

    def side_effects(self) -> str:
        """Return the side effects as text."""
        return "AWS charges for the recorded volume; the records stay at the destination"


@value
class DeleteFlowLog(_FlowLogStep):
    """Delete a flow log that Ringfence created.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteFlowLogs.html
    """

    vpc_id: str
    recording: Recording
    incident: str
    before: bool
    after: bool

    permissions: ClassVar = (
        *ec2_describes("FlowLogs"),
        Permission(
            "ec2:DeleteFlowLogs",
            (_LOGS,),
            (("StringLike", f"aws:ResourceTag/{INCIDENT_TAG}", ("inc-*",)),),
        ),
        _END_DELIVERY,
    )
    inverse_type: ClassVar = CreateFlowLog
    _MISSING: ClassVar = ("InvalidFlowLogId.NotFound",)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Find it by the incident's tag, then delete it; what it recorded stays at its destination.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteFlowLogs.html
        """
        (listed,) = yield (list_flow_logs(self.vpc_id, self.incident),)
        ids = [
            log.text("FlowLogId")
            for log in document(listed).children("FlowLogs")
            if is_active(log) and is_of(log, self.recording)
        ]
        if not ids:
            return Done(note="it no longer existed")
        (answer,) = yield (Call("ec2", "DeleteFlowLogs", {"FlowLogIds": ids}, expected=self._MISSING),)
        if isinstance(answer, Failed):
            raise NotFound(answer.message)
        for one in answer.children("Unsuccessful"):
            error = one.optional_child("Error")
            raise Refused(f"{error.optional_text('Code')}: {error.optional_text('Message')}")
        return Done(note=", ".join(ids))

    def describe(self) -> str:
        """Describe the change."""
        return f"stop recording {self.recording.words()} for {self.vpc_id}"


CreateFlowLog.inverse_type = DeleteFlowLog
