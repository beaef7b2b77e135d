"""Attacks on what watches and protects the account."""

from __future__ import annotations

from ringfence.insights.activity.rule import (
    Calls,
    Once,
    Outcome,
    Rule,
    Target,
    Threshold,
)
from ringfence.insights.activity.selecting import (
    SERVICE,
)
from ringfence.insights.activity.stories import (
    MINUTE,
    call,
)

_DIRECT = {"userIdentity": {"invokedBy": [{"exists": False}]}}
_REFUSED = "AccessDenied"

TRAIL_TOUCHED = Rule(
    "trail-touched",
    "logging of CloudTrail was stopped or changed",
    "T1562.008",
    "high",
    Once(Calls("cloudtrail", ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"))),
    "restore-logging",
    "find out who asked for this change, and restore the trail if nobody did",
    hits=(
        (call("cloudtrail:StopLogging", {"name": "main"}),),
        (call("cloudtrail:DeleteTrail", {"name": "main"}),),
    ),
    misses=(
        (call("cloudtrail:StartLogging", {"name": "main"}),),
        (call("cloudtrail:StopLogging", {"name": "main"}, error="TrailNotFoundException"),),
    ),
    about=(Target("trail", "requestParameters.name"), Target("trail", "requestParameters.trailName")),
)
DEFENSES_OFF = Rule(
    "several-defenses-attacked",
    "one caller tried to switch off several defenses within an hour",
    "T1562.001",
    "critical",
    Threshold(
        Calls(
            "",
            (
                "DeleteDetector",
                "DisassociateFromAdministratorAccount",
                "StopMonitoringMembers",
                "DisableSecurityHub",
                "StopConfigurationRecorder",
                "DeleteConfigurationRecorder",
                "DeleteDeliveryChannel",
                "StopLogging",
                "DeleteTrail",
                "DeleteFlowLogs",
                "LeaveOrganization",
                "DeleteAlarms",
                "DeleteLogGroup",
                "DeleteMembers",
            ),
            _DIRECT,
            Outcome.ANY,
        ),
        3,
        60,
        distinct=SERVICE,
    ),
    "contain-credentials",
    "contain the caller, and restore the defenses",
    hits=(
        (
            call("guardduty:DeleteDetector", {"detectorId": "d"}),
            call("config:StopConfigurationRecorder", {}, MINUTE, error=_REFUSED),
            call("cloudtrail:StopLogging", {"name": "main"}, 2 * MINUTE),
        ),
    ),
    misses=(
        tuple(call("logs:DeleteLogGroup", {"logGroupName": f"g-{one}"}, one) for one in range(9)),
        (call("guardduty:DeleteDetector", {}), call("cloudtrail:StopLogging", {"name": "main"}, MINUTE)),
    ),
)
LEFT_ORGANIZATION = Rule(
    "organization-left",
    "an account tried to leave its organization",
    "T1562.001",
    "high",
    Once(Calls("organizations", ("LeaveOrganization",), {}, Outcome.ANY)),
    "contain-credentials",
    "deny the call with a service control policy, and contain the caller unless it was planned",
    hits=(
        (call("organizations:LeaveOrganization"),),
        (call("organizations:LeaveOrganization", error=_REFUSED),),
    ),
    misses=((call("organizations:DescribeOrganization"),),),
)
