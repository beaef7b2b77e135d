"""The result of the verification of a bundle, in words and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ringfence.cli.audit_view import ALTERED_CODE, UNKNOWN_CODE, chains
from ringfence.cli.output import print_rows
from ringfence.cli.text import safe
from ringfence.model.step import counted
from ringfence.model.times import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from ringfence.cli.audit_sources import Period
    from ringfence.cli.bundle_check import BundleReport
    from ringfence.record.log_check import Signed
    from ringfence.record.tlog import Checkpoint, LogKey


def verify_bundle(path: Path, key: LogKey, period: Period, kept: list[Signed], *, as_json: bool) -> int:
    """Verify a bundle, print the result, and return the exit code."""
    from ringfence.cli.audit_store import audit_store
    from ringfence.cli.bundle_check import check_bundle
    from ringfence.cli.bundle_zip import ZippedFiles
    from ringfence.cli.log_key import verifier

    with audit_store() as store, ZippedFiles(path) as files:
        report = check_bundle(files, store, key, verifier(key), kept)
    report.faults += _not_covered(report, period)
    if as_json:
        click.echo(json.dumps({"bundle": _as_json(report, key)}))
    else:
        print_rows(map(safe, _words(report, key)))
    return ALTERED_CODE if report.faults else UNKNOWN_CODE if report.unproved else 0


def period_words(base: Checkpoint | None, end: Checkpoint) -> str:
    """Return the period of a bundle in words."""
    first = f"after {_time(base.at)}" if base else "since the log began"
    return f"everything that came into the log {first} and until {_time(end.at)}"


def scope_words(base: Checkpoint | None, end: Checkpoint, named: tuple[str, ...]) -> str:
    """Return what a bundle contains, in words."""
    scope = f", but only of {', '.join(named)}" if named else ""
    return f"{period_words(base, end)}{scope}"


def _not_covered(report: BundleReport, period: Period) -> Iterator[str]:
    """Say which part of the period that the auditor wants is not in the bundle."""
    if report.end is None:
        return
    if period.since and report.base and report.base.at > period.since:
        yield f"the bundle begins at {_time(report.base.at)}, after --since"
    if period.until and report.end.at < period.until:
        yield f"the bundle ends at {_time(report.end.at)}, before --until"


def _words(report: BundleReport, key: LogKey) -> Iterator[str]:
    yield from (f"ALTERED: {one}" for one in report.faults)
    yield from (f"not proved: {one}" for one in report.unproved)
    if report.faults or report.end is None or report.manifest is None:
        yield "VERIFICATION FAILED: the bundle is not what the log contains"
        return
    scope = scope_words(report.base, report.end, report.manifest.incidents)
    yield (
        f"verified {chains(report.responses, report.records)}: {counted(report.entries, 'entry')}. None is "
        f"missing: the bundle contains {scope}"
    )
    yield f"the checkpoint over {counted(report.end.size, 'entry')} is signed with the key {key.text}"


def _as_json(report: BundleReport, key: LogKey) -> dict[str, object]:
    return {
        "sound": not report.faults and not report.unproved,
        "faults": report.faults,
        "unproved": report.unproved,
        "incidents": list(report.manifest.incidents) if report.manifest else [],
        "responses": report.responses,
        "records": report.records,
        "entries": report.entries,
        "after": report.base.at.isoformat() if report.base else None,
        "until": report.end.at.isoformat() if report.end else None,
        "size": report.end.size if report.end else 0,
        "key": key.text,
    }


def _time(at: datetime) -> str:
    return utc_text(at)
