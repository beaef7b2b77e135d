"""KMS and Secrets Manager."""

from __future__ import annotations

from ringfence.posture.mapping import identical, lowered

KEY = lowered(
    "AWS::KMS::Key",
    *("Description", "Enabled", "KeyUsage", "KeyState", "KeyManager", "Origin"),
    KeySpec="configuration.customerMasterKeySpec",
    EnableKeyRotation="supplementaryConfiguration.KeyRotationStatus",
)
SECRET = identical(
    "AWS::SecretsManager::Secret",
    *("Name", "RotationEnabled", "RotationLambdaARN", "RotationOccurringAsScheduled"),
    *("RotationRules.AutomaticallyAfterDays", "Deleted"),
    KmsKeyId="configuration.KMSKeyId",
)
