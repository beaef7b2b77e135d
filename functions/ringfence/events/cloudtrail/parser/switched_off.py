"""Parse CloudTrail events for calls that switch off one of Ringfence's own resources.

The calls of a deployment are not answered: it may declare that a resource is off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events import fields, resource_refs
from ringfence.events.cloudtrail.parser import records
from ringfence.events.cloudtrail.parser.deployments import is_deployment
from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE, SEVERITY
from ringfence.events.cloudtrail.trigger.own_resources import call_of
from ringfence.events.cloudtrail.trigger.switched_off import CALLS_THAT_SWITCH_OFF
from ringfence.events.envelope import NotForUs
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.kinds import every_kind

if TYPE_CHECKING:
    from ringfence.events.cloudtrail.trigger.switched_off import SwitchingCall
    from ringfence.events.envelope import Envelope
    from ringfence.model.document import Document
    from ringfence.model.subject import Ref

_FUNCTION = ":function:"


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return a finding for such a call, or why it is not for Ringfence. Raises BadInput."""
    detail = envelope.document.child("detail")
    switching = _switching(envelope, detail)
    if envelope.detail_type != DETAIL_TYPE or switching is None:
        return NotForUs("the call does not switch off a resource of Ringfence")
    if reason := records.unanswered(detail):
        return NotForUs(reason)
    account, region = records.account(detail, envelope.document), fields.region(detail, "awsRegion")
    if is_deployment(envelope, account):
        return NotForUs("the call is part of a deployment")
    ref = _subject(switching, detail, account, region)
    if ref is None:
        return NotForUs(f"the record does not name the {switching.noun}; the scheduled review finds it")
    at, who = fields.instant(detail, "eventTime"), records.suspects(detail)
    return Finding(
        source=envelope.source,
        id=records.id_of(detail),
        type=switching.type,
        severity=SEVERITY,
        account=account,
        region=region,
        title=fields.title(f"{switching.type} on {ref.id} by {who[0]}"),
        updated_at=at,
        last_seen=at,
        subjects=(ref,),
        digest=envelope.digest,
        suspects=who,
        routine=True,
    )


def _switching(envelope: Envelope, detail: Document) -> SwitchingCall | None:
    service, name = envelope.source.removeprefix("aws."), detail.value.get("eventName")
    if not isinstance(name, str) or detail.value.get("eventSource") != f"{service}.amazonaws.com":
        return None
    call = call_of(service, name)
    found = CALLS_THAT_SWITCH_OFF.get((service, call.name)) if call else None
    return found if found and found.call.named.found(detail.value) else None


def _subject(switching: SwitchingCall, detail: Document, account: str, region: str) -> Ref | None:
    """Return the resource. None without a valid id: the call is reported as urgent in any case."""
    for part, parameter in switching.id_paths:
        given = detail.optional_child(part).value.get(parameter)
        if isinstance(given, str) and given:
            try:
                return resource_refs.ref(
                    every_kind()[switching.kind], parameter, _without_arn(given), account, region
                )
            except BadInput:
                return None
    return None


def _without_arn(given: str) -> str:
    """Return the name of a function that is named by an ARN, which can end with a version or an alias."""
    before, function, name = given.rpartition(_FUNCTION)
    return name.partition(":")[0] if before or function else given
