"""Start a new evaluation of the AWS Config rules behind the findings, after Config recorded the remediation.

A rule reads the newest recorded configuration. An earlier evaluation would repeat the old verdict. Config
itself evaluates configuration rules when it records a change, and then this does nothing. Rules that do not
read the configuration, or whose resource this incident did not change, are evaluated at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.remediation import remediation
from ringfence.model.subject import Ref
from ringfence.observations.logging.evaluation import Evaluation
from ringfence.steps.logging.evaluation import EvaluateRule, NoteRule, is_newer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.rule_confirmation import ManagedRule
    from ringfence.model.step import Step


def not_recorded(subject: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield why Config keeps its verdict, if its recorder is the reason."""
    seen = subject[Evaluation]
    if seen.hindrance and any(_is_open(rule, subject, incident) for rule in incident.rules):
        yield f"{seen.hindrance}, so its verdict does not change until it records the remediation"


def not_evaluated(subject: ResourceState, incident: Incident) -> Iterator[str]:
    """Yield what Config has yet to do."""
    seen = subject[Evaluation]
    for rule in incident.rules:
        if seen.hindrance or not _is_open(rule, subject, incident):
            continue
        if seen.lacks(incident.now):
            yield f"AWS Config has not recorded the remediation yet: the rule {rule.name} needs that record"
        elif _asked(rule, subject, incident):
            yield f"AWS Config has not evaluated the rule {rule.name} again yet"


@remediation(
    id="evaluate-rule",
    title="Start a new evaluation of the AWS Config rule",
    subject=Ref,
    triggers=(),
    observations=(Evaluation,),
    steps=(NoteRule, EvaluateRule),
    references=("NIST 800-53 CA-7",),
    residual_risk=not_recorded,
    pending_elsewhere=not_evaluated,
)
def evaluate_rule(subject: ResourceState, incident: Incident) -> Iterator[Step]:
    """Note each rule, and start its evaluation when there is something new to read."""
    seen = subject[Evaluation]
    for rule in incident.rules:
        noted = NoteRule(rule, incident.now)
        if noted not in incident.past:
            yield noted
        elif _is_due(rule, subject, incident):
            state = seen.state(rule)
            yield EvaluateRule(rule, incident.now, state.evaluated if state else None)


def _is_due(rule: ManagedRule, subject: ResourceState, incident: Incident) -> bool:
    seen = subject[Evaluation]
    return (
        _is_open(rule, subject, incident)
        and not seen.hindrance
        and not seen.lacks(incident.now)
        and not _asked(rule, subject, incident)
    )


def _is_open(rule: ManagedRule, subject: ResourceState, incident: Incident) -> bool:
    """Return whether the rule is noted, exists, and has not been evaluated since the change."""
    seen = subject[Evaluation]
    state = seen.state(rule)
    if state is None or not state.exists:
        return False
    if seen.awaited and not seen.lacks(incident.now) and is_newer(state.evaluated, seen.captured):
        return False
    return not any(is_newer(state.evaluated, one.before) for one in _asking(rule, incident))


def _asked(rule: ManagedRule, subject: ResourceState, incident: Incident) -> bool:
    state = subject[Evaluation].state(rule)
    return state is not None and any(one.before == state.evaluated for one in _asking(rule, incident))


def _asking(rule: ManagedRule, incident: Incident) -> Iterator[EvaluateRule]:
    return (
        one
        for one in incident.past
        if isinstance(one, EvaluateRule) and (one.rule, one.since) == (rule, incident.now)
    )
