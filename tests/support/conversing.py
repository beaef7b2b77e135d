"""Let the calls of an output be answered by a function, and remember them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.model.call import Failed
from ringfence.model.document import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ringfence.handlers.output import Errand
    from ringfence.model.call import Call

    Answers = Callable[[str, str, Call], Mapping[str, object] | Failed]


@dataclass
class Conversing:
    """Makes the calls of errands. `answers` gets the account, the region and the call."""

    answers: Answers
    calls: list[Call] = field(default_factory=list)
    places: list[tuple[str, str]] = field(default_factory=list)

    def run(self, errands: Iterable[Errand]) -> None:
        """Make all calls of some errands. Raises what they raise."""
        for errand in errands:
            self.places.append((errand.account, errand.region))
            talk = errand.talk()
            try:
                calls = next(talk)
                while True:
                    calls = talk.send(tuple(self._answer(errand, one) for one in calls))
            except StopIteration:
                continue

    def _answer(self, errand: Errand, call: Call) -> Document | Failed:
        self.calls.append(call)
        found = self.answers(errand.account, errand.region, call)
        if isinstance(found, Failed):
            assert found.code in call.expected, f"{call.operation} does not handle {found.code}"
            return found
        return Document.of(found)

    def named(self, operation: str) -> list[Mapping[str, object]]:
        """Return the parameters of the calls of one operation."""
        return [one.parameters for one in self.calls if one.operation == operation]
