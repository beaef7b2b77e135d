"""Parse GuardDuty findings.

Strict about fields that affect a decision, tolerant about all others. Shape: the `Finding` structure of the
GuardDuty API reference, in camel case under `detail`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.envelope import About, NotForUs
from ringfence.events.guardduty.parser.details import (
    blocked,
    containers,
    direction,
    is_sample,
    remote_addresses,
)
from ringfence.events.guardduty.parser.instances import subjects
from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.events.guardduty.trigger.instance_types import TYPES, Shape
from ringfence.events.guardduty.trigger.instances import notify_only_reason
from ringfence.model.claims import ORIGIN, HeldFinding
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.subject import REGION

if TYPE_CHECKING:
    from ringfence.events.envelope import Envelope
    from ringfence.events.guardduty.trigger.instance_types import FindingType
    from ringfence.model.document import Document

MAX_SEVERITY = 10.0
LONGEST_DETECTOR = 300
"""The limit of GuardDuty's API."""
_ID = re.compile(r"[\w.:/-]{1,256}", re.ASCII)


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return the finding of a GuardDuty event, or why it is not for Ringfence.

    Raises BadInput that names the field, for an event that should be a finding and is invalid.
    """
    if envelope.detail_type != DETAIL_TYPE:
        return NotForUs(f"the event is of type {fields.formatted(envelope.detail_type)}, not {DETAIL_TYPE}")
    detail = envelope.document.child("detail")
    return _finding(detail.text("type"), detail, envelope)


def _finding(name: str, detail: Document, envelope: Envelope) -> Finding:
    id_ = fields.fit(_ID, detail.at("id"), detail.text("id"), "a finding's id")
    account = fields.account(detail, "accountId")
    region = _region(detail, envelope.document)
    service = detail.child("service")
    updated_at = fields.instant(detail, "updatedAt")
    about, severity = _about(name, detail, account, region), _severity(detail)
    if isinstance(about, NotForUs) or not about.subjects:
        about = _reported((account, region, id_), name, about, severity)
    return Finding(
        source=SOURCE,
        id=id_,
        type=fields.title(name),
        severity=severity,
        account=account,
        region=region,
        title=fields.title(fields.text_if_valid(detail, "title") or name),
        updated_at=updated_at,
        last_seen=fields.instant_if_valid(service, "eventLastSeen") or updated_at,
        first_seen=fields.instant_if_valid(service, "eventFirstSeen"),
        count=fields.count_if_valid(service, "count"),
        archived=service.flag("archived"),
        sample=is_sample(service),
        subjects=about.subjects,
        remote_addresses=remote_addresses(service),
        advice=about.notify_only_reason,
        advices=about.notify_only_reasons,
        digest=envelope.digest,
        suspects=about.suspects,
        urgent=about.urgent,
        containers=containers(detail),
        claim=HeldFinding(
            fields.text_if_valid(service, "detectorId")[:LONGEST_DETECTOR], envelope.document.has(ORIGIN)
        ),
    )


def _about(name: str, detail: Document, account: str, region: str) -> About | NotForUs:
    """Return what a finding is about. No subjects, or a reason, if no runbook acts on it."""
    kind = TYPES.get(name)
    if kind and kind.shape not in {Shape.STOLEN, Shape.SEQUENCE}:
        found = subjects(kind, detail, account, region)
        return found if isinstance(found, NotForUs) else About(found, _advice(kind, detail))
    from ringfence.events.guardduty.trigger.buckets import BUCKET_TYPES

    if name in BUCKET_TYPES:
        from ringfence.events.guardduty.parser.buckets import buckets, suspects

        return About(buckets(detail, account, region), suspects=tuple(suspects(detail)))
    from ringfence.events.guardduty.trigger.credential_types import CREDENTIAL_TYPES

    if name not in CREDENTIAL_TYPES:
        return About(())
    from ringfence.events.guardduty.parser.credentials import principals

    about = principals(name, detail, account)
    involved = subjects(kind, detail, account, region) if kind else ()
    if isinstance(about, NotForUs) or isinstance(involved, NotForUs):
        return about
    return About((*about.subjects, *involved), about.notify_only_reason, about.notify_only_reasons)


def _reported(finding: tuple[str, str, str], name: str, about: About | NotForUs, severity: float) -> About:
    """Return the finding itself as the subject: a person is notified of it."""
    from ringfence.events.guardduty.trigger.reported import CRITICAL, reason_to_report, reported_ref

    reason = about.reason if isinstance(about, NotForUs) else f"{name}: {reason_to_report(name)}"
    return About(
        (reported_ref(name, *finding),),
        fields.title(f"{reason}; a person must check it"),
        urgent=severity >= CRITICAL,
    )


def _advice(kind: FindingType, detail: Document) -> str:
    if not kind.target and not kind.contact:
        return ""
    service = detail.child("service")
    role = service.optional_text("resourceRole") if kind.target else None
    return notify_only_reason(kind.name, role, direction(service), blocked=blocked(service))


def _region(detail: Document, envelope: Document) -> str:
    """Return the finding's region, or that of the envelope if it has none. Findings stay in their region."""
    given = detail.optional_text("region") or envelope.optional_text("region") or ""
    return fields.fit(REGION, detail.at("region"), given, "a region such as eu-west-1")


def _severity(detail: Document) -> float:
    severity = detail.number("severity")
    if not 0 <= severity <= MAX_SEVERITY:
        raise BadInput(detail.at("severity"), "must be from 0 to 10", severity)
    return severity
