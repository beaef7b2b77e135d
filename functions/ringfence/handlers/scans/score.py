"""The score of a scheduled scan, with the numbers that it is made of, and the notice about it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical
from ringfence.model.frozen import frozen
from ringfence.posture.kept import SUMMARIES
from ringfence.posture.score import WEIGHTS, Counts, score
from ringfence.record.notices.scans import declined
from ringfence.record.scans import ScanSummary, decline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from ringfence.handlers.scans.plan import ScanPlan
    from ringfence.model.place import Place
    from ringfence.posture.manual import ManualControl
    from ringfence.record.notices import Notice
    from ringfence.record.scans import PlaceResults, ScanHistory

CRITICAL = "critical"
VERSION = 1


@frozen
class Scored:
    """A scan with its score: the summary, the history with it, its file, and the notice if there is one."""

    summary: ScanSummary
    history: ScanHistory
    name: str
    text: str
    notice: Notice | None


def scored(plan: ScanPlan, scan: str, results: Mapping[Place, PlaceResults], history: ScanHistory) -> Scored:
    """Return a scan with its score."""
    today = datetime.fromisoformat(scan).date()
    counts = {**_counts(results.values()), **_manual(plan.manual, today)}
    severities = {one.name: one.severity for one in plan.rules}
    severities |= {one.name: one.severity for one in plan.manual}
    every = [(severities[name], one) for name, one in counts.items() if name in severities]
    summary = ScanSummary(
        scan,
        plan.digest,
        score(every),
        (
            sum(one.passed for _, one in every),
            sum(one.failed for _, one in every),
            sum(one.not_assessed for _, one in every),
        ),
        sum(one.resources for one in results.values()),
        len(results),
        sum(bool(one.unseen) for one in results.values()),
        sum(one.handed_over for one in results.values()),
    )
    failing = [name for name, one in counts.items() if one.failed and severities.get(name) == CRITICAL]
    worse = decline(history, summary, failing, plan.points)
    return Scored(
        summary,
        history.after(summary, _passing(severities, counts, history), told=worse is not None),
        f"{SUMMARIES}/{scan}.json",
        canonical(
            {
                **_document(summary, counts, severities, results),
                "manual_controls": [one.as_json(today) for one in plan.manual],
            }
        ),
        declined(worse, summary, sum(len(one.unseen) + one.more for one in results.values()))
        if worse
        else None,
    )


def _passing(
    severities: Mapping[str, str], counts: Mapping[str, Counts], history: ScanHistory
) -> Iterator[str]:
    """Yield the critical rules that no resource fails.

    A rule without a verdict keeps its place. If it lost it, nobody would be notified of a resource that was
    changed while AWS Config did not record it.
    """
    for name in (name for name, severity in severities.items() if severity == CRITICAL):
        one = counts.get(name, Counts())
        if one.passed or one.failed:
            if not one.failed:
                yield name
        elif name in history.passing:
            yield name


def _counts(results: Iterable[PlaceResults]) -> dict[str, Counts]:
    """Return the numbers of results of each rule in all places."""
    found: dict[str, Counts] = {}
    for place in results:
        for name, (passed, failed, not_assessed) in sorted(place.counts.items()):
            known = found.setdefault(name, Counts())
            known.passed += passed
            known.failed += failed
            known.not_assessed += not_assessed
    return found


def _manual(controls: Iterable[ManualControl], today: date) -> dict[str, Counts]:
    """Return the numbers of each manual control: it has one result."""
    found = {}
    for one in controls:
        counts = found[one.name] = Counts()
        counts.add(one.result(today).status)
    return found


def _document(
    summary: ScanSummary,
    counts: Mapping[str, Counts],
    severities: Mapping[str, str],
    results: Mapping[Place, PlaceResults],
) -> dict[str, object]:
    """Return the file of a scan. Everybody can compute the score again from its rules and weights."""
    return {
        "version": VERSION,
        **summary.value,
        "weights": dict(WEIGHTS),
        "rules_by_name": [
            {
                "rule": name,
                "severity": severities[name],
                "passed": one.passed,
                "failed": one.failed,
                "not_assessed": one.not_assessed,
            }
            for name, one in sorted(counts.items())
            if name in severities
        ],
        "results": [
            {
                "account": place.account,
                "region": place.region,
                "resources": one.resources,
                "handed_over": one.handed_over,
                "not_looked_at": list(one.unseen),
                "more_not_looked_at": one.more,
            }
            for place, one in results.items()
        ],
    }
