"""Read findings of Security Hub CSPM (ASFF) as the events that Ringfence receives for them. Pure.

Security Hub imports findings of GuardDuty, and results of the rules of AWS Config behind its controls. Both
reach Ringfence from the service itself. GuardDuty's fields under `service` are texts in `ProductFields`, by
their paths.
https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.config.controls import CIS, RULES
from ringfence.events.envelope import NotForUs
from ringfence.events.security_hub.direct import (
    guardduty_event,
    guardduty_type,
    resource_of,
    unanswered,
    verdict,
)
from ringfence.events.security_hub.products import GUARDDUTY, SECURITY_HUB, product_of_aws
from ringfence.events.security_hub.providers import severity_of, types_of
from ringfence.events.security_hub.shares import public_share
from ringfence.events.security_hub.state import closed
from ringfence.events.security_hub.told import told_event
from ringfence.events.security_hub.trigger import IMPORTED
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.document import Document

    Event = Mapping[str, object]

_SERVICE = "aws/guardduty/service/"
_NUMBERS = frozenset({"count", "port"})
_BENCHMARK = "cis-aws-foundations-benchmark/v/1.2.0"
"""The standard whose rules are numbered from 1.1 to 4.3."""


def event_of(finding: Document) -> Event | NotForUs:
    """Return the event of the service that found it, or why Ringfence receives none.

    Raises
    ------
    BadInput
        The finding lacks a field that decides.

    """
    product = product_of_aws(finding.text("ProductArn"))
    if reason := closed(finding):
        return NotForUs(reason)
    if product == GUARDDUTY:
        return _of_guardduty(finding)
    if product == SECURITY_HUB:
        return _of_control(finding)
    return public_share(finding) or told_event(finding, IMPORTED)


def control_of(finding: Document) -> str:
    """Return the id of the control behind a finding. Empty without one."""
    fields = finding.optional_child("ProductFields")
    if own := finding.optional_child("Compliance").optional_text("SecurityControlId"):
        return own
    if own := fields.optional_text("ControlId"):
        return own
    number = fields.optional_text("RuleId") or ""
    return f"{CIS}{number}" if number and _BENCHMARK in (finding.optional_text("GeneratorId") or "") else ""


def _of_guardduty(finding: Document) -> Event:
    resource = _first_resource(finding)
    detail: dict[str, object] = {
        "id": finding.text("Id").rpartition("/")[2],
        "type": _type(finding),
        "severity": severity_of(finding),
        "title": finding.optional_text("Title") or "",
        "resource": resource_of(resource),
        "service": _service(finding.optional_child("ProductFields")),
    }
    return guardduty_event(_place(finding, resource), finding.text("UpdatedAt"), detail)


def _of_control(finding: Document) -> Event | NotForUs:
    """Return the result of the rule behind a control."""
    rule = finding.optional_child("ProductFields").optional_text("RelatedAWSResources:0/name") or ""
    control = control_of(finding)
    if not (rule or control):
        raise BadInput(finding.at("Compliance.SecurityControlId"), "must name the control")
    if not rule and control not in RULES:
        return unanswered(control)
    resource = _first_resource(finding)
    named = {name: one for name, one in (("configRuleName", rule), ("securityControlId", control)) if one}
    return verdict(resource, _place(finding, resource), finding.text("UpdatedAt"), named)


def _type(finding: Document) -> str:
    types = types_of(finding)
    if not types:
        raise BadInput(finding.at("Types"), "must name the type of the finding")
    return guardduty_type(types[0])


def _service(fields: Document) -> dict[str, object]:
    """Return the fields under `service`, from their paths."""
    service: dict[str, object] = {}
    for path in sorted(fields.value):
        text = fields.value[path]
        if path.startswith(_SERVICE) and isinstance(text, str) and text:
            *parents, name = path.removeprefix(_SERVICE).split("/")
            within = service
            for parent in parents:
                below = within.setdefault(parent, {})
                if not isinstance(below, dict):
                    break
                within = below
            else:
                within[name] = _value(name, text)
    service.setdefault("archived", False)
    return service


def _value(name: str, text: str) -> object:
    if name in _NUMBERS and text.isdigit():
        return int(text)
    return {"true": True, "false": False}.get(text, text)


def _first_resource(finding: Document) -> Document:
    for resource in finding.children("Resources"):
        return resource
    raise BadInput(finding.at("Resources"), "must name the affected resource")


def _place(finding: Document, resource: Document) -> tuple[str, str]:
    """Return the account and region of the finding. The event's can be those of an administrator."""
    return finding.text("AwsAccountId"), resource.optional_text("Region") or finding.text("Region")
