"""What happened to a deployment as a whole, in words: pauses, limits, heartbeats, dead letters."""

from __future__ import annotations

from ringfence.record.deployment_facts import (
    BreakerOpened,
    FindingRefused,
    Heartbeat,
    LimitReset,
    PauseHeld,
    PausesChanged,
    ReplayRequested,
)
from ringfence.record.pausing import scope, unreadable
from ringfence.record.pausing import words as pause_words
from ringfence.record.rendered import RenderedFact, count, each, rendered


@rendered.register(Heartbeat)
def _(fact: Heartbeat, _: object) -> RenderedFact:
    return RenderedFact(f"heartbeat of {count(fact.places, 'place')}", each("silent", fact.silent))


@rendered.register(PauseHeld)
def _(fact: PauseHeld, _: object) -> RenderedFact:
    why = (unreadable(fact.unreadable),) if fact.unreadable else tuple(map(pause_words, fact.pauses))
    return RenderedFact("held: nothing is changed now", why, result="paused")


@rendered.register(PausesChanged)
def _(fact: PausesChanged, _: object) -> RenderedFact:
    why = (f"resumed: {fact.reason}",) if fact.reason else ()
    others = (pause_words(one) for one in fact.active if one.id != fact.pause.id)
    notes = (pause_words(fact.pause), *why, *each("also", others))
    return RenderedFact(f"pause of {scope(fact.pause)}: {fact.change}", notes)


@rendered.register(BreakerOpened)
def _(fact: BreakerOpened, _: object) -> RenderedFact:
    until = f"until {fact.until:%Y-%m-%d %H:%M:%S} UTC at the latest, people are asked"
    much = "at a time" if fact.window == "open" else f"in one {fact.window}"
    return RenderedFact(f"limit reached: {fact.limit}, {fact.most} {much}", (until,))


@rendered.register(LimitReset)
def _(fact: LimitReset, _: object) -> RenderedFact:
    notes = (fact.reason, *each("no longer counted", fact.owners))
    return RenderedFact(f"limit reset: {fact.limit}, {fact.most} may run again", notes)


@rendered.register(ReplayRequested)
def _(fact: ReplayRequested, _: object) -> RenderedFact:
    letters = (f"{id_}: {words}" for id_, words in zip(fact.letters, fact.about, strict=False))
    notes = (fact.reason, *each("message", letters))
    return RenderedFact(f"dead letters of {fact.queue} put back: {len(fact.letters)}", notes)


@rendered.register(FindingRefused)
def _(fact: FindingRefused, _: object) -> RenderedFact:
    notes = (f"{fact.field} {fact.given}: {fact.reason}", f"finding {fact.finding}, {fact.type}")
    return RenderedFact(f"finding of {fact.sender} refused, sent by the {fact.way}", notes)
