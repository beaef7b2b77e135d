"""Alarms: each says what is wrong and what to do, and goes to the notices topic. Missing data is no alarm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions

from ringfence.record.measures import NAMESPACE

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from ringfence.record.measures import Measure

MINUTE = Duration.minutes(1)
MAXIMUM, SUM = "Maximum", "Sum"


@dataclass(frozen=True)
class Alarms:
    """Makes alarms in one construct."""

    scope: Construct
    topic: sns.ITopic

    def above(self, name: str, metric: cloudwatch.IMetric, most: float, words: str) -> cloudwatch.Alarm:
        """Ring when the metric is above `most` for a minute."""
        alarm = cloudwatch.Alarm(
            self.scope,
            f"{name.title().replace('-', '')}Alarm",
            alarm_name=f"ringfence-{name}",
            alarm_description=words,
            metric=metric,
            threshold=most,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        return alarm

    def errors(self, name: str, function: lambda_.IFunction) -> None:
        """Ring when a function fails."""
        self.above(
            f"{name}-errors",
            function.metric_errors(period=MINUTE, statistic=SUM),
            0,
            f"The function {name} failed: its log says why. What it worked on is tried again.",
        )

    def depth(self, name: str, queue: sqs.IQueue) -> None:
        """Ring when anything lies in a dead-letter queue."""
        self.above(
            f"{name}-dead-letters",
            queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic=MAXIMUM),
            0,
            f"{name} gave up on a message: read it, put right what is wrong, and run it by hand.",
        )

    def age(self, name: str, queue: sqs.IQueue, seconds: int) -> None:
        """Ring when a queue does not keep up."""
        self.above(
            f"{name}-age",
            queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic=MAXIMUM),
            seconds,
            f"A message waits for {name} for over {seconds} s: is its function failing or throttled?",
        )

    def own(self, name: str, measure: Measure, most: float, words: str) -> None:
        """Ring on a metric that the functions write themselves."""
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
