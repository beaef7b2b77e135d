"""Read the findings that GuardDuty has of some time, as the events that it sent for them.

ListFindings answers ids by the time of their last update, and GetFindings 50 findings. A finding that a
filter archives causes no event. The administrator's account has the findings of its members.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListFindings.html
https://docs.aws.amazon.com/guardduty/latest/ug/findings_suppression-rule.html
https://docs.aws.amazon.com/guardduty/latest/APIReference/API_ListMembers.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events.envelope import parse_json
from ringfence.events.fields import instant_if_valid, text_if_valid
from ringfence.events.guardduty.answers import as_detail
from ringfence.events.guardduty.trigger import DETAIL_TYPE, SOURCE
from ringfence.events.made import event
from ringfence.model.call import CLOSED, Call, Failed, Permission
from ringfence.model.document import Document
from ringfence.model.sweep import Page, Sweep
from ringfence.policy.sweeps import OTHERS, SEVERE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import SansIO
    from ringfence.model.place import Place
    from ringfence.model.sweep import Window

HIGH = 7
"""The lowest severity of the sweep of severe findings. The other sweep reads those below."""
FINDINGS, SUPPRESSED, MEMBERS = "findings", "suppressed", "members"
"""What is read in a place: findings, those that a filter archived, and which accounts it administers."""
MOST, MOST_MEMBERS = 50, 5000
"""Findings of a page, and accounts that one administrator can have."""
PAGES = 20
"""Pages of a look. What is left follows with the next one, because the oldest come first."""
FIRST_LOOK = timedelta(days=1)
DETECTORS = ("arn:aws:guardduty:{region}:{account}:detector/*",)
_GENERATED = "GuardDuty generates the ids of detectors"
PERMISSIONS = (
    Permission("guardduty:GetFindings", DETECTORS, reason=_GENERATED),
    Permission("guardduty:ListDetectors", ("*",), reason="the action has no resource types"),
    Permission("guardduty:ListFindings", DETECTORS, reason=_GENERATED),
    Permission("guardduty:ListMembers", DETECTORS, reason=_GENERATED),
)
_SEVERITIES: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {SEVERE: {"GreaterThanOrEqual": HIGH}, OTHERS: {"LessThan": HIGH}}
)


def sweep(name: str, *strands: str) -> Sweep:
    """Return the sweep of that name, which reads these strands."""
    return Sweep(name, strands, partial(page, name), PAGES, FIRST_LOOK, {}, sends_updates=False)


def page(name: str, _place: Place, strand: str, window: Window, token: str) -> SansIO[Page]:
    """Read a page of findings, or all members. No page follows where GuardDuty is off.

    A finding that is updated meanwhile moves to the end. Tokens could skip another one then, so the next page
    begins at the time at which this one ends.
    """
    given = Document.of(parse_json(token)) if token else Document({})
    detector = given.optional_text("detector") or (yield from _detector())
    if not detector:
        return Page()
    if strand == MEMBERS:
        return (yield from _members(detector))
    since = given.integer("since") if token else _milliseconds(window.since)
    asked: dict[str, object] = {
        "DetectorId": detector,
        "FindingCriteria": {"Criterion": _criteria(name, strand, since)},
        "SortCriteria": {"AttributeName": "updatedAt", "OrderBy": "ASC"},
        "MaxResults": MOST,
    }
    if given.has("next"):
        asked["NextToken"] = given.text("next")
    (listed,) = yield (Call("guardduty", "ListFindings", asked),)
    ids = listed.texts("FindingIds") if isinstance(listed, Document) else ()
    if not isinstance(listed, Document) or not ids:
        return Page()
    (got,) = yield (Call("guardduty", "GetFindings", {"DetectorId": detector, "FindingIds": list(ids)}),)
    held = tuple(got.children("Findings")) if isinstance(got, Document) else ()
    details = tuple(as_detail(one.value) for one in held)
    upto = max((at for one in details if (at := _updated(one))), default=None)
    following = _following(detector, since, upto, listed.optional_text("NextToken") or "")
    return _page(strand, details, upto, following)


def _following(detector: str, since: int, upto: datetime | None, token: str) -> str:
    """Return where the next page begins. The service's token is used within one moment only."""
    if not token:
        return ""
    if upto and _milliseconds(upto) > since:
        return json.dumps({"detector": detector, "since": _milliseconds(upto)})
    return json.dumps({"detector": detector, "since": since, "next": token})


def _detector() -> SansIO[str]:
    (listed,) = yield (Call("guardduty", "ListDetectors", expected=CLOSED),)
    return "" if isinstance(listed, Failed) else next(iter(listed.texts("DetectorIds")), "")


def _members(detector: str) -> SansIO[Page]:
    """Return the accounts whose findings this detector has as well."""
    asked = {"DetectorId": detector, "OnlyAssociated": "true"}
    (listed,) = yield (Call("guardduty", "ListMembers", asked, pages=True, most=MOST_MEMBERS),)
    members = tuple(listed.children("Members")) if isinstance(listed, Document) else ()
    enabled = (one for one in members if text_if_valid(one, "RelationshipStatus") == "Enabled")
    return Page(administered=tuple(text_if_valid(one, "AccountId") for one in enabled), read=len(members))


def _criteria(name: str, strand: str, since: int) -> dict[str, object]:
    """Return which findings are read, from a time in milliseconds on."""
    archived = "true" if strand == SUPPRESSED else "false"
    return {
        "updatedAt": {"GreaterThanOrEqual": since},
        "severity": dict(_SEVERITIES[name]),
        "service.archived": {"Equals": [archived]},
    }


def _page(strand: str, details: tuple[Mapping[str, object], ...], upto: datetime | None, token: str) -> Page:
    if strand == SUPPRESSED:
        named = (Document(one) for one in details)
        told = tuple((text_if_valid(one, "id"), text_if_valid(one, "type")) for one in named)
        return Page(token=token, read=len(details), upto=upto, suppressed=told)
    return Page(tuple(map(as_event, details)), token, len(details), upto=upto)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def as_event(detail: Mapping[str, object]) -> Mapping[str, object]:
    """Return the event of a finding in the shape of its `detail`: of the account of the finding."""
    given = Document(detail)
    names = ("accountId", "region", "updatedAt")
    account, region, at = (text_if_valid(given, name) for name in names)
    return event((SOURCE, DETAIL_TYPE), (account, region), at, detail)


def _updated(detail: Mapping[str, object]) -> datetime | None:
    at = instant_if_valid(Document(detail), "updatedAt")
    return at.astimezone(UTC) if at else None
