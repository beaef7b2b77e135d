"""Order the steps of a stage, and combine recorded steps for a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.codec import canonical, encode
from ringfence.model.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.step import Step


def dependency_levels(steps: Iterable[Step]) -> tuple[tuple[Step, ...], ...]:
    """Sort steps into dependency levels. Each level waits for the providers of what it requires.

    A symbol that no step provides counts as existing. Raises InternalError on a cycle.
    """
    todo, sorted_waves = list(steps), []
    while todo:
        pending = {symbol for step in todo for symbol in step.provides}
        ready = [step for step in todo if not pending.intersection((*step.requires, *step.runs_after))]
        if not ready:
            raise InternalError(f"the steps depend on each other: {', '.join(step.target for step in todo)}")
        sorted_waves.append(tuple(ready))
        todo = [step for step in todo if step not in ready]
    return tuple(sorted_waves)


def digest_text(steps: Iterable[Step]) -> str:
    """Return the canonical text of a plan. Equal plans have equal texts."""
    return canonical([encode(step) for step in steps])


def net_changes(applied: Iterable[Step]) -> tuple[Step, ...]:
    """Combine applied steps into one per target, in the order of the last changes.

    A step and its inverse cancel out. So does a combination that ends where it started.
    """
    folded: dict[tuple[str, type[Step]], Step] = {}
    for step in applied:
        undone = next((key for key, old in folded.items() if _undoes(step, old)), None)
        if undone:
            del folded[undone]
            continue
        key = (step.target, type(step))
        earlier = folded.pop(key, None)
        folded[key] = earlier.merged_with(step) if earlier else step
    return tuple(step for step in folded.values() if step.irreversible or step.inverse() != step)


def _undoes(step: Step, earlier: Step) -> bool:
    return step.target == earlier.target and not earlier.irreversible and earlier.inverse() == step
