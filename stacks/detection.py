"""The stack with metric filters on a trail's log group, and their alarms. Not every deployment has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs

from ringfence.insights.metric_filters import METRIC_FILTERS, MINUTES, NAMESPACE
from stacks.alarms import SUM, Alarms

if TYPE_CHECKING:
    from aws_cdk import Environment
    from constructs import Construct

    from stacks.audit import AuditStack
    from stacks.detection_settings import DetectionSettings


class DetectionStack(Stack):
    """Metric filters and alarms. The log group is the customer's, in the account and region of this stack."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        env: Environment,
        given: DetectionSettings,
        audit: AuditStack,
    ) -> None:
        super().__init__(scope, id_, env=env, description="Ringfence: alarms on the records of a trail")
        alarms = Alarms(self, audit.notices)
        alarms.unfed(
            "detection",
            given.log_group,
            f"No records came to the log group {given.log_group} for an hour, so the other alarms of this "
            "stack cannot ring. Check the trail, the log group, and the key that encrypts it.",
        )
        for one in METRIC_FILTERS:
            logs.CfnMetricFilter(
                self,
                f"{one.metric}Filter",
                log_group_name=given.log_group,
                filter_name=f"ringfence-detection-{one.id}",
                filter_pattern=one.pattern,
                metric_transformations=[
                    logs.CfnMetricFilter.MetricTransformationProperty(
                        metric_namespace=NAMESPACE, metric_name=one.metric, metric_value="1"
                    )
                ],
            )
            most = given.thresholds.get(one.id, one.most)
            metric = cloudwatch.Metric(
                namespace=NAMESPACE, metric_name=one.metric, period=Duration.minutes(MINUTES), statistic=SUM
            )
            words = (
                f"In {MINUTES} minutes, {one.title} (CIS {one.cis}; more than {most} records). {one.answer}"
            )
            alarms.above(f"detection-{one.id}", metric, most, words)
