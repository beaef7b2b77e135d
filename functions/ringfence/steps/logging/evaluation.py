"""Asking AWS Config to evaluate a rule again, once what it evaluates is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import instant_text, value
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.step import Done, State
from ringfence.observations.logging.evaluation import NO_RULE, Evaluation, RuleState, RuleStep

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.observation import ResourceState
    from ringfence.model.rule_confirmation import ManagedRule
    from ringfence.model.step import Names

_RULES = ("arn:aws:config:{region}:{account}:config-rule/*",)
_UNDER_WAY = "LimitExceededException"


@value
class NoteRule(RuleStep, LogOnlyStep):
    """Record which rule reported the violation. After the remediation, another step evaluates it again.

    Attributes
    ----------
    rule : ManagedRule
        The rule, with its region.
    since : datetime
        When it last judged, as far as the findings say, in UTC.

    References
    ----------
    https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigRuleEvaluationStatus.html
    """

    rule: ManagedRule
    since: datetime

    observation: ClassVar = Evaluation

    @property
    def target(self) -> str:
        """The rule, as the incident has it."""
        return f"config-rule/{self.rule.region}/{self.rule.name}/noted"

    def describe(self) -> str:
        """Describe the change."""
        return f"note that the Config rule {self.rule.name} reported the violation"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return "none", f"reported at {instant_text(self.since)}"


@value
class EvaluateRule(RuleStep):
    """Start a new evaluation of a rule.

    Attributes
    ----------
    rule : ManagedRule
        The rule, with its region.
    since : datetime
        When it last judged, as far as the findings say, in UTC.
    before : datetime or None
        When it last ended an evaluation before this step; None for never.

    References
    ----------
    https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html
    """

    rule: ManagedRule
    since: datetime
    before: datetime | None

    observation: ClassVar = Evaluation
    permissions: ClassVar = (Permission("config:StartConfigRulesEvaluation", _RULES),)
    irreversible: ClassVar = "it changes no resource; AWS Config only evaluates its rule again"

    @property
    def target(self) -> str:
        """The rule."""
        return f"config-rule/{self.rule.region}/{self.rule.name}"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Ask for it. A rule that is being evaluated is not asked again.

        https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html
        """
        (answer,) = yield (
            Call(
                "config",
                "StartConfigRulesEvaluation",
                {"ConfigRuleNames": [self.rule.name]},
                expected=(NO_RULE, _UNDER_WAY),
                region=self.rule.region,
            ),
        )
        if isinstance(answer, Failed) and answer.code == _UNDER_WAY:
            return Done(note=f"the evaluation was already running: {answer.message}")
        accept(answer, not_found=(NO_RULE,))
        return Done()

    def state(self, observed: ResourceState) -> State:
        """Compare when it last ended an evaluation."""
        seen = observed[Evaluation].state(self.rule)
        if seen is None:
            return State.BEFORE
        if not seen.exists:
            return State.GONE
        return State.AFTER if is_newer(seen.evaluated, self.before) else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Have it end an evaluation."""
        seen = observed[Evaluation]
        at = max(filter(None, (self.before, self.since, seen.captured))) + timedelta(seconds=1)
        rules = (RuleState(one.rule, at) if one.rule == self.rule else one for one in seen.rules)
        return observed.with_observation(replace(seen, rules=tuple(rules)))

    def describe(self) -> str:
        """Describe the change."""
        return f"start a new evaluation of the Config rule {self.rule.name}"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        last = f"evaluated {instant_text(self.before)}" if self.before else "not evaluated"
        return last, f"evaluated after {instant_text(self.since)}"


def is_newer(at: datetime | None, than: datetime | None) -> bool:
    """Return whether an evaluation ended after another; one did where there was none before."""
    return at is not None and (than is None or at > than)
