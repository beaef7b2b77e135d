"""The stack that evaluates the rules for activity over recorded calls. Not every deployment has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_

from ringfence.aws.activity_items import EXPIRES, GROUP
from ringfence.aws.notice import TOPIC
from ringfence.events.patterns import rule_state
from ringfence.handlers.sent_routes import FINDINGS as ROUTE
from ringfence.insights.activity.delivered import NUMBERS, RULES, TABLE, TO_API, event_patterns
from ringfence.model.resource_names import ACTIVITY, OPERATE, function_role
from stacks import needs, times
from stacks.acknowledgements import acknowledge
from stacks.alarms import Alarms
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.http_api import route_arn
from stacks.names import role_arn
from stacks.queues import handled_by, mapping, queue, take_from, take_from_nobody_else
from stacks.table_policies import written_by

if TYPE_CHECKING:
    from aws_cdk import Environment
    from aws_cdk import aws_apigatewayv2 as apigateway
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from stacks.audit import AuditStack
    from stacks.bundle import Bundle
    from stacks.settings import Settings


class ActivityStack(Stack):
    """The rules of EventBridge, their queue, the function, and the table of what it counts."""

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
        api: apigateway.HttpApi,
    ) -> None:
        super().__init__(scope, id_, env=env, description="Ringfence: finds suspicious activity in calls")
        self.settings, self.audit, self.api = settings, audit, api
        self.source = queue(self, ACTIVITY, key, times.ACTIVITY)
        self.table = self._table()
        self.rules = self._rules()
        handled_by(self.source.main, role_arn(self.account, function_role(ACTIVITY)))
        made = self._function(Settled(self, bundle.of_activity(settings.activity.imported).code(), key))
        mapping(self, "Mapping", made.function_name, self.source, times.ACTIVITY)
        alarms = Alarms(self, audit.notices)
        alarms.of_worker(self.source, made, times.ACTIVITY.late)
        alarms.undelivered(ACTIVITY, self.rules)

    def _table(self) -> dynamodb.Table:
        """Create the table. Its items expire, so it is not the one that contains leases and limits."""
        table = dynamodb.Table(
            self,
            "Counted",
            partition_key=dynamodb.Attribute(name=GROUP, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=EXPIRES,
            resource_policy=written_by(self.settings, (ACTIVITY,)),
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(table, "DDB3", "what is counted is of no use after some days")
        return table

    def _rules(self) -> tuple[events.CfnRule, ...]:
        patterns = enumerate(event_patterns(self.settings.activity.rules), start=1)
        rules = tuple(
            events.CfnRule(
                self,
                f"Rule{number}",
                description=f"Ringfence: calls that rules for activity are about, {number}",
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
            for number, pattern in patterns
        )
        arns = [rule.attr_arn for rule in rules]
        take_from(self.source.main, arns)
        take_from_nobody_else(self.source.main, arns, [role_arn(self.account, function_role(OPERATE))])
        take_from(self.source.dead, arns)
        return rules

    def _function(self, settled: Settled) -> lambda_.Function:
        group, activity = log_group(self, "Logs", settled.key), self.settings.activity
        own = role(
            self,
            ACTIVITY,
            needs.ACTIVITY,
            {
                "activity_table": self.table.table_arn,
                "queues": self.source.main.queue_arn,
                "queue_key": settled.key.key_arn,
                "routes": route_arn(self.api, ROUTE.path),
                "audit_key": self.audit.key.key_arn,
                "topic": self.audit.notices.topic_arn,
                "logs": group.log_group_arn,
            },
        )
        handler = Handler(
            ACTIVITY,
            "activity.handler",
            "Ringfence: evaluates the rules for activity over calls",
            times.ACTIVITY.timeout,
            environment={
                TABLE: self.table.table_name,
                TO_API: self.api.api_endpoint,
                RULES: activity.choice,
                NUMBERS: activity.numbers,
                "RINGFENCE_QUEUE_URL": self.source.main.queue_url,
                TOPIC: self.audit.notices.topic_arn,
            },
        )
        return function(settled, handler, own, group)
