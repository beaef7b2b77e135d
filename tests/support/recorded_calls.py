"""What the whole catalogue does about the recorded calls beside the repository, a line each.

`python -m tests.support.recorded_calls` writes the file anew that the tests hold it to: read the difference
before it is committed. Nothing of the records is copied but the names of their calls.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.model.errors import BadInput
from ringfence.model.trigger import joined
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.delivery import Delivery
from tests.support.samples.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook

    Json = dict[str, Any]

GOLDEN = Path(__file__).parent / "golden" / "recorded_calls.txt"
RECORDS = "events/replay/cloudtrail_noise.jsonl"
HEADER = (
    "# Of days of a real account's calls, those that are acted on, by the line of the record: the call, the\n"
    "# runbook, what it is about, and the remediations that look at it. All other lines are left alone.\n"
)


def read(path: Path) -> tuple[Json, ...]:
    """Return the events of a file, one a line."""
    return tuple(json.loads(line) for line in path.read_text("utf-8").splitlines())


def told(events: Iterable[Json]) -> Iterator[str]:
    """Yield a row for each event and runbook that acts on it."""
    for number, event in enumerate(events, start=1):
        for runbook in CATALOGUE.values():
            if rules(runbook.id).count(event):
                yield from _rows(number, event, runbook)


@cache
def rules(id_: str) -> Delivery:
    """Return the rules of a runbook, as they are deployed."""
    return Delivery(*joined(CATALOGUE[id_].triggers))


def _rows(number: int, event: Json, runbook: Runbook) -> Iterator[str]:
    for finding in _findings(event):
        ids = ", ".join(
            one.id for one in runbook.remediations if any(t.matches(finding) for t in one.triggers)
        )
        for ref in finding.subjects:
            if ids and isinstance(ref, runbook.subject):
                yield f"{number:>3}  {event['detail']['eventName']}  {runbook.id}  {ref.kind}  {ids}"


def _findings(event: Json) -> tuple[Finding, ...]:
    try:
        found = findings(event)
    except BadInput:
        return ()
    return () if isinstance(found, NotForUs) else found


def document(events: Iterable[Json]) -> str:
    """Return the file."""
    return HEADER + "".join(f"{row}\n" for row in told(events))


def main() -> None:
    """Write it anew."""
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(document(read(ROOT / RECORDS)), "utf-8")


if __name__ == "__main__":
    main()
