"""The stack with a dashboard of CloudWatch. Not every deployment has it.

Most widgets search metrics by their dimensions, so that they also show what a new runbook emits.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch

from ringfence.record import measures
from ringfence.record.measures import NAMESPACE, Measure
from stacks.times import HEARTBEAT_MINUTES

if TYPE_CHECKING:
    from aws_cdk import Environment
    from constructs import Construct

NAME = "ringfence"
WIDTH, HEIGHT, COLUMNS = 12, 6, 24
HOUR, FIVE_MINUTES = 3600, 300
SUM, MAXIMUM, AVERAGE, P90 = "Sum", "Maximum", "Average", "p90"
ANY = "*"
"""A dimension of a measure with any value."""
_OWN = "ringfence"
"""A part of the names of Ringfence's functions, queues and tables."""


@dataclass(frozen=True)
class Series:
    """Metrics with the same name: of Ringfence, or of an AWS service by one dimension."""

    namespace: str
    metric: str
    dimensions: tuple[str, ...]
    statistic: str
    period: int = HOUR

    @property
    def search(self) -> str:
        """The expression that finds them."""
        schema = ",".join((self.namespace, *self.dimensions))
        own = "" if self.namespace == NAMESPACE else f" {_OWN}"
        words = f'{{{schema}}} MetricName="{self.metric}"{own}'
        return f"SEARCH('{words}', '{self.statistic}', {self.period})"


@dataclass(frozen=True)
class Widget:
    """A diagram: its title, and what it shows."""

    title: str
    series: tuple[Series, ...]


def own(measure: Measure, statistic: str = SUM, period: int = HOUR) -> Series:
    """Return the series of a metric that the functions emit, with any values of its dimensions."""
    return Series(NAMESPACE, measure.name, tuple(sorted(measure.dimensions)), statistic, period)


def _aws(service: str, metric: str, dimension: str, statistic: str) -> Series:
    return Series(f"AWS/{service}", metric, (dimension,), statistic, FIVE_MINUTES)


WIDGETS = (
    Widget(
        "Incidents by state and severity: notices in an hour",
        (own(Measure(measures.NOTICES, kind=ANY, severity=ANY)),),
    ),
    Widget(
        "Verified resources by runbook: contained and not contained",
        (own(Measure(measures.CONTAINED, runbook=ANY)), own(Measure(measures.NOT_CONTAINED, runbook=ANY))),
    ),
    Widget(
        "Seconds from the finding to the containment",
        (
            own(Measure(measures.TIME_TO_CONTAINMENT, runbook=ANY), P90),
            own(Measure(measures.TIME_TO_CONTAINMENT, runbook=ANY), MAXIMUM),
        ),
    ),
    Widget(
        "What needs a person: refused changes, failed reviews, findings that only a sweep found",
        (
            own(Measure(measures.REFUSED, runbook=ANY)),
            own(Measure(measures.REVIEW_FAILED)),
            own(Measure(measures.FOUND_BY_SWEEP)),
        ),
    ),
    Widget(
        "Score of scheduled scans, and places in which something was not looked at",
        (own(Measure(measures.SCORE), MAXIMUM), own(Measure(measures.INCOMPLETE_PLACES), MAXIMUM)),
    ),
    Widget(
        "Record: tampering, forged and unsealed entries",
        (own(Measure(measures.TAMPER)), own(Measure(measures.FORGED)), own(Measure(measures.UNSEALED))),
    ),
    Widget(
        "Heartbeats by link, and silent places",
        (
            own(Measure(measures.HEARTBEAT, link=ANY), SUM, HEARTBEAT_MINUTES * 60),
            own(Measure(measures.SILENT_PLACES), MAXIMUM, HEARTBEAT_MINUTES * 60),
        ),
    ),
    Widget(
        "Queues: messages that wait",
        (_aws("SQS", "ApproximateNumberOfMessagesVisible", "QueueName", MAXIMUM),),
    ),
    Widget(
        "Queues: age of the oldest message in seconds",
        (_aws("SQS", "ApproximateAgeOfOldestMessage", "QueueName", MAXIMUM),),
    ),
    Widget(
        "Outputs that wait, and checkpoints",
        (own(Measure(measures.OUTPUTS_WAIT), MAXIMUM), own(Measure(measures.CHECKPOINT))),
    ),
    Widget("Functions: errors", (_aws("Lambda", "Errors", "FunctionName", SUM),)),
    Widget("Cost: invocations of functions", (_aws("Lambda", "Invocations", "FunctionName", SUM),)),
    Widget("Cost: milliseconds of functions", (_aws("Lambda", "Duration", "FunctionName", SUM),)),
    Widget(
        "Cost: requests to tables",
        (
            _aws("DynamoDB", "ConsumedReadCapacityUnits", "TableName", SUM),
            _aws("DynamoDB", "ConsumedWriteCapacityUnits", "TableName", SUM),
        ),
    ),
)
"""The diagrams, in the order in which they are shown."""


def body(region: str) -> dict[str, object]:
    """Return the dashboard in the form of CloudWatch."""
    return {"widgets": [_placed(one, number, region) for number, one in enumerate(WIDGETS)]}


def _placed(one: Widget, number: int, region: str) -> dict[str, object]:
    column = COLUMNS // WIDTH
    return {
        "type": "metric",
        "x": number % column * WIDTH,
        "y": number // column * HEIGHT,
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": one.title,
            "region": region,
            "view": "timeSeries",
            "stacked": False,
            "metrics": [
                [{"expression": each.search, "id": f"e{place}"}] for place, each in enumerate(one.series, 1)
            ],
        },
    }


class DashboardStack(Stack):
    """The dashboard."""

    def __init__(self, scope: Construct, id_: str, *, env: Environment) -> None:
        super().__init__(scope, id_, env=env, description="Ringfence: a dashboard")
        cloudwatch.CfnDashboard(
            self, "Dashboard", dashboard_name=NAME, dashboard_body=self.to_json_string(body(self.region))
        )
