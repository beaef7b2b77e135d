"""A step: one convergent change in AWS, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Self, cast

from ringfence.model.errors import InternalError
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.call import Permission, SansIO
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.subject import Ref
    from ringfence.model.symbol import Symbol


class State(StrEnum):
    """The state of one step, computed from what was observed.

    `BEFORE`: the step is not applied. `AFTER`: the step is applied. `GONE`: the resource that the step
    changes does not exist. `DRIFTED`: somebody set another value. `SETTLING`: AWS does not show the result
    yet.
    """

    BEFORE = "before"
    AFTER = "after"
    GONE = "gone"
    DRIFTED = "drifted"
    SETTLING = "settling"


Names = Mapping["Symbol", str]
"""The ids for symbols."""


@frozen
class Done:
    """How a step ended.

    Attributes
    ----------
    provides : mapping of Symbol to str
        The ids of what it made, for other steps of the stage.
    note : str
        What the log says beside the change; empty for nothing.
    """

    provides: Names = field(default_factory=dict)
    note: str = ""


class Step:
    """One change that converges: to apply it twice is to apply it once. It makes one kind of mutation.

    A subclass is a `@value` class. Its fields are recorded in the log. If a step replaces a value, its
    fields are called `before` and `after`, and the step that leads back has them exchanged. A step that
    sets one value is a `SettingStep`, which needs less code.

    Attributes
    ----------
    observation : type of Observation
        The class of the observation that shows the step's state.
    permissions : tuple of Permission
        What its calls need, and nothing else.
    irreversible : str
        Why there is no inverse; empty where there is one.
    inverse_type : type of Step or None
        The class of the inverse, where it is another. It has the same fields.
    visibility_delay : timedelta
        For how long AWS may not show the change after it was made. Until then, a look that does not show it
        proves nothing.
    repeatable : bool
        Whether it may be applied again before its first result is visible. Otherwise its stage waits.
    survives_subject : bool
        Whether what it changes can exist without the subject. A release then undoes it all the same.
    shows_sharers : tuple of type of Observation
        What `may_be_shared_with` needs. A release reads it as well.
    serves_all : bool
        Whether it prepares a resource of Ringfence's own that serves all incidents. If another incident has
        prepared it since, a plan that people approved is the same without this step.

    Examples
    --------
    `apply` is a generator. It yields the calls of one round trip, receives their answers and returns `Done`.

    >>> from ringfence.model.call import Call
    >>> from ringfence.model.codec import value
    >>> @value
    ... class RingBell(Step):
    ...     door: str
    ...     irreversible = "a bell cannot be unrung"
    ...
    ...     def apply(self, names):
    ...         (answer,) = yield (Call("doors", "RingBell", {"Id": self.door}),)
    ...         return Done(note="it rang")
    >>> step = RingBell("d-1")
    >>> [call.operation for call in next(step.apply({}))]
    ['RingBell']
    >>> step.inverse()
    Traceback (most recent call last):
        ...
    ringfence.model.errors.InternalError: RingBell has no inverse: a bell cannot be unrung
    """

    observation: ClassVar[type[Observation]]
    permissions: ClassVar[tuple[Permission, ...]]
    irreversible: ClassVar[str] = ""
    inverse_type: ClassVar[type[Step] | None] = None
    visibility_delay: ClassVar[timedelta] = timedelta(seconds=60)
    repeatable: ClassVar[bool] = True
    survives_subject: ClassVar[bool] = False
    shows_sharers: ClassVar[tuple[type[Observation], ...]] = ()
    serves_all: ClassVar[bool] = False

    @property
    def target(self) -> str:
        """What is changed, as a stable text. A release combines steps that have one target."""
        raise NotImplementedError

    @property
    def best_effort(self) -> bool:
        """Whether a failure is recorded and not retried, and no later step waits for it."""
        return False

    @property
    def requires(self) -> tuple[Symbol, ...]:
        """What must be provided first. The step is skipped where its provider did not succeed."""
        return ()

    @property
    def runs_after(self) -> tuple[Symbol, ...]:
        """The symbols whose providers run first, whether they succeed or not."""
        return ()

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """What other steps of the stage can rely on once this one is done."""
        return ()

    def located(self, observed: ResourceState) -> Self:  # noqa: ARG002 - subclasses look
        """Return the same step on the same target, as calls name it now. A user can be renamed."""
        return self

    def effect_lasts(self, now: datetime) -> bool:  # noqa: ARG002 - subclasses look
        """Return whether what it changed still matters now if the subject is gone."""
        return self.survives_subject

    def affected_ref(self, ref: Ref) -> Ref:
        """Return the resource it changes: the subject, or another one with its own incidents."""
        return ref

    def is_shared(self, ref: Ref) -> bool:  # noqa: ARG002 - subclasses look
        """Return whether incidents of other resources can rely on the change without a record of it."""
        return False

    def also_held_by(self, ref: Ref, observed: ResourceState) -> tuple[Ref, ...]:  # noqa: ARG002 - subclasses look
        """Return other resources for which Ringfence made the same restriction. A release leaves theirs."""
        return ()

    def may_be_shared_with(self, ref: Ref, observed: ResourceState) -> tuple[Ref, ...]:  # noqa: ARG002 - subclasses look
        """Return other resources whose records can have a step that restricts the same, visible or not."""
        return ()

    def restricts_same(self, other: Step) -> bool:  # noqa: ARG002 - subclasses compare
        """Return whether a step that another incident recorded restricts what this one does."""
        return False

    def apply(self, names: Names) -> SansIO[Done]:
        """Make the change.

        Parameters
        ----------
        names : mapping of Symbol to str
            The ids of what `requires` names.

        Raises
        ------
        NotFound
            If the resource to change does not exist.
        Refused
            If AWS will never make this change.
        """
        raise NotImplementedError

    def state(self, observed: ResourceState) -> State:
        """Compare what was observed with the step: see `State`."""
        raise NotImplementedError

    def effect(self, observed: ResourceState) -> ResourceState:
        """Return what will be observed once the step is done."""
        raise NotImplementedError

    def inverse(self) -> Step:
        """Return the step that leads back.

        Raises
        ------
        InternalError
            If it is irreversible.
        """
        if self.irreversible:
            raise InternalError(f"{type(self).__name__} has no inverse: {self.irreversible}")
        both = cast("_BeforeAfter", self)
        turned = replace(both, before=both.after, after=both.before)
        other = self.inverse_type or type(self)
        return other(**{field.name: getattr(turned, field.name) for field in fields(turned)})

    def misfit(self) -> str:
        """Return why a release must not apply this step, in words. Empty if it may.

        A record can be forged. A step that leads back undoes only what the step forwards does, so it writes
        no value of another kind: a step that takes a denial away never allows anything.
        """
        return ""

    def merged_with(self, later: Self) -> Self:
        """Return one step for this one and a later one with the same target."""
        if self.irreversible:
            return later
        return cast("Self", replace(cast("_BeforeAfter", self), after=cast("_BeforeAfter", later).after))

    def describe(self) -> str:
        """Return one plain sentence about the change, without a full stop."""
        raise NotImplementedError

    def diff(self) -> tuple[str, str]:
        """Return the value before and after, for a person."""
        both = cast("_BeforeAfter", self)
        return show(both.before), show(both.after)

    def actual(self, observed: ResourceState) -> str:  # noqa: ARG002 - subclasses look
        """Return the observed value in words, for a report about drift."""
        return "something else"

    def side_effects(self) -> str:
        """Return what the change costs or breaks. Empty if nothing."""
        return ""


def show(item: object) -> str:
    """Return a value of a step in words."""
    if item is None or item == frozenset():
        return "none"
    if isinstance(item, bool):
        return "on" if item else "off"
    if isinstance(item, frozenset | tuple):
        return ", ".join(sorted(show(one) for one in item))
    key = getattr(item, "key", None)
    return key if isinstance(key, str) else str(item)


_PLURALS = MappingProxyType({"is": "are", "was": "were", "has": "have", "that": "that"})
"""The words behind a noun, and their plurals."""


def counted(number: int, what: str) -> str:
    """Return a number of things in words. `what` is one of them, and can have a verb behind it.

    Examples
    --------
    >>> counted(1, "rule"), counted(1200, "rule"), counted(0, "entry is"), counted(2, "day")
    ('1 rule', '1,200 rules', '0 entries are', '2 days')
    """
    return f"{number:,} {what if number == 1 else _plural(what)}"


def _plural(what: str) -> str:
    head, _, last = what.rpartition(" ")
    if last in _PLURALS:
        return f"{_plural(head)} {_PLURALS[last]}" if head else _PLURALS[last]
    return f"{what[:-1]}ies" if last[-1] == "y" and last[-2] not in "aeiou" else f"{what}s"


@frozen
class _BeforeAfter:
    """The fields for `inverse` and `merged_with`."""

    before: object
    after: object
