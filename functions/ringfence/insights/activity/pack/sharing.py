"""Data and code that are shared with others."""

from __future__ import annotations

from json import loads

from ringfence.insights.activity import conditions
from ringfence.insights.activity.rule import (
    Calls,
    Once,
    Rule,
    Sequence,
    Target,
)
from ringfence.insights.activity.stories import (
    HOUR,
    MINUTE,
    OTHER,
    OWN,
    call,
    policy,
)

_SNAPSHOT = "snap-0a1b2c3d4e5f60718"
_ABOUT_SNAPSHOT = (Target("snapshot", "requestParameters.snapshotId"),)
_ABOUT_BUCKET = (Target("bucket", "requestParameters.bucketName"),)
_ADDED = {
    "snapshotId": _SNAPSHOT,
    "createVolumePermission": {"add": {"items": [{"userId": OTHER}]}},
    "attributeType": "CREATE_VOLUME_PERMISSION",
}
_SHARE = Calls("ec2", ("ModifySnapshotAttribute",), also=conditions.shares_with_others)

SNAPSHOT_SHARED = Rule(
    "snapshot-shared",
    "an EBS snapshot was shared with another account or everybody",
    "T1537",
    "high",
    Once(_SHARE),
    "harden-snapshot",
    "check whether the other account is known, and stop sharing the snapshot if not",
    hits=(
        (call("ec2:ModifySnapshotAttribute", _ADDED),),
        (
            call(
                "ec2:ModifySnapshotAttribute",
                {**_ADDED, "createVolumePermission": {"add": {"items": [{"group": "all"}]}}},
            ),
        ),
    ),
    misses=(
        (call("ec2:ModifySnapshotAttribute", _ADDED, error="Client.UnauthorizedOperation"),),
        (
            call(
                "ec2:ModifySnapshotAttribute",
                {**_ADDED, "createVolumePermission": {"remove": {"items": [{"userId": OTHER}]}}},
            ),
        ),
        (
            call(
                "ec2:ModifySnapshotAttribute",
                {**_ADDED, "createVolumePermission": {"add": {"items": [{"userId": OWN}]}}},
            ),
        ),
    ),
    about=_ABOUT_SNAPSHOT,
)
SNAPSHOT_TAKEN = Rule(
    "new-snapshot-shared",
    "a snapshot was created and shared with others within an hour",
    "T1537",
    "critical",
    Sequence(
        Calls("ec2", ("CreateSnapshot", "CopySnapshot")),
        _SHARE,
        60,
        ("responseElements.snapshotId",),
        ("requestParameters.snapshotId",),
    ),
    "harden-snapshot",
    "stop sharing the snapshot, and contain the caller unless there is a request for it",
    hits=(
        (
            call("ec2:CreateSnapshot", {"volumeId": "vol-1"}, response={"snapshotId": _SNAPSHOT}),
            call("ec2:ModifySnapshotAttribute", _ADDED, 10 * MINUTE),
        ),
    ),
    misses=(
        (
            call("ec2:CreateSnapshot", {"volumeId": "vol-1"}, response={"snapshotId": _SNAPSHOT}),
            call("ec2:ModifySnapshotAttribute", _ADDED, 2 * HOUR),
        ),
        (
            call(
                "ec2:CreateSnapshot", {"volumeId": "vol-1"}, response={"snapshotId": "snap-0123456789abcdef0"}
            ),
            call("ec2:ModifySnapshotAttribute", _ADDED, MINUTE),
        ),
    ),
    about=_ABOUT_SNAPSHOT,
)
DATABASE_SHARED = Rule(
    "database-snapshot-shared",
    "a snapshot of a database was shared with another account or everybody",
    "T1537",
    "high",
    Once(
        Calls(
            "rds",
            ("ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute"),
            {"requestParameters": {"attributeName": ["restore"]}},
            also=conditions.shares_with_others,
        )
    ),
    "report-findings",
    "check whether the other account is known, and stop sharing the snapshot if not",
    hits=(
        (
            call(
                "rds:ModifyDBSnapshotAttribute",
                {"dBSnapshotIdentifier": "s", "attributeName": "restore", "valuesToAdd": [OTHER]},
            ),
        ),
    ),
    misses=(
        (
            call(
                "rds:ModifyDBSnapshotAttribute",
                {"dBSnapshotIdentifier": "s", "attributeName": "restore", "valuesToRemove": [OTHER]},
            ),
        ),
    ),
)
IMAGE_SHARED = Rule(
    "image-shared",
    "a machine image was shared with another account or everybody",
    "T1537",
    "medium",
    Once(Calls("ec2", ("ModifyImageAttribute",), also=conditions.shares_with_others)),
    "report-findings",
    "check whether the other account is known, and stop sharing the image if not",
    hits=(
        (
            call(
                "ec2:ModifyImageAttribute",
                {"imageId": "ami-1", "launchPermission": {"add": {"items": [{"userId": OTHER}]}}},
            ),
        ),
    ),
    misses=(
        (
            call(
                "ec2:ModifyImageAttribute",
                {"imageId": "ami-1", "launchPermission": {"remove": {"items": [{"userId": OTHER}]}}},
            ),
        ),
        (call("ec2:ModifyImageAttribute", {"imageId": "ami-1", "description": {"value": "all"}}),),
    ),
)
BUCKET_OPENED = Rule(
    "bucket-policy-opened",
    "a bucket policy lets everybody or another account in",
    "T1530",
    "high",
    Once(Calls("s3", ("PutBucketPolicy",), also=conditions.lets_others_in)),
    "harden-bucket",
    "check whether the bucket is meant to be shared, and set the former policy if not",
    hits=(
        (call("s3:PutBucketPolicy", {"bucketName": "b-1", "bucketPolicy": loads(policy("*"))}),),
        (call("s3:PutBucketPolicy", {"bucketName": "b-1", "bucketPolicy": loads(policy({"AWS": OTHER}))}),),
    ),
    misses=(
        (call("s3:PutBucketPolicy", {"bucketName": "b-1", "bucketPolicy": loads(policy({"AWS": OWN}))}),),
        (call("s3:PutBucketPolicy", {"bucketName": "b-1", "bucketPolicy": {}}),),
    ),
    about=_ABOUT_BUCKET,
)
