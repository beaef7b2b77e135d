"""The intake stack: what contains findings of other services is passed on to the runbooks' first queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_

from ringfence.aws.notice import TOPIC
from ringfence.events.heartbeat import pattern as heartbeats
from ringfence.events.patterns import rule_state
from ringfence.model.resource_names import FINDINGS, INTAKE, OPERATE, SWEEP, function_role
from ringfence.runbooks.catalogue import CATALOGUE
from stacks import needs, times
from stacks.alarms import Alarms
from stacks.findings import Findings
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.hub_actions import HubActions
from stacks.names import prefixed, role_arn
from stacks.patterns import api_patterns, intake_patterns
from stacks.queues import handled_by, mapping, queue, take_from, take_from_nobody_else
from stacks.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Environment
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from stacks.audit import AuditStack
    from stacks.bundle import Bundle
    from stacks.queues import Queue
    from stacks.settings import Settings


class IntakeStack(Stack):
    """The intake's queue, its rules, and the function that passes findings on. `key` encrypts all queues."""

    def __init__(  # noqa: PLR0913 - a stack's own parameters beside the CDK's
        self,
        scope: Construct,
        id_: str,
        *,
        env: Environment,
        settings: Settings,
        bundle: Bundle,
        audit: AuditStack,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, id_, env=env, description="Ringfence: takes in findings of other services")
        self.settings = settings
        self.source = queue(self, INTAKE, key, times.INTAKE)
        self.findings = Findings(
            self, settings=settings, bundle=bundle, audit=audit, key=key, intake=self.source
        )
        changes = api_patterns(CATALOGUE.values(), settings, self.findings.api.http_api_id)
        beats = heartbeats((self.account,), (self.region,))
        self.rules = self._rules((*intake_patterns(self.account), *changes, beats))
        handled_by(self.source.main, role_arn(self.account, function_role(INTAKE)))
        group = log_group(self, "Logs", key)
        own = role(
            self,
            INTAKE,
            needs.INTAKE,
            {
                "queues": self.source.main.queue_arn,
                "queue_key": key.key_arn,
                "first_queues": (self.source.main.queue_arn, *map(self._queue, CATALOGUE)),
                "audit_key": audit.key.key_arn,
                "topic": audit.notices.topic_arn,
                "logs": group.log_group_arn,
            },
        )
        settled = Settled(self, bundle.code(), key)
        made = function(
            settled,
            Handler(
                INTAKE,
                "intake.handler",
                "Ringfence: passes on findings that other services contain",
                times.INTAKE.timeout,
                environment={
                    "RINGFENCE_QUEUE_URL": self.source.main.queue_url,
                    TOPIC: audit.notices.topic_arn,
                },
            ),
            own,
            group,
        )
        mapping(self, "Mapping", made.function_name, self.source, times.INTAKE)
        self._alarms(Alarms(self, audit.notices), self.source, made)
        if settings.security_hub_actions:
            HubActions(self, settled=settled, settings=settings)
        Sweep(self, settled=settled, audit=audit, settings=settings, intake=self.source)

    def _queue(self, name: str) -> str:
        return self.format_arn(service="sqs", resource=prefixed(name))

    def _rules(self, patterns: tuple[Mapping[str, object], ...]) -> tuple[events.CfnRule, ...]:
        rules = tuple(self._rule(number, one) for number, one in enumerate(patterns, start=1))
        arns = [rule.attr_arn for rule in rules]
        take_from(self.source.main, arns)
        names = (OPERATE, INTAKE, SWEEP, FINDINGS)
        senders = [role_arn(self.account, function_role(name)) for name in names]
        take_from_nobody_else(self.source.main, arns, senders)
        take_from(self.source.dead, arns)
        return rules

    def _rule(self, number: int, pattern: Mapping[str, object]) -> events.CfnRule:
        return events.CfnRule(
            self,
            f"Rule{number}",
            description=f"Ringfence: findings that other services contain, {number}",
            event_pattern=dict(pattern),
            state=rule_state(pattern),
            targets=[
                events.CfnRule.TargetProperty(
                    id="queue",
                    arn=self.source.main.queue_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=self.source.dead.queue_arn
                    ),
                )
            ],
        )

    def _alarms(self, alarms: Alarms, source: Queue, made: lambda_.Function) -> None:
        alarms.of_worker(source, made, times.INTAKE.late)
        alarms.silent(INTAKE)
        alarms.undelivered(INTAKE, self.rules)
