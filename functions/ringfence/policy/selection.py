"""Select the remediations of a runbook for a finding, and the mode of each. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.policy.decision import Decision, DecisionCode, Mode, RunbookSettings, decide

if TYPE_CHECKING:
    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Policy


@frozen
class Portion:
    """Remediations of a runbook and their decision. Empty if nothing may run."""

    runbook: Runbook
    decision: Decision


def portions(policy: Policy, runbook: Runbook, finding: Finding, ref: Ref) -> tuple[Portion, ...]:
    """Decide which remediations run on `ref` because of `finding`.

    The result has several portions if some remediations can break a workload and must stay a dry run, or if
    the policy exempts some.
    """
    decision = decide(policy, runbook.id, finding, ref)
    chosen, _ = policy.settings(runbook)
    if not decision.mode.records:
        return (Portion(chosen, decision),)
    settings = dict(policy.runbooks).get(runbook.id, RunbookSettings())
    answers = dict(settings.answers)
    always = tuple(id_ for id_ in chosen.ids if answers and id_ not in answers)
    about = tuple(id_ for id_ in chosen.ids if not answers or finding.type in answers.get(id_, ()))
    if not about:
        return (Portion(chosen, _unanswered(runbook, finding)),)
    left, reason = _exempt(policy, runbook, ref, about)
    about = tuple(id_ for id_ in about if id_ not in left)
    leaving = _exempted(chosen.narrowed(left), reason, decision.rule) if left else None
    if not about or not decision.mode.observes:
        return (Portion(_part(chosen, about, always), decision) if about or not leaving else leaving,)
    held = tuple(id_ for id_ in about if id_ in settings.kept_dry) if decision.mode.changes else ()
    acting = tuple(id_ for id_ in about if id_ not in held)
    found = (
        Portion(_part(chosen, acting, always), decision) if acting else None,
        _kept_dry(chosen.narrowed(held), held, decision.rule) if held else None,
        leaving,
    )
    return tuple(one for one in found if one)


def _part(chosen: Runbook, about: tuple[str, ...], always: tuple[str, ...]) -> Runbook:
    return chosen if {*about, *always} == set(chosen.ids) else chosen.narrowed((*about, *always))


def _exempt(
    policy: Policy, runbook: Runbook, ref: Ref, about: tuple[str, ...]
) -> tuple[tuple[str, ...], str]:
    """Return the remediations that the policy exempts for this resource, and the reason."""
    left: dict[str, str] = {}
    for one in policy.exempt:
        if one.speaks_of(runbook.id, ref):
            left.update({id_: one.reason for id_ in about if not one.remediations or id_ in one.remediations})
    reasons = "; ".join(dict.fromkeys(left.values()))
    return tuple(left), f"the policy exempts it: {reasons}"


def _unanswered(runbook: Runbook, finding: Finding) -> Decision:
    reason = f"no remediation of {runbook.id} answers {finding.type}"
    return Decision(Mode.OFF, reason, code=DecisionCode.NOT_ANSWERED)


def _exempted(runbook: Runbook, reason: str, rule: str) -> Portion:
    return Portion(runbook, Decision(Mode.NOTIFY, reason, rule, DecisionCode.EXEMPT))


def _kept_dry(runbook: Runbook, ids: tuple[str, ...], rule: str) -> Portion:
    names = ", ".join(ids)
    reason = f"{names} can break a workload: dry run until the policy's `allow` lists it"
    return Portion(runbook, Decision(Mode.DRY_RUN, reason, rule, DecisionCode.KEPT_DRY))
