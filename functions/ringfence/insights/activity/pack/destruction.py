"""Data that is destroyed or held to ransom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.insights.activity import conditions
from ringfence.insights.activity.rule import (
    Calls,
    Once,
    Rule,
    Target,
    Threshold,
)
from ringfence.insights.activity.selecting import (
    CALLER,
)
from ringfence.insights.activity.stories import (
    HOUR,
    MINUTE,
    call,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_ABOUT_BUCKET = (Target("bucket", "requestParameters.bucketName"),)


def _expiring(days: int, prefix: str = "") -> Mapping[str, object]:
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": prefix}, "Expiration": {"Days": days}}
    return {"bucketName": "b-1", "lifecycle": "", "LifecycleConfiguration": {"Rule": rule}}


OBJECTS_EXPIRE = Rule(
    "bucket-objects-expire-soon",
    "a lifecycle rule deletes all objects of a bucket within days",
    "T1485.001",
    "high",
    Once(Calls("s3", ("PutBucketLifecycle",), also=conditions.expires_soon)),
    "report-findings",
    "remove the lifecycle rule at once, unless the owner of the bucket wants it",
    hits=((call("s3:PutBucketLifecycle", _expiring(1)),),),
    misses=(
        (call("s3:PutBucketLifecycle", _expiring(90)),),
        (call("s3:PutBucketLifecycle", _expiring(1, "tmp/")),),
        (call("s3:PutBucketLifecycle", _expiring(1), error="AccessDenied"),),
    ),
    about=_ABOUT_BUCKET,
)
KEY_DESTROYED = Rule(
    "keys-made-unusable",
    "several KMS keys were disabled or scheduled for deletion",
    "T1485",
    "high",
    Threshold(
        Calls("kms", ("ScheduleKeyDeletion", "DisableKey", "DeleteImportedKeyMaterial")),
        3,
        60,
        distinct="requestParameters.keyId",
    ),
    "contain-credentials",
    "cancel the deletion, enable the keys, and contain the caller unless it was planned",
    hits=(tuple(call("kms:ScheduleKeyDeletion", {"keyId": f"k-{one}"}, MINUTE * one) for one in range(3)),),
    misses=(
        tuple(call("kms:DisableKey", {"keyId": "k-1"}, MINUTE * one) for one in range(5)),
        tuple(call("kms:DisableKey", {"keyId": f"k-{one}"}, HOUR * one) for one in range(5)),
    ),
)
BACKUPS_DELETED = Rule(
    "backups-deleted",
    "many snapshots and backups were deleted",
    "T1490",
    "high",
    Threshold(
        Calls(
            "",
            (
                "DeleteSnapshot",
                "DeleteDBSnapshot",
                "DeleteDBClusterSnapshot",
                "DeleteRecoveryPoint",
                "DeleteDBInstanceAutomatedBackup",
                "DeleteDBClusterAutomatedBackup",
                "DeleteBackup",
            ),
            {"userIdentity": {"invokedBy": [{"exists": False}]}},
        ),
        10,
        10,
    ),
    "contain-credentials",
    "find out whether this is a clean-up, and contain the caller if not",
    hits=(tuple(call("ec2:DeleteSnapshot", {"snapshotId": f"snap-{one}"}, 10 * one) for one in range(12)),),
    misses=(
        tuple(
            call("ec2:DeleteSnapshot", {"snapshotId": f"snap-{one}"}, 2 * MINUTE * one) for one in range(12)
        ),
        tuple(
            call("ec2:DeleteSnapshot", {"snapshotId": f"snap-{one}"}, one, error="Client.X")
            for one in range(12)
        ),
    ),
)
OBJECTS_LOCKED = Rule(
    "objects-encrypted-by-caller",
    "many objects were overwritten with an encryption key that only the caller has",
    "T1486",
    "critical",
    Threshold(
        Calls(
            "s3",
            ("PutObject", "CopyObject"),
            {"requestParameters": {"x-amz-server-side-encryption-customer-algorithm": [{"exists": True}]}},
        ),
        10,
        10,
        (CALLER, "requestParameters.bucketName"),
    ),
    "contain-credentials",
    "contain the caller at once, and keep former versions of the objects",
    hits=(
        tuple(
            call(
                "s3:CopyObject",
                {
                    "bucketName": "b-1",
                    "key": f"o-{one}",
                    "x-amz-server-side-encryption-customer-algorithm": "AES256",
                },
                one,
            )
            for one in range(12)
        ),
    ),
    misses=(
        tuple(call("s3:CopyObject", {"bucketName": "b-1", "key": f"o-{one}"}, one) for one in range(30)),
    ),
)
