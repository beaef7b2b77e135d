"""S3."""

from __future__ import annotations

from ringfence.posture.grants import grants
from ringfence.posture.mapping import mapped
from ringfence.posture.policies import statements

_KEPT = "supplementaryConfiguration"
BUCKET = mapped(
    "AWS::S3::Bucket",
    (),
    {
        "BucketName": "configuration.name",
        "BucketEncryption.ServerSideEncryptionConfiguration[].ServerSideEncryptionByDefault.SSEAlgorithm": (
            f"{_KEPT}.ServerSideEncryptionConfiguration.rules[].applyServerSideEncryptionByDefault.sseAlgorithm"
        ),
        "BucketEncryption.ServerSideEncryptionConfiguration[].ServerSideEncryptionByDefault.KMSMasterKeyID": (
            f"{_KEPT}.ServerSideEncryptionConfiguration.rules[].applyServerSideEncryptionByDefault"
            ".kmsMasterKeyID"
        ),
        "BucketEncryption.ServerSideEncryptionConfiguration[].BucketKeyEnabled": (
            f"{_KEPT}.ServerSideEncryptionConfiguration.rules[].bucketKeyEnabled"
        ),
        "VersioningConfiguration.Status": f"{_KEPT}.BucketVersioningConfiguration.status",
        "VersioningConfiguration.MfaDelete": f"{_KEPT}.BucketVersioningConfiguration.isMfaDeleteEnabled",
        "LoggingConfiguration.DestinationBucketName": (
            f"{_KEPT}.BucketLoggingConfiguration.destinationBucketName"
        ),
        "LoggingConfiguration.LogFilePrefix": f"{_KEPT}.BucketLoggingConfiguration.logFilePrefix",
        "PublicAccessBlockConfiguration.BlockPublicAcls": (
            f"{_KEPT}.PublicAccessBlockConfiguration.blockPublicAcls"
        ),
        "PublicAccessBlockConfiguration.BlockPublicPolicy": (
            f"{_KEPT}.PublicAccessBlockConfiguration.blockPublicPolicy"
        ),
        "PublicAccessBlockConfiguration.IgnorePublicAcls": (
            f"{_KEPT}.PublicAccessBlockConfiguration.ignorePublicAcls"
        ),
        "PublicAccessBlockConfiguration.RestrictPublicBuckets": (
            f"{_KEPT}.PublicAccessBlockConfiguration.restrictPublicBuckets"
        ),
        "LifecycleConfiguration.Rules[].Status": f"{_KEPT}.BucketLifecycleConfiguration.rules[].status",
        "LifecycleConfiguration.Rules[].ExpirationInDays": (
            f"{_KEPT}.BucketLifecycleConfiguration.rules[].expirationInDays"
        ),
        "ObjectLockEnabled": f"{_KEPT}.ObjectLockConfiguration.objectLockEnabled",
        "ReplicationConfiguration.Role": f"{_KEPT}.BucketReplicationConfiguration.roleARN",
        "WebsiteConfiguration.IndexDocument": f"{_KEPT}.BucketWebsiteConfiguration.indexDocumentSuffix",
    },
    str,
    computed=(
        statements("BucketPolicy", f"{_KEPT}.BucketPolicy.policyText"),
        grants("AccessControlList", f"{_KEPT}.AccessControlList"),
    ),
)
