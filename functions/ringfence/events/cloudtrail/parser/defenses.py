"""Parse CloudTrail events for calls that impair an account's defenses.

The calls of one kind by one principal in one hour on one resource are one finding. A principal is a user or a
role, because the name of a session is free text. Resources share `SHARES` findings, because a caller
chooses most of their names. So an intruder who makes a call a thousand times in an hour causes at most
`SHARES` notifications. A call in the next hour, or by another principal, causes another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.cloudtrail.parser import records
from ringfence.events.cloudtrail.parser.deployments import is_deployment
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

SHARES = 4
"""The findings of one call by one principal in one hour. Each resource belongs to one of them."""


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
    principal, resource = records.principal(detail), _resource(call, detail)
    share = int(records.digest_of(resource), 16) % SHARES
    subject = f"{call.service}:{call.name}/{at:%Y-%m-%dT%H}/{records.digest_of(principal)}/{share}"
    deployed = is_deployment(envelope, account)
    return Finding(
        source=envelope.source,
        id=f"{subject}/{account}/{region}",
        type=call.type,
        severity=ORDINARY if deployed else SEVERITY,
        account=account,
        region=region,
        title=fields.title(f"{call.service}:{call.name} on {resource} by {who[0]}"),
        updated_at=at.replace(minute=0, second=0, microsecond=0),
        last_seen=at,
        subjects=(FindingRef(account, region, subject),),
        advice=_advice(call, principal, deployed=deployed),
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
    """Return the reason for the notification."""
    through = " through CloudFormation" if deployed else ""
    return (
        f"{who} called {call.service}:{call.name}{through}: {call.effect}. Ringfence changes nothing: a "
        "person must ask the caller, and undo the call if nobody confirms it"
    )
