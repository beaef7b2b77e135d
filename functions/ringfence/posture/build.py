"""Build the condition of a rule from its `required_properties`, and find all its errors. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.model.step import counted
from ringfence.policy.lookup import meant
from ringfence.posture.conditions import Compares, Condition, Constant, Contains, Is, Not, OneOf
from ringfence.posture.tagged import Tagged
from ringfence.posture.values import same, shown

if TYPE_CHECKING:
    from ringfence.policy.yaml_source import Path
    from ringfence.posture.mapping import Mapped
    from ringfence.posture.values import Scalar

NOT, EQUALS, REF = "!Not", "!Equals", "!Ref"
_NOTHING = Constant(holds=True)
_TWO = 2


@dataclass
class Builder:
    """Builds the condition on the properties of one type.

    `parameters` are the rule's: `!Ref` of another name stands for the property that the condition is about.
    `flaws` are the places of errors, with the reasons, and `notes` those of what is probably not meant.
    """

    mapping: Mapped
    parameters: Mapping[str, object]
    flaws: list[tuple[Path, str]] = field(default_factory=list)
    notes: list[tuple[Path, str]] = field(default_factory=list)

    def condition(self, value: object, path: Path, names: tuple[str, ...] = ()) -> Condition:
        """Return the condition for a value of the rule file.

        `path` is the place in the file. `names` are the names down to the property.
        """
        if isinstance(value, Tagged):
            return self._function(value, path, names)
        if isinstance(value, Mapping):
            return self._contains(value, path, names)
        if isinstance(value, Sequence) and not isinstance(value, str):
            options = tuple(self.condition(one, (*path, at), names) for at, one in enumerate(value))
            return OneOf(options) if options else self._wrong(path, "must list at least one value")
        if not names:
            return self._wrong(path, "must be a mapping of properties")
        return Is(value) if isinstance(value, str | int | float) else self._wrong(path, "must have a value")

    def _contains(self, value: Mapping[str, object], path: Path, names: tuple[str, ...]) -> Condition:
        if not value:
            return self._wrong(path, "must name at least one property")
        made = []
        for name, one in value.items():
            below = (*names, name)
            if self.mapping.knows(below):
                made.append((name, self.condition(one, (*path, name), below)))
            else:
                self._wrong((*path, name), self._unknown(below))
        return Contains(tuple(made)) if made else _NOTHING

    def _unknown(self, names: tuple[str, ...]) -> str:
        given, known = ".".join(names), self.mapping.names
        depth = len(names)
        near = [name for name in known if name.count(".") < depth]
        return f"is no property that an item of {self.mapping.type} has{meant(given, near)}"

    def _function(self, value: Tagged, path: Path, names: tuple[str, ...]) -> Condition:
        if value.tag == REF:
            known = self._parameter(value.value)
            if known is None:
                return self._wrong(path, f"{REF} {shown(value.value)} names no parameter of the rule")
            return Is(known[0])
        if value.tag == NOT:
            given = self._arguments(value, 1, path)
            return Not(self.condition(given[0], path, names)) if given else _NOTHING
        if value.tag == EQUALS:
            given = self._arguments(value, _TWO, path)
            return self._equals(given, path, names) if given else _NOTHING
        return self._wrong(path, f"is no function that rules have; they have {NOT}, {EQUALS} and {REF}")

    def _arguments(self, value: Tagged, count: int, path: Path) -> Sequence[object]:
        given = value.value
        if isinstance(given, Sequence) and not isinstance(given, str) and len(given) == count:
            return given
        self._wrong(path, f"{value.tag} must have {counted(count, 'argument')}")
        return ()

    def _equals(self, given: Sequence[object], path: Path, names: tuple[str, ...]) -> Condition:
        sides: list[Scalar] = []
        for one in given:
            if isinstance(one, Tagged) and one.tag == REF:
                known = self._parameter(one.value)
                if known is None:
                    self._stands_for(one.value, path, names)
                else:
                    sides.append(known[0])
            elif isinstance(one, str | int | float):
                sides.append(one)
            else:
                return self._wrong(path, f"{EQUALS} must compare values and {REF}, not {shown(one)}")
        if len(sides) == 1:
            return Compares(sides[0])
        return Constant(holds=not sides or same(sides[0], sides[1]))

    def _parameter(self, name: object) -> tuple[Scalar] | None:
        """Return the value of a parameter. None if the rule has none of this name."""
        value = self.parameters.get(str(name))
        return (value,) if isinstance(value, str | int | float) else None

    def _stands_for(self, name: object, path: Path, names: tuple[str, ...]) -> None:
        if names and name != names[-1]:
            self.notes.append((path, f"{REF} {shown(name)} is no parameter: it stands for {names[-1]}"))

    def _wrong(self, path: Path, problem: str) -> Condition:
        self.flaws.append((path, problem))
        return _NOTHING
