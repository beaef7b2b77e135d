"""Block public access to a bucket, independent of its policy and its ACL.

It turns on the bucket's four settings. `RestrictPublicBuckets` and `IgnorePublicAcls` make existing public
access ineffective. `BlockPublicPolicy` and `BlockPublicAcls` prevent new public access. The policy stays,
because its author may need the other statements.

A finding about the settings applies if one of them is off. A finding about the policy or the ACL applies
only if the bucket is public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.access_analyzer.trigger import public
from ringfence.events.cloudtrail.trigger.bucket_creation import OPEN_CREATION
from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.config.trigger import judged_by
from ringfence.events.guardduty.trigger.buckets import EXPOSED_BUCKET
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.remediation import remediation
from ringfence.observations.s3.acl import BucketAcl
from ringfence.observations.s3.block import ALL_ON, PublicAccessBlock
from ringfence.observations.s3.calls import bucket_of, unreadable
from ringfence.observations.s3.exposure import public_by_intent, public_of_late, ways_in
from ringfence.observations.s3.policy import BucketPolicy
from ringfence.observations.s3.public import openings, others
from ringfence.observations.s3.use import BucketPast, BucketUse
from ringfence.steps.s3.block import SetPublicAccessBlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

_PROHIBITED = judged_by("s3-bucket-public-read-prohibited", "s3-bucket-public-write-prohibited")
_ACL = recorded("s3", "PutBucketAcl")
_SHARED = public("bucket")
_ABOUT_ACLS = frozenset(
    {*_PROHIBITED.types, *_ACL.types, *OPEN_CREATION.types, *EXPOSED_BUCKET.types, *_SHARED.types}
)
_SHARED_TYPES = frozenset(_SHARED.types)
_RULE = judged_by("s3-bucket-level-public-access-prohibited")
_CALLS = recorded("s3", "PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock")
ABOUT_SETTINGS = frozenset({*_RULE.types, *_CALLS.types, "Policy:S3/BucketBlockPublicAccessDisabled"})
"""Finding types about the settings themselves, independent of public access."""


def what_is_public(bucket: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield why the bucket is public, what would be public without the settings, and who depends on it."""
    name, block = bucket.ref.id, bucket[PublicAccessBlock].settings
    yield from public_of_late(bucket, incident)
    for way in ways_in(bucket):
        yield f"bucket {name} is public: {way}"
    policy = bucket[BucketPolicy]
    opened = openings(policy.text)
    if opened and block.restrict:
        yield (
            f"the policy of bucket {name} still has public statements; RestrictPublicBuckets makes them "
            f"ineffective: {'; '.join(one.words() for one in opened)}. A person should remove them"
        )
    if opened and (shut_out := others(policy.text, bucket.ref.account)):
        yield (
            f"public access to bucket {name} is restricted and its policy has a public statement, so "
            "other accounts in the policy also lose their access: "
            f"{', '.join(one[:120] for one in shut_out[:5])}"
        )
    if block.ignore_acls and not bucket[BucketAcl].enforced and _ABOUT_ACLS.intersection(incident.types):
        yield (
            f"S3 shows no public grants in the ACL of bucket {name} while IgnorePublicAcls is on; the "
            "bucket and its objects may have some"
        )


def cannot_be_told(bucket: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what S3 does not show, and public access that no setting of the bucket gives."""
    block = bucket[PublicAccessBlock]
    if (
        _SHARED_TYPES.intersection(incident.types)
        and not block.settings.complete
        and not any(ways_in(bucket))
    ):
        yield (
            f"IAM Access Analyzer reported that everybody has access to bucket {bucket.ref.id}, and neither "
            "its policy nor its ACL gives everybody access now: an access point can"
        )
    if not block.readable:
        yield unreadable(bucket.ref, "Block Public Access")
    if not bucket[BucketPolicy].readable:
        yield unreadable(bucket.ref, "the policy")


@remediation(
    id="block-bucket-public-access",
    title="Block public access to a bucket",
    subject=BucketRef,
    triggers=(
        _PROHIBITED,
        _RULE,
        _ACL,
        recorded("s3", "PutBucketPolicy"),
        _CALLS,
        OPEN_CREATION,
        EXPOSED_BUCKET,
        _SHARED,
    ),
    observations=(PublicAccessBlock, BucketPolicy, BucketAcl, BucketUse, BucketPast),
    steps=(SetPublicAccessBlock,),
    references=("ATT&CK T1530",),
    countermeasures=("D3-UAP",),
    controls=("s3-public-access-block",),
    residual_risk=what_is_public,
    needs_review=cannot_be_told,
    downgrade_reasons=public_by_intent,
)
def block_bucket_public_access(bucket: ResourceState, incident: Incident) -> Iterator[Step]:
    """Turn on all four settings if the finding is about them, or if the bucket is public."""
    block = bucket[PublicAccessBlock]
    if block.readable and not block.settings.complete and (about_settings(incident) or any(ways_in(bucket))):
        yield SetPublicAccessBlock(bucket_of(bucket), block.settings, ALL_ON)


def about_settings(incident: Incident) -> bool:
    """Return whether a finding is about the settings. A manual run without findings is."""
    return not incident.types or bool(ABOUT_SETTINGS.intersection(incident.types))
