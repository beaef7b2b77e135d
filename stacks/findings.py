"""The ways for sent findings: an API with IAM authorization, a bus with its queue, and their functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_events as events
from constructs import Construct

from ringfence.aws.notice import TOPIC
from ringfence.aws.record_keys import RECORD_KEYS
from ringfence.handlers.managed_policies import SENDER
from ringfence.handlers.sent_routes import FINDINGS as ROUTE
from ringfence.handlers.sent_routes import INTAKE_QUEUE
from ringfence.model.resource_names import FINDINGS, FINDINGS_BUS, OPERATE, function_role
from ringfence.record.slots import REFUSALS
from stacks import needs, times
from stacks.alarms import Alarms
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.http_api import http_api, route_arn, serve
from stacks.names import prefixed, role_arn
from stacks.people import callers
from stacks.queues import handled_by, mapping, queue, take_from, take_from_nobody_else

if TYPE_CHECKING:
    from aws_cdk import aws_apigatewayv2 as apigateway
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs

    from stacks.audit import AuditStack
    from stacks.bundle import Bundle
    from stacks.queues import Queue
    from stacks.settings import Settings


class Findings(Construct):
    """The API and the bus. `key` encrypts queues and logs, and `intake` is the queue that findings go to."""

    def __init__(  # noqa: PLR0913 - what the stack gives it
        self,
        scope: Construct,
        *,
        settings: Settings,
        bundle: Bundle,
        audit: AuditStack,
        key: kms.IKey,
        intake: Queue,
    ) -> None:
        super().__init__(scope, "Findings")
        self.audit, self.key, self.alarms = audit, key, Alarms(self, audit.notices)
        self.source = queue(self, FINDINGS, key, times.FINDINGS)
        handled_by(self.source.main, role_arn(Stack.of(self).account, function_role(FINDINGS)))
        self.logs, self.bus_logs = (log_group(self, name, key) for name in ("Logs", "BusLogs"))
        self.role = role(
            self,
            FINDINGS,
            needs.FINDINGS,
            {
                "runbook": REFUSALS,
                "provided": (),
                "audit_table": audit.audit_table.table_arn,
                "control_table": audit.control_table.table_arn,
                "audit_key": audit.key.key_arn,
                "record_keys": audit.record_keys,
                "queues": self.source.main.queue_arn,
                "queue_key": key.key_arn,
                "intake": intake.main.queue_arn,
                "topic": audit.notices.topic_arn,
                "logs": (self.logs.log_group_arn, self.bus_logs.log_group_arn),
            },
        )
        self.code, self.intake = bundle.code(), intake
        self.api = self._api()
        self._bus(settings)

    def _api(self) -> apigateway.HttpApi:
        api = http_api(self, FINDINGS, "findings of your own systems")
        handler = Handler(
            FINDINGS,
            "findings.handler",
            "Ringfence: accepts findings by the API",
            times.FINDINGS_TIMEOUT,
            environment=self._environment(),
        )
        made = self._function(handler, self.logs)
        serve(self, api, (FINDINGS, made), (ROUTE.path,), self.key)
        CfnOutput(Stack.of(self), "FindingsUrl", value=api.api_endpoint)
        callers(self, SENDER, (route_arn(api, ROUTE.path),), mfa=False)
        self.alarms.errors(FINDINGS, made)
        return api

    def _bus(self, settings: Settings) -> None:
        bus = events.CfnEventBus(self, "Bus", name=prefixed(FINDINGS), description="Ringfence: sent findings")
        self._only_of_scope(bus, settings)
        rule = self._rule(bus)
        take_from(self.source.main, [rule.attr_arn])
        replayer = role_arn(Stack.of(self).account, function_role(OPERATE))
        take_from_nobody_else(self.source.main, [rule.attr_arn], [replayer])
        take_from(self.source.dead, [rule.attr_arn])
        handler = Handler(
            FINDINGS_BUS,
            "findings.from_bus",
            "Ringfence: accepts findings on the bus",
            times.FINDINGS.timeout,
            environment={**self._environment(), "RINGFENCE_QUEUE_URL": self.source.main.queue_url},
        )
        made = self._function(handler, self.bus_logs)
        mapping(self, "Mapping", made.function_name, self.source, times.FINDINGS)
        self.alarms.errors(FINDINGS_BUS, made)
        self.alarms.depth(FINDINGS, self.source.dead)
        self.alarms.age(FINDINGS, self.source.main, times.FINDINGS.late)
        self.alarms.undelivered(FINDINGS, (rule,))
        CfnOutput(Stack.of(self), "FindingsBus", value=bus.attr_arn)

    def _rule(self, bus: events.CfnEventBus) -> events.CfnRule:
        """Return the rule for every event on the bus: what is no finding becomes a dead letter."""
        return events.CfnRule(
            self,
            "Rule",
            description="Ringfence: every event on the bus for sent findings",
            event_bus_name=bus.name,
            event_pattern={"source": [{"prefix": ""}]},
            state="ENABLED",
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

    def _only_of_scope(self, bus: events.CfnEventBus, settings: Settings) -> None:
        """Let only principals of the scope's accounts put events on the bus, and deny it to all others.

        IAM decides within the home account. The other accounts need the permission of the bus as well.
        """
        accounts = [settings.home, *(one for one in settings.accounts if one != settings.home)]
        put: dict[str, object] = {"Action": "events:PutEvents", "Resource": bus.attr_arn}
        denied = {"StringNotEquals": {"aws:PrincipalAccount": accounts}}
        statements = {"others": {**put, "Effect": "Deny", "Principal": "*", "Condition": denied}}
        if others := accounts[1:]:
            # The id of an account stands for its ARN, and is shorter.
            statements["senders"] = {**put, "Effect": "Allow", "Principal": {"AWS": others}}
        for name, statement in statements.items():
            sid = prefixed(f"{FINDINGS}-{name}")
            events.CfnEventBusPolicy(
                self,
                name.capitalize(),
                statement_id=sid,
                event_bus_name=prefixed(FINDINGS),
                statement={"Sid": sid, **statement},
            )

    def _function(self, handler: Handler, logs: logs.ILogGroup) -> lambda_.Function:
        return function(Settled(self, self.code, self.key), handler, self.role, logs)

    def _environment(self) -> dict[str, str]:
        audit = self.audit
        return {
            "RINGFENCE_AUDIT_TABLE": audit.audit_table.table_name,
            "RINGFENCE_CONTROL_TABLE": audit.control_table.table_name,
            RECORD_KEYS: " ".join(audit.record_keys),
            TOPIC: audit.notices.topic_arn,
            INTAKE_QUEUE: self.intake.main.queue_url,
        }
