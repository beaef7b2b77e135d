"""What a policy file says without its errors, so that the rest of it can be judged as well. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.policy.lookup import mapping_of
from ringfence.policy.yaml_source import Located

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.policy.yaml_source import Flaw, Path

_ENTRIES = frozenset({"rules", "exempt", "protected", "mappings", "senders"})
"""The lists of which a wrong entry is left out as a whole: without a wrong field, it would match more."""


@dataclass(frozen=True)
class SoundPart(Located):
    """A document without what is wrong in it. Paths are those of `plain`, and flaws have lines of the file.

    `left_out` are paths in the file.
    """

    left_out: frozenset[Path] = field(default_factory=frozenset)

    def in_file(self, path: Path) -> Path:
        """Return the path in the file."""
        found: Path = ()
        for key in path:
            number = key
            if isinstance(number, int):
                for left in sorted(self._numbers(found)):
                    number += left <= number
            found = (*found, number)
        return found

    def _numbers(self, parent: Path) -> Iterable[int]:
        """Return the numbers of the items of a list that are left out."""
        return (one[-1] for one in self.left_out if one[:-1] == parent and isinstance(one[-1], int))

    def flaw(self, path: Path, problem: str) -> Flaw:
        """Return a flaw with its position in the file."""
        return super().flaw(self.in_file(path), problem)


def sound_part(document: Located, wrong: Iterable[Path]) -> SoundPart:
    """Return a document without the values at these paths."""
    left_out = frozenset(path[:2] if path[:1] and path[0] in _ENTRIES else path for path in wrong)
    plain = mapping_of(_without(document.plain, left_out, ()))
    return SoundPart(plain, document.node, left_out)


def _without(data: object, left_out: frozenset[Path], at: Path) -> object:
    if isinstance(data, dict):
        kept = {key: value for key, value in data.items() if (*at, key) not in left_out}
        return {key: _without(value, left_out, (*at, key)) for key, value in kept.items()}
    if isinstance(data, list):
        items = [(number, item) for number, item in enumerate(data) if (*at, number) not in left_out]
        return [_without(item, left_out, (*at, number)) for number, item in items]
    return data
