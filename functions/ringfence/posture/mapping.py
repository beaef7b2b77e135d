"""Where an item of AWS Config has the properties that CloudFormation names. Pure.

Rules name properties as CloudFormation does, because people know its names from their templates. The items of
AWS Config have other names, mostly the service's own. A mapping says where the properties of a type are.

The items' names are published by AWS: https://github.com/awslabs/aws-config-resource-schema
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from ringfence.model.errors import InternalError
from ringfence.model.frozen import frozen
from ringfence.posture.values import UNREAD

Parts: TypeAlias = tuple[str, ...]
Item: TypeAlias = Mapping[str, object]
LIST: Final = "[]"
"""The mark of a list, after the name of a property: the parts after it are those of its elements."""
READS: Final = "reads"
"""Where an item has what a scan reads from the service itself, by the name of the operation."""
_UNCERTAIN: Final = "?"
"""The mark of a field whose absence says nothing: only some ways to read an item return it."""


@frozen
class Place:
    """A property, and where an item has it.

    Parameters
    ----------
    property
        The parts of CloudFormation's name, for example `("Rules", "[]", "Status")`.
    field
        The parts of the item's field.
    certain
        False if an item without the field says nothing about the property.

    """

    property: Parts
    field: Parts
    certain: bool = True


@frozen
class Computed:
    """A property that has another form in items, and the function that makes CloudFormation's from an item.

    `elements` are the names of the properties in it. `make` returns the value. `field` is the part of an item
    that it reads, and the name in it.
    """

    property: str
    elements: tuple[str, ...]
    make: Callable[[Item], object]
    field: tuple[str, str]


@frozen
class Mapped:
    """The properties of a type that rules can name."""

    type: str
    places: tuple[Place, ...]
    computed: tuple[Computed, ...] = ()

    def knows(self, path: Parts) -> bool:
        """Return whether rules can name a property. `path` has no marks of lists."""
        return path in self._known

    @property
    def names(self) -> tuple[str, ...]:
        """Every property that rules can name, in alphabetical order."""
        return tuple(sorted(".".join(path) for path in self._known if path))

    @property
    def reads(self) -> tuple[str, ...]:
        """The operations of the service that a scan calls for what no item has."""
        return tuple(sorted({place.field[1] for place in self.places if place.field[0] == READS}))

    @property
    def documents(self) -> frozenset[tuple[str, ...]]:
        """The parts of an item, and the names in them, that have more in them than a value.

        Some ways to read an item write them as JSON in a text. Any other text is the owner's own words.
        """
        deep = (place.field[:2] for place in self.places if _is_deep(place))
        return frozenset((*deep, *(one.field for one in self.computed)))

    @property
    def _known(self) -> frozenset[Parts]:
        paths = [tuple(part for part in place.property if part != LIST) for place in self.places]
        paths += [(one.property, name) for one in self.computed for name in one.elements]
        return frozenset(path[:length] for path in paths for length in range(len(path) + 1))

    def properties(self, item: Item) -> dict[str, object]:
        """Return the properties of an item, in CloudFormation's form."""
        made: dict[str, object] = {}
        for place in self.places:
            _put(made, place, item)
        for one in self.computed:
            made[one.property] = one.make(item)
        return made


def identical(type_: str, *names: str, **others: str) -> Mapped:
    """Return the mapping of a type whose items have CloudFormation's names."""
    return mapped(type_, names, others, lambda part: part)


def lowered(type_: str, *names: str, **others: str) -> Mapped:
    """Return the mapping of a type whose items begin CloudFormation's names with a small letter."""
    return mapped(type_, names, others, lambda part: part[:1].lower() + part[1:])


def mapped(
    type_: str,
    names: Iterable[str],
    others: Mapping[str, str],
    named: Callable[[str], str],
    computed: tuple[Computed, ...] = (),
) -> Mapped:
    """Return the mapping of a type.

    Parameters
    ----------
    type_
        CloudFormation's name of the type.
    names
        Properties that an item has under `configuration`, as `named` writes each part.
    others
        Other properties, and their fields.
    named
        Returns the item's name for a part of a property's name.
    computed
        Properties that are made by a function.

    """
    plain = tuple(
        Place(path, ("configuration", *(part if part == LIST else named(part) for part in path)))
        for path in map(_parts, names)
    )
    special = tuple(
        Place(_parts(name), _parts(field.removesuffix(_UNCERTAIN)), not field.endswith(_UNCERTAIN))
        for name, field in others.items()
    )
    for place in special:
        if place.property.count(LIST) != place.field.count(LIST):
            raise InternalError(f"{type_}: {place.property} and {place.field} have not the same lists")
    return Mapped(type_, plain + special, computed)


def _parts(text: str) -> Parts:
    """Split `Rules[].Status` into `Rules`, `[]`, `Status`."""
    return tuple(text.replace(LIST, f".{LIST}").split("."))


def _put(made: dict[str, object], place: Place, item: Item) -> None:
    """Put the values of one property into the tree of an item's properties."""
    if not _was_read(place, item):
        _set(made, _until_list(place.property), (), UNREAD)
        return
    for at, value in _found(item, place.field):
        if value is not None:
            _set(made, place.property, at, value)


def _is_deep(place: Place) -> bool:
    """Return whether a property is within a value of a part of an item."""
    return len(place.field) > len(("part", "name"))


def _until_list(path: Parts) -> Parts:
    """Return the part of a path above its first list: of an unread list, the elements are not known."""
    return path[: path.index(LIST)] if LIST in path else path


def _was_read(place: Place, item: Item) -> bool:
    part = item.get(place.field[0])
    if not isinstance(part, Mapping):
        return False  # a query can leave out a whole part of an item
    if _is_deep(place) and part.get(place.field[1]) and isinstance(part[place.field[1]], str):
        return False  # it is a text in which there is no JSON
    return (place.certain and place.field[0] != READS) or place.field[1] in part


def _found(value: object, field: Parts) -> Iterator[tuple[tuple[int, ...], object]]:
    """Yield each value of a field, with the positions in the lists above it."""
    if not field:
        yield (), value
    elif field[0] == LIST:
        if isinstance(value, Sequence) and not isinstance(value, str):
            for index, one in enumerate(value):
                for at, found in _found(one, field[1:]):
                    yield (index, *at), found
    elif isinstance(value, Mapping):
        yield from _found(value.get(field[0]), field[1:])


def _set(made: dict[str, object], path: Parts, at: tuple[int, ...], value: object) -> None:
    """Set a value in a tree. A list gets as many elements as it needs."""
    within: object = made
    positions = iter(at)
    for part, following in zip(path, (*path[1:], None), strict=True):
        key = next(positions, 0) if part == LIST else part
        below: object = value if following is None else [] if following == LIST else {}
        within = _below(within, key, below, is_last=following is None)


def _below(within: object, key: int | str, below: object, *, is_last: bool) -> object:
    if isinstance(within, list) and isinstance(key, int):
        while len(within) <= key:
            within.append({})
        if is_last or not isinstance(within[key], dict | list):
            within[key] = below
        return within[key]
    if isinstance(within, dict):
        if is_last or not isinstance(within.get(str(key)), dict | list):
            within[str(key)] = below
        return within[str(key)]
    return below
