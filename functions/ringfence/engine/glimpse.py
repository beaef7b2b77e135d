"""What can be said of a finding, even of one that cannot be used. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from ringfence.events.guardduty.parser import MAX_SEVERITY
from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping


MOST = 256
"""Maximum characters of one field. An invalid event can contain a long text."""


@dataclass(frozen=True)
class About:
    """The known fields of a finding, even of an invalid one. None for missing fields."""

    id: str | None = None
    type: str | None = None
    severity: float | None = None
    account: str | None = None
    region: str | None = None
    title: str | None = None


def glimpse(event: object) -> About | None:
    """Return the known fields of a finding that was not parsed."""
    if not isinstance(event, dict) or (event.get("source"), event.get("detail-type")) != (
        SOURCE,
        DETAIL_TYPE,
    ):
        return None
    detail = event.get("detail")
    if not isinstance(detail, dict):
        return None
    severity = detail.get("severity")
    return About(
        id=_text(detail, "id"),
        type=_text(detail, "type"),
        severity=severity if _is_severity(severity) else None,
        account=_text(detail, "accountId"),
        region=_text(detail, "region"),
        title=_text(detail, "title"),
    )


def _is_severity(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_SEVERITY


def _text(detail: Mapping[str, object], key: str) -> str | None:
    value = detail.get(key)
    if not isinstance(value, str):
        return None
    return value if len(value) <= MOST else f"{value[:MOST]}…"
