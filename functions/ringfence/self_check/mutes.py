"""Which rules mute alarms of Ringfence. A muted alarm rings and notifies nobody.

A region is read once, with its topic: a read for each alarm would be throttled. What somebody creates on
purpose cannot make it endless: past a number of rules the rest is reported as not read.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListAlarmMuteRules.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.model.resource_names import PREFIX
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Answer, SansIO
    from ringfence.model.document import Document

MOST = 100
"""The rules of a region that are read."""
UNKNOWN_OPERATION = ("InvalidAction", "UnknownOperationException")
"""The error of a region without such an operation, where nothing can be muted or masked."""
_LISTED = 1000
_EXPIRED = "EXPIRED"
_GONE = ("ResourceNotFoundException", "ResourceNotFound")
_RULES = ("arn:aws:cloudwatch:*:{account}:alarm-mute-rule:*",)
PERMISSIONS = (
    Permission("cloudwatch:ListAlarmMuteRules", _RULES),
    Permission("cloudwatch:GetAlarmMuteRule", _RULES),
)


def muting() -> SansIO[tuple[str, ...]]:
    """Return the rules that mute an alarm of Ringfence now or later, in words."""
    (listed,) = yield (
        Call("cloudwatch", "ListAlarmMuteRules", pages=True, expected=UNKNOWN_OPERATION, most=_LISTED),
    )
    if isinstance(listed, Failed):
        return ()
    names = tuple(
        one.text("AlarmMuteRuleArn").rpartition(":")[2]
        for one in listed.children("AlarmMuteRuleSummaries")
        if one.optional_text("Status") != _EXPIRED
    )
    if not names:
        return ()
    answers = yield tuple(
        Call("cloudwatch", "GetAlarmMuteRule", {"AlarmMuteRuleName": name}, expected=_GONE)
        for name in names[:MOST]
    )
    unread = (f"{counted(len(names) - MOST, 'rule that was')} not read",) if len(names) > MOST else ()
    return (*_ours(answers), *unread)


def _ours(answers: tuple[Answer, ...]) -> Iterator[str]:
    for found in answers:
        if not isinstance(found, Failed) and (alarms := _alarms(found)):
            yield f"{found.text('Name')} mutes {', '.join(alarms)}"


def _alarms(rule: Document) -> tuple[str, ...]:
    targets = rule.optional_child("MuteTargets")
    named = targets.texts("AlarmNames") if targets.has("AlarmNames") else ()
    return tuple(one for one in named if one.startswith(PREFIX))
