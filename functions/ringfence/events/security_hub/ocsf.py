"""Read findings of the new Security Hub (OCSF) as the events that Ringfence receives for them. Pure.

https://docs.aws.amazon.com/securityhub/latest/userguide/security-hub-adv-ocsf-findings.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events.config.controls import RULES
from ringfence.events.envelope import NotForUs
from ringfence.events.security_hub.direct import (
    guardduty_event,
    guardduty_type,
    resource_of,
    unanswered,
    verdict,
)
from ringfence.events.security_hub.products import GUARDDUTY, SECURITY_HUB, product_of_aws
from ringfence.events.security_hub.shares import public_share_v2
from ringfence.events.security_hub.state import closed_v2
from ringfence.events.security_hub.told import told_event, updated_v2
from ringfence.events.security_hub.trigger import IMPORTED_V2
from ringfence.model.document import Document
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    Event = Mapping[str, object]

SEVERITIES = MappingProxyType({1: 0.0, 2: 1.0, 3: 4.0, 4: 7.0, 5: 9.0, 6: 10.0})
"""The lowest severity on GuardDuty's scale for each `severity_id`. GuardDuty itself says the exact one."""


def event_of(finding: Document) -> Event | NotForUs:
    """Return the event of the service that found it, or why Ringfence receives none.

    Raises
    ------
    BadInput
        The finding lacks a field that decides.

    """
    product = product_of_aws(finding.child("metadata").child("product").text("uid"))
    if reason := closed_v2(finding):
        return NotForUs(reason)
    if product == GUARDDUTY:
        return _of_guardduty(finding)
    control = finding.optional_child("compliance").optional_text("control")
    if product == SECURITY_HUB and control:
        return _of_control(finding, control)
    return public_share_v2(finding) or told_event(finding, IMPORTED_V2)


def _of_guardduty(finding: Document) -> Event:
    info, resource = finding.child("finding_info"), _first(finding)
    detail: dict[str, object] = {
        "id": info.text("uid").rpartition("/")[2],
        "type": _type(info),
        "severity": _severity(finding),
        "title": info.optional_text("title") or "",
        "resource": resource_of(_as_asff(resource)),
        "service": {"archived": False},
    }
    return guardduty_event(_place(finding, resource), updated_v2(info), detail)


def _type(info: Document) -> str:
    """Return GuardDuty's type, `Execution:Runtime/NewBinaryExecuted`. Other types have no colon."""
    found = [one for one in info.texts("types") if ":" in one]
    if not found:
        raise BadInput(info.at("types"), "must contain GuardDuty's type", list(info.texts("types")))
    return guardduty_type(found[0])


def _severity(finding: Document) -> float:
    given = finding.integer("severity_id")
    if given not in SEVERITIES:
        raise BadInput(finding.at("severity_id"), f"must be one of {', '.join(map(str, SEVERITIES))}", given)
    return SEVERITIES[given]


def _of_control(finding: Document, control: str) -> Event | NotForUs:
    if control not in RULES:
        return unanswered(control)
    resource, info = _first(finding), finding.child("finding_info")
    return verdict(
        _as_asff(resource), _place(finding, resource), updated_v2(info), {"securityControlId": control}
    )


def _first(finding: Document) -> Document:
    for resource in finding.children("resources"):
        return resource
    raise BadInput(finding.at("resources"), "must name the affected resource")


def _as_asff(resource: Document) -> Document:
    """Return a resource with the names of ASFF."""
    data = resource.optional_child("data").value
    given = {"Type": resource.text("type"), "Id": resource.text("uid"), "Details": {}}
    details = {name: data[name] for name in ("AwsIamAccessKey", "AwsIamUser") if name in data}
    return Document({**given, "Details": details}, resource.path)


def _place(finding: Document, resource: Document) -> tuple[str, str]:
    cloud = finding.child("cloud")
    return cloud.child("account").text("uid"), resource.optional_text("region") or cloud.text("region")
