"""A setting: one value of a resource. One step sets it, and its inverse restores it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call
from ringfence.model.step import Done, State, Step, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.call import Answer, SansIO
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names


class SettingStep(Step):
    """A step that sets one value by one call.

    A subclass is a `@value` class with the fields `before` and `after`. It says which field of its
    observation holds the value, which call sets it (`parameters`), what is changed (`target`), and how that
    is described (`describe`). The base class does the rest: it compares, applies, undoes and shows values.

    If the operation depends on the value, override `call`. If the answer means something, override
    `finish`.

    Attributes
    ----------
    field : str
        The observation's field that holds the value. An observation that has a field `readable` says with
        it whether the service showed the value: while it did not, the state is `SETTLING`.
    service, operation : str
        The call: boto3's name of the service and the API's name of the operation.
    not_found : tuple of str
        Error codes that mean that the resource does not exist.
    refused : tuple of str
        Error codes that mean that the service will never set this value.
    kept_as : mapping
        What the service keeps in place of a value that it cannot keep: `{"": "Suspended"}`. Values that are
        kept alike are the same.
    labels : mapping
        What to show a person in place of a value. Any other value is shown by `step.show`.
    notes : mapping
        What the log says beside the change once a value is set.
    consequences : mapping
        What a value costs or breaks once it is set.
    before, after : object
        The observed value and the wanted value. Both are recorded.

    Examples
    --------
    >>> from ringfence.model.codec import value
    >>> from ringfence.model.observation import Observation
    >>> @value
    ... class Valve(Observation):
    ...     position: str = "open"
    >>> @value
    ... class SetValve(SettingStep):
    ...     id: str
    ...     before: str
    ...     after: str
    ...     observation = Valve
    ...     field = "position"
    ...     service = "valves"
    ...     operation = "PutPosition"
    ...
    ...     def parameters(self):
    ...         return {"Id": self.id, "Position": self.after}
    >>> step = SetValve("v-1", "open", "shut")
    >>> step.call().parameters
    {'Id': 'v-1', 'Position': 'shut'}
    >>> step.inverse()
    SetValve(id='v-1', before='shut', after='open')
    """

    field: ClassVar[str]
    service: ClassVar[str]
    operation: ClassVar[str]
    not_found: ClassVar[tuple[str, ...]] = ()
    refused: ClassVar[tuple[str, ...]] = ()
    kept_as: ClassVar[Mapping[object, object]] = MappingProxyType({})
    labels: ClassVar[Mapping[object, str]] = MappingProxyType({})
    notes: ClassVar[Mapping[object, str]] = MappingProxyType({})
    consequences: ClassVar[Mapping[object, str]] = MappingProxyType({})
    before: object
    after: object

    def parameters(self) -> Mapping[str, object]:
        """Return the parameters of the call that sets `after`."""
        raise NotImplementedError

    def call(self) -> Call:
        """Return the call that sets `after`."""
        expected = (*self.not_found, *self.refused)
        return Call(self.service, self.operation, self.parameters(), expected=expected)

    def finish(self, answer: Answer) -> Done:
        """Return how the step ended.

        Raises
        ------
        NotFound
            For the error codes in `not_found`.
        Refused
            For the error codes in `refused`.
        """
        accept(answer, not_found=self.not_found, refused=self.refused)
        return Done(note=self.notes.get(self.after, ""))

    def exists(self, observed: ResourceState) -> bool:  # noqa: ARG002 - for settings of what may be gone
        """Return whether the resource with the setting exists, such as a volume of an instance."""
        return True

    def current(self, observed: ResourceState) -> object:
        """Return the observed value."""
        found: object = getattr(observed[self.observation], self.field)
        return found

    def kept(self, value: object) -> object:
        """Return what the service stores for a value."""
        return self.kept_as.get(value, value)

    def formatted(self, value: object) -> str:
        """Return a value in words."""
        return self.labels.get(value) or show(value)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Set the value."""
        (answer,) = yield (self.call(),)
        return self.finish(answer)

    def state(self, observed: ResourceState) -> State:
        """Compare the observed value with `before` and `after`."""
        if not getattr(observed[self.observation], "readable", True):
            return State.SETTLING
        if not self.exists(observed):
            return State.GONE
        now = self.kept(self.current(observed))
        if now == self.kept(self.after):
            return State.AFTER
        return State.BEFORE if now == self.kept(self.before) else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Put `after` into the observation."""
        return observed.with_observation(
            replace(observed[self.observation], **{self.field: self.kept(self.after)})
        )

    def actual(self, observed: ResourceState) -> str:
        """Return the observed value in words."""
        return self.formatted(self.current(observed))

    def diff(self) -> tuple[str, str]:
        """Return both values in words."""
        return self.formatted(self.before), self.formatted(self.after)

    def side_effects(self) -> str:
        """Return what the new value costs or breaks."""
        return self.consequences.get(self.after, "")
