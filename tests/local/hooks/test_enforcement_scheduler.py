"""IAM enforcement of the local AWS knows a schedule by its group, and the role that it passes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local import LocalAws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLACE = "us-east-1:111122223333"
ROLE = "arn:aws:iam::111122223333:role/sender"
GIVEN = {
    "GroupName": "mine",
    "ScheduleExpression": "at(2099-01-01T00:00:00)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": f"arn:aws:sqs:{PLACE}:queue", "RoleArn": ROLE, "Input": "{}"},
}


@pytest.fixture(scope="module")
def enforced() -> Iterator[LocalAws]:
    with LocalAws(enforce_iam=True) as running:
        running.client("scheduler").create_schedule_group(Name="mine")
        yield running


@pytest.fixture
def scheduler(enforced: LocalAws, unique: str) -> Callable[..., Any]:
    """Give a function: a client of a user who may create schedules in a group and pass a role."""
    iam = enforced.client("iam")
    iam.create_user(UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]

    def allowed(group: str, role: str, service: str = "scheduler.amazonaws.com") -> Any:
        passes = {"StringEquals": {"iam:PassedToService": service}}
        on = f"arn:aws:scheduler:{PLACE}:schedule/{group}/*"
        statements = [
            {"Effect": "Allow", "Action": "scheduler:CreateSchedule", "Resource": on},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role, "Condition": passes},
        ]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName=unique, PolicyName="only", PolicyDocument=document)
        return enforced.client(
            "scheduler",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
        )

    return allowed


def test_a_schedule_is_created_in_its_group_with_its_role(scheduler: Callable[..., Any], unique: str) -> None:
    scheduler("mine", ROLE).create_schedule(Name=unique, **GIVEN)


@pytest.mark.parametrize(
    "rights",
    [("default", ROLE), ("mine", f"{ROLE}-other"), ("mine", ROLE, "lambda.amazonaws.com")],
    ids=["another-group", "another-role", "another-service"],
)
def test_whatever_is_missing_is_refused(
    scheduler: Callable[..., Any], refusal: Callable[..., str], unique: str, rights: tuple[str, ...]
) -> None:
    client = scheduler(*rights)
    assert refusal(client.create_schedule, Name=unique, **GIVEN) == "AccessDeniedException"


def test_a_schedule_with_the_same_name_is_a_conflict(
    scheduler: Callable[..., Any], refusal: Callable[..., str], unique: str
) -> None:
    client = scheduler("mine", ROLE)
    client.create_schedule(Name=unique, **GIVEN)
    assert refusal(client.create_schedule, Name=unique, **GIVEN) == "ConflictException"
