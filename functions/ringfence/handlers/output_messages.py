"""The messages of the queue `ringfence-outputs`: which output learns about which entries of a response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.codec import canonical
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.model.incident import check_incident
from ringfence.record.chain import CHAIN_KEY, ChainKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.record.summary import Line

MOST_ENTRIES = 100_000


@frozen
class OutputMessage:
    """One message.

    Attributes
    ----------
    output : str
        The id of the output.
    key : ChainKey
        The runbook and the resource.
    incident : str
        The incident.
    first, last : int
        The numbers of the entries that are new.
    """

    output: str
    key: ChainKey
    incident: str
    first: int
    last: int

    @property
    def body(self) -> str:
        """The message as text."""
        return canonical(
            {
                "output": self.output,
                "chain": self.key.text,
                "incident": self.incident,
                "first": self.first,
                "last": self.last,
            }
        )

    @classmethod
    def of(cls, data: object) -> OutputMessage:
        """Read a message. Raises BadInput that names the field."""
        document = Document.of(data)
        chain = document.text("chain")
        if not CHAIN_KEY.fullmatch(chain):
            raise BadInput("chain", "must name a runbook and a resource", chain)
        runbook, _, subject = chain.partition("#")
        first, last = document.integer("first"), document.integer("last")
        if not 0 <= first <= last < MOST_ENTRIES:
            raise BadInput("first", f"must be from 0 to `last`, {last}", first)
        incident = check_incident(document.text("incident"))
        return cls(document.text("output"), ChainKey(runbook, subject), incident, first, last)


@frozen
class Noted:
    """New entries of some responses, and the facts in them."""

    entries: Mapping[tuple[str, str], tuple[tuple[int, str], ...]]

    def with_line(self, chain: str, line: Line) -> Noted:
        """Return it with one more entry."""
        at = (chain, line.entry.incident)
        known = self.entries.get(at, ())
        return Noted({**self.entries, at: (*known, (line.entry.seq, line.kind))})

    def messages(self, facts: Mapping[str, frozenset[str]]) -> Iterator[OutputMessage]:
        """Yield a message for each response and output whose facts are among the new ones.

        Parameters
        ----------
        facts : mapping of str to frozenset of str
            The facts that concern each output, by its id.
        """
        for (chain, incident), entries in self.entries.items():
            runbook, _, subject = chain.partition("#")
            for id_, told in facts.items():
                if about := [seq for seq, kind in entries if kind in told]:
                    yield OutputMessage(id_, ChainKey(runbook, subject), incident, min(about), max(about))


NOTHING = Noted({})
