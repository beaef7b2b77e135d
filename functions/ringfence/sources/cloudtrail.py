"""Calls of IAM that CloudTrail recorded, as EventBridge delivers them: in us-east-1, and given a trail.

Shape: "CloudTrail record contents" under `detail`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.core.cloudtrail import (
    ATTACH,
    DETAIL_TYPE,
    EVENT_SOURCE,
    POLICIES,
    QUARANTINE,
    SEVERITY,
    SOURCE,
)
from ringfence.core.finding import Finding
from ringfence.core.own import ROLES
from ringfence.core.principals import Caller, Kind, principal_of
from ringfence.core.subject import GLOBAL, AccessKeyRef, UserRef
from ringfence.sources import fields
from ringfence.sources.envelope import About, NotForUs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.core.document import Document
    from ringfence.core.principals import Principal
    from ringfence.sources.envelope import Envelope

_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


def read(envelope: Envelope) -> Finding | NotForUs:
    """Turn a recorded call into a finding, or say why it is none for us; raises BadInput."""
    if envelope.detail_type != DETAIL_TYPE:
        return NotForUs(f"the event is a {fields.shown(envelope.detail_type)}, not an {DETAIL_TYPE}")
    detail = envelope.document.child("detail")
    if reason := _refused(detail):
        return NotForUs(reason)
    account = fields.account(*_recipient(detail, envelope.document))
    at = fields.instant(detail, "eventTime")
    about = About.of(_quarantined(detail, account))
    policy = detail.child("requestParameters").text("policyArn").rpartition("/")[2]
    return Finding(
        source=SOURCE,
        id=fields.fit(_ID, detail.at("eventID"), detail.text("eventID"), "the id of a CloudTrail event"),
        type=QUARANTINE,
        severity=SEVERITY,
        account=account,
        region=GLOBAL,
        title=fields.title(f"{policy} was attached to the user {about.subjects[0].id}"),
        updated_at=at,
        last_seen=at,
        subjects=about.subjects,
        advices=about.advices,
        digest=envelope.digest,
    )


def _refused(detail: Document) -> str:
    """Say why a call is not answered; empty when it is. Every condition stands in the pattern as well."""
    call = (detail.value.get("eventSource"), detail.value.get("eventName"))
    if call != (EVENT_SOURCE, ATTACH):
        return f"the call is not {ATTACH}, which is all that is answered of {SOURCE}"
    if "errorCode" in detail.value:
        return "the call was refused, so nothing was attached"
    arn = detail.optional_child("requestParameters").optional_text("policyArn") or ""
    if not arn.startswith(POLICIES):
        return f"the policy that was attached is not {QUARANTINE}"
    issuer = detail.optional_child("userIdentity").optional_child("sessionContext")
    made_by = issuer.optional_child("sessionIssuer").optional_text("userName") or ""
    return "the call was made by Ringfence itself" if made_by in ROLES else ""


def _recipient(detail: Document, envelope: Document) -> tuple[Document, str]:
    key = "recipientAccountId"
    return (detail, key) if detail.has(key) else (envelope, "account")


def _quarantined(detail: Document, account: str) -> Iterator[Principal]:
    """Yield the user, and the key where the user's own made the call: AWS may call in the user's name."""
    parameters = detail.child("requestParameters")
    what = "the name of an IAM user"
    user = fields.fit(UserRef.pattern, parameters.at("userName"), parameters.text("userName"), what)
    yield principal_of(Caller(type=Kind.USER, name=user), account)
    identity = detail.optional_child("userIdentity")
    key = identity.optional_text("accessKeyId") or ""
    own = (identity.optional_text("type"), identity.optional_text("userName")) == (Kind.USER, user)
    if own and AccessKeyRef.pattern.fullmatch(key):
        yield principal_of(Caller(type=Kind.USER, key=key, name=user), account)
