"""The stack that searches flow logs each day with Athena. Not every deployment has it.

https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from ringfence.aws.notice import TOPIC
from ringfence.handlers.sent_routes import FINDINGS as ROUTE
from ringfence.insights.daily import (
    ACCOUNT,
    ACCOUNTS,
    DATABASE,
    DAY,
    REGION,
    SAVED,
    TO_API,
    WORKGROUP,
    deployed,
)
from ringfence.insights.daily_sql import daily_sql
from ringfence.insights.query import COLUMNS, FLOW_LOGS
from ringfence.model.resource_names import NETWORK, NETWORK_SCHEDULE, OPERATE, function_role
from stacks import needs, times
from stacks.acknowledgements import acknowledge
from stacks.alarms import Alarms
from stacks.functions import Handler, Settled, function, log_group, role
from stacks.guards import guard_archive
from stacks.http_api import route_arn
from stacks.names import prefixed, role_arn
from stacks.queues import handled_by, mapping, queue, sent_by
from stacks.schedules import scheduled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Environment
    from aws_cdk import aws_apigatewayv2 as apigateway
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from stacks.audit import AuditStack
    from stacks.bundle import Bundle
    from stacks.settings import Settings

_TYPES: Mapping[str, str] = {"INTEGER": "int", "BIGINT": "bigint", "VARCHAR": "string"}
"""Glue's names of the types of columns."""
_KEPT = Duration.days(7)
"""How long results are kept. Findings contain what matters of them."""
_TEXT = "org.apache.hadoop.mapred.TextInputFormat"
_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


class NetworkStack(Stack):
    """The table of the flow logs, the saved queries, their schedule, and the function that runs them."""

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
        super().__init__(scope, id_, env=env, description="Ringfence: searches flow logs each day")
        self.settings, self.audit, self.api = settings, audit, api
        self.source = queue(self, NETWORK, key, times.NETWORK, schedules=(NETWORK_SCHEDULE,))
        self.results = self._results()
        self._table()
        saved = self._saved()
        own = role_arn(self.account, function_role(NETWORK))
        handled_by(self.source.main, own)
        sent_by(self.source.main, (own, role_arn(self.account, function_role(OPERATE))))
        made = self._function(Settled(self, bundle.code(), key), saved)
        mapping(self, "Mapping", made.function_name, self.source, times.NETWORK)
        scheduled(self, NETWORK, times.NETWORK_DAILY, made, dead=self.source.dead)
        Alarms(self, audit.notices).of_worker(self.source, made, times.NETWORK.late)

    def _results(self) -> s3.Bucket:
        """Create the bucket. Athena writes with the role of the function, and nobody else may write."""
        bucket = s3.Bucket(
            self,
            "Results",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[s3.LifecycleRule(expiration=_KEPT)],
            removal_policy=RemovalPolicy.RETAIN,
        )
        guard_archive(bucket, self.settings, [function_role(NETWORK)])
        if bucket.policy:  # it stays with the bucket, so that deleting the stack opens nothing
            bucket.policy.apply_removal_policy(RemovalPolicy.RETAIN)
        acknowledge(bucket, "S1", "it holds results of queries for a week, and the logs are elsewhere")
        return bucket

    def _table(self) -> None:
        """Create the table. Its partitions follow from the names of the folders, so nobody adds them."""
        given = self.settings.network
        logs = f"s3://{given.bucket}/{given.prefix}AWSLogs/"
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=self.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=DATABASE),
        )
        column = glue.CfnTable.ColumnProperty
        table = glue.CfnTable(
            self,
            "FlowLogs",
            catalog_id=self.account,
            database_name=DATABASE,
            table_input=glue.CfnTable.TableInputProperty(
                name=FLOW_LOGS,
                table_type="EXTERNAL_TABLE",
                parameters=self._projection(logs),
                partition_keys=[column(name=name, type="string") for name in (ACCOUNT, REGION, DAY)],
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[column(name=name, type=_TYPES[type_]) for name, type_ in COLUMNS],
                    location=logs,
                    input_format=_TEXT,
                    output_format=_OUTPUT,
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=_SERDE, parameters={"field.delim": " "}
                    ),
                ),
            ),
        )
        table.add_dependency(database)

    def _projection(self, logs: str) -> dict[str, str]:
        regions = self.settings.regions or (self.settings.home_region or self.region,)
        return {
            "skip.header.line.count": "1",
            "projection.enabled": "true",
            f"projection.{ACCOUNT}.type": "enum",
            f"projection.{ACCOUNT}.values": ",".join(self.settings.accounts),
            f"projection.{REGION}.type": "enum",
            f"projection.{REGION}.values": ",".join(regions),
            f"projection.{DAY}.type": "date",
            f"projection.{DAY}.format": "yyyy/MM/dd",
            f"projection.{DAY}.range": "2020/01/01,NOW",
            "storage.location.template": f"{logs}${{{ACCOUNT}}}/vpcflowlogs/${{{REGION}}}/${{{DAY}}}/",
        }

    def _saved(self) -> dict[str, str]:
        """Create the workgroup and the saved queries. Return the ids of the queries by name."""
        group = athena.CfnWorkGroup(
            self,
            "WorkGroup",
            name=prefixed(NETWORK),
            description="Ringfence: queries over flow logs",
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{self.results.bucket_name}/",
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_S3"
                    ),
                ),
            ),
        )
        found = {}
        addresses = self.settings.network.addresses
        for one in deployed(listed=bool(addresses)):
            saved = athena.CfnNamedQuery(
                self,
                one.id.title().replace("-", ""),
                name=prefixed(one.id),
                description=one.title,
                database=DATABASE,
                query_string=daily_sql(one, addresses),
                work_group=group.name,
            )
            saved.add_dependency(group)
            found[one.id] = saved.attr_named_query_id
        return found

    def _function(self, settled: Settled, saved: Mapping[str, str]) -> lambda_.Function:
        given, group = self.settings.network, log_group(self, "Logs", settled.key)
        own = role(
            self,
            NETWORK,
            needs.NETWORK,
            {
                "workgroup": self.format_arn(
                    service="athena", resource="workgroup", resource_name=prefixed(NETWORK)
                ),
                "catalog": self.format_arn(service="glue", resource="catalog"),
                "database": self.format_arn(service="glue", resource="database", resource_name=DATABASE),
                "flow_logs": self.format_arn(
                    service="glue", resource="table", resource_name=f"{DATABASE}/{FLOW_LOGS}"
                ),
                "logs_bucket": f"arn:aws:s3:::{given.bucket}",
                "logs_prefix": given.prefix,
                "results_bucket": self.results.bucket_arn,
                "queues": self.source.main.queue_arn,
                "queue_key": settled.key.key_arn,
                "routes": route_arn(self.api, ROUTE.path),
                "audit_key": self.audit.key.key_arn,
                "topic": self.audit.notices.topic_arn,
                "logs": group.log_group_arn,
            },
        )
        handler = Handler(
            NETWORK,
            "network.handler",
            "Ringfence: runs the queries over flow logs",
            times.NETWORK.timeout,
            environment={
                ACCOUNTS: " ".join(self.settings.accounts),
                WORKGROUP: prefixed(NETWORK),
                SAVED: self.to_json_string(saved),
                TO_API: self.api.api_endpoint,
                "RINGFENCE_QUEUE_URL": self.source.main.queue_url,
                TOPIC: self.audit.notices.topic_arn,
            },
        )
        return function(settled, handler, own, group)
