"""Parse CloudTrail events for calls on Ringfence's own resources.

The calls of one principal on one resource in one hour are one finding. A principal is a user or a role,
because the name of a session is free text. All calls of a deployment in one hour are one finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.cloudtrail.parser import records
from ringfence.events.cloudtrail.parser.deployments import is_deployment, starts_deployment
from ringfence.events.cloudtrail.trigger.calls import DETAIL_TYPE
from ringfence.events.cloudtrail.trigger.calls import SEVERITY as ORDINARY
from ringfence.events.cloudtrail.trigger.defenses import SEVERITY
from ringfence.events.cloudtrail.trigger.own_resources import call_of
from ringfence.events.envelope import NotForUs
from ringfence.model.finding import Finding
from ringfence.model.kinds.finding import FindingRef

if TYPE_CHECKING:
    from ringfence.events.cloudtrail.trigger.own_resources import OwnCall
    from ringfence.events.envelope import Envelope
    from ringfence.model.document import Document

CHANGES_STACKS = ("ContinueUpdateRollback", "CreateChangeSet", "RollbackStack", "UpdateStack")
"""The calls of a person or a pipeline that start a deployment with the role of the CDK, or roll one back."""


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return a finding for a call of the table, or why it is not for Ringfence. Raises BadInput."""
    detail = envelope.document.child("detail")
    call, resource = _call(envelope, detail)
    if envelope.detail_type != DETAIL_TYPE or call is None:
        return NotForUs("the call does not concern a resource of Ringfence")
    if reason := records.unanswered(detail):
        return NotForUs(reason)
    account, region = records.account(detail, envelope.document), fields.region(detail, "awsRegion")
    at = fields.instant(detail, "eventTime")
    deployed = _is_deployment(call, envelope, account)
    subject = _subject(call, resource, detail, f"{at:%Y-%m-%dT%H}", deployed=deployed)
    return Finding(
        source=envelope.source,
        id=f"{subject}/{account}/{region}",
        type=call.type,
        severity=ORDINARY if deployed else SEVERITY,
        account=account,
        region=region,
        title=_title(call, resource, detail),
        updated_at=at.replace(minute=0, second=0, microsecond=0),
        last_seen=at,
        subjects=(FindingRef(account, region, subject),),
        advice=_advice(call, resource, detail, deployed=deployed),
        digest=envelope.digest,
        suspects=records.suspects(detail),
        urgent=not deployed,
    )


def _is_deployment(call: OwnCall, envelope: Envelope, account: str) -> bool:
    if call.service == "cloudformation":
        return call.name in CHANGES_STACKS and starts_deployment(envelope, account)
    return is_deployment(envelope, account)


def _call(envelope: Envelope, detail: Document) -> tuple[OwnCall | None, str]:
    service, name = envelope.source.removeprefix("aws."), detail.value.get("eventName")
    call = call_of(service, name) if isinstance(name, str) else None
    if call is None or detail.value.get("eventSource") != f"{service}.amazonaws.com":
        return None, ""
    resource = call.named.found(detail.value)
    return (call, resource) if resource else (None, "")


def _subject(call: OwnCall, resource: str, detail: Document, hour: str, *, deployed: bool) -> str:
    if deployed:
        return f"deployment/{hour}/{records.digest_of(records.issuer(detail))}"
    caller = records.digest_of(records.principal(detail))
    return f"{call.service}:{call.name}/{hour}/{caller}/{records.digest_of(resource)}"


def _title(call: OwnCall, resource: str, detail: Document) -> str:
    address = fields.text_if_valid(detail, "sourceIPAddress") or "an unknown address"
    (who,) = records.suspects(detail)
    return fields.title(f"{call.service}:{call.name} on {resource} from {address} by {who}")


def _advice(call: OwnCall, resource: str, detail: Document, *, deployed: bool) -> str:
    if deployed:
        role = fields.title(records.issuer(detail))
        return (
            f"{role} deploys changes to resources of Ringfence through CloudFormation. If nobody knows of "
            "this deployment, a person must find out who started it"
        )
    who, address = records.principal(detail), fields.text_if_valid(detail, "sourceIPAddress")
    return fields.title(
        f"TAMPERING: {call.service}:{call.name} on {resource}: {call.effect}", most=600
    ) + fields.title(
        f". {who} made the call from {address or 'an unknown address'}. A person must ask them, and undo "
        "the call if nobody confirms it: deploy Ringfence again",
        most=600,
    )
