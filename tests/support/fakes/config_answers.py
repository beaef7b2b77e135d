"""What AWS Config answers about rules and what it recorded, in its published shapes: what is usual first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

RULE = "s3-bucket-versioning-enabled"


def evaluated(rule: str = RULE, at: datetime | None = NOON + timedelta(minutes=5)) -> dict[str, Any]:
    """Make the status of a rule that ended an evaluation then, or never."""
    status: dict[str, Any] = {"ConfigRuleName": rule, "FirstEvaluationStarted": at is not None}
    if at:
        status |= {"LastSuccessfulInvocationTime": at, "LastSuccessfulEvaluationTime": at}
    return {"ConfigRulesEvaluationStatus": [status]}


def item(kind: str, id_: str, at: datetime = NOON + timedelta(minutes=4)) -> dict[str, Any]:
    """Make the history of a resource that was last recorded then."""
    found = {
        "resourceType": kind,
        "resourceId": id_,
        "configurationItemCaptureTime": at,
        "configurationItemStatus": "OK",
    }
    return {"configurationItems": [found]}


def recorders(*more: Mapping[str, Any], **setup: object) -> dict[str, Any]:
    """Make the description of a recorder of everything, set up otherwise by `setup`, and of others."""
    ours = {
        "name": "default",
        "roleARN": f"arn:aws:iam::{REF.account}:role/config",
        "recordingGroup": {
            "allSupported": True,
            "includeGlobalResourceTypes": True,
            "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
        },
        "recordingMode": {"recordingFrequency": "CONTINUOUS"},
        "recordingScope": "PAID",
        **setup,
    }
    return {"ConfigurationRecorders": [ours, *more]}


def running(*, recording: bool = True, **status: str) -> dict[str, Any]:
    """Make the status of that recorder."""
    return {"ConfigurationRecordersStatus": [{"name": "default", "recording": recording, **status}]}


CONFIG_ANSWERS: Mapping[str, tuple[Mapping[str, object], ...]] = {
    "config:DescribeConfigRuleEvaluationStatus": (evaluated(), {"ConfigRulesEvaluationStatus": []}),
}
