"""CloudTrail, AWS Config and GuardDuty.

AWS Config's item of a trail does not say whether the trail is logging. CloudTrail's GetTrailStatus does.
"""

from __future__ import annotations

from ringfence.posture.mapping import identical, lowered

TRAIL = lowered(
    "AWS::CloudTrail::Trail",
    *("S3BucketName", "IsMultiRegionTrail", "IncludeGlobalServiceEvents", "IsOrganizationTrail"),
    "CloudWatchLogsLogGroupArn",
    TrailName="configuration.name",
    EnableLogFileValidation="configuration.logFileValidationEnabled",
    KMSKeyId="configuration.kmsKeyId",
    IsLogging="reads.GetTrailStatus.IsLogging",
)
RECORDER = identical(
    "AWS::Config::ConfigurationRecorder",
    *("Name", "RoleARN", "Recording", "RecordingGroup.AllSupported"),
    "RecordingGroup.IncludeGlobalResourceTypes",
)
DETECTOR = identical(
    "AWS::GuardDuty::Detector",
    *("Enable", "FindingPublishingFrequency", "DataSources.S3Logs.Enable"),
    "DataSources.Kubernetes.AuditLogs.Enable",
)
