"""Select the remediations of a runbook for a finding, and the mode of each. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.policy.circumstances import NOTHING_KNOWN
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.policy import RunbookSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.circumstances import Circumstances
    from ringfence.policy.policy import Policy


@frozen
class Portion:
    """Remediations of a runbook and their decision. Empty if nothing may run."""

    runbook: Runbook
    decision: Decision


def portions(
    policy: Policy,
    runbook: Runbook,
    finding: Finding,
    ref: Ref,
    circumstances: Circumstances = NOTHING_KNOWN,
) -> tuple[Portion, ...]:
    """Decide which remediations run on `ref` because of `finding`.

    The result has several portions if rules set different modes for some remediations, if some can break a
    workload and must stay a dry run, or if the policy exempts some. The highest mode comes first.
    """
    chosen, _ = policy.settings(runbook)
    whole = decide(policy, runbook.id, finding, ref, circumstances)
    if not whole.mode.records and not policy.names_remediations:
        return (Portion(chosen, whole),)
    settings = policy.by_runbook.get(runbook.id, RunbookSettings())
    answers = dict(settings.answers)
    about = tuple(id_ for id_ in chosen.ids if not answers or finding.type in answers.get(id_, ()))
    always = tuple(id_ for id_ in chosen.ids if answers and id_ not in answers)
    decisions = dict.fromkeys(about, whole)
    if policy.names_remediations:
        decisions = {
            id_: decide(policy, runbook.id, finding, ref, circumstances, remediation=id_) for id_ in about
        }
        decisions = _together(decisions, settings)
    recorded = {id_: one for id_, one in decisions.items() if one.mode.records}
    if not recorded:
        off = next(iter(decisions.values()), whole)
        return (Portion(chosen, off if about or not off.mode.records else _unanswered(runbook, finding)),)
    left, reason = _exempt(policy, runbook, ref, about, circumstances)
    return tuple(_portions(chosen, always, settings, recorded, (left, reason)))


def _portions(
    chosen: Runbook,
    always: tuple[str, ...],
    settings: RunbookSettings,
    decisions: Mapping[str, Decision],
    exempt: tuple[tuple[str, ...], str],
) -> Iterator[Portion]:
    """Yield a portion for each decision. What always runs goes with the first one."""
    left, reason = exempt
    groups: dict[Decision, list[str]] = {}
    for id_, decision in decisions.items():
        groups.setdefault(decision, []).append(id_)
    exempted: dict[str, str] = {}
    for decision, ids in sorted(groups.items(), key=lambda one: -one[0].mode.freedom):
        free = tuple(id_ for id_ in ids if id_ not in left)
        if decision.mode.observes or not free:
            exempted |= {id_: decision.rule for id_ in ids if id_ in left}
        held = tuple(id_ for id_ in free if id_ in settings.kept_dry) if decision.mode.changes else ()
        acting = tuple(id_ for id_ in free if id_ not in held)
        if acting:
            yield Portion(_part(chosen, acting, always), decision)
            always = ()
        if held:
            yield _kept_dry(chosen.narrowed(held), held, decision.rule)
    if exempted:
        yield _exempted(chosen.narrowed(exempted), reason, next(iter(exempted.values())))


def _together(decisions: Mapping[str, Decision], settings: RunbookSettings) -> dict[str, Decision]:
    """Give remediations no higher mode than the one without which they must not run."""
    found = dict(decisions)
    for leader, ids in settings.together * len(settings.together):
        for id_ in ids:
            if leader in found and id_ in found and found[id_].mode.freedom > found[leader].mode.freedom:
                found[id_] = found[leader]
    return found


def _part(chosen: Runbook, about: tuple[str, ...], always: tuple[str, ...]) -> Runbook:
    return chosen if {*about, *always} == set(chosen.ids) else chosen.narrowed((*about, *always))


def _exempt(
    policy: Policy, runbook: Runbook, ref: Ref, about: tuple[str, ...], circumstances: Circumstances
) -> tuple[tuple[str, ...], str]:
    """Return the remediations that the policy exempts for this resource, and the reason."""
    left: dict[str, str] = {}
    for one in policy.exemptions(runbook.id, ref, circumstances.now):
        if one.speaks_of(runbook.id, ref) and not one.protected:
            left.update(dict.fromkeys(one.of(about), one.words))
    return tuple(left), "; ".join(dict.fromkeys(left.values()))


def _unanswered(runbook: Runbook, finding: Finding) -> Decision:
    reason = f"no remediation of {runbook.id} answers {finding.type}"
    return Decision(Mode.OFF, reason, code=DecisionCode.NOT_ANSWERED)


def _exempted(runbook: Runbook, reason: str, rule: str) -> Portion:
    return Portion(runbook, Decision(Mode.NOTIFY, reason, rule, DecisionCode.EXEMPT))


def _kept_dry(runbook: Runbook, ids: tuple[str, ...], rule: str) -> Portion:
    names = ", ".join(ids)
    reason = f"{names} can break a workload: dry run until the policy's `allow` lists it"
    return Portion(runbook, Decision(Mode.DRY_RUN, reason, rule, DecisionCode.KEPT_DRY))
