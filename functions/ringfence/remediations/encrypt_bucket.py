"""Turn on default encryption of a bucket: with S3 managed keys, or with the KMS key in the policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.config.trigger import judged_by
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.remediation import Option, remediation
from ringfence.observations.s3.acl import BucketAcl
from ringfence.observations.s3.calls import bucket_of, unreadable
from ringfence.observations.s3.deliveries import ACCESS_LOG_BUCKET, ACCESS_LOG_OPTION, receives_logs
from ringfence.observations.s3.encryption import AES256, KMS, BucketEncryption, Encryption
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.steps.s3.encryption import SetBucketEncryption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

DEFAULT_ENCRYPTION = "default-encryption"
_WITH_KMS = judged_by("s3-default-encryption-kms")
_KEY = r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-f0-9rmk-]{36}"


def not_as_wanted(bucket: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what the policy must name, or what only a person can decide."""
    seen, name = bucket[BucketEncryption], bucket.ref.id
    chosen = incident.choice(DEFAULT_ENCRYPTION)
    if not seen.readable:
        yield unreadable(bucket.ref, "the default encryption")
        return
    wants_kms = bool(set(_WITH_KMS.types).intersection(incident.types))
    if wants_kms and chosen == AES256 and not (seen.default and seen.default.with_kms):
        yield (
            f"bucket {name} must be encrypted with KMS: set the key in the policy with `{DEFAULT_ENCRYPTION}`"
        )
    if chosen != AES256 and (region := chosen.split(":")[3]) != bucket.ref.region:
        yield (
            f"the key in the policy is in {region} and bucket {name} is in {bucket.ref.region}: S3 does "
            "not accept a key of another region"
        )
    without = chosen != AES256 and not (seen.default and seen.default.with_kms)
    if without and (ways := _receives_logs(bucket, incident)):
        yield (
            f"bucket {name} receives logs ({'; '.join(ways[:3])}), and default encryption with a KMS key can "
            "stop their delivery: it was not set. A person must check which services deliver to it, and "
            "whether they support the key"
        )
    if seen.default and _is_strange(seen.default, bucket.ref.account) and seen.default.key != chosen:
        yield (
            f"bucket {name} encrypts with key {seen.default.key[:120]} of account "
            f"{seen.default.owner[:12]}: its objects can be read only while that account allows it. A "
            "person must decide whether that is intended"
        )


@remediation(
    id="encrypt-bucket",
    title="Turn on default encryption of a bucket",
    subject=BucketRef,
    triggers=(
        judged_by("s3-bucket-server-side-encryption-enabled"),
        _WITH_KMS,
        recorded("s3", "DeleteBucketEncryption", "PutBucketEncryption"),
    ),
    observations=(BucketEncryption, BucketPolicy, BucketAcl),
    steps=(SetBucketEncryption,),
    references=("ATT&CK T1530",),
    countermeasures=("D3-FE",),
    controls=("s3-default-encryption",),
    options=(
        Option(
            DEFAULT_ENCRYPTION,
            (AES256,),
            "AES256: buckets without default encryption get S3 managed keys; other buckets are "
            "unchanged; the ARN of a KMS key: buckets without KMS encryption, or with a key of an "
            "unknown account, get this key and a bucket key, and users need permissions on the key; buckets "
            "that receive logs from AWS services get S3 managed keys at most",
            _KEY,
        ),
        ACCESS_LOG_OPTION,
    ),
    needs_review=not_as_wanted,
)
def encrypt_bucket(bucket: ResourceState, incident: Incident) -> Iterator[Step]:
    """Set the policy's encryption if the current one is weaker. Blocked types stay blocked.

    A bucket that receives logs gets no KMS key: S3 cannot deliver access logs with one, and other services
    need permissions on the key that only its owner can give.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    seen, chosen = bucket[BucketEncryption], incident.choice(DEFAULT_ENCRYPTION)
    if not seen.readable:
        return
    default, blocked = seen.default, seen.default.blocked if seen.default else ()
    if chosen == AES256 or _receives_logs(bucket, incident):
        if default is None:
            yield SetBucketEncryption(bucket_of(bucket), None, Encryption(AES256))
        return
    fits = (
        default
        and default.with_kms
        and (default.key == chosen or not _is_strange(default, bucket.ref.account))
    )
    if not fits and chosen.split(":")[3] == bucket.ref.region:
        wanted = Encryption(KMS, chosen, bucket_key=True, blocked=blocked)
        yield SetBucketEncryption(bucket_of(bucket), default, wanted)


def _receives_logs(bucket: ResourceState, incident: Incident) -> tuple[str, ...]:
    return tuple(receives_logs(bucket, incident.choice(ACCESS_LOG_BUCKET)))


def _is_strange(default: Encryption, account: str) -> bool:
    return default.owner not in {"", account}
