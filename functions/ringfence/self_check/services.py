"""What is read to know whether the services are on whose events Ringfence answers."""

from __future__ import annotations

from itertools import starmap
from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.model.frozen import frozen
from ringfence.model.recorder_status import failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Answer, SansIO
    from ringfence.model.document import Document

_TRAILS = ("arn:aws:cloudtrail:*:*:trail/*",)
_NOT_OURS = ("TrailNotFoundException", "AccessDeniedException")
"""The errors about the trail of an organization, which a member account cannot read everywhere."""
_NO_TYPES = "the action has no resource types"
PERMISSIONS = (
    Permission("guardduty:ListDetectors", ("*",), reason=_NO_TYPES),
    Permission("guardduty:GetDetector", ("arn:aws:guardduty:*:{account}:detector/*",)),
    Permission("cloudtrail:DescribeTrails", ("*",), reason=_NO_TYPES),
    Permission("cloudtrail:GetTrailStatus", _TRAILS, reason="an organization's trail is in another account"),
    Permission(
        "cloudtrail:GetEventSelectors", _TRAILS, reason="an organization's trail is in another account"
    ),
    Permission(
        "config:DescribeConfigurationRecorderStatus", ("arn:aws:config:*:{account}:configuration-recorder/*",)
    ),
    Permission("config:DescribeConfigRules", ("*",), reason=_NO_TYPES),
)
_MOST_TRAILS = 20


@frozen
class Missing:
    """A prerequisite that is not there: its name, what was found, and what to do."""

    name: str
    words: str
    remedy: str


def read_guardduty() -> SansIO[tuple[Missing, ...]]:
    """Read whether GuardDuty is on."""
    (listed,) = yield (Call("guardduty", "ListDetectors", pages=True),)
    ids = () if isinstance(listed, Failed) else listed.texts("DetectorIds")
    if not ids:
        words = "it is not turned on: no finding about a compromise arrives"
        return (Missing("GuardDuty", words, "aws guardduty create-detector --enable --region {region}"),)
    answers = yield tuple(Call("guardduty", "GetDetector", {"DetectorId": one}) for one in ids)
    if any(not isinstance(one, Failed) and one.optional_text("Status") == "ENABLED" for one in answers):
        return ()
    enable = f"aws guardduty update-detector --enable --detector-id {ids[0]} --region {{region}}"
    return (Missing("GuardDuty", "its detector is suspended", enable),)


def read_trails() -> SansIO[tuple[Missing, ...]]:
    """Read whether a trail logs management events: EventBridge delivers API calls only then."""
    (listed,) = yield (Call("cloudtrail", "DescribeTrails"),)
    trails = () if isinstance(listed, Failed) else tuple(listed.children("trailList"))
    names = tuple(dict.fromkeys(one.text("TrailARN") for one in trails))[:_MOST_TRAILS]
    if names:
        answers = yield (
            *(_about("GetTrailStatus", Name=one) for one in names),
            *(_about("GetEventSelectors", TrailName=one) for one in names),
        )
        if any(starmap(_logs, zip(answers[: len(names)], answers[len(names) :], strict=True))):
            return ()
    words = "no trail that can be read logs management events: EventBridge delivers no API calls"
    remedy = "create a trail for all regions, or start it: aws cloudtrail start-logging --name TRAIL"
    return (Missing("CloudTrail", words, remedy),)


def _about(operation: str, **name: str) -> Call:
    return Call("cloudtrail", operation, name, expected=_NOT_OURS)


def _logs(status: Answer, selectors: Answer) -> bool:
    """Return whether a trail logs management events. A trail of an organization may not be readable here."""
    if isinstance(status, Failed) or isinstance(selectors, Failed):
        return False
    return status.flag("IsLogging") and (
        any(one.flag("IncludeManagementEvents", default=True) for one in selectors.children("EventSelectors"))
        or any(map(_management, selectors.children("AdvancedEventSelectors")))
    )


def _management(selector: Document) -> bool:
    fields = selector.children("FieldSelectors")
    return any(one.text("Field") == "eventCategory" and "Management" in one.texts("Equals") for one in fields)


def read_config(rules: frozenset[str]) -> SansIO[tuple[Missing, ...]]:
    """Read whether AWS Config records, and has one of the managed rules with these identifiers."""
    recorders, listed = yield (
        Call("config", "DescribeConfigurationRecorderStatus"),
        Call("config", "DescribeConfigRules", pages=True),
    )
    return tuple(_config(recorders, listed, rules))


def _config(recorders: Answer, listed: Answer, rules: frozenset[str]) -> Iterator[Missing]:
    states = () if isinstance(recorders, Failed) else recorders.children("ConfigurationRecordersStatus")
    running = [failure(one) for one in states if one.flag("recording")]
    if not running:
        start = "aws configservice start-configuration-recorder --configuration-recorder-name default"
        remedy = f"create a recorder, or start it: {start} --region {{region}}"
        yield Missing("AWS Config", "no recorder records: no rule reports a resource", remedy)
    elif all(running):
        words = f"its recorder runs and fails to record: {running[0]}, so rules judge old items"
        yield Missing("AWS Config", words, "give its role, bucket and key what the error code names")
    found = () if isinstance(listed, Failed) else listed.children("ConfigRules")
    known = (one.optional_child("Source").optional_text("SourceIdentifier") for one in found)
    if not rules.intersection(filter(None, known)):
        words = f"it has none of the {len(rules)} managed rules that runbooks answer"
        yield Missing(
            "AWS Config rules", words, "add rules, for example those of a conformance pack: see docs/runbooks"
        )
