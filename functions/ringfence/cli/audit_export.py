"""`ringfence audit export`: a signed bundle of the audit log that can be verified without AWS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from ringfence.cli.completion import incidents
from ringfence.cli.incident_ids import incident_of
from ringfence.cli.log import archive_of
from ringfence.cli.output import note
from ringfence.cli.period import Since, Until, check_period, given_options
from ringfence.cli.settings import ARCHIVE_BUCKET, AUDIT_TABLE, LOG_KEY, Home, home_options
from ringfence.model.errors import BadInput
from ringfence.model.step import counted
from ringfence.record.shell import typed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from ringfence.cli.bundle_check import BundleReport
    from ringfence.cli.bundle_export import Asked, LogSources, Made

_VERIFY = ("ringfence", "audit", "verify", "--bundle")
_MARGIN = timedelta(hours=1)
"""By how much the time of an incident can be later than its first entry."""


@click.command("export", short_help="Write a signed bundle that can be verified without AWS.")
@click.argument("names", metavar="[INCIDENT]...", nargs=-1, shell_complete=incidents)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The zip file.")
@click.option(
    "--since",
    type=Since(),
    default="30d",
    show_default=True,
    help="Everything that was recorded since this time: 7d, 12h, 30m, or a date or time in UTC.",
)
@click.option(
    "--until",
    type=Until(),
    help="Everything that was recorded until this time. A date means the whole day.",
)
@home_options(AUDIT_TABLE, ARCHIVE_BUCKET, LOG_KEY)
def export(home: Home, names: tuple[str, ...], *, out: Path, since: datetime, until: datetime | None) -> None:
    """Write a bundle for an auditor: entries of the audit log, and what proves them.

    With INCIDENT, the bundle contains these incidents. Otherwise, it contains every incident of which
    something was recorded in the period, and the pauses, limits and replays of the deployment. The period is
    widened to the signed checkpoints before and after it, which the output names.

    The bundle contains the entries, the page report.html, the tables responses.csv and decisions.csv, events
    of OCSF, the leaves of the transparency log between the two checkpoints, and the checkpoints with their
    signatures. The leaves name the resources of all incidents of that time. `ringfence audit verify
    --bundle FILE --log-key KEY` verifies the bundle without AWS. Send the key to the auditor separately.

    Exit code 0: written. 1: the archive cannot be read, the log has no checkpoint yet, or the log or the
    bundle has a fault. 2: bad input.
    """
    from ringfence.cli.audit_store import audit_store
    from ringfence.cli.bundle_export import make_bundle
    from ringfence.cli.bundle_zip import written_bundle

    check_period(since, until)
    if names and given_options("since", "until"):
        raise BadInput("--since", "cannot be used with incidents that are named: they are exported whole")
    now, sources = datetime.now(UTC), _sources(home)
    asked = _asked(home, names, since, until)
    replaced = out.exists()
    with audit_store() as store, written_bundle(out) as bundle:
        made = make_bundle(sources, asked, store, bundle, now)
    report = _checked(out, sources)
    _tell(out, made, report, asked, sources, replaced=replaced)
    if report.faults:
        click.get_current_context().exit(1)


def _asked(home: Home, names: tuple[str, ...], since: datetime, until: datetime | None) -> Asked:
    from ringfence.cli.audit_one import opened
    from ringfence.cli.bundle_export import Asked

    if not names:
        return Asked(since, until)
    ids = tuple(sorted({incident_of(home, one) for one in names}))
    return Asked(min(map(opened, ids)) - _MARGIN, None, ids)


def _sources(home: Home) -> LogSources:
    from ringfence.aws.log_files import LogFiles, origin
    from ringfence.cli.bundle_export import LogSources
    from ringfence.cli.log_key import log_key, verifier
    from ringfence.handlers.threads import Threads

    files = LogFiles(cast("S3Client", home.place.client("s3")), home.archive_bucket)
    key = log_key(home.log_key, origin(files.bucket, files.client.meta.region_name), home.place)
    return LogSources(archive_of(home), files, key, verifier(key), Threads())


def _checked(out: Path, sources: LogSources) -> BundleReport:
    """Verify what was written, as its reader will."""
    from ringfence.cli.audit_store import audit_store
    from ringfence.cli.bundle_check import check_bundle
    from ringfence.cli.bundle_zip import ZippedFiles

    with audit_store() as store, ZippedFiles(out) as files:
        return check_bundle(files, store, sources.key, sources.check)


def _tell(  # noqa: PLR0913 - what was asked for, and what was made of it
    out: Path, made: Made, report: BundleReport, asked: Asked, sources: LogSources, *, replaced: bool
) -> None:
    from ringfence.cli.audit_view import chains
    from ringfence.cli.bundle_shown import period_words

    faults = (f"FAULT: {one}" for one in report.faults)
    what = f"{chains(report.responses, report.records)}: {counted(report.entries, 'entry')}"
    did = "Replaced" if replaced else "Wrote"
    lines = [*faults, f"{did} {out}: {what}, {period_words(made.base, made.end)}."]
    if asked.until and made.end.at < asked.until:
        lines.append("The log has no checkpoint after --until yet: later entries are not in the bundle.")
    if made.younger:
        words = counted(made.younger, "entry is")
        lines.append(f"{words} newer than the last checkpoint of the bundle, and not in the bundle.")
    lines.append(
        "Send the auditor the key of the log separately from the bundle. To verify the bundle without AWS:"
    )
    note(*lines, command=f"  {typed(*_VERIFY, str(out), '--log-key', sources.key.text)}")
