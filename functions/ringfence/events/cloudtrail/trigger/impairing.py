"""Triggers for calls that stop, weaken or delete the logs of an account, on resources that a runbook handles.

An intruder makes such a call before everything else, or after it. So a notice that asks a person to act on
such a call is urgent, even if the runbook puts the resource back. Calls by CloudFormation with the role of
the CDK are deployments, and do not make a notice urgent.
"""

from __future__ import annotations

from ringfence.events.cloudtrail.trigger.calls import recorded

DELETED_TRAIL = recorded("cloudtrail", "DeleteTrail")
STOPPED_TRAIL = recorded("cloudtrail", "StopLogging")
CHANGED_TRAIL = recorded("cloudtrail", "UpdateTrail", "PutEventSelectors", "PutInsightSelectors")
DELETED_RECORDER = recorded("config", "DeleteConfigurationRecorder")
STOPPED_RECORDER = recorded("config", "StopConfigurationRecorder")
CHANGED_RECORDER = recorded("config", "PutConfigurationRecorder")
DELETED_DETECTOR = recorded("guardduty", "DeleteDetector")
CHANGED_DETECTOR = recorded("guardduty", "UpdateDetector")
TAKEN_KEY = recorded("kms", "ScheduleKeyDeletion", "DisableKey")
NEW_KEY_POLICY = recorded("kms", "PutKeyPolicy")
DELETED_FLOW_LOGS = recorded("ec2", "DeleteFlowLogs")
DELETED_LOG_GROUP = recorded("logs", "DeleteLogGroup")
SHORTENED_LOG_GROUP = recorded("logs", "DeleteLogStream", "PutRetentionPolicy")
CHANGED_LOG_GROUP = recorded("logs", "PutDataProtectionPolicy", "PutTransformer")
LOG_BUCKET_LIFECYCLE = recorded("s3", "PutBucketLifecycle", "PutBucketLifecycleConfiguration")
DELETED_LOG_BUCKET = recorded("s3", "DeleteBucket")

TRIGGERS = (
    *(DELETED_TRAIL, STOPPED_TRAIL, CHANGED_TRAIL),
    *(DELETED_RECORDER, STOPPED_RECORDER, CHANGED_RECORDER),
    *(DELETED_DETECTOR, CHANGED_DETECTOR),
    *(TAKEN_KEY, NEW_KEY_POLICY),
    *(DELETED_FLOW_LOGS, DELETED_LOG_GROUP, SHORTENED_LOG_GROUP, CHANGED_LOG_GROUP),
    *(LOG_BUCKET_LIFECYCLE, DELETED_LOG_BUCKET),
)
"""Every trigger of this module."""
TYPES = frozenset(type_ for one in TRIGGERS for type_ in one.types)
"""The finding types of the calls."""
