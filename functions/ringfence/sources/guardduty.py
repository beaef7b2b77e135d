"""GuardDuty findings as EventBridge delivers them.

Strict in what decisions need, tolerant of all else. Shapes: the `Finding` structure of the GuardDuty API
reference, in camel case under `detail`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.core.errors import BadInput
from ringfence.core.finding import Finding
from ringfence.core.guardduty import DETAIL_TYPE, SOURCE, advice
from ringfence.core.guardduty_types import TYPES, why_not
from ringfence.core.subject import ACCOUNT, REGION
from ringfence.sources.envelope import Envelope, NotForUs, parse_json
from ringfence.sources.guardduty_details import is_sample, remote_addresses
from ringfence.sources.guardduty_subjects import subjects

if TYPE_CHECKING:
    from ringfence.core.document import Document
    from ringfence.core.guardduty_types import FindingType

TITLE_LENGTH = 200
MAX_SEVERITY = 10.0
_ID = re.compile(r"[\w.:/-]{1,256}", re.ASCII)


def parse_text(text: str) -> Finding | NotForUs:
    """Parse an event as text, such as the body of an SQS message; raises BadInput."""
    return parse(parse_json(text))


def parse(event: object) -> Finding | NotForUs:
    """Turn an EventBridge event into a finding, or say why it is none for us.

    Raises BadInput naming the field for what claims to be a finding for us and cannot be used as one.
    """
    envelope = Envelope.of(event)
    if envelope.source != SOURCE:
        return NotForUs(f"the event's source is {_shown(envelope.source)}, not {SOURCE}")
    if envelope.detail_type != DETAIL_TYPE:
        return NotForUs(f"the event is a {_shown(envelope.detail_type)}, not a {DETAIL_TYPE}")
    detail = envelope.document.child("detail")
    name = detail.text("type")
    if name not in TYPES:
        return NotForUs(f"{_shown(name)}: {why_not(name)}")
    return _finding(TYPES[name], detail, envelope)


def _finding(kind: FindingType, detail: Document, envelope: Envelope) -> Finding | NotForUs:
    id_ = _fit(_ID, detail.at("id"), detail.text("id"), "a finding's id")
    account = _fit(ACCOUNT, detail.at("accountId"), detail.text("accountId"), "a 12-digit account id")
    region = _region(detail, envelope.document)
    service = detail.child("service")
    updated_at = _instant(detail, "updatedAt")
    about = subjects(kind, detail, account, region)
    if isinstance(about, NotForUs):
        return about
    return Finding(
        source=SOURCE,
        id=id_,
        type=kind.name,
        severity=_severity(detail),
        account=account,
        region=region,
        title=_title(detail.optional_text("title") or kind.name),
        updated_at=updated_at,
        last_seen=_instant(service, "eventLastSeen") if service.has("eventLastSeen") else updated_at,
        count=_count(service),
        archived=service.flag("archived"),
        sample=is_sample(service),
        subjects=about,
        remote_addresses=remote_addresses(service),
        advice=advice(kind.name, service.optional_text("resourceRole")) if kind.target else "",
        digest=envelope.digest,
    )


def _region(detail: Document, envelope: Document) -> str:
    """Return the finding's region, or the envelope's where it has none: findings stay in their region."""
    given = detail.optional_text("region") or envelope.optional_text("region") or ""
    return _fit(REGION, detail.at("region"), given, "a region such as eu-west-1")


def _severity(detail: Document) -> float:
    severity = detail.number("severity")
    if not 0 <= severity <= MAX_SEVERITY:
        raise BadInput(detail.at("severity"), "must be from 0 to 10", severity)
    return severity


def _count(service: Document) -> int:
    count = service.integer("count") if service.has("count") else 1
    if not 1 <= count < 2**53:  # what any JSON reader holds exactly
        raise BadInput(service.at("count"), "must be at least 1", "a number out of range")
    return count


def _instant(document: Document, key: str) -> datetime:
    given = document.text(key)
    try:
        instant = datetime.fromisoformat(given)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadInput(document.at(key), "must be an instant such as 2026-01-31T23:59:59.000Z", given)


def _fit(pattern: re.Pattern[str], field: str, given: str, what: str) -> str:
    if not pattern.fullmatch(given):
        raise BadInput(field, f"must be {what}", given)
    return given


def _title(text: str) -> str:
    """Make a title harmless on a terminal and short: it is free text that an intruder can influence."""
    printable = "".join(char if char.isprintable() else " " for char in text[: 2 * TITLE_LENGTH])
    plain = " ".join(printable.split())
    return plain if len(plain) <= TITLE_LENGTH else plain[: TITLE_LENGTH - 1] + "…"


def _shown(text: str) -> str:
    return ascii(text[:80])[1:-1]
