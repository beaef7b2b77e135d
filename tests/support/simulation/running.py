"""Run a seed, and tell of it: what held, or the shortest story that was found of what did not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tests.support.simulation.story import kind_of, shortened
from tests.support.simulation.system import System, Wrong

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.simulation.faults import Outage


@dataclass(frozen=True)
class Ended:
    """How a run ended. `wrong`: what did not hold, and empty if everything did."""

    seed: int
    family: str
    wrong: str
    system: System


def run(
    seed: int,
    family: str = "",
    *,
    without: Iterable[str] = (),
    told: bool = False,
    steps: int = 0,
    outages: tuple[Outage, ...] = (),
    pauses: int = 0,
) -> Ended:
    """Run a seed, with all of its faults or without some. `steps`: stop after so many.

    `outages` replace those of the seed. `pauses` is how often a person pauses, besides what the seed says.
    """
    system = System(seed, family, without=without, told=told, steps=steps, outages=outages, pauses=pauses)
    try:
        system.run()
    except Wrong as wrong:
        return Ended(seed, system.scenario.family, str(wrong), system)
    return Ended(seed, system.scenario.family, "", system)


ROUNDS = 3
"""How often a story is shortened again."""


def story_of(ended: Ended) -> str:
    """Return the story of a run that ended badly, with as few acts and faults as were found to be enough.

    Without one fault, others can happen. So the shortest story that was found counts, and not the last one.
    """
    system, kind = ended.system, kind_of(ended.wrong)
    family = system.scenario.family
    acts = [str(act) for act in system.scenario.acts]
    outages = [f"outage {outage}" for outage in system.scenario.outages]

    def fails_too(known: Iterable[str], without: Iterable[str]) -> bool:
        return kind_of(run(ended.seed, family, without=[*known, *without]).wrong) == kind

    def parts(one: Ended, without: Iterable[str]) -> list[str]:
        return [part for part in (*acts, *outages, *one.system.faults.fired) if part not in without]

    out: list[str] = []
    short = run(ended.seed, family, told=True)
    shortest = (parts(short, out), tuple(out), short)
    for _ in range(ROUNDS):  # what one fault prevented may happen without it, and be left out as well
        known = frozenset(out)
        more = shortened(list(dict.fromkeys(parts(short, known))), partial(fails_too, known))
        out.extend(more)
        short = run(ended.seed, family, without=out, told=True)
        shortest = min(shortest, (parts(short, out), tuple(out), short), key=lambda one: len(one[0]))
        if not more:
            break
    kept, left_out, short = shortest
    return "\n".join(
        (
            f"seed {ended.seed}, {family}: {ended.wrong}",
            f"make simulate SEED={ended.seed} FAMILY='{family}' shows the whole run.",
            f"Enough for it are {len(kept)} of {len(kept) + len(left_out)} acts and faults:",
            *(f"  {one}" for one in kept),
            "",
            str(short.system.story),
        )
    )


def check(seed: int, family: str = "") -> None:
    """Raise AssertionError with the story if anything is wrong."""
    ended = run(seed, family)
    if ended.wrong:
        raise AssertionError(story_of(ended))
