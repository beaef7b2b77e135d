"""A note: a step that changes nothing in AWS. Its only trace is the log, where planners find it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.step import Done, State, Step

if TYPE_CHECKING:
    from ringfence.model.call import Permission, SansIO
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names


class LogOnlyStep(Step):
    """What is written down for later: a baseline, a notice given. Planners look for it in `incident.past`.

    An intent that is recorded is the note itself, so nothing about it can be unknown.
    """

    permissions: ClassVar[tuple[Permission, ...]] = ()
    irreversible: ClassVar[str] = "it is a note in the audit log, and the log is never changed"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Change nothing."""
        yield from ()
        return Done()

    def state(self, observed: ResourceState) -> State:  # noqa: ARG002 - the log shows it, not the world
        """It is written down."""
        return State.AFTER

    def effect(self, observed: ResourceState) -> ResourceState:
        """Change nothing."""
        return observed
