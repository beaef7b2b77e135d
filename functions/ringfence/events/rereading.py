"""What it means to check an event at its source. For the documentation and a law; no function imports it.

Each source declares its rows beside its parser, in `rereading.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.discovery import folders_in, module_of
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.trigger import Trigger

_EVENTS = "ringfence.events"
NOT_ASKED = "not asked"
"""The text of an answer that cannot occur."""
NOTHING_CHANGES = "nothing is changed; urgent notification"
GOES_ON = "the response continues, marked as unconfirmed; the source is asked again for an hour"
BY_POLICY = "`findings.unconfirmable` decides (default: dry run); urgent notification"
RETRIED = "nothing is changed yet; the message returns to its queue"


@frozen
class Rereading:
    """One row: some events of a source, and what follows from each answer.

    Attributes
    ----------
    source : str
        The service.
    triggers : tuple of types of Trigger
        The triggers for these events.
    events : str
        The events, in words.
    read : str
        What is read before the first change, and with which calls.
    confirmed, refuted, unknown, blinded : str
        What follows from each answer.
    claim : str
        The recorded name of the claim in a finding; empty if the finding has none.
    changes : bool
        Whether anything is changed because of such an event.
    """

    source: str
    triggers: tuple[type[Trigger], ...]
    events: str
    read: str
    confirmed: str = "the response continues"
    refuted: str = NOT_ASKED
    unknown: str = NOT_ASKED
    blinded: str = NOT_ASKED
    claim: str = ""
    changes: bool = True


def rereadings() -> Iterator[Rereading]:
    """Yield the rows of all sources."""
    for folder in folders_in(_EVENTS):
        yield from getattr(module_of(f"{_EVENTS}.{folder}", "rereading"), "REREADINGS", ())
