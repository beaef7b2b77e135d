"""What sweeps cost where nothing is found: their own code on sources in memory."""

from __future__ import annotations

import logging
import tracemalloc
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import process_time
from typing import TYPE_CHECKING

from tests.support.fakes.sources import finding, result
from tests.support.fakes.swept import EVERY, HOME, REGION, Swept

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.handlers.parts import Part

_DAY = 24 * 3600
ACCOUNTS, REGIONS = 100, 17
FIRST = 100
"""Places after which the memory is measured for the first time."""


@dataclass(frozen=True)
class Daily:
    """What one sweep of one account and region needs in a day: looks, and calls by their operation."""

    looks: int
    calls: Mapping[str, int]


@contextmanager
def _unlogged() -> Iterator[None]:
    """Let nobody read the logs of so many looks."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@_unlogged()
def daily() -> dict[str, Daily]:
    """Return what each sweep needs in a quiet place."""
    found = {}
    for name, seconds in EVERY.every:
        swept, looks = Swept(), _DAY // seconds
        swept.work(next(one for one in swept.begin(name) if (one.account, one.region) == (HOME, REGION)))
        calls = {operation: count * looks for (_, _, operation), count in swept.sources.calls.items()}
        found[name] = Daily(looks, dict(sorted(calls.items())))
    return found


@dataclass(frozen=True)
class Tour:
    """One sweep of many places: how much the memory grew after the first ones, and the time of a place."""

    places: int
    grown: int
    seconds: float
    most_calls: int


@_unlogged()
def tour(name: str, accounts: int = ACCOUNTS, regions: int = REGIONS) -> Tour:
    """Sweep many places, and measure the memory and the time."""
    used, calls = [], []
    working = worked_off(name, accounts, regions)
    tracemalloc.start()
    begun = process_time()
    for made in working:
        calls.append(made)
        used.append(tracemalloc.get_traced_memory()[0])
    seconds = (process_time() - begun) / len(calls)
    tracemalloc.stop()
    return Tour(len(calls), max(used) - max(used[:FIRST]), seconds, max(calls))


def worked_off(name: str, accounts: int, regions: int) -> Iterator[int]:
    """Sweep many places that each have one finding and one result of a rule. Yield the calls of each."""
    swept = Swept(
        tuple(f"{number:012}" for number in range(1, accounts + 1)),
        tuple(f"eu-west-{number}" for number in range(1, regions + 1)),
        records=False,
    )
    swept.lasts = timedelta(hours=9)
    for part in swept.begin(name):
        yield _worked(swept, part)


def _worked(swept: Swept, part: Part) -> int:
    """Sweep a place, and forget what only the test keeps. Return how many calls it made."""
    where, at = (part.account, part.region), swept.clock()
    swept.sources.findings[where] = [finding("f1", at, AccountId=part.account, Region=part.region)]
    swept.sources.results[where] = [result("sg-0123456789abcdef0", at)]
    swept.work(part)
    made = swept.sources.calls.total()
    swept.sources.calls.clear()
    for kept in (swept.sources.findings, swept.sources.results, swept.memory.items):
        kept.clear()
    for kept_list in (swept.handed_on, swept.waited):
        kept_list.clear()
    return made
