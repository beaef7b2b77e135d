"""The dashboard names only metrics that the code or AWS emits, with their dimensions."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ringfence
from ringfence.record import measures
from ringfence.record.measures import NAMESPACE
from ringfence.self_check.places import HOME_STACKS, OPTIONAL_STACKS
from stacks.dashboard import COLUMNS, WIDGETS, Series, body
from stacks.names import DASHBOARD_STACK

if TYPE_CHECKING:
    from tests.support.synthesis import Template

SERIES = [(widget.title, one) for widget in WIDGETS for one in widget.series]
OF_AWS = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName"),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName"),
    ("AWS/Lambda", "Errors", "FunctionName"),
    ("AWS/Lambda", "Invocations", "FunctionName"),
    ("AWS/Lambda", "Duration", "FunctionName"),
    ("AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName"),
    ("AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName"),
}
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html"""
_POSITIONS = ("name", "value", "unit", "runbook", "link")
_DIMENSIONS = {"runbook", "link", "kind", "severity"}


@cache
def emitted() -> frozenset[tuple[str, frozenset[str]]]:
    """Return each metric that the code emits, with its dimensions, from the calls of `Measure`."""
    found = set()
    for path in Path(ringfence.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Measure":
                (name, *_), given = node.args, {one.arg for one in node.keywords}
                given |= set(_POSITIONS[: len(node.args)])
                value = getattr(measures, ast.unparse(name), "")
                found.add((value, frozenset({"service", *(_DIMENSIONS & given)})))
    return frozenset(found)


@pytest.mark.parametrize(("title", "one"), SERIES, ids=lambda one: getattr(one, "metric", ""))
def test_each_metric_is_emitted_with_its_dimensions(title: str, one: Series) -> None:
    assert title
    if one.namespace == NAMESPACE:
        assert (one.metric, frozenset(one.dimensions)) in emitted()
    else:
        assert (one.namespace, one.metric, *one.dimensions) in OF_AWS


def test_a_metric_that_nobody_emits_is_found() -> None:
    assert ("Contained", frozenset({"service"})) not in emitted()
    assert ("Contained", frozenset({"service", "runbook"})) in emitted()


def test_every_metric_of_the_code_is_shown() -> None:
    shown = {one.metric for _, one in SERIES if one.namespace == NAMESPACE}
    assert shown == {name for name, _ in emitted()}


def test_a_search_has_the_form_of_cloudwatch() -> None:
    for _, one in SERIES:
        form = r"SEARCH\('\{[\w/]+(,\w+)+\} MetricName=\"\w+\"( ringfence)?', '(Sum|Maximum|p90)', \d+\)"
        assert re.fullmatch(form, one.search)


def test_the_widgets_do_not_overlap_and_fit() -> None:
    widgets = body("eu-west-1")["widgets"]
    assert isinstance(widgets, list)
    places = {(one["x"], one["y"]) for one in widgets}
    assert len(places) == len(widgets) == len(WIDGETS)
    assert all(one["x"] + one["width"] <= COLUMNS for one in widgets)


def test_the_stack_has_a_dashboard_and_nothing_else(dashboard: Template) -> None:
    found = dashboard.properties("AWS::CloudWatch::Dashboard")
    assert found["DashboardName"] == "ringfence"
    assert "TimeToContainment" in json.dumps(found["DashboardBody"])
    types = {one["Type"] for one in dashboard.body["Resources"].values()}
    assert types <= {"AWS::CloudWatch::Dashboard", "AWS::CDK::Metadata"}


def test_the_stack_is_optional_and_the_self_check_knows_it() -> None:
    assert DASHBOARD_STACK in OPTIONAL_STACKS
    assert DASHBOARD_STACK not in HOME_STACKS
