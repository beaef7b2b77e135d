"""Alarms. Each one describes the problem and the action, and notifies the topic.

Missing data is an alarm only for heartbeats. Queues and functions without work send no data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions

from ringfence.record.measures import HEARTBEAT, NAMESPACE, Measure
from stacks.names import prefixed
from stacks.times import HEARTBEAT_MINUTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_events as events
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from stacks.queues import Queue

_MOST_METRICS = 10
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html"""
MINUTE = Duration.minutes(1)
MAXIMUM, SUM = "Maximum", "Sum"


@dataclass(frozen=True)
class Alarms:
    """Creates alarms in one construct."""

    scope: Construct
    topic: sns.ITopic

    def above(self, name: str, metric: cloudwatch.IMetric, most: float, words: str) -> cloudwatch.Alarm:
        """Alarm if the metric is above `most` for a minute."""
        alarm = cloudwatch.Alarm(
            self.scope,
            f"{name.title().replace('-', '')}Alarm",
            alarm_name=prefixed(name),
            alarm_description=words,
            metric=metric,
            threshold=most,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        return alarm

    def of_worker(self, source: Queue, function: lambda_.IFunction, late: int) -> None:
        """Alarm if a function that answers a queue fails, has dead letters, or is `late` seconds behind."""
        self.errors(source.name, function)
        self.depth(source.name, source.dead)
        self.age(source.name, source.main, late)

    def errors(self, name: str, function: lambda_.IFunction) -> None:
        """Alarm if a function fails."""
        self.above(
            f"{name}-errors",
            function.metric_errors(period=MINUTE, statistic=SUM),
            0,
            f"The function {name} failed. Its log contains the reason. Its message or batch is retried.",
        )

    def depth(self, name: str, queue: sqs.IQueue) -> None:
        """Alarm if a dead-letter queue contains a message."""
        self.above(
            f"{name}-dead-letters",
            queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic=MAXIMUM),
            0,
            f"{name} has a dead letter. Read the message, fix the cause, and start the runbook manually.",
        )

    def age(self, name: str, queue: sqs.IQueue, seconds: int) -> None:
        """Alarm if a queue does not keep up."""
        self.above(
            f"{name}-age",
            queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic=MAXIMUM),
            seconds,
            (
                f"A message for {name} is older than {seconds} s. Check whether its function fails or is "
                "throttled."
            ),
        )

    def unheard(self, name: str, topic: sns.Topic) -> None:
        """Alarm if messages of another topic reach nobody: the delivery fails, or a filter drops them.

        SNS counts both itself, so nobody who may write metrics can cover them.
        """
        metrics: dict[str, cloudwatch.IMetric] = {
            "failed": topic.metric_number_of_notifications_failed(period=MINUTE, statistic=SUM),
            "filtered": topic.metric_number_of_notifications_filtered_out(period=MINUTE, statistic=SUM),
        }
        self.above(
            f"{name}-unheard",
            cloudwatch.MathExpression(
                expression="FILL(failed, 0) + FILL(filtered, 0)",
                using_metrics=metrics,
                label="messages that did not reach a subscriber",
                period=MINUTE,
            ),
            0,
            (
                f"A message to the topic of {name} did not reach a subscriber: its delivery failed, or a "
                "filter dropped it. Run `ringfence doctor`: it names what differs from the deployment."
            ),
        )

    def undelivered(self, name: str, rules: Sequence[events.CfnRule]) -> None:
        """Alarm if EventBridge cannot deliver what rules match. An alarm can read ten metrics."""
        for number, start in enumerate(range(0, len(rules), _MOST_METRICS), start=1):
            metrics = {
                f"m{index}": cloudwatch.Metric(
                    namespace="AWS/Events",
                    metric_name="FailedInvocations",
                    dimensions_map={"RuleName": rule.ref},
                    period=MINUTE,
                    statistic=SUM,
                )
                for index, rule in enumerate(rules[start : start + _MOST_METRICS])
            }
            self.above(
                f"{name}-undelivered-{number}",
                cloudwatch.MathExpression(
                    expression=" + ".join(f"FILL({one}, 0)" for one in metrics),
                    using_metrics=dict(metrics),
                    label="events that EventBridge could not deliver",
                    period=MINUTE,
                ),
                0,
                (
                    f"EventBridge cannot deliver events for {name}. Run `ringfence doctor`: it compares the "
                    "rules, the queues and their key with what is deployed."
                ),
            )

    def _absent(self, id_: str, name: str, words: str, metric: cloudwatch.Metric, periods: int) -> None:
        """Alarm if a metric has no value in some periods. Missing data is the problem here."""
        alarm = cloudwatch.Alarm(
            self.scope,
            id_,
            alarm_name=name,
            alarm_description=words,
            metric=metric,
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))

    def missing(self, name: str, measure: Measure, hours: int, words: str) -> None:
        """Alarm if a metric that the functions emit has no value for some hours."""
        self._absent(
            f"{name.title().replace('-', '')}Alarm",
            prefixed(name),
            words,
            cloudwatch.Metric(
                namespace=NAMESPACE,
                metric_name=measure.name,
                dimensions_map=measure.dimensions,
                period=Duration.hours(1),
                statistic=SUM,
            ),
            hours,
        )

    def unfed(self, name: str, log_group: str, words: str) -> None:
        """Alarm if nothing arrives in a log group for an hour. CloudWatch Logs counts it."""
        self._absent(
            f"{name.title().replace('-', '')}UnfedAlarm",
            prefixed(f"{name}-unfed"),
            words,
            cloudwatch.Metric(
                namespace="AWS/Logs",
                metric_name="IncomingLogEvents",
                dimensions_map={"LogGroupName": log_group},
                period=Duration.hours(1),
                statistic=SUM,
            ),
            1,
        )

    def silent(self, link: str) -> None:
        """Alarm if two heartbeats of a link are missing."""
        measure = Measure(HEARTBEAT, link=link)
        self._absent(
            f"{link.title().replace('-', '')}SilentAlarm",
            prefixed(f"{link}-silent"),
            (
                f"No heartbeat came through {link} for {2 * HEARTBEAT_MINUTES} minutes, so events may not "
                "come through either. Run `ringfence doctor`: it names what differs from the deployment."
            ),
            cloudwatch.Metric(
                namespace=NAMESPACE,
                metric_name=measure.name,
                dimensions_map=measure.dimensions,
                period=Duration.minutes(HEARTBEAT_MINUTES),
                statistic=SUM,
            ),
            2,
        )

    def own(self, name: str, measure: Measure, most: float, words: str) -> None:
        """Alarm on a metric that the functions emit."""
        self.above(
            name,
            cloudwatch.Metric(
                namespace=NAMESPACE,
                metric_name=measure.name,
                dimensions_map=measure.dimensions,
                period=MINUTE,
                statistic=MAXIMUM,
            ),
            most,
            words,
        )
