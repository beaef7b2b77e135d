"""What becomes of each recorded event beside the repository under a policy that allows everything.

`python -m tests.support.outcomes` writes the file anew that the tests hold it to: read the difference before
it is committed. Nothing of the records is copied but the names of their calls, and files' ids. A row has the
outcome, how many records have it, a digest of which ones, and what they are if these are few.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringfence.engine.routing import answering
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.taken_in import incoming
from ringfence.model.errors import BadInput
from ringfence.policy.decision import Mode
from ringfence.policy.evaluation import decide
from ringfence.policy.policy import Policy
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.samples.shared import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.events.taken_in import Event
    from ringfence.model.finding import Finding

Json = dict[str, Any]
GOLDEN = Path(__file__).parent / "golden" / "outcomes.txt"
EVENTS = "events/events"
RECORDS = ("events/replay/cloudtrail_noise.jsonl", "events/replay/cloudtrail_more.jsonl.gz")
NOTHING = "nothing"
OTHERS = ("aa", "cfg", "eb", "hlt", "insp", "mac", "sh")
"""The beginnings of the ids of events of other services. Each has a row with a reason."""
FEW = 12
HEADER = """\
# Of recorded events: what each causes under a policy whose default is auto, for how many, a digest of which
# ones, and what they are if they are few. An outcome is the runbook, the kind of subject and the mode.
#
# Where outcomes differ from those of the first version of this corpus, it is for these reasons:
# - a finding of GuardDuty that no runbook acts on is reported (report-findings finding notify)
# - actions of the root user in the console are uses of the root user (harden-identity root notify)
# - deleted logs of a bucket, and a replaced policy of a key, are looked at (harden-bucket, restore-logging)
"""


def events(path: Path) -> Mapping[str, Json]:
    """Return the events of a folder by the ids of their files, or those of a file by their lines."""
    if path.is_dir():
        return {
            "-".join(one.name.split("-")[:2]): json.loads(one.read_text("utf-8"))
            for one in sorted(path.glob("*.json"))
        }
    read = gzip.decompress if path.suffix == ".gz" else bytes
    lines = read(path.read_bytes()).decode().splitlines()
    return {str(number): json.loads(line) for number, line in enumerate(lines, start=1)}


def outcome(event: Json) -> str:
    """Return what becomes of an event."""
    try:
        found = [one for part in incoming(event) for one in _told(part.checked())]
    except BadInput as error:
        return f"invalid {error.field}"
    return "; ".join(dict.fromkeys(part for finding in found for part in _parts(finding))) or NOTHING


def _told(event: Event | NotForUs) -> tuple[Finding, ...]:
    told = event if isinstance(event, NotForUs) else findings(event)
    return () if isinstance(told, NotForUs) else told


def reason(event: Json) -> str:
    """Return who answers each finding of an event, or why nobody does, in words."""
    try:
        return "; ".join(dict.fromkeys(_answered(part.checked()) for part in incoming(event)))
    except BadInput as error:
        return f"bad input: {error}"


def _answered(event: Event | NotForUs) -> str:
    to = event if isinstance(event, NotForUs) else answering(event, CATALOGUE, {})
    return to.reason if isinstance(to, NotForUs) else f"to {', '.join(to)}"


def _reasons() -> Iterator[str]:
    """Yield a row for each recorded event of a service other than GuardDuty and CloudTrail."""
    for id_, event in events(ROOT / EVENTS).items():
        if id_.partition("-")[0] in OTHERS:
            yield f"{id_} | {reason(event)}"


def _parts(finding: Finding) -> Iterator[str]:
    for runbook in CATALOGUE.values():
        for ref in finding.subjects if runbook.answers(finding) else ():
            if isinstance(ref, runbook.subject):
                policy = Policy((finding.account, ref.account), default=Mode.AUTO)
                mode = decide(policy, runbook.id, finding, ref).mode
                yield f"{runbook.id} {ref.kind} {mode}"


def called(id_: str, event: Json) -> str:
    """Return the name of a recorded call, or else the id of an event."""
    detail = event.get("detail")
    name = detail.get("eventName") if isinstance(detail, dict) else None
    return f"{str(event.get('source')).removeprefix('aws.')}:{name}" if name and id_.isdigit() else id_


def rows(found: Mapping[str, Json]) -> Iterator[str]:
    """Yield a row for each outcome, the most frequent first."""
    by_outcome: dict[str, list[str]] = {}
    for id_, event in found.items():
        by_outcome.setdefault(outcome(event), []).append(id_)
    for what, ids in sorted(by_outcome.items(), key=lambda one: (-len(one[1]), one[0])):
        digest = hashlib.sha256(" ".join(ids).encode()).hexdigest()[:10]
        names = Counter(called(id_, found[id_]) for id_ in ids)
        listed = ", ".join(f"{name} {count}" if count > 1 else name for name, count in sorted(names.items()))
        yield f"{what} | {len(ids)} | {digest} | {listed if len(names) <= FEW else f'{len(names)} names'}"


@cache
def document() -> str:
    """Return the whole file."""
    counted = ((name, rows(events(ROOT / name))) for name in (EVENTS, *RECORDS))
    parts = (*counted, (f"{EVENTS}, one by one", _reasons()))
    return HEADER + "".join(f"\n[{name}]\n{_lines(found)}" for name, found in parts)


def _lines(found: Iterable[str]) -> str:
    return "".join(f"{row}\n" for row in found)


def main() -> None:
    """Write it anew."""
    GOLDEN.write_text(document(), "utf-8")


if __name__ == "__main__":
    main()
