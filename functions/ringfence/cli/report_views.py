"""A report as a page, and as JSON with the same content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.cli.scan_outputs import summary
from ringfence.cli.scan_page import frameworks_of, page, places_of
from ringfence.cli.scan_rules import framework_of
from ringfence.model.codec import instant_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.cli.report_sources import Source
    from ringfence.cli.scan_files import Done
    from ringfence.cli.scan_prospects import Prospects
    from ringfence.cli.scan_sections import Changed, Exempted, Fixed
    from ringfence.record.scans import ScanSummary


@dataclass(frozen=True)
class Report:
    """What a report shows. `changes` is None if the audit log was not asked."""

    done: Done
    source: Source
    made: datetime
    prospects: Prospects
    exempt: tuple[Exempted, ...]
    changes: Changed | None

    def page(self) -> str:
        """Return the page."""
        scan = self.source.kept[1] if self.source.kept else None
        return page(
            self.done,
            self.made,
            prospects=self.prospects,
            profile=framework_of(self.source.chosen.profile),
            exempt=self.exempt,
            changes=self.changes,
            scans=self._scans if scan else None,
            scanned=f"Scan of {scan.at:%Y-%m-%d %H:%M} UTC" if scan else "",
        )

    def value(self) -> dict[str, object]:
        """Return it as JSON."""
        chosen = self.source.chosen
        return {
            **summary(self.done),
            "scan": self._scans[-1].scan if self._scans else None,
            "made": instant_text(self.made),
            "since": instant_text(chosen.since),
            "until": instant_text(chosen.until),
            "scores": [one.value for one in self._scans],
            "places": list(self._places()),
            "frameworks": list(self._frameworks()),
            "changes": None if self.changes is None else list(map(_changed, self.changes.shown)),
            "exemptions": list(map(_exempted, self.exempt)),
        }

    @property
    def _scans(self) -> tuple[ScanSummary, ...]:
        return self.source.kept[1].scores if self.source.kept else ()

    def _places(self) -> Iterator[dict[str, object]]:
        for one in places_of(self.done.tally):
            yield {
                "account": one.account,
                "region": one.region,
                "score": one.score,
                "passed": one.counts.passed,
                "failed": one.counts.failed,
                "not_assessed": one.counts.not_assessed,
            }

    def _frameworks(self) -> Iterator[dict[str, object]]:
        for one in frameworks_of(self.done.tally, framework_of(self.source.chosen.profile)):
            yield {
                "framework": one.framework.id,
                "name": one.framework.name,
                "whole_list": one.is_whole,
                "requirements": [
                    {"requirement": row.number, "result": row.words, "rules": list(row.rules)}
                    for row in one.rows
                ],
                "not_covered": list(one.uncovered),
            }


def _changed(one: Fixed) -> dict[str, object]:
    return {
        "incident": one.incident,
        "subject": one.subject,
        "state": one.state,
        "verified": one.verified or None,
        "fault": one.record or None,
        "hash": one.hash,
        "changes": [
            {"at": instant_text(each.at), "change": each.words, "before": each.before, "after": each.after}
            for each in one.changes
        ],
    }


def _exempted(one: Exempted) -> dict[str, object]:
    of = one.exempt
    return {
        "subject": of.subject,
        "state": one.words,
        "reason": of.reason,
        "runbook": of.runbook,
        "remediations": list(of.remediations),
        "owner": of.owner or None,
        "expires": of.expires or None,
    }
