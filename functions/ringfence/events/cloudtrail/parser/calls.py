"""Parse CloudTrail events for API calls.

Shape: "CloudTrail record contents" under `detail`. EventBridge receives them in the region of the call if
there is a trail, and those of IAM in us-east-1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.cloudtrail.parser import records
from ringfence.events.cloudtrail.parser.bucket_policies import SET, let_in
from ringfence.events.cloudtrail.parser.deployments import is_deployment
from ringfence.events.cloudtrail.parser.subjects import place, subjects
from ringfence.events.cloudtrail.trigger.bucket_creation import CREATED, grants
from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE, PREFIX, SEVERITY, type_of
from ringfence.events.cloudtrail.trigger.impairing import TYPES as IMPAIRING
from ringfence.events.cloudtrail.trigger.quarantine import ATTACH
from ringfence.events.cloudtrail.trigger.quarantine import SOURCE as IAM
from ringfence.events.envelope import NotForUs
from ringfence.events.resource_refs import reason_of_organization
from ringfence.model.finding import Finding

if TYPE_CHECKING:
    from ringfence.events.cloudtrail.parser.subjects import Place
    from ringfence.events.envelope import Envelope
    from ringfence.model.document import Document
    from ringfence.model.subject import Ref

_NAME = re.compile(r"[A-Za-z0-9_]{1,128}")


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return a finding for a recorded call, or why it is not for Ringfence. Raises BadInput."""
    if envelope.detail_type != DETAIL_TYPE:
        return NotForUs(f"the event is of type {fields.formatted(envelope.detail_type)}, not {DETAIL_TYPE}")
    detail = envelope.document.child("detail")
    service, name = envelope.source.removeprefix("aws."), _name(detail)
    if not name or detail.value.get("eventSource") != f"{service}.amazonaws.com":
        return NotForUs(f"the event does not say which call of {fields.formatted(service)} it is about")
    if reason := records.unanswered(detail):
        return NotForUs(reason)
    if (envelope.source, name) == (IAM, ATTACH):
        from ringfence.events.cloudtrail.parser import quarantine

        return quarantine.read(envelope)
    where = place(service, name)
    if where is None or detail.value.get("managementEvent", True) is not True:
        return NotForUs(f"no runbook answers the call {fields.formatted(f'{service}:{name}')}")
    return _finding(envelope, detail, type_of(service, name), where)


def _name(detail: Document) -> str:
    name = detail.value.get("eventName")
    return name if isinstance(name, str) and _NAME.fullmatch(name) else ""


def _finding(envelope: Envelope, detail: Document, type_: str, where: Place) -> Finding | NotForUs:
    account = records.account(detail, envelope.document)
    region = fields.region(detail, "awsRegion")
    if _is_elsewhere(where.kind, detail, account):
        return NotForUs(f"the {where.kind.kind} is in another account, which gets its own CloudTrail event")
    if type_ == CREATED and not grants(detail.optional_child("requestParameters").value):
        return NotForUs("the bucket was created without access for others")
    about = subjects(where, detail, account, region)
    if not about:
        failed = "failed on each" if where.calls.failed else "is not on a"
        return NotForUs(f"the call {type_.removeprefix(PREFIX)} {failed} {where.kind.kind.replace('-', ' ')}")
    who = records.suspects(detail)
    at = fields.instant(detail, "eventTime")
    return Finding(
        source=envelope.source,
        id=records.id_of(detail),
        type=type_,
        severity=SEVERITY,
        account=account,
        region=region,
        title=fields.title(f"{type_} on {about[0].id} by {who[0]}{_more(type_, detail, account)}"),
        updated_at=at,
        last_seen=at,
        subjects=about,
        advice=reason_of_organization(about, account),
        digest=envelope.digest,
        suspects=who,
        routine=not where.kind.records_activity,
        urgent=type_ in IMPAIRING and not is_deployment(envelope, account),
    )


def _more(type_: str, detail: Document, account: str) -> str:
    """Return what else the title says: whom a bucket policy lets in."""
    return let_in(detail, account) if type_ == PREFIX + SET else ""


def _is_elsewhere(kind: type[Ref], detail: Document, account: str) -> bool:
    """Return whether this is the caller's record of a call on a bucket of another account."""
    if not kind.config_type or "{account}" in kind.arn_form:
        return False
    owners = {
        one.optional_text("accountId")
        for one in detail.children("resources")
        if one.optional_text("type") == kind.config_type
    }
    return bool(owners) and not owners & {account, None}
