"""The heartbeat: schedules that send it, and the function that records it and runs the self-check."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from ringfence.aws.record_keys import RECORD_KEYS
from ringfence.events.heartbeat import DETAIL_TYPE, SOURCE
from ringfence.events.heartbeat import pattern as heartbeats
from ringfence.model.resource_names import DOCTOR_ROLE, HEARTBEAT, HOME_BEAT_ROLE, function_role
from ringfence.record.measures import SILENT_PLACES, Measure
from ringfence.record.pauses import PAUSE, WATCH
from stacks import needs, times
from stacks.acknowledgements import acknowledge_wildcards
from stacks.alarms import Alarms
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.names import prefixed, role_arn
from stacks.permissions import document, resolved
from stacks.queues import handled_by, mapping, queue, take_from, take_from_nobody_else
from stacks.schedules import also_scheduled, scheduled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stacks.audit import AuditStack
    from stacks.queues import Queue
    from stacks.settings import Settings


def beat_role(scope: Construct, name: str) -> iam.Role:
    """Return a role with which schedules put heartbeats on the buses of its account, in every region."""
    account = Stack.of(scope).account
    needed = resolved(needs.BEAT, {"account": account})
    made = iam.Role(
        scope,
        "Beat",
        role_name=name,
        description="Put heartbeats on the event bus",
        assumed_by=iam.ServicePrincipal(
            "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": account}}
        ),
        inline_policies={"declared": document(needed)},
    )
    acknowledge_wildcards(made, needed)
    return made


def beats(scope: Stack, role: str) -> scheduler.CfnSchedule:
    """Put a heartbeat on the bus of a region every few minutes.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
    """
    return scheduler.CfnSchedule(
        scope,
        "Beats",
        name=prefixed("beat"),
        description="Ringfence: the heartbeat of this region",
        schedule_expression=f"rate({times.HEARTBEAT_MINUTES} minutes)",
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        state="ENABLED",
        target=scheduler.CfnSchedule.TargetProperty(
            arn=f"arn:aws:events:{scope.region}:{scope.account}:event-bus/default",
            role_arn=role,
            input="{}",
            event_bridge_parameters=scheduler.CfnSchedule.EventBridgeParametersProperty(
                detail_type=DETAIL_TYPE, source=SOURCE
            ),
            # A late heartbeat would hide that one is missing.
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_event_age_in_seconds=60 * times.HEARTBEAT_MINUTES, maximum_retry_attempts=3
            ),
        ),
    )


def only_beats(scope: Construct, roles: Sequence[str]) -> None:
    """Deny everybody but these roles and the self-check to put heartbeats on a default bus.

    Others who may put events on a bus could send as many as they want, and hide that no schedule sends any.
    """
    stack, name = Stack.of(scope), prefixed("heartbeats")
    events.CfnEventBusPolicy(
        scope,
        "OnlyBeats",
        statement_id=name,
        event_bus_name="default",
        statement={
            "Sid": name,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "events:PutEvents",
            "Resource": stack.format_arn(service="events", resource="event-bus", resource_name="default"),
            "Condition": {
                "ForAnyValue:StringEquals": {"events:source": [SOURCE]},
                "ArnNotLike": {"aws:PrincipalArn": [*roles, role_arn(stack.account, DOCTOR_ROLE)]},
                "Null": {"aws:PrincipalArn": "false"},
            },
        },
    )


def from_places(settings: Settings) -> dict[str, object]:
    """Return the pattern for the heartbeats of the home account and of those that forward."""
    return heartbeats(dict.fromkeys((settings.home, *settings.accounts)))


class Heartbeat(Construct):
    """The queue of the heartbeats of all places, with its rule and function, and the hourly self-check."""

    def __init__(self, scope: Stack, *, settled: Settled, audit: AuditStack, settings: Settings) -> None:
        super().__init__(scope, "Heartbeat")
        source = queue(self, HEARTBEAT, settled.key, times.HEARTBEAT)
        self._rule(source, settings)
        group = log_group(self, "Logs", settled.key)
        accounts = dict.fromkeys((settings.home, *settings.accounts))
        own = role(
            self,
            HEARTBEAT,
            needs.HEARTBEAT,
            {
                "runbook": (HEARTBEAT, PAUSE),
                "provided": (),
                "audit_table": audit.audit_table.table_arn,
                "control_table": audit.control_table.table_arn,
                "audit_key": audit.key.key_arn,
                "record_keys": audit.record_keys,
                "queue_key": settled.key.key_arn,
                "queues": source.main.queue_arn,
                "topic": audit.notices.topic_arn,
                "doctors": tuple(role_arn(one, DOCTOR_ROLE) for one in accounts),
                "logs": group.log_group_arn,
            },
        )
        handled_by(source.main, role_arn(Stack.of(self).account, function_role(HEARTBEAT)))
        made = function(
            Settled(self, settled.code, settled.key),
            Handler(
                HEARTBEAT,
                "heartbeat.handler",
                "Ringfence: records heartbeats, and compares what is deployed",
                times.HEARTBEAT.timeout,
                environment={
                    "RINGFENCE_AUDIT_TABLE": audit.audit_table.table_name,
                    "RINGFENCE_CONTROL_TABLE": audit.control_table.table_name,
                    "RINGFENCE_QUEUE_URL": source.main.queue_url,
                    "RINGFENCE_TOPIC_ARN": audit.notices.topic_arn,
                    RECORD_KEYS: " ".join(audit.record_keys),
                },
            ),
            own,
            group,
        )
        mapping(self, "Mapping", made.function_name, source, times.HEARTBEAT)
        hourly = scheduled(self, HEARTBEAT, times.SELF_CHECK, made, dead=source.dead)
        also_scheduled(self, WATCH, times.PAUSES, hourly, json.dumps({WATCH: True}))
        beats(scope, beat_role(self, HOME_BEAT_ROLE).role_arn)
        self._alarms(Alarms(self, audit.notices), source, made)

    def _rule(self, source: Queue, settings: Settings) -> None:
        rule = events.CfnRule(
            self,
            "Rule",
            description="Ringfence: heartbeats",
            event_pattern=from_places(settings),
            state="ENABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    id="queue",
                    arn=source.main.queue_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=source.dead.queue_arn),
                )
            ],
        )
        take_from(source.main, [rule.attr_arn])
        take_from_nobody_else(source.main, [rule.attr_arn])
        take_from(source.dead, [rule.attr_arn])

    def _alarms(self, alarms: Alarms, source: Queue, made: lambda_.Function) -> None:
        alarms.of_worker(source, made, times.HEARTBEAT.late)
        alarms.silent(HEARTBEAT)
        alarms.own(
            "silent-places",
            Measure(SILENT_PLACES),
            0,
            "From some place that forwards events no heartbeat came for two intervals. The log of the "
            "function ringfence-heartbeat names it. Run `ringfence doctor`.",
        )
