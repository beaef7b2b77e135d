"""Read a finding in Security Hub of which no service sends an event that Ringfence answers. Pure.

Its subjects are the resources that Ringfence has kinds of, and the finding itself: the policy's `mappings`
decide whether a runbook for the resources answers it, or a person is notified. Security Hub can be asked
whether it holds the finding, but nobody can be asked whether it is true. So nothing is changed without a
person, unless an entry of `mappings` says otherwise.
"""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.arns import refs_of_arns
from ringfence.events.guardduty.trigger.reported import reported_ref
from ringfence.events.security_hub.providers import level_of, types_of
from ringfence.events.security_hub.trigger import IMPORTED, IMPORTED_V2, SOURCE
from ringfence.model.claims import ImportedFinding
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Event = Mapping[str, object]

AT_MOST = (
    "approve",
    (
        "the product itself cannot be asked whether it found this: a person approves, unless the policy's "
        "`mappings` set a higher mode"
    ),
)
_SEVERITIES = MappingProxyType({0: 0.0, 1: 0.0, 2: 1.0, 3: 4.0, 4: 7.0, 5: 9.0, 6: 10.0})
"""The lowest severity on GuardDuty's scale for each `severity_id` of OCSF."""
_OTHER = "other"
_PRODUCT, _PRODUCT_V2 = ":product/", ":productv2/"


def told_event(finding: Document, kind: str) -> Event:
    """Return the event with this finding alone, at its account and region."""
    place = _FORMS[kind](finding)
    return {
        "version": "0",
        "id": "",
        "source": SOURCE,
        "detail-type": kind,
        "account": place["account"],
        "region": place["region"],
        "time": place["at"],
        "resources": [],
        "detail": {"findings": [finding.value]},
    }


def finding_of(event: Document, digest: str) -> Finding:
    """Return the finding of such an event. Raises BadInput."""
    (given,) = event.child("detail").children("findings")
    read = Document(_FORMS[event.text("detail-type")](given), given.path)
    account, region = fields.account(read, "account"), fields.region(read, "region")
    at, type_ = fields.instant(read, "at"), fields.title(read.text("type"))
    id_ = _id(names_of(event)[0], read.text("id"))
    own = reported_ref(type_, account, region, id_)
    return Finding(
        source=SOURCE,
        id=id_,
        type=type_,
        severity=read.number("severity"),
        account=account,
        region=region,
        title=fields.title(read.text("title")),
        updated_at=at,
        last_seen=at,
        subjects=(*refs_of_arns(read.texts("resources"), account, region), own),
        advices=((own.key, f"{names_of(event)[-1]} found it, and no remediation answers it"),),
        digest=digest,
        claim=ImportedFinding(*_own_names(given, event)),
        at_most=AT_MOST,
    )


def _own_names(given: Document, event: Document) -> tuple[str, str, bool]:
    """Return the id of a finding and of its product, as they are written, and whether it is of OCSF."""
    v2 = event.text("detail-type") == IMPORTED_V2
    id_ = given.child("finding_info").text("uid") if v2 else given.text("Id")
    return id_, names_of(event)[0], v2


def _id(product: str, id_: str) -> str:
    """Return a short id. Each product names its findings itself, so only both together are unique.

    The two versions of Security Hub have the same finding, and write the product's ARN differently.
    """
    named = f"{product.replace(_PRODUCT_V2, _PRODUCT, 1)}/{id_}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def names_of(event: Document) -> tuple[str, ...]:
    """Return the names of the product that found it: the ARN, and its last part."""
    (given,) = event.child("detail").children("findings")
    v2 = event.text("detail-type") == IMPORTED_V2
    product = given.child("metadata").child("product").text("uid") if v2 else given.text("ProductArn")
    return product, fields.title(product.rpartition("/")[2]) or _OTHER


def region_of(finding: Document) -> str:
    """Return the region of a finding of ASFF. Old findings have it only in their resources."""
    regions = (one.optional_text("Region") for one in finding.children("Resources"))
    return finding.optional_text("Region") or next(filter(None, regions), "") or finding.text("Region")


def updated_v2(info: Document) -> str:
    """Return the time of the version of a finding of OCSF. `time` is that of Security Hub's copy."""
    for name in ("modified_time_dt", "created_time_dt"):
        if text := info.optional_text(name):
            return text
    raise BadInput(info.at("created_time_dt"), "is required: the time of the finding")


def _of_asff(finding: Document) -> dict[str, object]:
    types = types_of(finding)
    return {
        "id": finding.text("Id"),
        "type": types[0] if types else _OTHER,
        "severity": level_of(finding),
        "account": finding.text("AwsAccountId"),
        "region": region_of(finding),
        "at": finding.text("UpdatedAt"),
        "title": finding.text("Title"),
        "resources": [one.text("Id") for one in finding.children("Resources")],
    }


def _of_ocsf(finding: Document) -> dict[str, object]:
    level, info = _level(finding), finding.child("finding_info")
    types, cloud = info.texts("types"), finding.child("cloud")
    return {
        "id": info.text("uid"),
        "type": types[0] if types else _OTHER,
        "severity": _SEVERITIES[level],
        "account": cloud.child("account").text("uid"),
        "region": cloud.text("region"),
        "at": updated_v2(info),
        "title": info.text("title"),
        "resources": [one.text("uid") for one in finding.children("resources")],
    }


def _level(finding: Document) -> int:
    """Return the level of the severity, as its provider wrote it: everybody who may update it changes a copy.

    https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchUpdateFindingsV2.html
    """
    provided = finding.optional_child("vendor_attributes")
    given = provided if provided.has("severity_id") else finding
    level = given.integer("severity_id")
    if level not in _SEVERITIES:
        known = ", ".join(map(str, _SEVERITIES))
        raise BadInput(given.at("severity_id"), f"must be one of {known}", level)
    return level


_FORMS: Mapping[str, Callable[[Document], dict[str, object]]] = MappingProxyType(
    {IMPORTED: _of_asff, IMPORTED_V2: _of_ocsf}
)
