"""What holds for `evaluate-rule` beside the laws: when AWS Config is asked, and when it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.codec import decode, encode
from ringfence.model.errors import InternalError, NotFound
from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.model.step import State
from ringfence.observations.logging.evaluation import Evaluation, RuleState
from ringfence.remediations.evaluate_rule import evaluate_rule
from ringfence.steps.logging.evaluation import EvaluateRule, NoteRule
from tests.support.laws.plans import applied
from tests.support.strategies.evaluate_rule import (
    ASKED,
    BUCKET,
    INCIDENT,
    KIND,
    LATER,
    NOTED,
    OTHER,
    OURS,
    evaluations,
    fix,
)
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.model.rule_confirmation import ManagedRule
    from ringfence.model.step import Step


def plan(seen: Evaluation, *past: Step, incident: Incident = INCIDENT) -> tuple[Step, ...]:
    return evaluate_rule.plan(ResourceState(BUCKET).with_observation(seen), replace(incident, past=past))


def waits(seen: Evaluation, *past: Step) -> tuple[str, ...]:
    return evaluate_rule.pending(ResourceState(BUCKET).with_observation(seen), replace(INCIDENT, past=past))


def exposed(seen: Evaluation, *past: Step) -> tuple[str, ...]:
    return evaluate_rule.residual_risks(
        ResourceState(BUCKET).with_observation(seen), replace(INCIDENT, past=past)
    )


@given(data=st.data(), rules=st.lists(st.sampled_from([OURS, OTHER]), unique=True).map(tuple))
def test_a_plan_that_is_applied_leaves_nothing_to_plan(
    data: st.DataObject, rules: tuple[ManagedRule, ...]
) -> None:
    """The notes first; then what Config is asked."""
    incident = replace(INCIDENT, rules=rules)
    notes = plan(Evaluation(), incident=incident)
    assert notes == tuple(NoteRule(rule, NOON) for rule in rules)
    before = ResourceState(BUCKET).with_observation(data.draw(evaluations(rules)))
    incident = replace(incident, past=notes)
    steps = evaluate_rule.plan(before, incident)
    after = applied(before, steps)
    incident = replace(incident, past=(*notes, *steps))
    assert evaluate_rule.plan(after, incident) == ()
    assert evaluate_rule.plan(before, incident) == (), "what was asked is not asked twice"
    assert all(step.state(after) is State.AFTER for step in steps)
    for rule in {step.rule for step in steps if isinstance(step, EvaluateRule)}:
        assert not [words for words in evaluate_rule.pending(after, incident) if rule.name in words]
    assert tuple(decode(encode(step)) for step in (*notes, *steps)) == (*notes, *steps)


def test_without_a_rule_nothing_is_planned_said_or_waited_for() -> None:
    incident = Incident("inc-1", NOON, past=(fix(),))
    subject = ResourceState(BUCKET).with_observation(Evaluation())
    assert evaluate_rule.plan(subject, incident) == ()
    assert evaluate_rule.pending(subject, incident) == evaluate_rule.residual_risks(subject, incident) == ()


def test_a_change_that_is_not_recorded_yet_is_waited_for_and_then_asked_about() -> None:
    past = (NOTED, fix())
    seen = Evaluation((RuleState(OURS, NOON),), NOON, KIND)
    assert plan(seen, *past) == ()
    assert waits(seen, *past) == (
        f"AWS Config has not recorded the remediation yet: the rule {OURS.name} needs that record",
    )
    recorded = replace(seen, captured=LATER)
    assert plan(recorded, *past) == (ASKED,)
    assert waits(recorded, *past) == ()


def test_what_was_asked_is_waited_for_until_it_is_evaluated() -> None:
    seen = Evaluation((RuleState(OURS, NOON),), LATER, KIND)
    assert plan(seen, NOTED, fix(), ASKED) == ()
    assert waits(seen, NOTED, fix(), ASKED) == (
        f"AWS Config has not evaluated the rule {OURS.name} again yet",
    )
    evaluated = replace(seen, rules=(RuleState(OURS, LATER),))
    assert (plan(evaluated, NOTED, fix(), ASKED), waits(evaluated, NOTED, fix(), ASKED)) == ((), ())


def test_a_rule_that_evaluated_by_itself_what_was_put_right_is_not_asked() -> None:
    seen = Evaluation((RuleState(OURS, LATER + timedelta(seconds=1)),), LATER, KIND)
    assert (plan(seen, NOTED, fix()), waits(seen, NOTED, fix())) == ((), ())


def test_where_nothing_was_changed_the_rule_is_asked_at_once() -> None:
    """Somebody else put it right, or the verdict was late."""
    assert plan(Evaluation((RuleState(OURS, NOON),)), NOTED) == (ASKED,)


@pytest.mark.parametrize("hindrance", ["the AWS Config recorder is stopped"])
def test_where_config_records_nothing_soon_it_is_said_and_not_waited_for(hindrance: str) -> None:
    seen = Evaluation((RuleState(OURS, NOON),), NOON, KIND, hindrance)
    assert (plan(seen, NOTED, fix()), waits(seen, NOTED, fix())) == ((), ())
    assert exposed(seen, NOTED, fix()) == (
        f"{hindrance}, so its verdict does not change until it records the remediation",
    )


def test_a_rule_that_is_gone_is_not_asked() -> None:
    seen = Evaluation((RuleState(OURS, exists=False),), NOON, KIND)
    assert plan(seen, NOTED, fix()) == ()
    assert waits(seen, NOTED, fix()) == exposed(seen, NOTED, fix()) == ()


def test_a_newer_verdict_is_noted_and_asked_about_anew() -> None:
    later = replace(INCIDENT, as_of=LATER)
    assert plan(Evaluation(), NOTED, ASKED, incident=later) == (NoteRule(OURS, LATER),)
    seen = Evaluation((RuleState(OURS, NOON),))
    past = (NOTED, ASKED, NoteRule(OURS, LATER))
    assert plan(seen, *past, incident=later) == (EvaluateRule(OURS, LATER, NOON),)


def test_a_rule_is_asked_for_and_one_that_is_being_evaluated_is_left() -> None:
    asked, done = talk(ASKED.apply({}), ({},))
    assert [(call.operation, call.parameters, call.region) for call in asked[0]] == [
        ("StartConfigRulesEvaluation", {"ConfigRuleNames": [OURS.name]}, "eu-west-1")
    ]
    assert done.note == ""
    _, done = talk(ASKED.apply({}), (refusal("LimitExceededException", "in progress"),))
    assert "already running" in done.note
    with pytest.raises(NotFound):
        talk(ASKED.apply({}), (refusal("NoSuchConfigRuleException"),))


@pytest.mark.parametrize(
    ("rules", "state"),
    [
        ((), State.BEFORE),
        ((RuleState(OURS, NOON),), State.BEFORE),
        ((RuleState(OURS, LATER),), State.AFTER),
        ((RuleState(OURS, exists=False),), State.GONE),
    ],
)
def test_where_the_world_stands_is_seen_by_the_last_evaluation(
    rules: tuple[RuleState, ...], state: State
) -> None:
    assert ASKED.state(ResourceState(BUCKET).with_observation(Evaluation(rules))) is state


@pytest.mark.parametrize("step", [NOTED, ASKED])
def test_a_step_says_what_it_does_and_has_no_inverse(step: Step) -> None:
    was, becomes = step.diff()
    assert OURS.name in step.describe()
    assert was != becomes
    with pytest.raises(InternalError):
        step.inverse()
