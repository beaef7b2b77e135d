"""RDS and DynamoDB."""

from __future__ import annotations

from ringfence.posture.mapping import lowered, mapped

INSTANCE = lowered(
    "AWS::RDS::DBInstance",
    *("DBInstanceIdentifier", "Engine", "EngineVersion", "StorageEncrypted", "KmsKeyId", "MultiAZ"),
    *("PubliclyAccessible", "BackupRetentionPeriod", "AutoMinorVersionUpgrade", "CopyTagsToSnapshot"),
    *("CACertificateIdentifier", "MonitoringInterval", "MasterUsername", "DBClusterIdentifier"),
    **{
        "EnableIAMDatabaseAuthentication": "configuration.iAMDatabaseAuthenticationEnabled",
        "EnablePerformanceInsights": "configuration.performanceInsightsEnabled",
        "EnableCloudwatchLogsExports[]": "configuration.enabledCloudwatchLogsExports[]",
        "DeletionProtection": "configuration.deletionProtection?",
    },
)
CLUSTER = lowered(
    "AWS::RDS::DBCluster",
    *("Engine", "EngineVersion", "StorageEncrypted", "KmsKeyId", "BackupRetentionPeriod"),
    *("DeletionProtection", "CopyTagsToSnapshot", "MasterUsername"),
    **{
        "DBClusterIdentifier": "configuration.dbclusterIdentifier",
        "EnableIAMDatabaseAuthentication": "configuration.iamdatabaseAuthenticationEnabled",
        "EnableCloudwatchLogsExports[]": "configuration.enabledCloudwatchLogsExports[]",
    },
)
SNAPSHOT = lowered(
    "AWS::RDS::DBSnapshot",
    *("DBSnapshotIdentifier", "DBInstanceIdentifier", "Encrypted", "KmsKeyId", "SnapshotType"),
    **{
        "DBSnapshotAttributes[].AttributeName": (
            "supplementaryConfiguration.DBSnapshotAttributes[].attributeName"
        ),
        "DBSnapshotAttributes[].AttributeValues[]": (
            "supplementaryConfiguration.DBSnapshotAttributes[].attributeValues[]"
        ),
    },
)
TABLE = mapped(
    "AWS::DynamoDB::Table",
    (),
    {
        "TableName": "configuration.tableName",
        "BillingMode": "configuration.billingModeSummary.billingMode",
        "SSESpecification.SSEType": "configuration.ssedescription.ssetype",
        "SSESpecification.KMSMasterKeyId": "configuration.ssedescription.kmsmasterKeyArn",
        "SSESpecification.Status": "configuration.ssedescription.status",
        "PointInTimeRecoverySpecification.Status": (
            "supplementaryConfiguration.ContinuousBackupsDescription.pointInTimeRecoveryDescription"
            ".pointInTimeRecoveryStatus"
        ),
    },
    str,
)
