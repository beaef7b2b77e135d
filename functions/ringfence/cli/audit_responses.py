"""Verify every response that the archive, the table or the transparency log names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.aws.audit_items import CHAIN, ENTRY, altered_words, is_ours
from ringfence.aws.incidents import Response
from ringfence.model.times import utc_text
from ringfence.record.chain import ChainKey, Entry
from ringfence.record.integrity import verify, with_more
from ringfence.record.log_check import log_faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.aws.incidents import IncidentReader
    from ringfence.cli.audit_sources import LogReport, Period, Sources
    from ringfence.cli.audit_store import AuditStore
    from ringfence.record.integrity import ChainVerdict


_ANY_HASH = "0" * 64


def walk_responses(
    sources: Sources, store: AuditStore, period: Period, report: LogReport, now: datetime
) -> Iterator[ChainVerdict]:
    """Verify every response of a period that the archive, the table or the log names, one at a time."""
    first, last = period.first, period.last
    store.add_responses(
        (incident, key.text) for key, incident in sources.archive.responses(first, last, period.months(now))
    )
    store.add_responses(_in_table(sources.reader, period, report))
    store.add_responses(one for one in store.logged() if first <= one[0] <= last)
    for key, incident in store.responses():
        yield verified(sources, store, key, incident, now, report=report)
    if report.awaited and report.oldest and not report.young(now):
        report.faults.append(
            "the archive has no checkpoint of the log, although the oldest entry is of "
            f"{utc_text(report.oldest)}: "
            "is the function ringfence-checkpoint deployed, and has it run?"
        )


def verified(  # noqa: PLR0913 - what is verified, against what
    sources: Sources, store: AuditStore, key: ChainKey, incident: str, now: datetime, *, report: LogReport
) -> ChainVerdict:
    """Verify one response against the archive, and against the log if it has a checkpoint."""
    archived = sources.archive.first_versions(key, incident, sources.side_by_side)
    # Read after the archive: new entries are then pending. Otherwise they would seem to be removed.
    table = sources.reader.entries(Response(key, incident))
    verdict = verify(key, incident, table, archived, now)
    contents = {one.seq: one for one in table if one.seq >= 0}
    contents |= {one.seq: Entry(incident, one.seq, one.body, one.hash, one.mac) for one in archived}
    report.saw(contents.values())
    leaves = store.leaves(key.text, incident)
    faults = tuple(log_faults(contents, frozenset(one.seq for one in archived), leaves, now))
    wrong = {one.seq for one in faults}
    unlogged = tuple(sorted(contents.keys() - leaves.keys() - wrong))
    return replace(with_more(verdict, faults), unlogged=unlogged)


def _in_table(reader: IncidentReader, period: Period, report: LogReport) -> Iterator[tuple[str, str]]:
    before: tuple[str, str] | None = None
    for item in reader.every():
        chain, entry = str(item[CHAIN]["S"]), str(item[ENTRY]["S"])
        incident = entry.rpartition("#")[0]
        if not is_ours(chain, entry, _ANY_HASH):
            report.faults.append(f"the table has an item that is not an entry: {chain}, {entry}")
            continue
        report.faults += altered_words(item)
        if period.first <= incident <= period.last:
            yield incident, chain
        elif before is None or (incident, chain) < before:
            before = (incident, chain)
    if report.awaited and before:
        incident, chain = before
        runbook, _, subject = chain.partition("#")
        report.saw(reader.entries(Response(ChainKey(runbook, subject), incident)))
