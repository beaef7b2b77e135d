"""The findings of own systems that the policy refused, as the audit log has them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.claims import SentFinding
from ringfence.model.frozen import frozen
from ringfence.model.kinds.account import AccountRef
from ringfence.model.subject import GLOBAL
from ringfence.record.chain import ChainKey
from ringfence.record.slots import REFUSALS
from ringfence.record.summary import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringfence.record.chain import Entry

KIND = "FindingRefused"


@frozen
class RefusedFinding:
    """One refusal.

    Attributes
    ----------
    at : datetime
        When it was recorded.
    sender : str
        The ARN of the sender, or for the bus the account id.
    way : str
        `api` or `bus`.
    finding, type : str
        The id and the type of the finding.
    field, value : str
        The field that the policy does not allow, and its value.
    reason : str
        Why, in words: it follows the value.
    """

    at: datetime
    sender: str
    way: str
    finding: str
    type: str
    field: str
    value: str
    reason: str

    @property
    def who(self) -> str:
        """The sender, for people."""
        return SentFinding(self.sender, self.way, proven=True).words


def chain_of(home: str) -> ChainKey:
    """Return the key of the chain of refusals. `home` is the home account."""
    return ChainKey(REFUSALS, AccountRef(home, GLOBAL, home).key)


def refused_in(entries: Iterable[Entry]) -> Iterator[RefusedFinding]:
    """Yield the refusals of a chain, in order."""
    names = ("sender", "way", "finding", "type", "field", "given", "reason")
    for one in map(line, entries):
        if one.kind == KIND:
            yield RefusedFinding(one.at, *(one.fact.optional_text(name) or "" for name in names))
