"""Parts of a scheduled look: one message for each place, and for some of the subjects of a place.

A look at every account in one execution ends when its time is over, and one account that fails or hangs keeps
the others waiting. So the schedule only sends messages: to the runbook's second queue, or to that of the
sweeps. A message contains a bounded number of subjects. What fails is sent again, alone, a few times. Then an
alarm rings.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.engine.concurrency import each
from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import emit
from ringfence.model.codec import canonical, instant_text
from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.record.chain import CLOCKS
from ringfence.record.measures import REVIEW_FAILED, Measure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ringfence.engine.ports import SideBySide
    from ringfence.model.place import Place

Send = Callable[[str, int], None]
"""Sends a message to the queue of the parts with a delay in seconds."""
VERSION = 1
"""The version of the message."""
REVIEW, WATCH, MEMBERS = "review", "watch", "members"
"""The kinds of look of a runbook: at what no event reports, at every open contained incident, and at the
target groups of its subjects.
"""
SWEEP, SUM = "sweep", "sum"
"""Those of a sweep: at what a source still has of what it reported, and at what was found in all places."""
SCAN = "scan"
"""That of a scheduled scan: at the items of AWS Config in a place. A scan has a `SUM` as well."""
MOST = 100
"""Subjects of one message. Their keys fit into a message of SQS, and four at once need a few seconds."""
A_SECOND, APART, LONGEST = 4, 10, 900
"""Places that begin in a second, seconds between the parts of one place, and the longest delay of SQS. More
at once would use up the rates of IAM, which containment calls as well.
"""
TRIES, AGAIN = 3, (60, 300)
"""How often a subject is tried, and the seconds before each further try."""
DUE = timedelta(minutes=50)
"""When a look is given up: the next one begins an hour after this one, and two must not pile up."""


@frozen
class Part:
    """A part of a scheduled look.

    Attributes
    ----------
    kind : str
        `REVIEW`, `WATCH`, `MEMBERS`, `SWEEP`, `SCAN` or `SUM`.
    runbook : str
        The id of the runbook, the name of the sweep, or that of the scans.
    account, region : str
        The place. The watch of open incidents has none, and neither has the sum of a sweep.
    due : datetime
        When it is given up. All parts of one look have the same.
    subjects : tuple of str
        The keys of the subjects, the strands of a sweep, or the types of a scan. Empty: those of the place
        are still to be listed.
    tries : int
        How often it was tried before.
    """

    kind: str
    runbook: str
    due: datetime
    account: str = ""
    region: str = ""
    subjects: tuple[str, ...] = ()
    tries: int = 0

    @property
    def text(self) -> str:
        """The message."""
        return canonical(
            {
                "version": VERSION,
                "runbook": self.runbook,
                "part": self.kind,
                "account": self.account,
                "region": self.region,
                "due": instant_text(self.due),
                "subjects": list(self.subjects),
                "tries": self.tries,
            }
        )

    @property
    def words(self) -> str:
        """What it looks at, for people."""
        if self.account:
            return f"account {self.account}, {self.region}"
        return "every place" if self.kind == SUM else "open incidents"


def send_to_each(
    places: Iterable[Place], part: Part, send: Send, side_by_side: SideBySide
) -> tuple[Place, ...]:
    """Send a part to each place, a few in a second. Return the places.

    A place whose message cannot be sent does not keep the others back. Raises Retryable at the end.
    """
    numbered = tuple(enumerate(places))

    def one(which: tuple[int, Place]) -> tuple[str, ...]:
        number, place = which
        there = replace(part, account=place.account, region=place.region)
        send(there.text, min(number // A_SECOND, LONGEST))
        return ()

    each(numbered, one, side_by_side)
    return tuple(place for _, place in numbered)


def part_of(
    body: str, names: str | Collection[str], now: datetime, kinds: Collection[str] = (REVIEW, WATCH, MEMBERS)
) -> Part | None:
    """Return the part that a message contains. None for any other message.

    Anybody who can send to the queue can write one. So it ends as those of Ringfence do. Raises BadInput.

    Parameters
    ----------
    body
        The message.
    names
        The id of the runbook, or the names of the sweeps.
    now
        The current time.
    kinds
        The kinds of look that the queue is for.
    """
    known = (names,) if isinstance(names, str) else tuple(names)
    try:
        message = Document.of(json.loads(body))
    except ValueError as error:
        raise BadInput("(document)", f"is not JSON: {error}") from error
    kind = message.optional_text("part")
    if not kind:
        return None
    if message.integer("version") != VERSION or message.text("runbook") not in known:
        words = f"must be {' or '.join(known)} in version {VERSION}"
        raise BadInput("runbook", words, message.value.get("runbook"))
    if kind not in kinds:
        raise BadInput("part", f"must be {' or '.join(kinds)}", kind)
    return Part(
        kind,
        message.text("runbook"),
        _due(message.text("due"), now),
        message.optional_text("account") or "",
        message.optional_text("region") or "",
        message.texts("subjects"),
        _tries(message.integer("tries")),
    )


def _tries(number: int) -> int:
    if not 0 <= number <= TRIES:
        raise BadInput("tries", f"must be a number from 0 to {TRIES}", number)
    return number


def _due(text: str, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("due", "must be a time", text) from error
    if found.tzinfo is None:
        raise BadInput("due", "must have a time zone", text)
    if found > now + DUE + CLOCKS:
        raise BadInput("due", f"must be at most {DUE.seconds // 60} minutes from now", text)
    return found


def in_parts(part: Part, subjects: Sequence[str]) -> Iterator[Part]:
    """Yield the parts of a look at these subjects, in their order."""
    for start in range(0, len(subjects), MOST):
        yield replace(part, subjects=tuple(subjects[start : start + MOST]))


def send_apart(parts: Iterable[Part], send: Send, start: int = 0) -> None:
    """Send the parts of one place so that they are not handled at the same time. Raises Retryable."""
    for number, one in enumerate(parts, start=start):
        send(one.text, min(number * APART, LONGEST))


def send_again(part: Part, left: Mapping[str, str], send: Send, *, failed: bool) -> None:
    """Send what is left of a part once more, or tell a person after a few tries. Raises Retryable.

    Parameters
    ----------
    part
        The part.
    left
        The keys of the subjects that are left, each with the reason. An empty key is the list of the place.
    send
        Sends a message to the second queue.
    failed
        Whether something failed. If only the time was over, the next try is none more.

    """
    tries = part.tries + failed
    if tries >= TRIES:
        told(part, (f"{key}: {why}" if key else why for key, why in left.items()))
        return
    after = AGAIN[min(tries, len(AGAIN)) - 1] if failed else 0
    logger().warning("is looked at again", extra={"place": part.words, "left": len(left), "tries": tries})
    send(replace(part, subjects=tuple(filter(None, left)), tries=tries).text, after)


def told(part: Part, reasons: Iterable[str]) -> None:
    """Let the alarm ring for what was not looked at. The log says what it is and why."""
    for reason in reasons:
        what = {"runbook": part.runbook, "look": part.kind, "place": part.words}
        logger().error("not looked at", extra={**what, "why": reason})
    emit((Measure(REVIEW_FAILED),))
