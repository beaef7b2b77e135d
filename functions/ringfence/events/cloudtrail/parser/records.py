"""The common fields of CloudTrail records: "CloudTrail record contents"."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.model.resource_names import is_own_call

if TYPE_CHECKING:
    from ringfence.model.document import Document

_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


def account(detail: Document, envelope: Document) -> str:
    """Return the account whose trail recorded the call. The caller can belong to another account."""
    key = "recipientAccountId"
    return fields.account(detail, key) if detail.has(key) else fields.account(envelope, "account")


def id_of(detail: Document) -> str:
    """Return the record's id."""
    return fields.fit(_ID, detail.at("eventID"), detail.text("eventID"), "the id of a CloudTrail event")


def unanswered(detail: Document) -> str:
    """Return why no runbook answers a call. Empty if one can. The patterns contain the same conditions."""
    if "errorCode" in detail.value:
        return "the call was refused, so nothing was changed"
    if detail.value.get("readOnly", False) is not False:
        return "the call only reads"
    who = detail.optional_child("userIdentity")
    recorded_by = fields.text_if_valid(detail, "recipientAccountId")
    own = is_own_call(issuer(detail), fields.text_if_valid(who, "arn"), recorded_by)
    return "the call was made by Ringfence itself" if own else ""


def suspects(detail: Document) -> tuple[str, ...]:
    """Return the caller: its ARN, or else its type and id, without special characters."""
    who = detail.optional_child("userIdentity")
    if arn := fields.text_if_valid(who, "arn"):
        return (fields.title(arn),)
    kind = fields.text_if_valid(who, "type") or "unknown"
    names = (fields.text_if_valid(who, key) for key in ("userName", "principalId", "invokedBy", "accountId"))
    return (fields.title(f"{kind}:{next(filter(None, names), 'unknown')}"),)


def issuer(detail: Document) -> str:
    """Return the ARN of the role of the caller's session, with its path. Empty if there is none.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """
    session = detail.optional_child("userIdentity").optional_child("sessionContext")
    return fields.text_if_valid(session.optional_child("sessionIssuer"), "arn")


def principal(detail: Document) -> str:
    """Return who made a call, whatever the name of the session: the ARN of its role, or else the caller."""
    return fields.title(issuer(detail)) or suspects(detail)[0]


def digest_of(text: str) -> str:
    """Return a short text for a long or untrusted one, for the id of a finding."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:10]
