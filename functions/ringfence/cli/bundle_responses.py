"""Compare the entries of a response in a bundle with each other, and with the leaves of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.record.chain import ChainKey
from ringfence.record.integrity import verify
from ringfence.record.log_check import fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ringfence.record.chain import Entry
    from ringfence.record.tlog import Leaf


def response_faults(
    chain: str, incident: str, entries: Sequence[Entry], leaves: Mapping[int, Sequence[tuple[int, Leaf]]]
) -> Iterator[str]:
    """Yield what is wrong with a response, in words.

    A leaf proves its entry. The entries before it are proved by the hash that the next one contains, which
    does not cover their MACs: so these must be empty. Nothing proves an entry after the last leaf.

    Parameters
    ----------
    chain, incident
        The keys of the response.
    entries
        The entries in the bundle, in their order.
    leaves
        For each number of an entry, the numbers and contents of its leaves in the period.

    """
    runbook, _, subject = chain.partition("#")
    here = f"{incident} {chain}: entry"
    verdict = verify(ChainKey(runbook, subject), incident, entries)
    wrong = {one.seq: f"{here} {one.seq} is {one.wrong.value}: {one.words}" for one in verdict.faults}
    contents = {one.seq: one for one in entries}
    for seq, found in leaves.items():
        if seq not in contents:
            wrong[seq] = f"{here} {seq} was removed: it is leaf {found[0][0]} of the log"
        for number, leaf in found:
            if seq in contents and not fits(leaf, contents[seq]):
                wrong[seq] = f"{here} {seq} is altered: leaf {number} of the log has another version of it"
    last = max(leaves, default=-1)
    for seq, entry in sorted(contents.items()):
        if seq > last:
            wrong.setdefault(seq, f"{here} {seq} was added: the log of this period does not contain it")
        elif seq not in leaves and entry.mac:
            wrong.setdefault(seq, f"{here} {seq} is altered: nothing proves its MAC")
    yield from (words for _, words in sorted(wrong.items()))
