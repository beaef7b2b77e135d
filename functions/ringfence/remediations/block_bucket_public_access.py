"""Block public access to a bucket, whatever its policy and its ACL say.

A bucket's own four settings are turned on. `RestrictPublicBuckets` and `IgnorePublicAcls` take the force from
what is public already, `BlockPublicPolicy` and `BlockPublicAcls` keep more from being put. The policy itself
stays: whoever wrote it may want its other statements.

A report about the settings themselves is answered whenever one of them is off; one about the policy or the
ACL only where the bucket is public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.core.bucket_creation import OPEN_CREATION
from ringfence.core.calls import recorded
from ringfence.core.config_rules import judged_by
from ringfence.core.guardduty_buckets import EXPOSED_BUCKET
from ringfence.core.remediation import remediation
from ringfence.core.subject import BucketRef
from ringfence.facets.bucket_acl import BucketAcl
from ringfence.facets.bucket_block import ALL_ON, PublicAccessBlock
from ringfence.facets.bucket_exposure import public_by_intent, ways_in
from ringfence.facets.bucket_policy import BucketPolicy
from ringfence.facets.bucket_public import openings, others
from ringfence.facets.bucket_use import BucketUse
from ringfence.facets.buckets import bucket_of, unreadable
from ringfence.steps.bucket_block import SetPublicAccessBlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.core.facet import Observed
    from ringfence.core.incident import Incident
    from ringfence.core.step import Step

_PROHIBITED = judged_by("s3-bucket-public-read-prohibited", "s3-bucket-public-write-prohibited")
_ACL = recorded("s3", "PutBucketAcl")
_ABOUT_ACLS = frozenset({*_PROHIBITED.types, *_ACL.types, *OPEN_CREATION.types, *EXPOSED_BUCKET.types})
_RULE = judged_by("s3-bucket-level-public-access-prohibited")
_CALLS = recorded("s3", "PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock")
ABOUT_SETTINGS = frozenset({*_RULE.types, *_CALLS.types, "Policy:S3/BucketBlockPublicAccessDisabled"})
"""Types of findings that are about the settings, whether or not anything is public."""


def what_is_public(bucket: Observed, incident: Incident) -> Iterator[str]:
    """Say through what the bucket is public, what would be so without the settings, and who depends on it."""
    name, block = bucket.ref.id, bucket[PublicAccessBlock].settings
    for way in ways_in(bucket):
        yield f"bucket {name} is public: {way}"
    policy = bucket[BucketPolicy]
    opened = openings(policy.text)
    if opened and block.restrict:
        yield (
            f"the policy of bucket {name} still has public statements, which RestrictPublicBuckets takes the "
            f"force from: {'; '.join(one.words() for one in opened)}. A person should take them out"
        )
    if opened and (shut_out := others(policy.text, bucket.ref.account)):
        yield (
            f"while public access to bucket {name} is restricted and its policy has a public statement, "
            "other accounts that the policy names are shut out too: "
            f"{', '.join(one[:120] for one in shut_out[:5])}"
        )
    if block.ignore_acls and not bucket[BucketAcl].enforced and _ABOUT_ACLS.intersection(incident.types):
        yield (
            f"S3 shows no public grants of bucket {name}'s ACL while IgnorePublicAcls is on; there may be "
            "some, of its objects as well"
        )


def cannot_be_told(bucket: Observed, incident: Incident) -> Iterator[str]:  # noqa: ARG001 - planners' signature
    """Say what S3 does not show."""
    if not bucket[PublicAccessBlock].readable:
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
    ),
    facets=(PublicAccessBlock, BucketPolicy, BucketAcl, BucketUse),
    steps=(SetPublicAccessBlock,),
    references=("D3FEND D3-UAP", "ATT&CK T1530"),
    controls=("s3-public-access-block",),
    exposure=what_is_public,
    review=cannot_be_told,
    caution=public_by_intent,
)
def block_bucket_public_access(bucket: Observed, incident: Incident) -> Iterator[Step]:
    """Turn all four settings on where the report is about them, or where the bucket is public."""
    block = bucket[PublicAccessBlock]
    if block.readable and not block.settings.complete and (about_settings(incident) or any(ways_in(bucket))):
        yield SetPublicAccessBlock(bucket_of(bucket), block.settings, ALL_ON)


def about_settings(incident: Incident) -> bool:
    """Say whether a finding is about the settings; a person who asks without one means them."""
    return not incident.types or bool(ABOUT_SETTINGS.intersection(incident.types))
