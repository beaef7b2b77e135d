"""Sweeps: what a source still has of what it reported, read again on a schedule.

The delivery of most events is best effort, and a rule that was off for an hour loses the events of that hour.
A sweep reads at the source what it had to say in that time, in pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ringfence.model.call import SansIO
    from ringfence.model.place import Place

Event = Mapping[str, object]
"""An event in the form in which EventBridge delivers it."""


@frozen
class Window:
    """The time to read, both ends included."""

    since: datetime
    until: datetime


@frozen
class Page:
    """One page of what a source has.

    Attributes
    ----------
    events : tuple of Event
        The events that the source sent, or should have sent, in the order of the source.
    token : str
        What the next page continues with. Empty: there is none.
    read : int
        How many records it had, also those that lead to no event.
    refused : int
        How many of them were refused calls.
    upto : datetime or None
        Until when everything was read, if the source answers the oldest first.
    suppressed : tuple of (str, str)
        The ids and types of findings that the source keeps to itself because of a filter.
    foreign : bool
        Whether it has records, and all of them are of somebody else than the strand is about.
    administered : tuple of str or None
        The accounts whose findings the source has as well. None: it was not asked.
    """

    events: tuple[Event, ...] = ()
    token: str = ""
    read: int = 0
    refused: int = 0
    upto: datetime | None = None
    suppressed: tuple[tuple[str, str], ...] = ()
    administered: tuple[str, ...] | None = None
    foreign: bool = False


Reader = Callable[["Place", str, Window, str], "SansIO[Page]"]
"""Reads a page of a strand of a place in a window, given the token of the page before. Empty: the first."""


@frozen
class Sweep:
    """What is read at one source.

    Attributes
    ----------
    name : str
        Its name in the policy.
    strands : tuple of str
        What is read by itself in each place, each with its own last look.
    page : Reader
        Reads a page.
    pages : int
        The most pages of a strand in one look.
    first : timedelta
        How far the first look at a place goes back.
    parts : mapping of str to tuple of str
        Narrower strands that are read instead of one that has more pages. Each is read to a quarter of them.
    every_page : float
        The least seconds between two pages, because of the service's limit.
    sends_updates : bool
        Whether the source sends an event each time at once. GuardDuty collects updates of a finding.
    """

    name: str
    strands: tuple[str, ...]
    page: Reader
    pages: int
    first: timedelta
    parts: Mapping[str, tuple[str, ...]]
    every_page: float = 0.0
    sends_updates: bool = True
