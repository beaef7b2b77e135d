"""CloudWatch alarms: whether they would notify anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.self_check.kind import Kind, Settings
from ringfence.self_check.template import UNRESOLVED

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.self_check.template import Resource


def _declared(alarm: Resource) -> Settings:
    given = alarm.properties
    actions = given.get("AlarmActions")
    return {
        "actions": tuple(map(str, actions)) if isinstance(actions, list) else (),
        "actions enabled": given.get("ActionsEnabled", True),
        # An expression over metrics is not compared.
        "metric": UNRESOLVED
        if "Metrics" in given
        else _metric(given.get("Namespace"), given.get("MetricName")),
        "threshold": _number(given.get("Threshold")),
        "comparison": given.get("ComparisonOperator"),
        "missing data": given.get("TreatMissingData", "missing"),
    }


def _read(alarm: Resource) -> SansIO[Settings | None]:
    names = {"AlarmNames": [alarm.name]}
    (answer,) = yield (Call("cloudwatch", "DescribeAlarms", names),)
    if isinstance(answer, Failed):
        return None
    for found in answer.children("MetricAlarms"):
        return {
            "actions": found.texts("AlarmActions"),
            "actions enabled": found.flag("ActionsEnabled"),
            "metric": _metric(found.optional_text("Namespace"), found.optional_text("MetricName")),
            "threshold": _number(found.value.get("Threshold")),
            "comparison": found.text("ComparisonOperator"),
            "missing data": found.optional_text("TreatMissingData") or "missing",
        }
    return None


def _metric(namespace: object, name: object) -> str:
    return f"{namespace} {name}"


def _number(given: object) -> float | None:
    return None if given is None else float(str(given))


KINDS = (
    Kind(
        "AWS::CloudWatch::Alarm",
        "alarm",
        (Permission("cloudwatch:DescribeAlarms", ("arn:aws:cloudwatch:*:{account}:alarm:ringfence-*",)),),
        _declared,
        _read,
        {"actions enabled": "aws cloudwatch enable-alarm-actions --alarm-names {name} --region {region}"},
    ),
)
