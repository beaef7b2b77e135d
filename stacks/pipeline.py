"""The resources of one runbook: its rules, queues, functions, role and alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ringfence.events.patterns import rule_state
from ringfence.record.measures import NOT_CONTAINED, TIME_TO_CONTAINMENT, Measure
from stacks import needs, times
from stacks.alarms import Alarms
from stacks.functions import FULL_CORE, MODEST, Handler, Settled, function, log_group, provisioned, role
from stacks.names import prefixed, role_arn
from stacks.queues import Queue, queue, take_from, take_from_nobody_else
from stacks.schedules import scheduled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_logs as logs

    from ringfence.model.reviews import Review
    from ringfence.model.runbook import Runbook
    from stacks.audit import AuditStack
    from stacks.settings import Settings
    from stacks.times import QueueTimes

CONTAIN, CONTINUE = "respond.handler", "respond.resume"


class Pipeline(Construct):
    """The path of an event from its rule to the function, and the second queue after containment."""

    def __init__(
        self, scope: Construct, runbook: Runbook, *, settled: Settled, audit: AuditStack, settings: Settings
    ) -> None:
        super().__init__(scope, "".join(word.title() for word in runbook.id.split("-")))
        self.runbook = runbook
        self.environments = 0 if runbook.closes_when_complete else settings.provisioned_concurrency
        self.first = queue(Construct(self, "First"), runbook.id, settled.key, times.CONTAIN)
        self.second = queue(
            Construct(self, "Second"), f"{runbook.id}-continuation", settled.key, times.CONTINUE
        )
        self.rules = self._rules()
        names = ("Contain", "Continue", *(("Review",) if runbook.review else ()))
        groups = [log_group(self, f"{name}Logs", settled.key) for name in names]
        self.role = role(
            self,
            runbook.id,
            needs.RESPOND,
            {
                "runbook": runbook.id,
                "roles": tuple(role_arn(one, prefixed(runbook.id)) for one in settings.accounts),
                "audit_table": audit.audit_table.table_arn,
                "control_table": audit.control_table.table_arn,
                "audit_key": audit.key.key_arn,
                "queue_key": settled.key.key_arn,
                "queues": (self.first.main.queue_arn, self.second.main.queue_arn),
                "continuations": self.second.main.queue_arn,
                "logs": tuple(group.log_group_arn for group in groups),
            },
        )
        self.environment = {
            "RINGFENCE_RUNBOOK": runbook.id,
            "RINGFENCE_ROLE": prefixed(runbook.id),
            "RINGFENCE_AUDIT_TABLE": audit.audit_table.table_name,
            "RINGFENCE_CONTROL_TABLE": audit.control_table.table_name,
            "RINGFENCE_CONTINUATION_QUEUE_URL": self.second.main.queue_url,
        }
        here = Settled(self, settled.code, settled.key)
        self.contain = self._function(here, self.first, CONTAIN, times.CONTAIN, groups[0])
        self.resume = self._function(here, self.second, CONTINUE, times.CONTINUE, groups[1])
        alarms = Alarms(self, audit.notices)
        self._alarms(alarms)
        if runbook.review:
            self._review(runbook.review, here, groups[2], alarms)

    def _rules(self) -> tuple[events.CfnRule, ...]:
        """Create one rule for each pattern. Together they deliver all events of the runbook's triggers."""
        patterns = enumerate(self.runbook.patterns(), start=1)
        rules = tuple(self._rule(number, pattern) for number, pattern in patterns)
        arns = [rule.attr_arn for rule in rules]
        take_from(self.first.main, arns)
        take_from_nobody_else(self.first.main, arns)
        take_from(self.first.dead, arns)
        return rules

    def _rule(self, number: int, pattern: Mapping[str, object]) -> events.CfnRule:
        return events.CfnRule(
            self,
            f"Rule{number}",
            description=f"{self.runbook.title}, {number}",
            event_pattern=pattern,
            state=rule_state(pattern),
            targets=[
                events.CfnRule.TargetProperty(
                    id="queue",
                    arn=self.first.main.queue_arn,
                    # Undeliverable events are kept as dead letters.
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self.first.dead.queue_arn),
                )
            ],
        )

    def _function(
        self, settled: Settled, source: Queue, handler: str, given: QueueTimes, group: logs.LogGroup
    ) -> lambda_.Function:
        first = handler == CONTAIN
        made = function(
            settled,
            Handler(
                source.name,
                handler,
                f"{self.runbook.title}: {'the first stage' if first else 'the stages after containment'}",
                given.timeout,
                FULL_CORE if first else MODEST,
                {**self.environment, "RINGFENCE_QUEUE_URL": source.main.queue_url},
            ),
            self.role,
            group,
        )
        lambda_.CfnEventSourceMapping(
            self,
            "ContainMapping" if first else "ContinueMapping",
            function_name=self._invoked(made) if first else made.function_name,
            event_source_arn=source.main.queue_arn,
            batch_size=1,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
                maximum_concurrency=given.concurrency
            ),
        )
        return made

    def _invoked(self, contain: lambda_.Function) -> str:
        """Return what the first queue invokes: an alias where environments are kept initialized for it."""
        if not self.environments:
            return contain.function_name
        return provisioned(contain, self.environments).function_arn

    def _review(self, review: Review, settled: Settled, group: logs.LogGroup, alarms: Alarms) -> None:
        """Schedule the review of problems without events."""
        name = f"{self.runbook.id}-review"
        made = function(
            settled,
            Handler(
                name,
                "review.handler",
                f"{self.runbook.title}: the scheduled review",
                times.REVIEW_TIMEOUT,
                environment={**self.environment, "RINGFENCE_QUEUE_URL": self.second.main.queue_url},
            ),
            self.role,
            group,
        )
        scheduled(self, name, review.schedule, made, dead=self.first.dead, key=settled.key)
        alarms.errors(name, made)

    def _alarms(self, alarms: Alarms) -> None:
        for source, made, given in (
            (self.first, self.contain, times.CONTAIN),
            (self.second, self.resume, times.CONTINUE),
        ):
            alarms.errors(source.name, made)
            alarms.depth(source.name, source.dead)
            alarms.age(source.name, source.main, given.late)
        if self.runbook.closes_when_complete:  # compliance runbooks can wait for people, which is no alarm
            return
        alarms.own(
            f"{self.runbook.id}-time",
            Measure(TIME_TO_CONTAINMENT, runbook=self.runbook.id),
            times.CONTAINMENT_LATE,
            (
                f"Containment took more than {times.CONTAINMENT_LATE} s after the finding. The audit log "
                "shows the delay."
            ),
        )
        alarms.own(
            f"{self.runbook.id}-open",
            Measure(NOT_CONTAINED, runbook=self.runbook.id),
            0,
            (
                "Verification shows that the resource of a finding is not contained. The incident lists the "
                "remaining steps."
            ),
        )
