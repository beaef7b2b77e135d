"""Parse verdicts of AWS Config rules.

Shape: "Monitoring AWS Config with Amazon EventBridge". Config sets no severity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events import resource_refs as named
from ringfence.events.config.controls import RULES
from ringfence.events.config.names import identifier, managed_name
from ringfence.events.config.trigger import DETAIL_TYPE, NON_COMPLIANT, SEVERITY, SOURCE
from ringfence.events.envelope import NotForUs
from ringfence.model.finding import Finding
from ringfence.model.kinds import every_kind
from ringfence.model.rule_confirmation import PREFIX, RULE_NAME, RULE_NAME_WORDS, ManagedRule

if TYPE_CHECKING:
    from ringfence.events.envelope import Envelope
    from ringfence.model.document import Document
    from ringfence.model.subject import Ref


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return a finding for a verdict, or why it is not for Ringfence. Raises BadInput."""
    if envelope.detail_type != DETAIL_TYPE:
        return NotForUs(f"the event is of type {fields.formatted(envelope.detail_type)}, not {DETAIL_TYPE}")
    detail = envelope.document.child("detail")
    result = detail.child("newEvaluationResult")
    verdict, what = result.text("complianceType"), detail.text("resourceType")
    if verdict != NON_COMPLIANT:
        return NotForUs(
            f"the verdict is {fields.formatted(verdict)}, and Ringfence answers only {NON_COMPLIANT}"
        )
    kind = _kind_of_type(what)
    if kind is None:
        return NotForUs(f"no runbook answers resources of type {fields.formatted(what)}")
    return _finding(envelope, detail, result, kind)


def _kind_of_type(type_: str) -> type[Ref] | None:
    """Return the kind that Config knows by this type.

    IAM's resources are named by their unique ids: who asks IAM finds their names.
    """
    return next((one for one in every_kind().values() if one.config_type == type_), None)


def _rule(detail: Document) -> tuple[str, str]:
    """Return a rule's name, and the name of the managed rule that it should be.

    A verdict from Security Hub also names the control. It can lack the rule: then any rule that is the
    managed one confirms it.
    """
    known = RULES.get(detail.optional_text("securityControlId") or "", "")
    if known and not detail.has("configRuleName"):
        return "", known
    rule = detail.text("configRuleName")
    fields.fit(RULE_NAME, detail.at("configRuleName"), rule, RULE_NAME_WORDS)
    return rule, known or managed_name(rule)


def _finding(envelope: Envelope, detail: Document, result: Document, kind: type[Ref]) -> Finding:
    account = fields.account(detail, "awsAccountId")
    region = fields.region(detail, "awsRegion")
    rule, name = _rule(detail)
    subject = named.ref(kind, detail.at("resourceId"), detail.text("resourceId"), account, region)
    at = fields.instant_if_valid(result, "resultRecordedTime") or fields.instant(envelope.document, "time")
    return Finding(
        source=SOURCE,
        id=f"{account}/{region}/{rule or name}/{kind.kind}/{subject.id}",
        type=PREFIX + name,
        severity=SEVERITY,
        account=account,
        region=region,
        title=fields.title(f"{kind.kind} {subject.id} does not comply with the Config rule {rule or name}"),
        updated_at=at,
        last_seen=at,
        subjects=(subject,),
        advice=named.reason_of_organization((subject,), account),
        digest=envelope.digest,
        claim=ManagedRule(rule, identifier(name), region),
    )
