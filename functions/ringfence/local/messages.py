"""Read what was published to the topics of a local AWS."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import datetime
from typing import TYPE_CHECKING

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.record.notices.schema import ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import Iterable

PATH = "/local/messages"
"""`hooks.published` answers it."""
_WITHIN = 60.0
_ANOTHER = "must be an AWS that ringfence local started"


@frozen
class SentNotice:
    """A notice that was published. `topic` is the name of the topic, and `form` its machine-readable form."""

    at: datetime
    topic: str
    subject: str
    text: str
    form: Document

    @property
    def urgency(self) -> str:
        """How urgent it is for a person."""
        return self.form.optional_text("urgency") or ""

    @property
    def incident(self) -> str:
        """The incident that it is about. Empty for a notice about the deployment."""
        return self.form.optional_text("incident") or ""


def sent_notices(endpoint: str, account: str, region: str) -> tuple[SentNotice, ...]:
    """Return the notices that were published in an account and region, the newest first.

    Messages of other programs, and those for chat, have no machine-readable form and are left out.

    Raises
    ------
    BadInput
        What listens at the endpoint is no local AWS of Ringfence.
    OSError
        It does not respond.
    """
    scope = f"{account}/20260101/{region}/sns/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"
    request = urllib.request.Request(f"{endpoint}{PATH}", headers={"Authorization": signed})  # noqa: S310 - http, loopback
    try:
        with urllib.request.urlopen(request, timeout=_WITHIN) as answer:  # noqa: S310 - http, loopback
            found = Document.of(json.load(answer))
    except urllib.error.HTTPError as error:
        with error:
            raise BadInput("--endpoint", f"{_ANOTHER}: {error}", endpoint) from error
    except ValueError as error:
        raise BadInput("--endpoint", f"{_ANOTHER}: {error}", endpoint) from error
    return notices_in(found.children("messages"))


def notices_in(messages: Iterable[Document]) -> tuple[SentNotice, ...]:
    """Return the notices among published messages, the newest first."""
    found = [
        SentNotice(
            datetime.fromisoformat(one.text("at")),
            one.text("topic").rpartition(":")[2],
            one.optional_text("subject") or "",
            one.text("text"),
            Document.of(json.loads(form)),
        )
        for one in messages
        if (form := one.child("attributes").optional_text(ATTRIBUTE))
    ]
    return tuple(reversed(found))
