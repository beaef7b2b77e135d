"""The records of CloudTrail in the documents that AWS writes. Pure.

These are lines and log files of CloudTrail, events of EventBridge, and the output of
`aws cloudtrail lookup-events`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.envelope import parse_json
from ringfence.model.document import Document

if TYPE_CHECKING:
    from ringfence.insights.activity.selecting import Record

LISTS = ("Records", "Events")
"""The members of a document that contain records."""
_DIGEST, _CATEGORIES = "digestStartTime", ("Insight",)
"""What CloudTrail stores beside the records: digests of its files, and its own insights."""


def record_in(document: object) -> Record | None:
    """Return the record in a document. None if the document is a digest or an insight of CloudTrail.

    Raises BadInput that names the field if the document is no object.
    """
    one = Document.of(document)
    if one.has("CloudTrailEvent"):
        one = Document.of(parse_json(one.text("CloudTrailEvent")))
    elif one.has("detail"):
        one = one.child("detail")
    if one.has(_DIGEST) or one.value.get("eventCategory") in _CATEGORIES:
        return None
    return one.value
