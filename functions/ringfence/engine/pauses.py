"""Begin and end pauses: one chain for the deployment, with one incident a day that something changes.

Each entry contains everything that is paused after it. The transaction that appends an entry also replaces
the item that responses read.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias

from ringfence.engine.daily_chain import ATTEMPTS, place_of, rejected_of
from ringfence.model.errors import BadInput, Conflict, Refused, Retryable
from ringfence.model.frozen import frozen
from ringfence.model.kinds.account import AccountRef
from ringfence.model.subject import GLOBAL
from ringfence.record.chain import ChainKey
from ringfence.record.deployment_facts import PauseChange, PausesChanged
from ringfence.record.pauses import PAUSE
from ringfence.record.pausing import MOST, begun, due, resumed, well_formed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringfence.engine.intake import ExecutionContext
    from ringfence.engine.ports import Ports
    from ringfence.record.deployment_facts import Pause
    from ringfence.record.history import History
    from ringfence.record.tampering_facts import HistoryRejected

    Following: TypeAlias = Callable[[tuple[Pause, ...], History], PausesChanged | None]
    """Returns the next fact from what is paused and the chain, or none."""


def home_of(account: str) -> AccountRef:
    """Return the subject of the chain of pauses: the home account."""
    return AccountRef(account, GLOBAL, account)


def key_of(home: AccountRef) -> ChainKey:
    """Return the key of the chain of pauses. `home` is the home account."""
    return ChainKey(PAUSE, home.key)


def active_in(history: History) -> tuple[Pause, ...]:
    """Return what is paused after the newest entry of the chain.

    An entry without a MAC can add a pause. It lifts none, because anybody can have written it. One with a
    value of a wrong type adds none either: nobody could read or end such a pause.
    """
    unsealed = frozenset(history.proof.unsealed)
    active: tuple[Pause, ...] = ()
    for entry, fact in history.facts:
        if not isinstance(fact, PausesChanged) or not well_formed(fact):
            continue
        if entry.seq not in unsealed:
            active = fact.active
        elif fact.change == PauseChange.BEGAN:
            active = (*(one for one in active if one.id != fact.pause.id), fact.pause)
    return active


def known_in(history: History, rejected: HistoryRejected | None) -> tuple[Pause, ...]:
    """Return what is paused if the chain can be `rejected`.

    Then the item says it, which responses obey. If that is not authentic either, it is what was paused
    before the entry that was rejected.
    """
    if rejected and not history.pauses.unreadable:
        return history.pauses.active
    if rejected:
        before = takewhile(lambda one: one.seq != rejected.entry, history.entries)
        return active_in(replace(history, entries=tuple(before)))
    return active_in(history)


@frozen
class PauseKeeper:
    """Changes what is paused. `home` is the home account."""

    ports: Ports
    home: AccountRef

    def pause(self, wanted: Pause, execution: ExecutionContext) -> PausesChanged:
        """Begin a pause. The same person's pause of the same scope is replaced.

        Raises Refused if there are too many pauses, and Retryable if others keep writing.
        """

        def following(active: tuple[Pause, ...], _: History) -> PausesChanged:
            changed = begun(active, wanted)
            if len(changed.active) > MOST:
                raise Refused(
                    f"there are {MOST} pauses: end some with `ringfence resume`, or pause everything"
                )
            return changed

        return self._changed(following, execution, stops=True)

    def resume(self, id_: str, reason: str, execution: ExecutionContext) -> PausesChanged:
        """End a pause. Raises BadInput if there is no such pause."""

        def following(active: tuple[Pause, ...], _: History) -> PausesChanged:
            found = next((one for one in active if one.id == id_), None)
            if found is None:
                from ringfence.model.suggestions import (
                    similar,
                )  # only now: a function that contains needs none

                hint = similar(id_, (one.id for one in active))
                raise BadInput("pause", "must be the id of a pause that has not ended", id_, hint)
            return resumed(active, found, reason)

        return self._changed(following, execution)

    def tell(self, execution: ExecutionContext) -> tuple[PausesChanged, ...]:
        """Record the end of pauses, and that some end soon."""
        return tuple(self._told(execution))

    def _told(self, execution: ExecutionContext) -> Iterator[PausesChanged]:
        def following(active: tuple[Pause, ...], history: History) -> PausesChanged | None:
            now = self.ports.clock()
            rejected = rejected_of(history, now)
            if rejected and history.pauses.unreadable:
                return None  # only a person writes the item again
            told = () if rejected else filter(well_formed, history.of(PausesChanged))
            return due(active, told, now)

        for _ in range(2 * MOST):
            changed = self._appended(following, execution)
            if changed is None:
                return
            yield changed

    def _changed(
        self, following: Following, execution: ExecutionContext, *, stops: bool = False
    ) -> PausesChanged:
        changed = self._appended(following, execution, stops=stops)
        if changed is None:
            raise Retryable("the pauses did not change")
        return changed

    def _appended(
        self, following: Following, execution: ExecutionContext, *, stops: bool = False
    ) -> PausesChanged | None:
        """Append the fact that follows from the newest entry. It is computed again if others were faster.

        The entries of others must not be followed by one that does not know their pauses. `stops`: it only
        adds a pause, so it is written even if it cannot be sealed. Until it is, everything is paused.
        """
        key, taken = key_of(self.home), ""
        for _ in range(ATTEMPTS):
            history, now = self.ports.log.read(key), self.ports.clock()
            missing = history.proof.missing
            place = place_of(history, key, now, taken, stays=bool(missing))
            changed = following(known_in(history, place.rejected), history)
            if changed is None:
                return None
            if missing and (place.rejected or not stops):
                what = "follow one that is not authentic" if place.rejected else "end a pause"
                raise Retryable(f"only a sealed entry can {what}: {missing}")
            try:
                place.write(self.ports, key, changed, execution)
            except Conflict:
                taken = place.incident
                continue
            return changed
        raise Retryable(f"others keep changing what is paused: tried {ATTEMPTS} times")
