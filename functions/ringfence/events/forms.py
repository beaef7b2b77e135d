"""Read one event in the forms that people have it in. Pure.

As EventBridge delivers it, as `aws guardduty get-findings` prints a finding, a finding of GuardDuty by
itself, which is the `detail` of its event, or a finding of Security Hub.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.events.guardduty.answers import as_detail
from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.events.security_hub.trigger import IMPORTED, IMPORTED_V2
from ringfence.events.security_hub.trigger import SOURCE as SECURITY_HUB
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.subject import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORMS = (
    "must be an event with source and detail-type, the output of `aws guardduty get-findings`, a finding "
    "of GuardDuty, or a finding of Security Hub (ASFF or OCSF)"
)


@dataclass(frozen=True)
class FileEvent:
    """One event of a file. `account` and `region` are those of its bus; empty if the file names none."""

    source: str
    detail_type: str
    detail: Mapping[str, object]
    account: str = ""
    region: str = ""
    resources: tuple[str, ...] = ()

    @property
    def entry(self) -> dict[str, object]:
        """The event in the form of PutEvents."""
        return {
            "Source": self.source,
            "DetailType": self.detail_type,
            "Detail": json.dumps(self.detail),
            "Resources": list(self.resources),
        }


def event_in(document: Document) -> FileEvent:
    """Return the event of one document. Raises BadInput that names the field."""
    if document.has("detail-type"):
        return _of_bus(document)
    if document.has("ProductArn"):
        return _of_security_hub(document, IMPORTED)
    if document.has("class_uid"):
        return _of_security_hub(document, IMPORTED_V2)
    if document.has("Service") and document.has("Id"):
        return _of_answer(document)
    if document.has("service") and document.has("id") and document.has("resource"):
        return _of_finding(document.value)
    raise BadInput("(document)", _FORMS)


def _of_bus(document: Document) -> FileEvent:
    account, region = (document.optional_text(name) or "" for name in ("account", "region"))
    if account and not ACCOUNT.fullmatch(account):
        raise BadInput("account", "must be a 12-digit account id", account)
    if region and not REGION.fullmatch(region):
        raise BadInput("region", "must be a region such as eu-west-1", region)
    return FileEvent(
        document.text("source"),
        document.text("detail-type"),
        document.child("detail").value,
        account,
        region,
        document.texts("resources"),
    )


def _of_security_hub(finding: Document, kind: str) -> FileEvent:
    """Return the event that Security Hub sends for a finding, at the finding's account and region."""
    if kind == IMPORTED:
        place = (finding.text("AwsAccountId"), finding.text("Region"))
    else:
        cloud = finding.child("cloud")
        place = (cloud.child("account").text("uid"), cloud.text("region"))
    return FileEvent(SECURITY_HUB, kind, {"findings": [finding.value]}, *place)


def _of_answer(finding: Document) -> FileEvent:
    for name in ("Id", "Type", "AccountId", "Region", "UpdatedAt"):
        finding.text(name)
    return _of_finding(as_detail(finding.value))


def _of_finding(detail: Mapping[str, object]) -> FileEvent:
    document = Document.of(detail)
    return FileEvent(SOURCE, DETAIL_TYPE, detail, document.text("accountId"), document.text("region"))
