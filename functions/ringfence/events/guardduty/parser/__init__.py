"""Parse GuardDuty findings.

Strict about fields that affect a decision, tolerant about all others. Shape: the `Finding` structure of the
GuardDuty API reference, in camel case under `detail`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.envelope import About, NotForUs
from ringfence.events.guardduty.parser.details import is_sample, remote_addresses
from ringfence.events.guardduty.parser.instances import subjects
from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.events.guardduty.trigger.instance_types import TYPES, Shape, why_not
from ringfence.events.guardduty.trigger.instances import notify_only_reason
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.subject import REGION

if TYPE_CHECKING:
    from ringfence.events.envelope import Envelope
    from ringfence.events.guardduty.trigger.instance_types import FindingType
    from ringfence.model.document import Document

MAX_SEVERITY = 10.0
_ID = re.compile(r"[\w.:/-]{1,256}", re.ASCII)


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return the finding of a GuardDuty event, or why it is not for Ringfence.

    Raises BadInput that names the field, for an event that should be a finding and is invalid.
    """
    if envelope.detail_type != DETAIL_TYPE:
        return NotForUs(f"the event is of type {fields.formatted(envelope.detail_type)}, not {DETAIL_TYPE}")
    detail = envelope.document.child("detail")
    name = detail.text("type")
    if reason := _refused(name):
        return NotForUs(f"{fields.formatted(name)}: {reason}")
    return _finding(name, detail, envelope)


def _refused(name: str) -> str:
    """Return why Ringfence does not act on a type. Types without instances are checked later."""
    if name in TYPES:
        return ""
    from ringfence.events.guardduty.trigger.buckets import BUCKET_TYPES
    from ringfence.events.guardduty.trigger.credential_types import CREDENTIAL_TYPES, NO_CREDENTIALS

    if name in CREDENTIAL_TYPES or name in BUCKET_TYPES:
        return ""
    return NO_CREDENTIALS.get(name) or why_not(name)


def _finding(name: str, detail: Document, envelope: Envelope) -> Finding | NotForUs:
    id_ = fields.fit(_ID, detail.at("id"), detail.text("id"), "a finding's id")
    account = fields.account(detail, "accountId")
    region = _region(detail, envelope.document)
    service = detail.child("service")
    updated_at = fields.instant(detail, "updatedAt")
    about = _about(name, detail, account, region)
    if isinstance(about, NotForUs):
        return about
    return Finding(
        source=SOURCE,
        id=id_,
        type=name,
        severity=_severity(detail),
        account=account,
        region=region,
        title=fields.title(detail.optional_text("title") or name),
        updated_at=updated_at,
        last_seen=fields.instant(service, "eventLastSeen") if service.has("eventLastSeen") else updated_at,
        first_seen=fields.instant(service, "eventFirstSeen") if service.has("eventFirstSeen") else None,
        count=_count(service),
        archived=service.flag("archived"),
        sample=is_sample(service),
        subjects=about.subjects,
        remote_addresses=remote_addresses(service),
        advice=about.notify_only_reason,
        advices=about.notify_only_reasons,
        digest=envelope.digest,
        suspects=about.suspects,
    )


def _about(name: str, detail: Document, account: str, region: str) -> About | NotForUs:
    kind = TYPES.get(name)
    if kind and kind.shape is not Shape.STOLEN:
        found = subjects(kind, detail, account, region)
        return found if isinstance(found, NotForUs) else About(found, _advice(kind, detail))
    from ringfence.events.guardduty.trigger.buckets import BUCKET_TYPES

    if name in BUCKET_TYPES:
        from ringfence.events.guardduty.parser.buckets import buckets, suspects

        return About(buckets(detail, account, region), suspects=tuple(suspects(detail)))
    from ringfence.events.guardduty.parser.credentials import principals

    about = principals(name, detail, account)
    robbed = subjects(kind, detail, account, region) if kind else ()
    if isinstance(about, NotForUs) or isinstance(robbed, NotForUs):
        return about
    return About((*about.subjects, *robbed), about.notify_only_reason, about.notify_only_reasons)


def _advice(kind: FindingType, detail: Document) -> str:
    return (
        notify_only_reason(kind.name, detail.child("service").optional_text("resourceRole"))
        if kind.target
        else ""
    )


def _region(detail: Document, envelope: Document) -> str:
    """Return the finding's region, or that of the envelope if it has none. Findings stay in their region."""
    given = detail.optional_text("region") or envelope.optional_text("region") or ""
    return fields.fit(REGION, detail.at("region"), given, "a region such as eu-west-1")


def _severity(detail: Document) -> float:
    severity = detail.number("severity")
    if not 0 <= severity <= MAX_SEVERITY:
        raise BadInput(detail.at("severity"), "must be from 0 to 10", severity)
    return severity


def _count(service: Document) -> int:
    count = service.integer("count") if service.has("count") else 1
    if not 1 <= count < 2**53:  # every JSON reader represents it exactly
        raise BadInput(service.at("count"), "must be at least 1", "a number out of range")
    return count
