"""Parse CloudTrail events for calls that impair an account's defenses.

All calls of one kind on one day are about one subject, and those of one caller in one hour are one entry. So
an intruder who makes a call a thousand times causes one notification. Each further caller causes another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.cloudtrail.parser import records
from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE
from ringfence.events.cloudtrail.trigger.calls import SEVERITY as ORDINARY
from ringfence.events.cloudtrail.trigger.defenses import CALLS, SEVERITY
from ringfence.events.envelope import NotForUs
from ringfence.model.finding import Finding
from ringfence.model.kinds.finding import FindingRef

if TYPE_CHECKING:
    from ringfence.events.cloudtrail.trigger.defenses import ImpairingCall
    from ringfence.events.envelope import Envelope
    from ringfence.model.document import Document

CLOUDFORMATION = "cloudformation.amazonaws.com"


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return a finding for a call of the table, or why it is not for Ringfence. Raises BadInput."""
    detail = envelope.document.child("detail")
    call = _call(envelope, detail)
    if envelope.detail_type != DETAIL_TYPE or call is None:
        return NotForUs("the call does not impair the account's defenses")
    if reason := records.unanswered(detail):
        return NotForUs(reason)
    account, region = records.account(detail, envelope.document), fields.region(detail, "awsRegion")
    at, who = fields.instant(detail, "eventTime"), records.suspects(detail)
    deployed = detail.optional_child("userIdentity").value.get("invokedBy") == CLOUDFORMATION
    return Finding(
        source=envelope.source,
        id=f"{call.type}/{account}/{region}/{at.date()}/{who[0]}",
        type=call.type,
        severity=ORDINARY if deployed else SEVERITY,
        account=account,
        region=region,
        title=fields.title(f"{call.service}:{call.name} on {_resource(call, detail)} by {who[0]}"),
        updated_at=at.replace(minute=0, second=0, microsecond=0),
        last_seen=at,
        subjects=(FindingRef(account, region, f"{call.service}:{call.name}/{at.date()}"),),
        advice=_advice(call, who[0], deployed=deployed),
        digest=envelope.digest,
        suspects=who,
        urgent=not deployed,
    )


def _call(envelope: Envelope, detail: Document) -> ImpairingCall | None:
    service, name = envelope.source.removeprefix("aws."), detail.value.get("eventName")
    call = CALLS.get((service, name)) if isinstance(name, str) else None
    if call is None or detail.value.get("eventSource") != f"{service}.amazonaws.com":
        return None
    parameters = detail.value.get("requestParameters")
    given = parameters if isinstance(parameters, dict) else {}
    return call if call.condition is None or call.condition.matches(given) else None


def _resource(call: ImpairingCall, detail: Document) -> str:
    given = detail.value.get("requestParameters")
    parameters = given if isinstance(given, dict) else {}
    return next((str(parameters[name]) for name in call.names if parameters.get(name)), "this account")


def _advice(call: ImpairingCall, who: str, *, deployed: bool) -> str:
    """Return the reason for the notification. CloudFormation alone can be named as the invoking service."""
    through = " through CloudFormation" if deployed else ""
    return (
        f"{who} called {call.service}:{call.name}{through}: {call.effect}. Ringfence changes nothing: a "
        "person must ask the caller, and undo the call if nobody confirms it"
    )
