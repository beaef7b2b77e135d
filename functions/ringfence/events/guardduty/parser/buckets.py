"""Find the buckets that a GuardDuty finding names.

Shape: `S3BucketDetail` in the GuardDuty API reference. The account of a bucket is the account of the
finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events import resource_refs as named
from ringfence.model.arn import read_arn
from ringfence.model.errors import BadInput
from ringfence.model.kinds.bucket import BucketRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document
    from ringfence.model.subject import Ref


def buckets(detail: Document, account: str, region: str) -> tuple[Ref, ...]:
    """Return the buckets, each once. Raises BadInput if there are none."""
    resource = detail.child("resource")
    found = tuple(
        dict.fromkeys(_bucket(one, account, region) for one in resource.children("s3BucketDetails"))
    )
    if not found:
        raise BadInput(resource.at("s3BucketDetails"), "must contain a bucket")
    return found


def suspects(detail: Document) -> Iterator[str]:
    """Yield in words whose key changed the bucket, if the finding names it."""
    details = detail.child("resource").optional_child("accessKeyDetails")
    who = fields.text_if_valid(details, "userName") or fields.text_if_valid(details, "principalId")
    if who:
        yield fields.title(f"{fields.text_if_valid(details, 'userType') or 'unknown'}:{who}")


def _bucket(details: Document, account: str, region: str) -> Ref:
    arn = details.optional_text("arn") or ""
    found = read_arn(BucketRef, arn)
    if arn and not found:
        raise BadInput(details.at("arn"), "must be the ARN of a bucket", arn)
    name = details.optional_text("name") or (found.id if found else "")
    if found and found.id != name:
        raise BadInput(details.at("arn"), "contradicts the bucket's name", arn)
    return named.ref(BucketRef, details.at("name"), name, account, region)
