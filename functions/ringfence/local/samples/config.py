"""Verdicts of AWS Config's rules as EventBridge delivers them, made by us in the published shape.

Shape: "Monitoring AWS Config with Amazon EventBridge", "Config Rules Compliance Change".
"""

from __future__ import annotations

from typing import Any

from ringfence.local.samples.guardduty import ACCOUNT, REGION

Json = dict[str, Any]

AT = "2026-03-01T12:00:00.000Z"
BEFORE = {"NON_COMPLIANT": "COMPLIANT", "COMPLIANT": "NON_COMPLIANT"}


def verdict(  # noqa: PLR0913, PLR0917 - what a verdict is made of
    rule: str,
    resource_type: str,
    resource_id: str,
    account: str = ACCOUNT,
    region: str = REGION,
    compliance: str = "NON_COMPLIANT",
    at: str = AT,
) -> Json:
    """Make the event of a verdict, which an earlier one of the contrary preceded."""
    detail = {
        "resourceId": resource_id,
        "awsRegion": region,
        "awsAccountId": account,
        "configRuleName": rule,
        "recordVersion": "1.0",
        "configRuleARN": f"arn:aws:config:{region}:{account}:config-rule/config-rule-q7w2ex",
        "messageType": "ComplianceChangeNotification",
        "newEvaluationResult": _result(rule, resource_type, resource_id, compliance, at),
        "notificationCreationTime": at,
        "resourceType": resource_type,
    }
    if compliance in BEFORE:
        old = _result(rule, resource_type, resource_id, BEFORE[compliance], "2026-02-01T12:00:00.000Z")
        detail["oldEvaluationResult"] = old
    return {
        "version": "0",
        "id": "6d1f3c2b-8a47-4e09-b5c6-2e7f90a1b3d4",
        "detail-type": "Config Rules Compliance Change",
        "source": "aws.config",
        "account": account,
        "time": at,
        "region": region,
        "resources": [],
        "detail": detail,
    }


def _result(rule: str, resource_type: str, resource_id: str, compliance: str, at: str) -> Json:
    judged = {"configRuleName": rule, "resourceType": resource_type, "resourceId": resource_id}
    return {
        "evaluationResultIdentifier": {"evaluationResultQualifier": judged, "orderingTimestamp": at},
        "complianceType": compliance,
        "resultRecordedTime": at,
        "configRuleInvokedTime": at,
    }
