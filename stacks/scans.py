"""The stack of scheduled scans: their schedule, queue and function, and the bucket with their results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_s3 as s3

from ringfence.aws.notice import TOPIC
from ringfence.handlers.sent_routes import FINDINGS as ROUTE
from ringfence.model.resource_names import SCAN_ROLE, SCANS, SCANS_SCHEDULE, function_role
from ringfence.model.scan_places import BUCKET, FINDINGS_URL, POINTS
from ringfence.posture.kept import RESULTS, UNSEEN
from stacks import needs, times
from stacks.acknowledgements import acknowledge
from stacks.alarms import Alarms
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.guards import guard_archive
from stacks.http_api import route_arn
from stacks.names import role_arn
from stacks.queues import handled_by, mapping, queue, sent_by
from stacks.schedules import scheduled

if TYPE_CHECKING:
    from aws_cdk import Environment
    from aws_cdk import aws_apigatewayv2 as apigateway
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

    from stacks.audit import AuditStack
    from stacks.bundle import Bundle
    from stacks.settings import Settings

MEMORY = 1024
"""Megabytes: a page of items, the rules, and the credentials and clients of a few accounts."""


class ScansStack(Stack):
    """Scheduled scans. `findings` is the API for findings, to which the function may hand violations over."""

    def __init__(  # noqa: PLR0913 - a stack's own parameters beside the CDK's
        self,
        scope: Construct,
        id_: str,
        *,
        env: Environment,
        settings: Settings,
        bundle: Bundle,
        audit: AuditStack,
        findings: apigateway.HttpApi,
    ) -> None:
        super().__init__(scope, id_, env=env, description="Ringfence: scheduled scans with rules as code")
        self.settings, self.audit, self.findings = settings, audit, findings
        self.source = queue(self, SCANS, None, times.SCANS, schedules=(SCANS_SCHEDULE,))
        own = role_arn(self.account, function_role(SCANS))
        handled_by(self.source.main, own)
        sent_by(self.source.main, (own,))
        self.bucket = self._bucket()
        made = self._function(bundle.of_scans(settings.scans))
        mapping(self, "Mapping", made.function_name, self.source, times.SCANS)
        scheduled(self, SCANS, settings.scans.schedule, made, dead=self.source.dead)
        Alarms(self, audit.notices).of_worker(self.source, made, times.SCANS.late)

    def _function(self, bundle: Bundle) -> lambda_.Function:
        audit, hands_over = self.audit, self.settings.hands_scans_over
        group = log_group(self, "Logs", audit.key)
        own = role(
            self,
            SCANS,
            (*needs.SCANS, *(needs.HAND_OVER if hands_over else ())),
            {
                "roles": tuple(role_arn(one, SCAN_ROLE) for one in self.settings.accounts),
                "control_table": audit.control_table.table_arn,
                "audit_key": audit.key.key_arn,
                "queues": self.source.main.queue_arn,
                "scan_bucket": self.bucket.bucket_arn,
                "topic": audit.notices.topic_arn,
                "logs": group.log_group_arn,
                "routes": route_arn(self.findings, ROUTE.path),
            },
        )
        environment = {
            # No permission belongs to it: the settings of every function that handles a queue name it.
            "RINGFENCE_AUDIT_TABLE": audit.audit_table.table_name,
            "RINGFENCE_CONTROL_TABLE": audit.control_table.table_name,
            "RINGFENCE_QUEUE_URL": self.source.main.queue_url,
            BUCKET: self.bucket.bucket_name,
            POINTS: f"{self.settings.scans.points:g}",
            TOPIC: audit.notices.topic_arn,
            **({FINDINGS_URL: self.findings.api_endpoint} if hands_over else {}),
        }
        handler = Handler(
            SCANS,
            "scans.handler",
            "Ringfence: judges the accounts and regions of the scope by rules as code",
            times.SCANS.timeout,
            MEMORY,
            environment,
        )
        return function(Settled(self, bundle.code(), audit.key), handler, own, group)

    def _bucket(self) -> s3.Bucket:
        """Create the bucket. It stays when the stack is deleted.

        Only the function writes to it, and nobody removes what shows that a score fell.
        """
        days = self.settings.scans.days
        bucket = s3.Bucket(
            self,
            "Results",
            encryption=s3.BucketEncryption.S3_MANAGED,
            versioned=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    prefix=f"{prefix}/",
                    expiration=Duration.days(days) if days else None,
                    noncurrent_version_expiration=Duration.days(30),
                )
                for prefix in (RESULTS, UNSEEN)
            ],
            removal_policy=RemovalPolicy.RETAIN,
        )
        guard_archive(bucket, self.settings, [function_role(SCANS)])
        if bucket.policy:  # it stays with the bucket, so that deleting the stack opens nothing
            bucket.policy.apply_removal_policy(RemovalPolicy.RETAIN)
        acknowledge(bucket, "S1", "it holds results of scans, which AWS Config and the next scan show again")
        CfnOutput(self, "ScanResults", value=bucket.bucket_name)
        return bucket
