"""Parse a sent finding, with its sender as the claim. The seal is checked before anything follows from it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ringfence.events import fields
from ringfence.events.envelope import NotForUs
from ringfence.events.guardduty.trigger.reported import reported_ref
from ringfence.events.sent.form import DETAIL_TYPE, SOURCE, subjects_of
from ringfence.events.sent.sealed import Sent, sent_of
from ringfence.model.claims import SentFinding
from ringfence.model.finding import Finding

if TYPE_CHECKING:
    from ringfence.events.envelope import Envelope
    from ringfence.model.document import Document


def read(envelope: Envelope) -> Finding | NotForUs:
    """Return the finding of an event of the intake, or why there is none. Raises BadInput."""
    if envelope.detail_type != DETAIL_TYPE:
        return NotForUs(f"the event is of type {fields.formatted(envelope.detail_type)}, not {DETAIL_TYPE}")
    sent, _ = sent_of(envelope.document.child("detail"))
    return finding_from(sent, envelope.digest)


def finding_from(sent: Sent, digest: str = "") -> Finding:
    """Return a sent finding as every source's findings are.

    Its last subject is the finding itself, for a notice if no runbook answers it.
    Its id contains the sender and the product, so that no sender can name a finding of another one.
    """
    given = sent.finding
    subjects = subjects_of(given)
    place = next((one for one in subjects if one.regional), subjects[0])
    updated_at = fields.instant(given, "updated_at")
    claim = SentFinding(sent.sender, sent.way.value)
    id_ = f"{claim.person.replace(' ', '-')}/{given.text('product')}/{given.text('id')}"
    short = hashlib.sha256(id_.encode()).hexdigest()[:32]
    own = reported_ref(given.text("type"), place.account, place.region, short)
    return Finding(
        source=SOURCE,
        id=id_,
        type=given.text("type"),
        severity=given.number("severity"),
        account=place.account,
        region=place.region,
        title=fields.title(given.text("title")),
        updated_at=updated_at,
        last_seen=updated_at,
        count=int(given.number("count")) if given.has("count") else 1,
        archived=given.flag("resolved"),
        sample=given.flag("sample"),
        subjects=(*subjects, own),
        advices=((own.key, f"{given.text('product')} found it, and no remediation answers it"),),
        digest=digest,
        first_seen=fields.instant_if_valid(given, "first_seen"),
        claim=claim,
        at_most=_at_most(given),
    )


def _at_most(given: Document) -> tuple[str, ...]:
    """Return the highest mode that the sender asks for, with the reason. Empty: the policy alone decides."""
    mode = given.optional_text("highest_mode")
    return (mode, f"its sender asks for at most mode {mode}") if mode else ()
