"""What is wrong with a record, in words."""

from __future__ import annotations

from ringfence.record.rendered import RenderedFact, each, rendered
from ringfence.record.seal import places
from ringfence.record.tampering_facts import HistoryRejected, LeaseVoided, RecordUnsealed, UnsealedAccepted


@rendered.register(LeaseVoided)
def _(fact: LeaseVoided, _: object) -> RenderedFact:
    notes = (*each("owner", filter(None, (fact.owner,))), *each("until", filter(None, (fact.until,))))
    return RenderedFact(f"TAMPERING: a lease counts as none, because {fact.reason}", notes)


@rendered.register(HistoryRejected)
def _(fact: HistoryRejected, _: object) -> RenderedFact:
    where = f"entry {fact.entry} of {fact.incident} is not authentic: {fact.why}"
    return RenderedFact(f"TAMPERING: {fact.asked} did not obey the record", (where,), result="refused")


@rendered.register(RecordUnsealed)
def _(fact: RecordUnsealed, _: object) -> RenderedFact:
    return RenderedFact("the entries of this execution are not sealed", (fact.reason,), result="unsealed")


@rendered.register(UnsealedAccepted)
def _(fact: UnsealedAccepted, _: object) -> RenderedFact:
    words = f"released although entries {places(fact.entries)} are not sealed: {fact.reason}"
    covered = f"checkpoint {fact.covered} covers them" if fact.covered else "no checkpoint covers them"
    return RenderedFact(words, (covered,))
