"""One-time schedules of EventBridge Scheduler that send a message to a queue, and delete themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from ringfence.aws.failures import code_of, raised
from ringfence.model.call import Permission
from ringfence.model.errors import Retryable

if TYPE_CHECKING:
    from datetime import datetime

PERMISSIONS = (
    Permission("scheduler:CreateSchedule", ("{schedules}",), reason="each approval has its own schedule"),
    Permission(
        "iam:PassRole",
        ("{schedule_role}",),
        (("StringEquals", "iam:PassedToService", ("scheduler.amazonaws.com",)),),
        implied=True,
    ),
)
"""The permission to create schedules, and to let them send with a role that can do nothing else."""
QUEUE_ARNS = "RINGFENCE_CONTINUATION_QUEUE_ARNS"
"""The variable with the ARNs of the runbooks' second queues: a JSON object."""


class SchedulerClient(Protocol):
    """The part of botocore's client that is used."""

    def create_schedule(self, **parameters: Any) -> object:  # noqa: ANN401 - botocore checks them
        """Create a schedule."""
        ...


@dataclass(frozen=True)
class Schedules:
    """Creates schedules in a group. `role` is the ARN of the role that sends."""

    client: SchedulerClient
    group: str
    role: str

    def at(self, name: str, when: datetime, queue: str, message: str) -> None:
        """Send a message to a queue's ARN at a time, exact to a minute. Raises Retryable.

        A schedule with this name exists already if an earlier attempt created it.
        """
        try:
            with raised("scheduler:CreateSchedule"):
                self.client.create_schedule(
                    Name=name,
                    GroupName=self.group,
                    ScheduleExpression=f"at({when:%Y-%m-%dT%H:%M:%S})",
                    ScheduleExpressionTimezone="UTC",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={"Arn": queue, "RoleArn": self.role, "Input": message},
                )
        except Retryable as error:
            cause = error.__cause__
            if not isinstance(cause, ClientError) or code_of(cause) != "ConflictException":
                raise
