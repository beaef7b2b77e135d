"""The stack with metric filters on a trail's log group: each filter has an alarm on its metric."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.insights.metric_filters import METRIC_FILTERS, NAMESPACE
from ringfence.model.errors import BadInput
from ringfence.self_check.places import HOME_STACKS, OPTIONAL_STACKS
from stacks.detection_settings import DetectionSettings, detection_settings
from stacks.names import DETECTION_STACK
from stacks.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.synthesis import Template

FILTER, ALARM = "AWS::Logs::MetricFilter", "AWS::CloudWatch::Alarm"
UNFED = "ringfence-detection-unfed"


def of_filters(detection: Template) -> list[dict[str, Any]]:
    """Return the alarms on metrics of filters."""
    alarms = (one["Properties"] for one in detection.all(ALARM).values())
    return [one for one in alarms if one["AlarmName"] != UNFED]


def test_each_filter_is_on_the_log_group_and_has_the_declared_pattern(detection: Template) -> None:
    found = [one["Properties"] for one in detection.all(FILTER).values()]
    assert {one["LogGroupName"] for one in found} == {"/trails/everything"}
    assert {one["FilterPattern"] for one in found} == {one.pattern for one in METRIC_FILTERS}
    assert len(found) == len(METRIC_FILTERS)


def test_each_alarm_is_on_the_metric_of_a_filter_and_notifies_the_topic(detection: Template) -> None:
    metrics = {
        (one["MetricNamespace"], one["MetricName"])
        for filter_ in detection.all(FILTER).values()
        for one in filter_["Properties"]["MetricTransformations"]
    }
    assert metrics == {(NAMESPACE, one.metric) for one in METRIC_FILTERS}
    alarms = of_filters(detection)
    assert {(one["Namespace"], one["MetricName"]) for one in alarms} == metrics
    for one in alarms:
        (action,) = one["AlarmActions"]
        assert "Notices" in str(action)
        assert (one["Period"], one["Statistic"], one["TreatMissingData"]) == (300, "Sum", "notBreaching")
        assert one["ComparisonOperator"] == "GreaterThanThreshold"


def test_every_alarm_of_every_stack_notifies_a_topic(templates: Mapping[str, Template]) -> None:
    """The topic is in the template of the alarm, or it is imported from the template of the audit log."""
    for template in templates.values():
        own = {json.dumps({"Ref": id_}) for id_ in template.all("AWS::SNS::Topic")}
        for name, one in template.all(ALARM).items():
            (action,) = one["Properties"]["AlarmActions"]
            told = json.dumps(action)
            imported = "Fn::ImportValue" in told and ("Notices" in told or "Escalations" in told)
            assert told in own or imported, name
            assert one["Properties"].get("ActionsEnabled", True), name


def test_thresholds_are_those_of_the_settings_and_else_the_declared_ones(detection: Template) -> None:
    alarms = of_filters(detection)
    found = {one["AlarmName"].removeprefix("ringfence-detection-"): one["Threshold"] for one in alarms}
    changed = {"unauthorized-calls": 20, "failed-sign-ins": 3}
    assert found == {one.id: changed.get(one.id, one.most) for one in METRIC_FILTERS}


def test_an_alarm_rings_if_no_record_arrives_for_an_hour(detection: Template) -> None:
    """Whoever deletes the log group, its key or the delivery silences all other alarms of the stack."""
    (one,) = (one["Properties"] for one in detection.all(ALARM).values() if UNFED in str(one))
    assert (one["Namespace"], one["MetricName"]) == ("AWS/Logs", "IncomingLogEvents")
    assert one["Dimensions"] == [{"Name": "LogGroupName", "Value": "/trails/everything"}]
    assert (one["Period"], one["Statistic"], one["Threshold"]) == (3600, "Sum", 1)
    assert one["ComparisonOperator"] == "LessThanThreshold"
    assert one["TreatMissingData"] == "breaching"


def test_the_stack_adds_16_alarms_and_nothing_else_that_costs(detection: Template) -> None:
    types = {one["Type"] for one in detection.body["Resources"].values()}
    assert types <= {FILTER, ALARM, "AWS::CDK::Metadata"}
    assert len(detection.all(ALARM)) == 16


def test_the_stack_is_optional_and_the_self_check_knows_it() -> None:
    assert DETECTION_STACK in OPTIONAL_STACKS
    assert DETECTION_STACK not in HOME_STACKS
    assert detection_settings(lambda _: None) == DetectionSettings()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"detection_log_group": "a b"}, "detection_log_group"),
        ({"detection_thresholds": "root-use=1"}, "detection_thresholds"),
        ({"detection_log_group": "a", "detection_thresholds": "root-usage=1"}, "root-use"),
        ({"detection_log_group": "a", "detection_thresholds": "root-use"}, "root-use=NUMBER"),
        ({"detection_log_group": "a", "detection_thresholds": "root-use=-1"}, "root-use=NUMBER"),
        ({"detection_log_group": "a", "detection_thresholds": "root-use=1e3"}, "root-use=NUMBER"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, str], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        detection_settings(given.get)


def test_the_documentation_names_each_alarm_with_its_threshold() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    for one in METRIC_FILTERS:
        assert f"| `{one.id}` | {one.cis} | {one.most} |" in text
