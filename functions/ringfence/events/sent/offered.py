"""Findings in a file of a customer's own system: the event that their bus would carry. Pure.

Nobody has said who sends such a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.sent.form import DETAIL_TYPE, finding_of, subjects_of
from ringfence.events.sent.ocsf import CLASS, from_ocsf, is_ocsf
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.document import Document
    from ringfence.model.subject import Ref

_OWN = frozenset({"product", "subjects"})
"""The fields that findings in Ringfence's form have, and findings of AWS services do not."""


@frozen
class Offered:
    """A finding that somebody could send: in Ringfence's form, with its first resource."""

    finding: Document
    subject: Ref


def is_own(document: Document) -> bool:
    """Return whether a document is a finding of a customer's own system, in Ringfence's form or in OCSF.

    Security Hub's findings in OCSF name its product by an ARN.
    """
    if is_ocsf(document.value):
        product = document.value.get("metadata")
        named = product.get("product") if isinstance(product, dict) else None
        uid = named.get("uid") if isinstance(named, dict) else None
        return document.value.get("class_uid") == CLASS and not str(uid).startswith("arn:")
    return document.value.keys() >= _OWN


def is_unsealed(event: Mapping[str, object]) -> bool:
    """Return whether an event carries a finding whose sender nothing names: as one of the bus does."""
    detail = event.get("detail")
    return event.get("detail-type") == DETAIL_TYPE and isinstance(detail, dict) and "seal" not in detail


def offered(value: object, path: str = "") -> Offered:
    """Return a finding in Ringfence's form. Raises BadInput that names the field and the value."""
    finding = from_ocsf(value, path) if is_ocsf(value) else finding_of(value, path)
    return Offered(finding, subjects_of(finding)[0])
