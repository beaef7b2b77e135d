"""A log-only step changes nothing in AWS. Its only trace is the log, where planners find it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.step import Done, State, Step

if TYPE_CHECKING:
    from ringfence.model.call import Permission, SansIO
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names


class LogOnlyStep(Step):
    """A note for later, for example a baseline or a notice. Planners find it in `incident.past`.

    Its recorded intent is the note itself, so its result is never unknown.
    """

    permissions: ClassVar[tuple[Permission, ...]] = ()
    irreversible: ClassVar[str] = "it is a note in the audit log, and entries of the log are permanent"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Change nothing."""
        yield from ()
        return Done()

    def state(self, observed: ResourceState) -> State:  # noqa: ARG002 - the log shows it, not AWS
        """Return AFTER, because it is recorded."""
        return State.AFTER

    def effect(self, observed: ResourceState) -> ResourceState:
        """Change nothing."""
        return observed
