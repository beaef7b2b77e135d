"""How pauses begin and end, and what people read about them. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.record.deployment_facts import Pause, PauseChange, PausesChanged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.record.pauses import Pauses

USUAL, LONGEST, SHORTEST = timedelta(hours=2), timedelta(hours=24), timedelta(minutes=1)
SOON = timedelta(minutes=15)
"""How long before its end a pause is announced to end."""
MOST = 50
"""The most pauses at one time. The item that contains them must stay small: each response reads it."""
EVERYTHING = "everything"
_TEXTS = ("id", "who", "reason", "runbook", "account", "incident")


def scope(pause: Pause) -> str:
    """Return in words what is paused."""
    parts = (
        f"runbook {pause.runbook}" if pause.runbook else "",
        f"account {pause.account}" if pause.account else "",
        f"incident {pause.incident}" if pause.incident else "",
    )
    return " in ".join(filter(None, parts)) or EVERYTHING


def words(pause: Pause) -> str:
    """Return a pause in one line: what, until when, by whom and why."""
    until = f"{pause.until:%Y-%m-%d %H:%M:%S} UTC"
    return f"{scope(pause)} is paused until {until} by {pause.who}, reason: {pause.reason} ({pause.id})"


def holding(pauses: Pauses, runbook: str, account: str, incident: str, now: datetime) -> tuple[str, ...]:
    """Return in words why the changes of an incident are held. Empty if they are not."""
    if pauses.unreadable:
        return (unreadable(pauses.unreadable),)
    return tuple(words(one) for one in pauses.holding(runbook, account, incident, now))


def shown(pauses: Pauses, now: datetime) -> tuple[str, ...]:
    """Return every pause in words, or that nobody can tell what is paused."""
    known = tuple(words(one) for one in pauses.active if now < one.until)
    return (*((unreadable(pauses.unreadable),) if pauses.unreadable else ()), *known)


def unreadable(why: str) -> str:
    """Return in words that nothing is changed because nobody can tell what is paused."""
    return f"nothing is changed, because nobody can tell what is paused: {why}"


def well_formed(changed: PausesChanged) -> bool:
    """Return whether every field has a value of its type. Entries without a MAC can contain any value."""
    active: object = changed.active
    return isinstance(active, tuple) and all(map(is_pause, (changed.pause, *active)))


def is_pause(found: object) -> bool:
    """Return whether this is a pause whose fields have values of their types."""
    return (
        isinstance(found, Pause)
        and all(isinstance(getattr(found, name), str) for name in _TEXTS)
        and all(isinstance(at, datetime) and at.tzinfo is not None for at in (found.at, found.until))
    )


def begun(active: tuple[Pause, ...], pause: Pause) -> PausesChanged:
    """Return the fact that a pause begins. It replaces the one of the same scope by the same person."""
    known = next((one for one in active if _same(one, pause)), None)
    pause = replace(pause, id=known.id) if known else pause
    others = tuple(one for one in active if one.id != pause.id)
    return PausesChanged(PauseChange.BEGAN, pause, (*others, pause))


def resumed(active: tuple[Pause, ...], pause: Pause, reason: str) -> PausesChanged:
    """Return the fact that a person ends a pause."""
    left = tuple(one for one in active if one.id != pause.id)
    return PausesChanged(PauseChange.RESUMED, pause, left, reason)


def due(active: tuple[Pause, ...], told: Iterable[PausesChanged], now: datetime) -> PausesChanged | None:
    """Return the fact that a pause has ended, or ends soon. None if nothing is new.

    `told` are the recorded changes. A pause that is as short as the announcement is not announced.
    """
    for one in active:
        if one.until <= now:
            return PausesChanged(PauseChange.ENDED, one, tuple(two for two in active if two != one))
    announced = {(one.pause.id, one.pause.until) for one in told if one.change == PauseChange.ENDS_SOON}
    for one in active:
        long_enough = one.until - one.at > SOON
        if long_enough and one.until - SOON <= now and (one.id, one.until) not in announced:
            return PausesChanged(PauseChange.ENDS_SOON, one, active)
    return None


def _same(one: Pause, other: Pause) -> bool:
    return replace(one, id="", reason="", at=other.at, until=other.until) == replace(other, id="", reason="")
