"""The outputs stack: the queue of the outputs, their function, and where it writes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from ringfence.aws.notice import TOPIC
from ringfence.handlers.outputs import output
from ringfence.model.output_places import DAYS, EVENTS_BUCKET, EVENTS_BUS, VARIABLES
from ringfence.model.resource_names import NOTIFY, OPERATE, OUTPUTS, OUTPUTS_ROLE, function_role
from ringfence.record.measures import OUTPUTS_WAIT, Measure
from stacks import needs, times
from stacks.acknowledgements import acknowledge
from stacks.alarms import Alarms
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.names import prefixed, role_arn
from stacks.queues import handled_by, mapping, queue, sent_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_cdk import Environment
    from constructs import Construct

    from ringfence.handlers.outputs import Output
    from stacks.audit import AuditStack
    from stacks.bundle import Bundle
    from stacks.settings import Settings

BUS_NAME = prefixed("events")


class OutputsStack(Stack):
    """Tells the outputs that the policy switches on what was done. Without any, its queue stays empty."""

    def __init__(  # noqa: PLR0913 - a stack's own parameters beside the CDK's
        self,
        scope: Construct,
        id_: str,
        *,
        env: Environment,
        settings: Settings,
        bundle: Bundle,
        audit: AuditStack,
    ) -> None:
        super().__init__(scope, id_, env=env, description="Ringfence: tells other systems what was done")
        self.on: tuple[tuple[Output, Mapping[str, str]], ...] = tuple(
            (output(id_), output(id_).choose(dict(given))) for id_, given in settings.outputs
        )
        self.source = queue(self, OUTPUTS, None, times.OUTPUTS)
        sent_by(self.source.main, [role_arn(self.account, function_role(one)) for one in (NOTIFY, OPERATE)])
        handled_by(self.source.main, role_arn(self.account, function_role(OUTPUTS)))
        self.places = dict(self._places())
        made = self._function(Settled(self, bundle.code(), audit.key), audit, settings)
        mapping(self, "Mapping", made.function_name, self.source, times.OUTPUTS)
        self._alarms(Alarms(self, audit.notices), made)

    def _function(self, settled: Settled, audit: AuditStack, settings: Settings) -> lambda_.Function:
        group = log_group(self, "Logs", settled.key)
        elsewhere = any(one.elsewhere for one, _ in self.on)
        own = role(
            self,
            OUTPUTS,
            (
                *needs.OUTPUTS,
                *(needs.ASSUME_EACH if elsewhere else ()),
                *(permission for one, _ in self.on if not one.elsewhere for permission in one.permissions),
            ),
            {
                **{name: arn for name, (arn, _) in self.places.items()},
                "queues": self.source.main.queue_arn,
                "audit_table": audit.audit_table.table_arn,
                "audit_key": audit.key.key_arn,
                "topic": audit.notices.topic_arn,
                "roles": role_arn("*", OUTPUTS_ROLE),
                "accounts": settings.accounts,
                "logs": group.log_group_arn,
            },
        )
        environment = {
            "RINGFENCE_AUDIT_TABLE": audit.audit_table.table_name,
            "RINGFENCE_QUEUE_URL": self.source.main.queue_url,
            TOPIC: audit.notices.topic_arn,
            **{f"{VARIABLES}{name.upper()}": given for name, (_, given) in self.places.items()},
        }
        handler = Handler(
            OUTPUTS,
            "outputs.handler",
            "Ringfence: tells other systems what was done",
            times.OUTPUTS.timeout,
            environment=environment,
        )
        return function(settled, handler, own, group)

    def _places(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Yield the resources that the permissions of the outputs name: placeholder, ARN and name."""
        named = {
            resource
            for one, _ in self.on
            if not one.elsewhere
            for permission in one.permissions
            for resource in permission.resources
        }
        for placeholder, create in ((EVENTS_BUS, self._bus), (EVENTS_BUCKET, self._bucket)):
            if any(f"{{{placeholder}}}" in one for one in named):
                yield placeholder, create()

    def _bus(self) -> tuple[str, str]:
        """Create the bus. Only the function may put events on it: others could say what was not done."""
        bus = events.CfnEventBus(self, "Bus", name=BUS_NAME, description="What Ringfence did, as OCSF")
        events.CfnEventBusPolicy(
            self,
            "BusPolicy",
            statement_id=f"{BUS_NAME}-only-outputs",
            event_bus_name=bus.ref,
            statement={
                "Sid": f"{BUS_NAME}-only-outputs",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "events:PutEvents",
                "Resource": bus.attr_arn,
                "Condition": {
                    "ArnNotEquals": {"aws:PrincipalArn": role_arn(self.account, function_role(OUTPUTS))}
                },
            },
        )
        CfnOutput(self, "EventsBus", value=bus.attr_arn)
        return bus.attr_arn, BUS_NAME

    def _bucket(self) -> tuple[str, str]:
        """Create the bucket. It stays when the stack is deleted."""
        days = next(int(given[DAYS]) for _, given in self.on if DAYS in given)
        bucket = s3.Bucket(
            self,
            "Events",
            encryption=s3.BucketEncryption.S3_MANAGED,
            versioned=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(days) if days else None,
                    noncurrent_version_expiration=Duration.days(30),
                )
            ],
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(bucket, "S1", "it holds copies of the audit log, whose archive logs its access")
        CfnOutput(self, "EventsBucket", value=bucket.bucket_name)
        return bucket.bucket_arn, bucket.bucket_name

    def _alarms(self, alarms: Alarms, made: lambda_.Function) -> None:
        alarms.of_worker(self.source, made, times.OUTPUTS.late)
        alarms.own(
            "outputs-wait",
            Measure(OUTPUTS_WAIT),
            0,
            "The function ringfence-notify cannot send to the queue ringfence-outputs. It tries again with "
            "the next entry of the audit log. Its log says why: `messages to the outputs were not sent`.",
        )
