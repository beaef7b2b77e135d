"""A step: one convergent change in AWS, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Self, cast

from ringfence.model.errors import InternalError
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from ringfence.model.call import Permission, SansIO
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.subject import Ref
    from ringfence.model.symbol import Symbol


class State(StrEnum):
    """Where the world stands with regard to a step."""

    BEFORE = "before"
    AFTER = "after"
    GONE = "gone"
    DRIFTED = "drifted"
    SETTLING = "settling"


Names = Mapping["Symbol", str]
"""The ids that symbols stand for."""


@frozen
class Done:
    """What a step's conversation ended with: the ids it provides, and a note for the log."""

    provides: Names = field(default_factory=dict)
    note: str = ""


class Step:
    """One convergent change: at most one kind of mutation.

    Subclasses are `@value` classes. Where a step has a value before and after, its fields are called
    `before` and `after`; a step that moves the other way is its inverse.
    """

    observation: ClassVar[type[Observation]]
    """The facet that shows the step's state."""
    permissions: ClassVar[tuple[Permission, ...]]
    """What its calls need, and nothing else."""
    irreversible: ClassVar[str] = ""
    """Why there is no inverse; empty when there is one."""
    inverse_type: ClassVar[type[Step] | None] = None
    """The class of the inverse, where it is not the step's own: it has the same fields."""
    visibility_delay: ClassVar[timedelta] = timedelta(0)
    """For how long not seeing the change is no proof that it was not made."""
    survives_subject: ClassVar[bool] = False
    """Whether what it changes is there without the subject: a release then puts it back all the same.

    Its facet is read where the steps of the past point to.
    """

    @property
    def target(self) -> str:
        """What is changed, as a stable text: steps with one target are folded together by an undo."""
        raise NotImplementedError

    @property
    def best_effort(self) -> bool:
        """Whether a failure is recorded and not tried again, and nothing that follows waits for it."""
        return False

    @property
    def requires(self) -> tuple[Symbol, ...]:
        """What must be provided first; the step is skipped where its provider did not succeed."""
        return ()

    @property
    def runs_after(self) -> tuple[Symbol, ...]:
        """What it comes after, whatever became of that."""
        return ()

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """What other steps of the stage can rely on once this one is done."""
        return ()

    def affected_ref(self, ref: Ref) -> Ref:
        """Return whom it changes: the response's subject, unless it is one that has incidents of its own."""
        return ref

    def apply(self, names: Names) -> SansIO[Done]:
        """Make the change, as a conversation with AWS."""
        raise NotImplementedError

    def state(self, observed: ResourceState) -> State:
        """Say where the world stands: as before the step, as after it, or elsewhere."""
        raise NotImplementedError

    def effect(self, observed: ResourceState) -> ResourceState:
        """Return what will be observed once the step is done."""
        raise NotImplementedError

    def inverse(self) -> Step:
        """Return the step that leads back; raises InternalError where there is none."""
        if self.irreversible:
            raise InternalError(f"{type(self).__name__} has no inverse: {self.irreversible}")
        both = cast("_BeforeAfter", self)
        turned = replace(both, before=both.after, after=both.before)
        other = self.inverse_type or type(self)
        return other(**{field.name: getattr(turned, field.name) for field in fields(turned)})

    def merged_with(self, later: Self) -> Self:
        """Fold a later step on the same target into this one."""
        if self.irreversible:
            return later
        return cast("Self", replace(cast("_BeforeAfter", self), after=cast("_BeforeAfter", later).after))

    def describe(self) -> str:
        """Say what it does in one plain sentence without a full stop."""
        raise NotImplementedError

    def diff(self) -> tuple[str, str]:
        """Return the value before and after, for a person."""
        both = cast("_BeforeAfter", self)
        return show(both.before), show(both.after)

    def actual(self, observed: ResourceState) -> str:  # noqa: ARG002 - subclasses look
        """Say what stands there now, for a person who is told that the world has moved on."""
        return "something else"

    def side_effects(self) -> str:
        """Say what it costs or breaks, in words; empty when nothing to speak of."""
        return ""


def show(item: object) -> str:
    """Write a value of a step for a person."""
    if item is None or item == frozenset():
        return "none"
    if isinstance(item, bool):
        return "on" if item else "off"
    if isinstance(item, frozenset | tuple):
        return ", ".join(sorted(show(one) for one in item))
    key = getattr(item, "key", None)
    return key if isinstance(key, str) else str(item)


def counted(number: int, what: str) -> str:
    """Write a number of things for a person: `1 rule`, `2 rules`."""
    return f"{number} {what}" + ("" if number == 1 else "s")


@frozen
class _BeforeAfter:
    """The fields that `inverse` and `then` work on."""

    before: object
    after: object
