"""What AWS Config knows of a subject by now, and when the rules that judged it last evaluated.

https://docs.aws.amazon.com/config/latest/developerguide/how-does-config-work.html
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.observation import Observation
from ringfence.model.recorder_status import failure
from ringfence.model.step import Step

if TYPE_CHECKING:
    from ringfence.model.call import Answer
    from ringfence.model.document import Document
    from ringfence.model.rule_confirmation import ManagedRule
    from ringfence.model.subject import Ref

NO_RULE = "NoSuchConfigRuleException"
_NO_ITEM = (
    "ResourceNotDiscoveredException",
    "NoAvailableConfigurationRecorderException",
    "ValidationException",
)
_RECORDERS = ("arn:aws:config:{region}:{account}:configuration-recorder/*",)
_DAILY, _INTERNAL = "DAILY", "INTERNAL"
_ONLY, _ALL_BUT = "INCLUSION_BY_RESOURCE_TYPES", "EXCLUSION_BY_RESOURCE_TYPES"


class RuleStep(Step):
    """Something about a rule of AWS Config. `since`: when it last judged, as far as the findings say."""

    rule: ManagedRule
    since: datetime


@value
class RuleState:
    """A rule, and when it last ended an evaluation; `exists` says whether it does."""

    rule: ManagedRule
    evaluated: datetime | None = None
    exists: bool = True


@value
class Evaluation(Observation):
    """The AWS Config rules that judged the subject, and what AWS Config recorded of it.

    Attributes
    ----------
    rules : tuple of RuleState
        Each with the end of its last evaluation.
    captured : datetime or None
        When the newest recorded configuration was captured; None if none was read.
    awaited : str
        The resource type whose change must be recorded before an evaluation is new; empty for none.
    hindrance : str
        Why AWS Config does not record that soon; empty if it does.

    References
    ----------
    https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigRuleEvaluationStatus.html
    https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html
    """

    rules: tuple[RuleState, ...] = ()
    captured: datetime | None = None
    awaited: str = ""
    hindrance: str = ""

    permissions: ClassVar = (
        Permission(
            "config:DescribeConfigRuleEvaluationStatus", ("*",), reason="the action has no resource types"
        ),
        Permission("config:DescribeConfigurationRecorderStatus", _RECORDERS),
        Permission("config:DescribeConfigurationRecorders", _RECORDERS),
        Permission("config:GetResourceConfigHistory", ("*",), reason="the action has no resource types"),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Read it side by side, where the incident has noted rules: nothing is asked without."""
        rules = tuple(dict.fromkeys(one.rule for one in past if isinstance(one, RuleStep)))
        if not rules:
            return cls()
        asked = tuple(_status_of(rule) for rule in rules)
        judged_so = ref.config_records_fixes and _has_changed_something(past)
        kind = ref.config_type if judged_so else ""
        answers = yield (*asked, *(_recording_of(ref, kind) if kind else ()))
        states = tuple(_state(rule, answer) for rule, answer in zip(rules, answers, strict=False))
        if not kind:
            return cls(states)
        items, recorders, status = answers[len(rules) :]
        return cls(states, _captured(items), kind, _hindrance(kind, recorders, status))

    def state(self, rule: ManagedRule) -> RuleState | None:
        """Return the current state of a rule. None if it was not read."""
        return next((one for one in self.rules if one.rule == rule), None)

    def lacks(self, since: datetime) -> bool:
        """Return whether what was changed after `since` is not recorded yet, and has to be."""
        return bool(self.awaited) and (self.captured is None or self.captured <= since)


def _has_changed_something(past: tuple[Step, ...]) -> bool:
    return any(not isinstance(one, RuleStep | LogOnlyStep) for one in past)


def _status_of(rule: ManagedRule) -> Call:
    return Call(
        "config",
        "DescribeConfigRuleEvaluationStatus",
        {"ConfigRuleNames": [rule.name]},
        expected=(NO_RULE,),
        region=rule.region,
    )


def _recording_of(ref: Ref, kind: str) -> tuple[Call, ...]:
    return (
        Call(
            "config",
            "GetResourceConfigHistory",
            {"resourceType": kind, "resourceId": ref.id, "limit": 1},
            expected=_NO_ITEM,
        ),
        Call("config", "DescribeConfigurationRecorders"),
        Call("config", "DescribeConfigurationRecorderStatus"),
    )


def _state(rule: ManagedRule, answer: Answer) -> RuleState:
    if isinstance(answer, Failed):
        return RuleState(rule, exists=False)
    found = (
        _instant(one, "LastSuccessfulEvaluationTime")
        for one in answer.children("ConfigRulesEvaluationStatus")
        if one.optional_text("ConfigRuleName") == rule.name
    )
    return RuleState(rule, next(found, None))


def _captured(answer: Answer) -> datetime | None:
    if isinstance(answer, Failed):
        return None
    items = answer.children("configurationItems")
    return max(filter(None, (_instant(one, "configurationItemCaptureTime") for one in items)), default=None)


def _hindrance(kind: str, recorders: Answer, status: Answer) -> str:
    """Say why no recorder records a type of resource soon; empty if one does."""
    if isinstance(recorders, Failed) or isinstance(status, Failed):
        return ""
    running = {
        one.optional_text("name"): failure(one)
        for one in status.children("ConfigurationRecordersStatus")
        if one.flag("recording")
    }
    ours = [
        one
        for one in recorders.children("ConfigurationRecorders")
        if one.optional_text("recordingScope") != _INTERNAL and _is_recorded(kind, one)
    ]
    if not ours:
        return f"no AWS Config recorder records {kind}"
    recording = [one for one in ours if one.optional_text("name") in running]
    if not recording:
        return "the AWS Config recorder is stopped"
    failures = [running[one.optional_text("name")] for one in recording]
    if all(failures):
        return f"the AWS Config recorder fails to record: {failures[0]}"
    if all(_frequency(kind, one) == _DAILY for one in recording):
        return f"AWS Config records {kind} once a day"
    return ""


def _is_recorded(kind: str, recorder: Document) -> bool:
    group = recorder.optional_child("recordingGroup")
    strategy = group.optional_child("recordingStrategy").optional_text("useOnly")
    if strategy == _ALL_BUT:
        return kind not in group.optional_child("exclusionByResourceTypes").texts("resourceTypes")
    if strategy == _ONLY or not group.flag("allSupported", default=True):
        return kind in group.texts("resourceTypes")
    return True


def _frequency(kind: str, recorder: Document) -> str:
    mode = recorder.optional_child("recordingMode")
    own = (
        one.optional_text("recordingFrequency")
        for one in mode.children("recordingModeOverrides")
        if kind in one.texts("resourceTypes")
    )
    return next(own, mode.optional_text("recordingFrequency")) or ""


def _instant(document: Document, key: str) -> datetime | None:
    at = document.value.get(key)
    return at if isinstance(at, datetime) else None
