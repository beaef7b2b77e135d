"""EFS and ECR."""

from __future__ import annotations

from ringfence.posture.mapping import identical

FILE_SYSTEM = identical(
    "AWS::EFS::FileSystem",
    *("Encrypted", "KmsKeyId", "BackupPolicy.Status", "PerformanceMode", "ThroughputMode"),
    "LifecyclePolicies[].TransitionToIA",
)
REPOSITORY = identical(
    "AWS::ECR::Repository",
    *("RepositoryName", "ImageScanningConfiguration.ScanOnPush", "ImageTagMutability"),
    **{"EncryptionConfiguration.EncryptionType": "configuration.EncryptionConfiguration.EncryptionType"},
)
