"""Scheduled scans: one message for each account and region, and one that computes the score of all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import emit
from ringfence.handlers.parts import DUE, SCAN, SUM, TRIES, Part, send_again, send_to_each, told
from ringfence.handlers.scans.look import AT_ONCE, PlaceLook
from ringfence.handlers.scans.score import scored
from ringfence.handlers.scans.timed import OVER, Timed
from ringfence.model.frozen import replace as replaced
from ringfence.model.place import Place
from ringfence.model.resource_names import SCANS
from ringfence.record.measures import INCOMPLETE_PLACES, PERCENT, SCORE, Measure
from ringfence.record.scans import PlaceResults

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ringfence.engine.ports import Clock, SideBySide
    from ringfence.handlers.parts import Send
    from ringfence.handlers.scans.handing import Handing
    from ringfence.handlers.scans.plan import Files, Memory, ScanPlan
    from ringfence.model.runbook import Runbook
    from ringfence.posture.reach import Asking
    from ringfence.record.notices import Notice

RESERVE = timedelta(seconds=20)
"""Time at the end of an execution in which nothing is read: what was read is stored in it."""
POLLS = (5, 15, 30, 60)
"""The seconds before each further look whether all places have answered. The last one is repeated."""


@dataclass(frozen=True)
class Environment:
    """What the scans reach. `send` sends messages to their queue, and `tell` notifies people."""

    cloud: Asking
    clock: Clock
    sleep: Callable[[float], None]
    memory: Memory
    files: Files
    handing: Handing
    runbooks: tuple[Runbook, ...]
    most: int
    send: Send
    side_by_side: SideBySide
    tell: Callable[[Notice], None]


@dataclass(frozen=True)
class Scans:
    """Handles the schedule and the messages of scans."""

    plan: ScanPlan
    env: Environment

    def begin(self) -> int:
        """Send one message for each place, and then one for the score. Return the number of places.

        If a message cannot be sent, there is none for the score: the schedule begins another scan. Raises
        Retryable.
        """
        part = Part(SCAN, SCANS, self.env.clock() + DUE)
        places = send_to_each(self.plan.places, part, self.env.send, self.env.side_by_side)
        self.env.send(replace(part, kind=SUM).text, POLLS[0])
        logger().info("the scan begins", extra={"scan": scan_of(part), "places": len(places)})
        return len(places)

    def work(self, part: Part, until: datetime) -> None:
        """Handle a message. No read begins shortly before `until`. Raises Retryable."""
        place = Place(part.account, part.region)
        if part.kind == SUM:
            self._sum(part)
        elif place not in self.plan.places:
            logger().info("off", extra={"place": part.words, "why": "it is not in the scope any more"})
        elif self.env.clock() >= part.due:
            told(part, ("it was not finished before the scan ended",))
        else:
            self._look(part, place, until - RESERVE)

    def _look(self, part: Part, place: Place, until: datetime) -> None:
        env, scan = self.env, scan_of(part)
        wanted = self.plan.wanted(scan)
        kept = env.memory.places((place,)).get(place, PlaceResults())
        if (kept.scan, kept.rules) != (scan, self.plan.digest):
            # Another scan, or a deployment changed the rules during this one: everything is read again.
            kept = PlaceResults(scan, self.plan.digest, wanted.types(place.region))
        before = kept
        timed = Timed(env.cloud, env.clock, env.sleep, until)
        look = PlaceLook(place, wanted, env.files, env.handing, env.runbooks, env.most)
        # What did not fit into an execution is read type by type in the next one.
        for one in look.make(kept, timed, 1 if part.tries else AT_ONCE):
            kept = one
            env.memory.keep(place, kept, env.clock())
        logger().info("looked", extra={"place": part.words, "resources": kept.resources})
        if look.broken:
            told(part, look.broken)
        if kept.left:
            self._again(part, place, kept, failed=kept == before)

    def _again(self, part: Part, place: Place, kept: PlaceResults, *, failed: bool) -> None:
        """Read what is left in another execution. After a few tries it is named as not looked at."""
        if part.tries + failed >= TRIES:
            given_up = replaced(kept, left=()).with_unseen(f"{one}: {OVER}" for one in kept.left)
            self.env.memory.keep(place, given_up, self.env.clock())
        send_again(part, dict.fromkeys(kept.left, OVER), self.env.send, failed=failed)

    def _sum(self, part: Part) -> None:
        """Compute the score when all places have answered, or when the time of the scan is over."""
        scan, found = scan_of(part), self.env.memory.places(self.plan.places)
        silent = [one for one in self.plan.places if not _of(found, one).answers(scan)]
        if silent and self.env.clock() < part.due:
            again = replace(part, tries=min(part.tries + 1, TRIES))
            self.env.send(again.text, POLLS[again.tries])
            return
        if silent:
            told(part, (f"{one.words} did not answer before the scan ended" for one in silent))
        self._score(scan, _complete(found, self.plan, scan))

    def _score(self, scan: str, results: Mapping[Place, PlaceResults]) -> None:
        env = self.env
        history = env.memory.history()
        if any(one.scan == scan for one in history.scans):
            return  # the message came twice
        made = scored(self.plan, scan, results, history)
        env.files.text(made.name, made.text)
        env.memory.keep_history(made.history, env.clock())
        logger().info("the scan ends", extra={"scan": scan, "score": made.summary.score})
        emit((Measure(INCOMPLETE_PLACES, made.summary.incomplete),))
        if made.summary.score is not None:
            emit((Measure(SCORE, made.summary.score, PERCENT),))
        if made.notice:
            env.tell(made.notice)


def scan_of(part: Part) -> str:
    """Return what identifies the scan of a message: the time at which it began."""
    return f"{part.due - DUE:%Y-%m-%dT%H:%M:%SZ}"


def _of(found: Mapping[Place, PlaceResults], place: Place) -> PlaceResults:
    return found.get(place, PlaceResults())


def _complete(found: Mapping[Place, PlaceResults], plan: ScanPlan, scan: str) -> dict[Place, PlaceResults]:
    """Return the results of each place. What a place has not answered is named as not looked at."""
    complete = {}
    for place in plan.places:
        known = _of(found, place)
        known = known if known.scan == scan else PlaceResults(scan)
        if not known.answers(scan):
            known = known.with_unseen(f"{one}: it was not read before the scan ended" for one in known.left)
        elif not known.rules:
            known = known.with_unseen(("it did not answer before the scan ended",))
        elif known.rules != plan.digest:
            known = known.with_unseen(("it was judged by other rules: a deployment changed them meanwhile",))
        complete[place] = known
    return complete
