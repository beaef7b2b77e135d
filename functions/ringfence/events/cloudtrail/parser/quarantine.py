"""Parse CloudTrail events about AWS's quarantine of a user. They need a trail and arrive in us-east-1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.cloudtrail.parser import records
from ringfence.events.cloudtrail.trigger.quarantine import POLICIES, QUARANTINE, SEVERITY, SOURCE
from ringfence.events.envelope import About, NotForUs
from ringfence.model.claims import AttachedPolicy
from ringfence.model.finding import Finding
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.principals import Caller, Kind, principal_of
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.events.envelope import Envelope
    from ringfence.model.document import Document
    from ringfence.model.principals import Principal


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return a finding for the attachment of the policy to a user. Raises BadInput."""
    detail = envelope.document.child("detail")
    arn = detail.optional_child("requestParameters").optional_text("policyArn") or ""
    if not arn.startswith(POLICIES):
        return NotForUs(f"the policy that was attached is not {QUARANTINE}")
    account = records.account(detail, envelope.document)
    at = fields.instant(detail, "eventTime")
    about = About.of(_quarantined(detail, account))
    policy = arn.rpartition("/")[2]
    return Finding(
        source=SOURCE,
        id=records.id_of(detail),
        type=QUARANTINE,
        severity=SEVERITY,
        account=account,
        region=GLOBAL,
        title=fields.title(f"{policy} was attached to the user {about.subjects[0].id}"),
        updated_at=at,
        last_seen=at,
        subjects=about.subjects,
        advices=about.notify_only_reasons,
        digest=envelope.digest,
        first_seen=at,
        claim=AttachedPolicy(_user(detail), arn, records.id_of(detail)),
    )


def _user(detail: Document) -> str:
    parameters = detail.child("requestParameters")
    what = "the name of an IAM user"
    return fields.fit(UserRef.pattern, parameters.at("userName"), parameters.text("userName"), what)


def _quarantined(detail: Document, account: str) -> Iterator[Principal]:
    """Yield the user. Yield also the key if it made the call: AWS can make the call in the user's name."""
    user = _user(detail)
    yield principal_of(Caller(type=Kind.USER, name=user), account)
    identity = detail.optional_child("userIdentity")
    key = identity.optional_text("accessKeyId") or ""
    own = (identity.optional_text("type"), identity.optional_text("userName")) == (Kind.USER, user)
    if own and AccessKeyRef.pattern.fullmatch(key):
        yield principal_of(Caller(type=Kind.USER, key=key, name=user), account)
