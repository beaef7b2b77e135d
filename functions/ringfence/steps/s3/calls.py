"""What steps on buckets have in common: calls on the bucket's own account's bucket, and their refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.answers import accept
from ringfence.model.call import Failed
from ringfence.model.errors import AccessDenied, Refused
from ringfence.observations.s3.calls import DENIED, NO_BUCKET

if TYPE_CHECKING:
    from collections.abc import Collection

    from ringfence.model.call import Answer
    from ringfence.model.document import Document

BLOCKED = "public-access-block-changed"
"""What is open to anyone can be put back only once Block Public Access lets it."""
POLICY = "bucket-policy-merged"
"""A policy that has public statements can be put only before Block Public Access is on."""
_BLOCKS = ("BlockPublicPolicy", "BlockPublicAcls", "Block Public Access", "block public access")


def accepted(answer: Answer, refused: Collection[str] = ()) -> Document:
    """Return the answer; raises NotFound without the bucket, Refused for these codes, or where S3 blocks it.

    AccessDenied otherwise, where access is denied: that may pass.
    """
    if isinstance(answer, Failed) and answer.code in DENIED:
        words = f"{answer.code}: {answer.message}"
        if any(name in answer.message for name in _BLOCKS):
            raise Refused(words)
        raise AccessDenied(words)
    return accept(answer, not_found=NO_BUCKET, refused=refused)
