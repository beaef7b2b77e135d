"""What a rule requires of a property, and what an item shows instead. Pure.

A condition is a tree in the form of the property that it is about. A mapping requires each of its keys, and a
list is a choice. The value of a property can be a list too: one of its elements must meet the condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from ringfence.model.frozen import frozen
from ringfence.posture.values import UNREAD, Scalar, is_unread, same, shown

Path = tuple[str, ...]


@frozen
class Violation:
    """A property that does not meet a condition.

    Parameters
    ----------
    path
        The names down to the property, for example `("VersioningConfiguration", "Status")`.
    problem
        What is required, and what the item has.
    unread
        True if nobody looked at the property, so that nothing is known about it.

    """

    path: Path
    problem: str
    unread: bool = False

    @property
    def text(self) -> str:
        """The sentence for people."""
        return f"{'.'.join(self.path)} {self.problem}"


@frozen
class Is:
    """The property has this value."""

    value: Scalar

    def violations(self, actual: object, path: Path) -> Iterator[Violation]:
        """Yield what is wrong with the value of a property."""
        elements = _elements(actual)
        if any(same(self.value, one) for one in elements):
            return
        if any(map(is_unread, elements)):
            yield _unread(path)
        else:
            yield Violation(path, f"must be {self}, {_but(actual)}")

    def __str__(self) -> str:
        return shown(self.value)


@frozen
class Compares:
    """The property has this value, as `!Equals` says. It differs from `Is` only under `!Not`."""

    value: Scalar

    def violations(self, actual: object, path: Path) -> Iterator[Violation]:
        """Yield what is wrong with the value of a property."""
        yield from Is(self.value).violations(actual, path)

    def __str__(self) -> str:
        return shown(self.value)


@frozen
class Constant:
    """A comparison between values that the file itself contains. It does not depend on the property."""

    holds: bool

    def violations(self, actual: object, path: Path) -> Iterator[Violation]:
        """Yield what is wrong: the file compares two values that differ."""
        del actual
        if not self.holds:
            yield Violation(path, "cannot pass, because the rule compares two different values")

    def __str__(self) -> str:
        return "a comparison of two values of the rule"


@frozen
class Not:
    """The property is set and does not meet the condition."""

    condition: Condition

    def violations(self, actual: object, path: Path) -> Iterator[Violation]:
        """Yield what is wrong with the value of a property. A property that is not set is no proof.

        If the condition would need something that was not read, so does its opposite.
        """
        if not isinstance(self.condition, Constant | Not) and actual is None:
            yield Violation(path, f"must be set, and not to {self.condition}, {_but(actual)}")
            return
        found = tuple(self.condition.violations(actual, path))
        if not found:
            yield Violation(path, f"must not be {self.condition}, {_but(actual)}")
        elif _is_unknown(found):
            yield from found

    def __str__(self) -> str:
        return f"anything but {self.condition}"


@frozen
class OneOf:
    """The property meets one of these conditions."""

    options: tuple[Condition, ...]

    def violations(self, actual: object, path: Path) -> Iterator[Violation]:
        """Yield what is wrong with the value of a property."""
        found = [tuple(option.violations(actual, path)) for option in self.options]
        unknown = [one for option in found if _is_unknown(option) for one in option]
        if not all(found):
            return
        if len(found) == 1:
            yield from found[0]
        elif unknown:
            yield from dict.fromkeys(unknown)
        else:
            yield Violation(path, f"must be one of {self}, {_but(actual)}")

    def __str__(self) -> str:
        return ", ".join(str(option) for option in self.options)


@frozen
class Contains:
    """The property has these properties, each of which meets its condition."""

    properties: tuple[tuple[str, Condition], ...]

    def violations(self, actual: object, path: Path) -> Iterator[Violation]:
        """Yield what is wrong with a property.

        Of a list, an element that may meet the condition comes before the element with the fewest violations.
        """
        found = [tuple(self._of(one, path)) for one in _elements(actual)] or [tuple(self._of({}, path))]
        yield from min(found, key=lambda one: (bool(one) and not _is_unknown(one), len(one)))

    def _of(self, element: object, path: Path) -> Iterator[Violation]:
        if element is UNREAD:
            yield _unread(path)
            return
        fields = element if isinstance(element, Mapping) else {}
        for name, condition in self.properties:
            value = fields.get(name)
            if value is UNREAD:
                yield _unread((*path, name))
            else:
                yield from condition.violations(value, (*path, name))

    def __str__(self) -> str:
        return " and ".join(f"{name}: {condition}" for name, condition in self.properties)


Condition: TypeAlias = Is | Compares | Constant | Not | OneOf | Contains


def _elements(actual: object) -> Sequence[object]:
    """Return the elements of a list, or the value itself as the only one."""
    if isinstance(actual, Sequence) and not isinstance(actual, str):
        return actual
    return (actual,)


def _unread(path: Path) -> Violation:
    return Violation(path, "was not read", unread=True)


def _is_unknown(found: Sequence[Violation]) -> bool:
    """Return whether a condition is neither met nor violated, because something was not read."""
    return bool(found) and all(one.unread for one in found)


def _but(actual: object) -> str:
    return "but is not set" if actual is None else f"but is {shown(actual)}"
