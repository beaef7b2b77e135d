"""The status that AWS Config reports of a recorder: whether it runs, and whether recording works.

https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationRecorderStatus.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringfence.model.document import Document

_LONGEST = 100
_NO_CODE = "without a code"


def failure(status: Document) -> str:
    r"""Return the quoted error code of a recorder that runs and fails to record. Empty if it does not fail.

    Examples
    --------
    >>> from ringfence.model.document import Document
    >>> failure(Document.of({"recording": True, "lastStatus": "Failure", "lastErrorCode": "AccessDenied"}))
    "'AccessDenied'"
    >>> failure(Document.of({"recording": True, "lastStatus": "SUCCESS"}))
    ''
    """
    if _last(status) != "FAILURE":
        return ""
    return ascii((status.optional_text("lastErrorCode") or _NO_CODE)[:_LONGEST])


def is_pending(status: Document) -> bool:
    """Return whether AWS Config has not ended the latest recording."""
    return _last(status) == "PENDING"


def _last(status: Document) -> str:
    # The API's reference has Failure, and answers have FAILURE.
    return (status.optional_text("lastStatus") or "").upper()
