"""A schedule that invokes a function, with a role for this only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from ringfence.model.errors import InternalError
from stacks.names import prefixed
from stacks.times import REVIEW_RETRIES, REVIEW_TIMEOUT

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs


def scheduled(  # noqa: PLR0913 - what a schedule is made of
    scope: Construct,
    name: str,
    expression: str,
    target: lambda_.IFunction,
    *,
    dead: sqs.IQueue,
    given: str | None = None,
) -> scheduler.CfnSchedule:
    """Invoke the function on a schedule, with an input. Failed invocations go to the dead-letter queue."""
    here = Construct(scope, "Schedule")
    role = iam.Role(
        here,
        "Role",
        role_name=prefixed(f"{name}-schedule"),
        description=f"Invoke {name} on its schedule",
        assumed_by=iam.ServicePrincipal(
            "scheduler.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
        ),
        inline_policies={
            "declared": iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[target.function_arn]),
                    iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead.queue_arn]),
                ]
            )
        },
    )
    return scheduler.CfnSchedule(
        here,
        "Schedule",
        name=prefixed(name),
        description=f"Ringfence: {name}",
        schedule_expression=expression,
        schedule_expression_timezone="UTC",
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        state="ENABLED",
        target=scheduler.CfnSchedule.TargetProperty(
            arn=target.function_arn,
            role_arn=role.role_arn,
            input=given,
            dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead.queue_arn),
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_event_age_in_seconds=REVIEW_TIMEOUT, maximum_retry_attempts=REVIEW_RETRIES
            ),
        ),
    )


def also_scheduled(  # noqa: PLR0913 - likewise
    scope: Construct,
    name: str,
    expression: str,
    first: scheduler.CfnSchedule,
    given: str,
    *,
    retries: int = 0,
) -> scheduler.CfnSchedule:
    """Invoke the function of another schedule, with its role and an input of this one.

    Without retries, a late invocation would be of no use, because the next one comes soon.
    """
    target = first.target
    if not isinstance(target, scheduler.CfnSchedule.TargetProperty):
        raise InternalError("a schedule's target is not known yet")
    return scheduler.CfnSchedule(
        scope,
        f"{name.capitalize()}Schedule",
        name=prefixed(name),
        description=f"Ringfence: {name}",
        schedule_expression=expression,
        schedule_expression_timezone="UTC",
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        state="ENABLED",
        target=scheduler.CfnSchedule.TargetProperty(
            arn=target.arn,
            role_arn=target.role_arn,
            input=given,
            dead_letter_config=target.dead_letter_config if retries else None,
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_event_age_in_seconds=REVIEW_TIMEOUT if retries else 60,
                maximum_retry_attempts=retries,
            ),
        ),
    )
