"""What Ringfence's function says about the seals of an incident. This process has no key to check them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ringfence.cli.operator_command import CommandOptions, environment
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, RingfenceError
from ringfence.model.step import counted
from ringfence.record.integrity import Fault, Wrong, with_more
from ringfence.record.seal import places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ringfence.cli.operator_client import OperatorClient
    from ringfence.cli.settings import Home
    from ringfence.record.integrity import ChainVerdict

NOT_CHECKED = "seals not checked: "


@dataclass(frozen=True)
class Seals:
    """The seals of one response. `problem` says why nothing else is known."""

    sealed: int = 0
    forged: tuple[int, ...] = ()
    unsealed: tuple[int, ...] = ()
    unchecked: tuple[int, ...] = ()
    missing: str = ""
    cut: int = 0
    problem: str = ""

    @property
    def faults(self) -> tuple[str, ...]:
        """The entries that are not authentic, in words. Empty if there are none."""
        return (f"{_are(self.forged)} not authentic",) if self.forged else ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """The rest, in words."""
        return tuple(self._remarks())

    def _remarks(self) -> Iterator[str]:
        if self.problem:
            yield f"{NOT_CHECKED}{self.problem}"
            return
        if self.unsealed:
            yield f"{_are(self.unsealed)} not sealed: nothing proves who wrote them"
        if self.unchecked:
            why = self.missing or "their key cannot be derived"
            yield f"{NOT_CHECKED}{places(self.unchecked)}: {why}"
        if self.cut:
            yield f"{counted(self.cut, 'more entry is')} forged, not sealed or not checked"
        yield f"{counted(self.sealed, 'entry is')} sealed"

    def as_json(self) -> dict[str, object]:
        """Return it for machines."""
        if self.problem:
            return {"checked": False, "reason": self.problem}
        return {
            "checked": not (self.unchecked or self.cut),
            "sealed": self.sealed,
            "forged": list(self.forged),
            "unsealed": list(self.unsealed),
            "unchecked": list(self.unchecked),
            "reason": self.missing,
        }


@dataclass(frozen=True)
class IncidentSeals:
    """The seals of each response to an incident, by its chain. `problem`: why the others are not known."""

    by_chain: Mapping[str, Seals]
    problem: str

    def of(self, chain: str) -> Seals:
        """Return those of a response."""
        return self.by_chain.get(chain) or Seals(problem=self.problem)


def seals_of(home: Home, url: str | None, incident: str) -> IncidentSeals:
    """Ask the API about the seals of an incident. An error is the reason why they are not checked."""
    return asker(home, url)(incident)


def asker(home: Home, url: str | None) -> Callable[[str], IncidentSeals]:
    """Return a function that asks the API about an incident. It can be called in other threads."""
    given = CommandOptions(
        reason="",
        dry_run=False,
        yes=False,
        direct=False,
        as_json=False,
        wait=0,
        url=url or "",
        policy=None,
        home=home,
    )
    try:
        client = environment().client(given)
    except RingfenceError as error:
        problem = str(error)
        return lambda _: IncidentSeals({}, problem)
    return partial(_asked, client)


def _asked(client: OperatorClient, incident: str) -> IncidentSeals:
    try:
        answer = Document.of(client.seals({"incident": incident}))
        if answer.text("incident") != incident:
            raise BadInput("incident", f"must be {incident} in the answer", answer.text("incident"))
        found = {one.text("chain"): _read(one) for one in answer.children("responses")}
    except RingfenceError as error:
        return IncidentSeals({}, str(error))
    return IncidentSeals(found, "the function did not check this response")


def with_seals(verdict: ChainVerdict, seals: Seals) -> ChainVerdict:
    """Add the entries that are not authentic. Unsealed entries are no fault: earlier versions wrote some."""
    why = "no function of Ringfence sealed it in this place"
    return with_more(verdict, (Fault(seq, Wrong.FORGED, why) for seq in seals.forged))


def _read(one: Document) -> Seals:
    """Read the seals of one response. Raises BadInput."""
    if problem := one.optional_text("problem"):
        return Seals(problem=problem)
    counts = one.child("counts")
    lists = {name: _numbers(one, name) for name in ("forged", "unsealed", "unchecked")}
    return Seals(
        sealed=counts.integer("sealed"),
        forged=lists["forged"],
        unsealed=lists["unsealed"],
        unchecked=lists["unchecked"],
        missing=one.optional_text("missing") or "",
        cut=sum(counts.integer(name) - len(seqs) for name, seqs in lists.items()),
    )


def _numbers(one: Document, name: str) -> tuple[int, ...]:
    found = one.items(name)
    for item in found:
        if isinstance(item, bool) or not isinstance(item, int):
            raise BadInput(one.at(name), "must be numbers of entries", item)
    return tuple(int(str(item)) for item in found)


def _are(seqs: tuple[int, ...]) -> str:
    return f"entry {seqs[0]} is" if len(seqs) == 1 else f"entries {places(seqs)} are"
