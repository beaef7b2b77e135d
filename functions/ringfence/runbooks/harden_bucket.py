"""Fix buckets that are public, unencrypted, unversioned or without logs."""

from __future__ import annotations

from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.runbook import Runbook
from ringfence.runbooks import EVALUATE, stage

HARDEN_BUCKET = Runbook(
    id="harden-bucket",
    title="Harden a bucket",
    subject=BucketRef,
    position=30,
    stages=(
        stage(
            "fix",
            "Fix the settings of the bucket",
            "block-bucket-public-access",
            "remove-public-grants",
            "require-tls",
            "encrypt-bucket",
            "version-bucket",
            "log-bucket-access",
            "report-foreign-access",
            "report-log-bucket",
        ),
        EVALUATE,
    ),
    closes_when_complete=True,
)
