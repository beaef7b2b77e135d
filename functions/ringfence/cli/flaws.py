"""Everything that is wrong with a file, in one error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class SeveralFlaws(BadInput):
    """A file has several errors. The field, the problem and the value are those of the first one.

    `flaws` are all of them.
    """

    def __init__(self, place: str, flaws: Sequence[BadInput]) -> None:
        first = flaws[0]
        super().__init__(first.field, first.problem, first.value, first.hint)
        self.flaws = tuple(flaws)
        self.args = ("\n".join((f"{place} has {counted(len(flaws), 'error')}:", *_said_once(flaws))),)


def _said_once(flaws: Sequence[BadInput]) -> Iterator[str]:
    """Yield what is wrong. What follows a semicolon, such as the list of fields, is said only once."""
    said = set()
    for one in flaws:
        _, _, rest = one.problem.partition("; ")
        yield str(one).replace(f"; {rest}", "", 1) if rest in said else str(one)
        said |= {rest} - {""}


def check(place: str, flaws: Sequence[BadInput]) -> None:
    """Raise an error that says everything that is wrong with a file. Do nothing if nothing is."""
    if len(flaws) == 1:
        raise flaws[0]
    if flaws:
        raise SeveralFlaws(place, flaws)
