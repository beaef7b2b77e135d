"""The findings of a response, with what leads back to the service that holds them. Pure.

The event of a finding is as its sender wrote it. What it says about its origin only tells where to look for
the finding, and never which finding it is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.model.claims import ORIGIN
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.subject import REGION

if TYPE_CHECKING:
    from ringfence.record.summary import Line, Summary

_GUARDDUTY = "aws.guardduty"


@frozen
class Received:
    """A finding.

    Attributes
    ----------
    source, id : str
        The service that sent it, and its id there.
    account, region : str
        Those of the resource.
    hub_id, hub_product : str
        Its id and the ARN of its product in Security Hub, as the event says. Empty if it does not.
    """

    source: str
    id: str
    account: str
    region: str
    hub_id: str = ""
    hub_product: str = ""

    @property
    def hub_region(self) -> str:
        """The region of Security Hub that has it: that of the product's ARN, or else of the resource."""
        region = (*self.hub_product.split(":"), "", "", "", "")[3]
        return region if REGION.fullmatch(region) else self.region

    @property
    def is_of_guardduty(self) -> bool:
        """Whether GuardDuty found it."""
        return self.source == _GUARDDUTY


def received(now: Summary) -> tuple[Received, ...]:
    """Return the findings of a response, each once, in the order of their first events.

    The first event that says where a finding is counts: no later one can lead elsewhere.
    """
    found: dict[tuple[str, str], Received] = {}
    for one in now.lines:
        if one.kind == "FindingReceived":
            read = _read(one)
            known = found.get((read.source, read.id))
            if known is None or not known.hub_id:
                found[read.source, read.id] = read
    return tuple(found.values())


def _read(one: Line) -> Received:
    finding = one.fact.optional_child("finding")
    source, id_, account, region = (
        finding.optional_text(name) or "" for name in ("source", "id", "account", "region")
    )
    hub_id, product = _origin(one)
    if source == _GUARDDUTY and not hub_id:
        detector = finding.optional_child("claim").optional_text("detector") or ""
        hub_id = _arn(one) or f"arn:aws:guardduty:{region}:{account}:detector/{detector}/finding/{id_}"
        product = f"arn:aws:securityhub:{region}::product/aws/guardduty"
    return Received(source, id_, account, region, hub_id, product)


def _origin(one: Line) -> tuple[str, str]:
    origin = _event(one).optional_child(ORIGIN)
    return _text(origin, "Id"), _text(origin, "ProductArn")


def _arn(one: Line) -> str:
    """Return the ARN of a finding of GuardDuty. It is the id of the finding in Security Hub.

    https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
    """
    return _text(_event(one).optional_child("detail"), "arn")


def _event(one: Line) -> Document:
    try:
        return Document.of(json.loads(one.fact.optional_text("event") or "{}"))
    except (BadInput, ValueError, RecursionError):
        return Document({})


def _text(of: Document, name: str) -> str:
    found = of.value.get(name)
    return found if isinstance(found, str) else ""
