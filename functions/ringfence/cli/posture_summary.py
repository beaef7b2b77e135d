"""What a report says in short, for people who do not read all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.cli.layout import count
from ringfence.posture.manual import MANUAL_TYPE
from ringfence.posture.rule import SEVERITIES, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.cli.scan_files import Done
    from ringfence.cli.scan_sections import Changed, Exempted
    from ringfence.posture.score import Tally
    from ringfence.record.scans import ScanSummary


def in_short(
    done: Done, exempt: Sequence[Exempted], changes: Changed | None, scans: Sequence[ScanSummary]
) -> tuple[str, ...]:
    """Return the sentences.

    Parameters
    ----------
    done
        What the scan found, and what it could not read.
    exempt
        The exemptions of the policy.
    changes
        What Ringfence changed. None: it was not asked for.
    scans
        The scheduled scans of the period, the oldest first.

    """
    return (
        *_score(done.tally, scans),
        *_failing(done.tally),
        *_unseen(done),
        *_changed(changes),
        *_manual(done),
        *_exempt(exempt),
    )


def _score(tally: Tally, scans: Sequence[ScanSummary]) -> Iterator[str]:
    if tally.score is None:
        yield "There is no score, because no rule is about the resources."
        return
    whole = tally.whole
    yield f"The score is {tally.score} of 100: {whole.passed:,} of {count(whole.all, 'result')} passed."
    known = [one for one in scans if one.score is not None]
    first, last = (known[0], known[-1]) if known else (None, None)
    if first and last and first is not last:
        again = "" if first.rules == last.rules else ", but the rules were others"
        words = f"from {first.score:.1f} on {first.scan[:10]} to {last.score:.1f} on {last.scan[:10]}"
        yield f"The scores of the scheduled scans went {words}{again}."


def _failing(tally: Tally) -> Iterator[str]:
    failed = {
        name: one.failed for name, one in tally.counts.items() if one.failed and not _by_hand(tally, name)
    }
    if not failed:
        yield "No resource fails a rule."
        return
    by_severity = {
        severity: sum(number for name, number in failed.items() if tally.rules[name].severity == severity)
        for severity in reversed(SEVERITIES)
    }
    parts = ", ".join(f"{number:,} {severity}" for severity, number in by_severity.items() if number)
    total = sum(failed.values())
    results = count(total, "failed result")
    yield f"{count(len(failed), 'rule has')} failing resources, with {results}: {parts}."
    fixable = sum(number for name, number in failed.items() if tally.rules[name].remediation)
    yield f"Ringfence has a remediation for {fixable:,} of the {results}."


def _by_hand(tally: Tally, name: str) -> bool:
    return tally.rules[name].resource_types == (MANUAL_TYPE,)


def _unseen(done: Done) -> Iterator[str]:
    places = {place for place, _ in done.unseen}
    if places:
        where = count(len(places), "place")
        yield f"Something was not looked at in {where} (account and region). It did not pass."
    if done.problems:
        yield f"{count(len(done.problems), 'problem was')} met while reading. The end of the page names them."


def _changed(changes: Changed | None) -> Iterator[str]:
    if changes:
        number = len(changes.shown) + changes.more
        yield f"Ringfence changed {count(number, 'resource')} in the period {changes.period}."


def _manual(done: Done) -> Iterator[str]:
    if done.manual:
        open_ = sum(one.result(done.today).status is not Status.PASSED for one in done.manual)
        yield f"Manual controls: {len(done.manual):,}, of which {open_:,} lack evidence that counts today."


def _exempt(exempt: Sequence[Exempted]) -> Iterator[str]:
    if exempt:
        loose = sum(one.state != "passed" for one in exempt)
        states = f"{loose:,} expired, expire soon, or lack an owner or an expiry"
        yield f"Exemptions in the policy: {len(exempt):,}, of which {states}."
