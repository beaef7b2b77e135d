"""Everything that is wrong with a file, in one error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Sequence


class SeveralFlaws(BadInput):
    """A file has several errors. The field, the problem and the value are those of the first one.

    `flaws` are all of them.
    """

    def __init__(self, place: str, flaws: Sequence[BadInput]) -> None:
        first = flaws[0]
        super().__init__(first.field, first.problem, first.value, first.hint)
        self.flaws = tuple(flaws)
        self.args = ("\n".join((f"{place} has {counted(len(flaws), 'error')}:", *map(str, flaws))),)


def check(place: str, flaws: Sequence[BadInput]) -> None:
    """Raise an error that says everything that is wrong with a file. Do nothing if nothing is."""
    if len(flaws) == 1:
        raise flaws[0]
    if flaws:
        raise SeveralFlaws(place, flaws)
