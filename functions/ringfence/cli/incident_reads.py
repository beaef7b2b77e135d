"""Read responses from the audit log: those of a period that match, and those of one incident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from typing import TYPE_CHECKING

from ringfence.record.brief import Brief
from ringfence.record.summary import Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ringfence.aws.incidents import IncidentReader, Response
    from ringfence.cli.incident_filters import Filters
    from ringfence.record.chain import Entry

_AT_ONCE = 50
"""Responses that are read together."""


@dataclass(frozen=True)
class Found:
    """Some responses, newest first. `more`: how many others match, or were not read if `unread` is set."""

    briefs: tuple[Brief, ...]
    more: int = 0
    unread: bool = False


def found(reader: IncidentReader, filters: Filters, period: tuple[datetime, datetime], limit: int) -> Found:
    """Return the newest matching responses of a period."""
    keys = _opened(reader, filters, *period)
    briefs: list[Brief] = []
    while len(briefs) < limit and (some := tuple(islice(keys, min(_AT_ONCE, limit)))):
        read = [Brief(Summary.of(entries)) for _, entries in entries_of(reader, some)]
        briefs += [one for one in read if filters.matches(one)]
    rest = len(briefs[limit:])
    more = rest + sum(1 for _ in keys)
    return Found(tuple(briefs[:limit]), more, unread=filters.need_entries)


def opened_in(reader: IncidentReader, since: datetime, until: datetime) -> Iterator[Response]:
    """Yield the responses of a period, the newest first. Ids of incidents sort by the time of opening."""
    last = f"inc-{until.astimezone(UTC):%Y%m%dT%H%M%S.%f}~"
    return (one for one in reader.opened(since, until) if one.incident <= last)


def read_each(reader: IncidentReader, responses: Iterable[Response]) -> Iterator[tuple[Entry, ...]]:
    """Yield the entries of each response, some of which are read at once."""
    each = iter(responses)
    while some := tuple(islice(each, _AT_ONCE)):
        yield from (entries for _, entries in entries_of(reader, some))


def entries_of(reader: IncidentReader, responses: Sequence[Response]) -> list[tuple[str, tuple[Entry, ...]]]:
    """Return the entries of each response that has any, with its chain. Bodies can name another chain."""
    from ringfence.handlers.threads import Threads

    reads = [lambda one=one: reader.entries(one) for one in responses]
    read = Threads()(reads) if reads else ()
    pairs = zip(responses, read, strict=True)
    return [(one.key.text, each) for one, each in pairs if isinstance(each, tuple) and each]


def _opened(reader: IncidentReader, filters: Filters, since: datetime, until: datetime) -> Iterator[Response]:
    """Yield the responses that can match. Ids of incidents sort by the time of opening."""
    each = opened_in(reader, since, until)
    return (one for one in each if filters.may_match(one.key.runbook, one.key.subject))
