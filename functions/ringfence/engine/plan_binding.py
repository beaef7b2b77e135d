"""Bind a request to the plan that a person confirmed. No other plan is applied. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.plan import digest_text
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.chain import digest
from ringfence.record.facts import Planned, RunRequested

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.step import Step
    from ringfence.record.history import History

CHANGED = "refused: the plan differs from the confirmed one"


def plan_changed() -> Decision:
    """Return the decision if the plan differs from the confirmed one: a dry run of the new one."""
    return Decision(Mode.DRY_RUN, CHANGED, code=DecisionCode.PLAN_CHANGED)


def as_refused(order: ResponseRequest) -> ResponseRequest:
    """Return the request as a dry run, which shows the new plan."""
    request = replace(order.request, dry_run=True) if order.request else None
    return replace(order, decision=plan_changed(), request=request, agreed=None)


def started_plan(history: History, actor: str, digests: Collection[str]) -> str:
    """Return which of these plans this person confirmed and started, if that is the newest request.

    A response can be lost, and the changes so far have altered the plan. The person then repeats the
    request. Empty if there is none, if the person made a dry run since, or if anybody requested a change
    since.
    """
    asked = [(entry.actor, one) for entry, one in history.facts if isinstance(one, RunRequested)]
    wishes = [(who, one) for who, one in asked if who == actor or not one.dry_run]
    who, last = wishes[-1] if wishes else ("", RunRequested("", ""))
    return last.plan if who == actor and not last.dry_run and last.plan in digests else ""


def is_same(agreed: str, shown: Planned, now: Planned) -> bool:
    """Return whether a plan is the confirmed one.

    It is made twice: `shown` as of the time of the dry run, which must be equal exactly, and `now` as it
    would be applied, which may differ only in the incident's id and time.
    """
    return shown.digest == agreed and same_kinds(shown, now)


def same_kinds(shown: Planned, now: Planned) -> bool:
    """Return whether two plans of a stage have the same kinds of steps, in the same order."""
    return _kinds(shown) == _kinds(now)


def is_covered(history: History, agreed: str, now: Planned) -> bool:
    """Return whether the plan of a stage with this digest covers the current one.

    It is the same plan, or other incidents have prepared what serves them all. The steps that people agreed
    to are those that were recorded with this digest, which nobody can give to other steps.
    """
    if now.digest == agreed:
        return True
    recorded = [one for one in history.of(Planned) if one.stage == now.stage]
    steps = next((one.steps for one in recorded if digest(digest_text(one.steps)) == agreed), None)
    if steps is None:
        return False
    return tuple(one for one in steps if not one.serves_all or one in now.steps) == now.steps


def _kinds(plan: Planned) -> list[type[Step]]:
    return [type(step) for step in plan.steps]


def difference(history: History, digests: Collection[str], now: Planned) -> str:
    """Return in words how a plan differs from the newest recorded one of these, and what to do."""
    parts = ["the plan has changed since you confirmed it, and nothing was changed"]
    parts += _difference(history, digests, now)
    return f"{'. '.join(parts)}. Check the new plan and confirm it"


def changes(history: History, digests: Mapping[str, str], plans: Iterable[Planned]) -> tuple[str, ...]:
    """Return in words how plans differ from the recorded ones with these digests by stage.

    Never empty: two plans with other digests differ, even if no line for people does.
    """
    found = [line for plan in plans for line in _difference(history, (digests.get(plan.stage, ""),), plan)]
    return tuple(found) or ("the state of the resource that the plan was made from has changed",)


def _difference(history: History, digests: Collection[str], now: Planned) -> list[str]:
    recorded = [one for one in history.of(Planned) if one.digest in digests and one.stage == now.stage]
    old = set(step_lines(recorded[-1].steps)) if recorded else set()
    new = step_lines(now.steps)
    gone = sorted(old.difference(new))
    came = [one for one in new if one not in old] if recorded else new
    parts = [f"removed steps: {'; '.join(gone)}"] if gone else []
    return [*parts, f"new steps: {'; '.join(came)}"] if came else parts


def step_lines(steps: Iterable[Step]) -> list[str]:
    """Return a line for each step: what it does, and the values before and after."""
    return [f"{step.describe()} ({' → '.join(step.diff())})" for step in steps]
