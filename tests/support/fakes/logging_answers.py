"""Answers to what `restore-logging` asks, in the shapes that the services publish."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAIL_NAME, RECORDER_NAME = "everything", "default"
DETECTOR_ID = "0123456789abcdef0123456789abcdef"
KEY_ID = "01234567-89ab-cdef-0123-456789abcdef"
ELSEWHERE, STRANGER = "us-east-1", "444455556666"
KEY_ARN = f"arn:aws:kms:{REF.region}:{REF.account}:key/{KEY_ID}"
TRAIL_ARN = f"arn:aws:cloudtrail:{REF.region}:{REF.account}:trail/{TRAIL_NAME}"
LOG_GROUP = f"arn:aws:logs:{REF.region}:{REF.account}:log-group:trail:*"
LOG_ROLE = f"arn:aws:iam::{REF.account}:role/trail-to-logs"
TOPIC = f"arn:aws:sns:{REF.region}:{REF.account}:log-files"
TRAIL: dict[str, object] = {
    "Name": TRAIL_NAME,
    "S3BucketName": "logs-of-everybody",
    "S3KeyPrefix": "trail",
    "SnsTopicName": TOPIC,
    "SnsTopicARN": TOPIC,
    "IncludeGlobalServiceEvents": True,
    "IsMultiRegionTrail": True,
    "HomeRegion": REF.region,
    "TrailARN": TRAIL_ARN,
    "LogFileValidationEnabled": True,
    "CloudWatchLogsLogGroupArn": LOG_GROUP,
    "CloudWatchLogsRoleArn": LOG_ROLE,
    "KmsKeyId": KEY_ARN,
    "HasCustomEventSelectors": True,
    "HasInsightSelectors": True,
    "IsOrganizationTrail": False,
}
SHADOW = {**TRAIL, "HomeRegion": ELSEWHERE, "TrailARN": TRAIL_ARN.replace(REF.region, ELSEWHERE)}
OF_ORGANIZATION = {
    **TRAIL,
    "TrailARN": TRAIL_ARN.replace(REF.account, STRANGER),
    "IsOrganizationTrail": True,
}
BASIC: dict[str, object] = {
    "TrailARN": TRAIL_ARN,
    "EventSelectors": [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::payroll/"]}],
            "ExcludeManagementEventSources": ["kms.amazonaws.com"],
        }
    ],
}
ADVANCED: dict[str, object] = {
    "TrailARN": TRAIL_ARN,
    "AdvancedEventSelectors": [
        {"Name": "management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
        {
            "Name": "payroll",
            "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                {
                    "Field": "resources.ARN",
                    "StartsWith": ["arn:aws:s3:::payroll/"],
                    "NotEndsWith": [".tmp"],
                },
            ],
        },
    ],
}
INSIGHTS: dict[str, object] = {
    "TrailARN": TRAIL_ARN,
    "InsightSelectors": [
        {"InsightType": "ApiCallRateInsight", "EventCategories": ["Management"]},
        {"InsightType": "ApiErrorRateInsight"},
    ],
}
RECORDER: dict[str, object] = {
    "name": RECORDER_NAME,
    "roleARN": f"arn:aws:iam::{REF.account}:role/config",
    "recordingGroup": {
        "allSupported": True,
        "includeGlobalResourceTypes": True,
        "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
    },
    "recordingMode": {
        "recordingFrequency": "CONTINUOUS",
        "recordingModeOverrides": [
            {"resourceTypes": ["AWS::EC2::Volume"], "recordingFrequency": "DAILY"},
        ],
    },
    "recordingScope": "PAID",
}
DETECTOR: dict[str, object] = {
    "CreatedAt": "2026-01-01T00:00:00.000Z",
    "FindingPublishingFrequency": "FIFTEEN_MINUTES",
    "ServiceRole": f"arn:aws:iam::{REF.account}:role/aws-service-role/guardduty.amazonaws.com/guardduty",
    "Status": "ENABLED",
    "Tags": {"team": "security"},
    "Features": [
        {"Name": "CLOUD_TRAIL", "Status": "ENABLED"},
        {"Name": "S3_DATA_EVENTS", "Status": "ENABLED"},
        {"Name": "RDS_LOGIN_EVENTS", "Status": "DISABLED"},
        {
            "Name": "RUNTIME_MONITORING",
            "Status": "ENABLED",
            "AdditionalConfiguration": [
                {"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"},
                {"Name": "EKS_ADDON_MANAGEMENT", "Status": "DISABLED"},
            ],
        },
    ],
}


def key(state: str = "Enabled") -> dict[str, object]:
    """Make what KMS says of the key."""
    return {"KeyMetadata": {"KeyId": KEY_ID, "Arn": KEY_ARN, "KeyState": state, "KeyManager": "CUSTOMER"}}


def aliases(*names: str) -> dict[str, object]:
    """Make what KMS says of the key's aliases."""
    return {"Aliases": [{"AliasName": f"alias/{one}", "TargetKeyId": KEY_ID} for one in names]}


def deletion(name: str, parameters: Mapping[str, object], **more: object) -> dict[str, object]:
    """Make what CloudTrail's event history says of a call."""
    record = {"eventName": name, "requestParameters": parameters, **more}
    return {"EventId": "e-1", "EventName": name, "CloudTrailEvent": json.dumps(record)}


FAILING: Mapping[str, object] = {
    "IsLogging": True,
    "LatestDeliveryError": "AccessDenied",
    "LatestDeliveryTime": NOON,
    "LatestDigestDeliveryError": "NoSuchBucket",
}
"""The status of a trail that logs, and whose bucket takes nothing."""

LOGGING_ANSWERS: dict[str, tuple[Mapping[str, object], ...]] = {
    "cloudtrail:DescribeTrails": (
        {"trailList": [TRAIL]},
        {"trailList": []},
        {"trailList": [SHADOW]},
    ),
    "cloudtrail:GetTrailStatus": (
        {"IsLogging": True, "StartLoggingTime": NOON},
        {"IsLogging": False},
        FAILING,
    ),
    "cloudtrail:GetEventSelectors": (BASIC, ADVANCED),
    "cloudtrail:GetInsightSelectors": (INSIGHTS,),
    "cloudtrail:ListTags": (
        {
            "ResourceTagList": [
                {
                    "ResourceId": TRAIL_ARN,
                    "TagsList": [{"Key": "team", "Value": "security"}, {"Key": "empty"}],
                }
            ]
        },
    ),
    "config:DescribeConfigurationRecorders": (
        {"ConfigurationRecorders": [RECORDER]},
        {"ConfigurationRecorders": []},
    ),
    "config:DescribeConfigurationRecorderStatus": (
        {"ConfigurationRecordersStatus": [{"name": RECORDER_NAME, "recording": True}]},
        {"ConfigurationRecordersStatus": [{"name": RECORDER_NAME, "recording": False}]},
    ),
    "config:DescribeDeliveryChannels": (
        {"DeliveryChannels": [{"name": "default", "s3BucketName": "items", "s3KeyPrefix": "config"}]},
        {"DeliveryChannels": []},
    ),
    "guardduty:ListDetectors": ({"DetectorIds": [DETECTOR_ID]}, {"DetectorIds": []}),
    "guardduty:GetDetector": (DETECTOR,),
    "guardduty:CreateDetector": ({"DetectorId": "f" * 32},),
    "kms:DescribeKey": (key(), key("Disabled")),
    "kms:ListAliases": (aliases("ringfence-audit"), aliases()),
}
