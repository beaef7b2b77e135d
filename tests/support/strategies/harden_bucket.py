"""The worlds of `harden-bucket`."""

from __future__ import annotations

from ringfence.observations.s3.acl import ALL_USERS, BucketAcl, Grant
from ringfence.observations.s3.block import PublicAccessBlock
from ringfence.observations.s3.encryption import BucketEncryption
from ringfence.observations.s3.logging import AccessLogging
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.versioning import BucketVersioning
from ringfence.runbooks.harden_bucket import HARDEN_BUCKET
from tests.support.runbook_worlds import Case
from tests.support.strategies.buckets import KEY, LOGS, bucket

OPEN = bucket(
    PublicAccessBlock(),
    BucketPolicy('{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}'),
    BucketAcl(frozenset({Grant(ALL_USERS, "READ")})),
    BucketEncryption(),
    BucketVersioning(),
    AccessLogging(),
)
"""A bucket with everything to do."""
TYPES = ("Config:s3-bucket-level-public-access-prohibited", "Config:s3-bucket-public-read-prohibited")
CASES = {"bucket": Case(HARDEN_BUCKET, OPEN, TYPES, {"access-log-bucket": LOGS, "default-encryption": KEY})}
