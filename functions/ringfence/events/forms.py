"""Read one event in the forms that people have it in. Pure.

As EventBridge delivers it, as `aws guardduty get-findings` prints a finding, a finding of GuardDuty by
itself, which is the `detail` of its event, a finding of Security Hub, or one of a customer's own system.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.events.guardduty.answers import as_detail
from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.events.security_hub.trigger import IMPORTED, IMPORTED_V2
from ringfence.events.security_hub.trigger import SOURCE as SECURITY_HUB
from ringfence.events.sent.form import DETAIL_TYPE as SENT
from ringfence.events.sent.offered import is_own, is_unsealed, offered
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import FINDINGS, PREFIX
from ringfence.model.subject import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN = "own-system"
"""The source of an event on Ringfence's own bus that a file does not name: senders choose it."""
_FORMS = (
    "must be an event with source and detail-type, the output of `aws guardduty get-findings`, a finding "
    "of GuardDuty, a finding of Security Hub (ASFF or OCSF), or a finding of your own system, in the form of "
    "`ringfence findings send`"
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
    def is_own(self) -> bool:
        """Whether it carries a finding of a customer's own system, for Ringfence's own bus."""
        return is_unsealed({"detail-type": self.detail_type, "detail": self.detail})

    @property
    def entry(self) -> dict[str, object]:
        """The event in the form of PutEvents."""
        return {
            **({"EventBusName": f"{PREFIX}{FINDINGS}"} if self.is_own else {}),
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
    if is_own(document):
        return _of_own_system(document)
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


def _of_own_system(document: Document) -> FileEvent:
    """Return the event that carries a finding on Ringfence's own bus, of the account of its resource."""
    read = offered(document.value, document.path)
    place = (read.subject.account, read.subject.region)
    return FileEvent(OWN, SENT, document.value, *place)


def _of_answer(finding: Document) -> FileEvent:
    for name in ("Id", "Type", "AccountId", "Region", "UpdatedAt"):
        finding.text(name)
    return _of_finding(as_detail(finding.value))


def _of_finding(detail: Mapping[str, object]) -> FileEvent:
    document = Document.of(detail)
    return FileEvent(SOURCE, DETAIL_TYPE, detail, document.text("accountId"), document.text("region"))
