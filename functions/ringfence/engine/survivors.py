"""What Ringfence changed and what exists without the subject. The end of the subject does not end it.

Sessions outlive the key or the instance that started them. So the denial of a user outlives a deleted key,
and the denial of an instance's sessions outlives the instance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.outcomes import changes
from ringfence.engine.reading import ReadRequest
from ringfence.model.errors import NotFound
from ringfence.model.frozen import frozen
from ringfence.model.observation import ResourceState
from ringfence.model.runbook import unique
from ringfence.model.step import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ringfence.engine.reading import Reading
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.record.history import History


@frozen
class Survivors:
    """The changes that outlive a subject which is gone, and what was read of them, each by itself."""

    made: tuple[Step, ...]
    seen: ResourceState

    @property
    def left(self) -> tuple[Step, ...]:
        """The changes whose target exists, or may exist: what cannot be read now may still be there."""
        return tuple(
            step
            for step in self.made
            if step.observation in self.seen.unread
            or (step.observation in self.seen and step.state(self.seen) is not State.GONE)
        )

    def judged(self, runbook: Runbook) -> tuple[str, ...]:
        """Return the remediations that made these changes, and that can be judged by what was read."""
        kinds = {type(step) for step in self.left}
        return tuple(
            one.id
            for one in runbook.remediations
            if not kinds.isdisjoint(one.steps) and all(kind in self.seen for kind in one.observations)
        )


def survivors(look: Callable[[ReadRequest], Reading], ref: Ref, history: History, now: datetime) -> Survivors:
    """Read the changes that still matter without the subject. Nothing is read if there are none."""
    made, past, provided = made_to_survive(history, now), history.steps(), history.provided_with()
    seen = ResourceState(ref)
    for kind in unique(step.observation for step in made):
        found = look(ReadRequest(ref, (kind,), past, essential=(), provided=provided)).resource
        seen = seen if isinstance(found, NotFound) or found is None else seen.updated(found)
    return Survivors(made, seen)


def made_to_survive(history: History, now: datetime) -> tuple[Step, ...]:
    """Return the newest change of each target, if it outlives the subject and no release undid it."""
    newest = {one.step.target: one for one in changes(history, now).made if not one.step.irreversible}
    return tuple(one.step for one in newest.values() if not one.undoes and one.step.effect_lasts(now))
