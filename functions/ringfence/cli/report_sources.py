"""Where the results of a report are: the bucket of the scans, a copy of it, or items of AWS Config."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ringfence.cli.kept_scans import FolderFiles, judged_in, last_scan, unseen_in
from ringfence.cli.scan_files import Done
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.posture.kept import SUMMARIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mypy_boto3_s3 import S3Client

    from ringfence.cli.kept_scans import Files, KeptScan
    from ringfence.cli.settings import Home
    from ringfence.posture.manual import ManualControl
    from ringfence.posture.rule import Result, Rule
    from ringfence.posture.score import Counts

    Sink = Callable[[Result], None]

_NAMED = 5
"""Rules that one line names."""


@frozen
class Chosen:
    """The period of a report, and the rules in it."""

    since: datetime
    until: datetime
    profile: str
    rule_paths: tuple[Path, ...]
    library: bool


@dataclass(frozen=True)
class Source:
    """What a report is made from. `kept` is a scan with its files. None: `paths` are items of AWS Config."""

    chosen: Chosen
    rules: Mapping[str, Rule]
    manual: tuple[ManualControl, ...]
    paths: tuple[str, ...]
    kept: tuple[Files, KeptScan] | None

    def done(self, sink: Sink) -> Done:
        """Return what the scan found. `sink` gets each result. Raises BadInput."""
        from ringfence.cli.scan_files import scanned_files

        manual = {one.name for one in self.manual}
        judging = {name: one for name, one in self.rules.items() if name not in manual}
        if self.kept is None:
            found, today = scanned_files(self.paths, judging, sink), self.chosen.until.date()
        else:
            files, scan = self.kept
            found, today = _done(files, scan, judging, sink), scan.at.date()
        found.add_manual(self.manual, today, sink)
        if self.kept:
            found.problems += _differences(self.kept[1], found, whole=not self.chosen.profile)
        return found


def source_of(home: Home, paths: tuple[str, ...], chosen: Chosen) -> Source:
    """Return the source of a report. Raises BadInput, and Retryable if AWS cannot be read."""
    from ringfence.cli.scan_rules import rules_of

    loaded, manual = rules_of(chosen.rule_paths, chosen.profile, library=chosen.library)
    rules = {one.rule.name: one.rule for one in loaded} | {one.name: one.rule for one in manual}
    files = _files(home, paths)
    kept = (files, last_scan(files, chosen.since, chosen.until)) if files else None
    return Source(chosen, rules, manual, paths, kept)


def _files(home: Home, paths: tuple[str, ...]) -> Files | None:
    """Return the files of scheduled scans. None if the paths are items."""
    from ringfence.aws.scan_reads import BucketFiles

    if not paths:
        return BucketFiles(cast("S3Client", home.place.client("s3")), home.scan_bucket)
    copies = [one for one in paths if (Path(one) / SUMMARIES).is_dir()]
    if copies and len(paths) > 1:
        raise BadInput("PATH", "must be one copy of the bucket of the scans, or items", copies[0])
    return FolderFiles(Path(copies[0])) if copies else None


def _done(files: Files, scan: KeptScan, rules: Mapping[str, Rule], sink: Sink) -> Done:
    """Read the results of a scan. Those of rules that are not chosen are left out."""
    from ringfence.posture.score import Tally

    done = Done(Tally(rules))
    for judged in judged_in(files, scan.id, done.problems):
        found = tuple(one for one in judged.results if one.rule in rules)
        done.add(judged.resource.type, found)
        for one in found:
            sink(one)
    done.unseen += unseen_in(files, scan, done.problems)
    return done


def _differences(scan: KeptScan, done: Done, *, whole: bool) -> list[str]:
    """Return how the results that were read differ from the numbers of the scan.

    Files of results expire, and somebody could remove some: nothing must look better for it.

    `whole`: every rule was chosen, so that each rule of the scan must be known.
    """
    unknown, other = [], []
    for one in scan.document.children("rules_by_name"):
        name = one.text("rule")
        numbers = (one.integer("passed"), one.integer("failed"), one.integer("not_assessed"))
        if name in done.tally.rules:
            if numbers != _numbers(done.tally.counts.get(name)):
                other.append(name)
        elif whole:
            unknown.append(name)
    told = []
    if unknown:
        told.append(f"the scan has results of rules that are in no file of --rules: {_some(unknown)}")
    if other:
        words = (
            "the results in the files do not have the numbers of the scan, because files expired or changed"
        )
        told.append(f"{words}: {_some(other)}")
    return told


def _numbers(counts: Counts | None) -> tuple[int, int, int]:
    return (counts.passed, counts.failed, counts.not_assessed) if counts else (0, 0, 0)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
