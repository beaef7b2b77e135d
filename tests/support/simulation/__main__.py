"""`make simulate SEED=7`: run seeds, print the story of one, or the short story of each that ends badly."""

from __future__ import annotations

import argparse
import sys
import time

from tests.support.simulation.running import run, story_of
from tests.support.simulation.scenario import families


def main() -> int:
    """Run what is asked for. Return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seed", type=int, help="print the whole story of this seed")
    parser.add_argument("--seeds", default="0-99", help="run these seeds, such as 0-999")
    parser.add_argument("--family", default="", choices=("", *families()), help="run only these subjects")
    parser.add_argument("--steps", type=int, default=0, help="stop a run after so many steps")
    given = parser.parse_args()
    if given.seed is not None:
        ended = run(given.seed, given.family, told=True, steps=given.steps)
        for act in (*ended.system.scenario.acts, *ended.system.scenario.outages):
            print(f"planned: {act}")  # noqa: T201 - a command prints
        print(ended.system.story)  # noqa: T201 - likewise
        print(f"seed {given.seed}, {ended.family}: {ended.wrong or 'everything held'}")  # noqa: T201 - likewise
        return int(bool(ended.wrong))
    first, _, last = given.seeds.partition("-")
    begun, bad = time.monotonic(), 0
    for seed in range(int(first), int(last or first) + 1):
        ended = run(seed, given.family, steps=given.steps)
        if ended.wrong:
            bad += 1
            print(story_of(ended), end="\n\n")  # noqa: T201 - likewise
    count, seconds = int(last or first) + 1 - int(first), time.monotonic() - begun
    print(f"{count} seeds in {seconds:.0f} s: {bad} ended badly")  # noqa: T201 - likewise
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
