"""Make a sample event a new one: of now, with new ids, in an account and region, about a resource."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ringfence.events.guardduty.trigger import DETAIL_TYPE
from ringfence.local.samples.guardduty import ACCOUNT, ADMINISTRATOR, REGION, changed
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
NEWEST = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
"""The newest time in the samples before that."""
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_HTTP = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b")
_DIGIT = re.compile(r"[0-9a-f]")


def fresh(event: Json, salt: str, now: datetime, account: str = ACCOUNT, region: str = REGION) -> Json:
    """Return a new event: other times, ids, account and region.

    Parameters
    ----------
    event
        A sample, as the builders return it.
    salt
        What makes the ids different from those of other events.
    now
        The time of the newest thing in the event.
    account, region
        Where its resource is. The event arrives in this account.
    """
    later = now - NEWEST
    words = ((ADMINISTRATOR, account), (ACCOUNT, account), (REGION, region))

    def text(value: str) -> str:
        for old, new in words:
            value = value.replace(old, new)
        return _ID.sub(lambda found: _other(found[0], salt), _at(value, later))

    found: Json = _mapped(event, text)
    placed = event.get("region") not in {None, GLOBAL}  # findings of own systems name it in their subjects
    return {**found, "region": region} if placed else found


def about(event: Json, old: str, new: str) -> Json:
    """Return the event about another resource: its id is replaced wherever it is."""
    found: Json = _mapped(event, lambda value: value.replace(old, new))
    return found


def untagged(event: Json) -> Json:
    """Return the event of GuardDuty without the tags of the example: those of another one are not known."""
    details = event.get("detail", {}).get("resource", {}).get("instanceDetails")
    return changed(event, "detail.resource.instanceDetails.tags", []) if details else event


def marked(event: Json) -> Json:
    """Return the event as GuardDuty marks its samples. Events of other sources have no such mark."""
    if event.get("detail-type") != DETAIL_TYPE:
        return event
    titled = changed(event, "detail.title", f"[SAMPLE] {event['detail']['title']}")
    return changed(titled, "detail.service.additionalInfo", {"value": '{"sample":true}', "type": "default"})


def _at(value: str, later: timedelta) -> str:
    """Return a text with another time, if it is one."""
    if _ISO.fullmatch(value):
        moved = datetime.fromisoformat(value) + later
        return (
            moved.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            if "." in value
            else f"{moved:%Y-%m-%dT%H:%M:%SZ}"
        )
    if _HTTP.fullmatch(value):
        return format_datetime(parsedate_to_datetime(value) + later, usegmt=True)
    return value


def _other(id_: str, salt: str) -> str:
    """Return another id of the same form. The same id gives the same one."""
    digits = iter(hashlib.sha256(f"{salt} {id_}".encode()).hexdigest())
    return _DIGIT.sub(lambda _: next(digits), id_)


def _mapped(value: Any, text: Callable[[str], str]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {name: _mapped(one, text) for name, one in value.items()}
    if isinstance(value, list):
        return [_mapped(one, text) for one in value]
    return text(value) if isinstance(value, str) else value
