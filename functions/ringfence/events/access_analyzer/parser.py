"""Read the findings of IAM Access Analyzer about shares with strangers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.access_analyzer.trigger import FINDING, PUBLIC_SEVERITY, answered, type_of
from ringfence.events.arns import refs_of_arns
from ringfence.events.envelope import NotForUs
from ringfence.events.guardduty.trigger.reported import reported_ref
from ringfence.events.taken_in import Incoming
from ringfence.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.events.envelope import Envelope
    from ringfence.model.document import Document
    from ringfence.model.subject import Ref

ACTIVE, EXTERNAL = "ACTIVE", "ExternalAccess"
SHARED = 4.0
"""Access Analyzer sets no severity. Medium: some account or organization has access."""
AT_MOST = ("approve", "a share can be intended: a person approves")
"""For what no remediation reads from the resource itself before it changes anything."""


def parts(event: Document) -> Iterator[Incoming]:
    """Yield the finding of an event, or why it needs nothing."""
    reason = closed(event.child("detail"))
    yield Incoming("", NotForUs(reason) if reason else event.value, None, event.value)


def closed(detail: Document) -> str:
    """Return why nothing follows from a finding. Empty if somebody outside has access now."""
    status, kind = detail.text("status"), detail.optional_text("findingType") or EXTERNAL
    if status != ACTIVE or detail.flag("isDeleted"):
        state = "of a deleted resource" if detail.flag("isDeleted") else fields.formatted(status)
        return f"the finding is {state}, and Ringfence answers only {ACTIVE}"
    if kind != EXTERNAL:
        return f"the finding is of type {fields.formatted(kind)}, and Ringfence answers only {EXTERNAL}"
    if error := detail.optional_text("error"):
        return f"Access Analyzer could not read the resource: {fields.formatted(error)}"
    return ""


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return the finding of an event, or why it is not for Ringfence. Raises BadInput."""
    if envelope.detail_type != FINDING:
        kind = fields.formatted(envelope.detail_type)
        return NotForUs(f"the event is of type {kind}: a preview of a change, which shares nothing yet")
    detail = envelope.document.child("detail")
    if reason := closed(detail):
        return NotForUs(reason)
    return _finding(envelope, detail)


def _finding(envelope: Envelope, detail: Document) -> Finding:
    account, region = fields.account(detail, "accountId"), fields.region(detail, "region")
    resource, what, at = (
        detail.text("resource"),
        detail.text("resourceType"),
        fields.instant(detail, "updatedAt"),
    )
    public = _is_public(detail)
    type_ = fields.title(type_of(what, is_public=public))
    refs = shared_refs(resource, account, region)
    own = reported_ref(type_, account, region, detail.text("id"))
    who = "everybody" if public else "somebody outside of the zone of trust"
    return Finding(
        source=envelope.source,
        id=fields.title(detail.text("id")),
        type=type_,
        severity=PUBLIC_SEVERITY if public else SHARED,
        account=account,
        region=region,
        title=fields.title(f"{who} has access to {resource}"),
        updated_at=at,
        last_seen=at,
        subjects=(*refs, own),
        advices=((own.key, f"{who} has access to {fields.formatted(resource)}, which can be intended"),),
        digest=envelope.digest,
        at_most=() if answered(type_, refs) else AT_MOST,
    )


def shared_refs(arn: str, account: str, region: str) -> tuple[Ref, ...]:
    """Return the shared resource, if Ringfence has a kind of it. A snapshot's ARN can contain an account."""
    return refs_of_arns((arn, arn.replace(f":{account}:", "::", 1)), account, region)[:1]


def _is_public(detail: Document) -> bool:
    """Return whether everybody has access. Newer events have the details in a list."""
    found = [one.optional_child("externalAccessDetails") for one in detail.children("findingDetails")]
    return any(one.flag("isPublic") for one in (detail, *found))
