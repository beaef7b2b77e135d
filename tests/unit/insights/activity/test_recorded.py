"""What the rules find in real records. The reviewed file says for each one whether it was an attack.

`python -m tests.unit.insights.activity.test_recorded` writes the file again and keeps the verdicts. Review
what has no verdict before you commit it.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.insights.activity.evaluate import Activity
from ringfence.insights.activity.pack import PACK
from ringfence.insights.activity.records import record_in
from ringfence.model.errors import BadInput
from tests.support.samples.shared import shared_file

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = Path(__file__).parents[3] / "support" / "golden" / "activity.tsv"
FILES = ("events/replay/cloudtrail_noise.jsonl", "events/replay/cloudtrail_more.jsonl.gz")
ATTACK, ORDINARY = "attack", "ordinary"
HEAD = "verdict\trule\tcalls\tlast\tcall\tid\twhy\n"
MOST_WRONG = 106
"""The highest number of ordinary activities that are found in 10,000 records. Ten of the sixteen are first
changes in a region: the records are samples, whose publishers replaced the regions."""


def lines() -> Iterator[str]:
    for name in FILES:
        path = shared_file(name)
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open("rt") as file:
            yield from file


def evaluated() -> tuple[Activity, int]:
    """Return the rules after all records, and the number of records that are of no known form."""
    activity, wrong = Activity(PACK), 0
    for line in lines():
        try:
            if record := record_in(json.loads(line)):
                activity.take(record)
        except BadInput:
            wrong += 1
    return activity, wrong


def rows(activity: Activity) -> list[tuple[str, ...]]:
    return [
        (
            one.rule.id,
            str(len(one.sights)),
            f"{one.last.at:.0f}",
            one.last.call.name,
            one.id.rpartition("/")[2],
        )
        for one in activity.detections()
    ]


def reviewed() -> dict[tuple[str, ...], tuple[str, str]]:
    kept = (line.split("\t") for line in GOLDEN.read_text("utf-8").splitlines()[1:])
    return {tuple(cells[1:-1]): (cells[0], cells[-1]) for cells in kept}


def test_the_rules_find_in_real_records_what_was_reviewed() -> None:
    activity, wrong = evaluated()
    assert activity.records + wrong == sum(1 for _ in lines()) == 1548
    assert wrong == 26  # their publishers left out the time or the name of the call
    assert rows(activity) == list(reviewed())


def test_few_ordinary_activities_are_found() -> None:
    activity, _ = evaluated()
    verdicts = [verdict for verdict, _ in reviewed().values()]
    assert set(verdicts) == {ATTACK, ORDINARY}
    assert verdicts.count(ORDINARY) / activity.records * 10_000 <= MOST_WRONG


if __name__ == "__main__":
    known = reviewed() if GOLDEN.exists() else {}
    text = "".join(
        "\t".join((known.get(one, ("?", ""))[0], *one, known.get(one, ("", "?"))[1])) + "\n"
        for one in rows(evaluated()[0])
    )
    GOLDEN.write_text(HEAD + text, "utf-8")
