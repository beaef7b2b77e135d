"""`ringfence audit`: verify the audit log."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from ringfence.cli import audit_view as view
from ringfence.cli.completion import incidents
from ringfence.cli.denials import explained
from ringfence.cli.incident_ids import incident_of
from ringfence.cli.log import archive_of, find, reader_of
from ringfence.cli.operator_command import url_option
from ringfence.cli.period import Since, Until, check_period
from ringfence.cli.seals import asker, seals_of, with_seals
from ringfence.cli.settings import ARCHIVE_BUCKET, AUDIT_TABLE, LOG_KEY, Home, home_options
from ringfence.cli.text import discard, is_terminal
from ringfence.model.errors import BadInput, RingfenceError
from ringfence.record.integrity import Fault, Wrong, with_more
from ringfence.record.integrity import verify as verify_chain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_s3 import S3Client

    from ringfence.aws.log_files import LogFiles
    from ringfence.cli.audit_sources import LogReport, Period, Sources
    from ringfence.cli.seals import IncidentSeals
    from ringfence.engine.ports import SideBySide
    from ringfence.record.integrity import ChainVerdict
    from ringfence.record.tlog import LogKey


class Unverified(click.ClickException):
    """Verification failed to run. The log is neither verified nor known to be altered."""

    exit_code = view.UNKNOWN_CODE


@click.group()
def audit() -> None:
    """Check the audit log."""


@audit.command(short_help="Verify the audit log of an incident, or of all incidents.")
@click.argument("incident", required=False, shell_complete=incidents)
@click.option("--all", "everything", is_flag=True, help="Verify all incidents, and the transparency log.")
@click.option(
    "--since",
    type=Since(),
    help="With --all: incidents that were opened since this time: 7d, 12h, 30m, or a date or time in UTC.",
)
@click.option(
    "--until",
    type=Until(),
    help="With --all: incidents that were opened until this time. A date means the whole day.",
)
@click.option(
    "--without-archive", is_flag=True, help="Check the entries only against each other. This proves less."
)
@click.option(
    "--checkpoint",
    "kept",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --all: a checkpoint that you kept. The log must still contain it.",
)
@click.option(
    "--save-checkpoint",
    "save_to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --all: write the newest checkpoint to this file, unless the log has a fault.",
)
@click.option("--copies", metavar="BUCKET", help="With --all: a bucket with copies of the checkpoints.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per line, one for each response."
)
@url_option
@home_options(AUDIT_TABLE, ARCHIVE_BUCKET, LOG_KEY)
@click.pass_context
def verify(  # noqa: PLR0913 - the options of a command
    ctx: click.Context,
    home: Home,
    incident: str | None,
    *,
    everything: bool,
    since: datetime | None,
    until: datetime | None,
    without_archive: bool,
    kept: tuple[Path, ...],
    save_to: Path | None,
    copies: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Recompute the hash chains of INCIDENT, and compare them with the archive and the transparency log.

    With --all, read the whole archive, table and log: find what was altered, removed, truncated, forked or
    never archived. The newest checkpoint is printed with its signature. Keep it in a file, or let
    --save-checkpoint write it: a later log must contain it.

    Ringfence's function also checks the seals of the entries, because only functions have the key. An entry
    that is not authentic is a fault. If the API cannot be reached or denies the request, the result says
    that the seals are not checked, and the exit code does not cover them.

    Exit code 0: the entries are unaltered; entries of the last 15 minutes that are not archived yet are
    reported as pending. In a new deployment, the log has no checkpoint for some minutes. Then the entries
    are compared with the archive alone, and the result says so. 1: an entry was altered, removed, reordered
    or never archived, or is not authentic, or the log was truncated or forked; the first fault of each
    response is named. 2: no such incident, or bad input. 3: the table, the archive or the log cannot be
    read, there is neither an entry nor a log, or the result cannot be written. 4: the entries are
    unaltered, but somebody tried to hide or replace something in the archive.
    """
    others = bool(since or until or kept or save_to or copies)
    _check(incident, everything=everything, others=others, less=without_archive)
    now = datetime.now(UTC)
    try:
        if incident:
            incident = incident_of(home, incident)
            verdicts = tuple(_verdicts(home, incident, now, without_archive=without_archive))
            done = _one(verdicts, seals_of(home, url, incident), as_json=as_json)
        else:
            from ringfence.cli.audit_all import verify_all

            sources, period = _all_sources(home, _notes(kept, copies, home)), _period(since, until)
            ask = asker(home, url)
            done = verify_all(sources, period, now, ask, save_to=save_to, as_json=as_json)
    except BadInput:
        raise
    except RingfenceError as error:
        raise Unverified(explained(error)) from error
    except OSError as error:
        discard()
        raise Unverified(f"the result cannot be written: {error.strerror}") from error
    ctx.exit(done)


def _check(incident: str | None, *, everything: bool, others: bool, less: bool) -> None:
    if bool(incident) == everything:
        raise click.UsageError("Name an incident, or use --all.")
    if incident and others:
        raise click.UsageError("--since, --until, --checkpoint, --save-checkpoint and --copies need --all.")
    if everything and less:
        raise click.UsageError("--without-archive needs an incident.")


def _period(since: datetime | None, until: datetime | None) -> Period:
    from ringfence.cli.audit_sources import Period

    check_period(since, until)
    return Period(since, until)


def _one(verdicts: Sequence[ChainVerdict], seals: IncidentSeals, *, as_json: bool) -> int:
    verdicts = tuple(with_seals(verdict, seals.of(verdict.chain)) for verdict in verdicts)
    for verdict in verdicts:
        proved = seals.of(verdict.chain)
        if as_json:
            click.echo(json.dumps({**view.as_json(verdict), "seals": proved.as_json()}))
        else:
            view.show(verdict, proved)
    if is_terminal() and not as_json:
        click.echo(view.ending(*view.next_after(verdicts)), nl=False)
    return view.exit_code(verdicts)


def _verdicts(home: Home, incident: str, now: datetime, *, without_archive: bool) -> Iterator[ChainVerdict]:
    from ringfence.cli.audit_responses import verified
    from ringfence.cli.audit_store import audit_store
    from ringfence.cli.audit_walk import walk_log

    reader = reader_of(home)
    archive = None if without_archive else archive_of(home)
    responses = find(reader, archive, incident, home.place)
    sources = _sources(home) if archive else None
    if sources is None:
        for response in responses:
            first = archive.first_versions(response.key, incident, _threads()) if archive else None
            yield verify_chain(response.key, incident, reader.entries(response), first, now)
        return
    with audit_store() as store:
        report = walk_log(sources, store, _opened(incident), now)
        for response in responses:
            verdict = verified(sources, store, response.key, incident, now, report=report)
            yield _with_log(verdict, report)


def _with_log(verdict: ChainVerdict, report: LogReport) -> ChainVerdict:
    """Add what is wrong with the log. It is no fault of an entry, so the number is -1."""
    return with_more(verdict, (Fault(-1, Wrong.LOG, words) for words in report.faults[:1]))


def _opened(incident: str) -> datetime:
    return datetime.strptime(incident[4:19], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def _all_sources(home: Home, copies: Sequence[tuple[str, str]]) -> Sources:
    from ringfence.cli.audit_sources import Sources
    from ringfence.cli.log_key import verifier

    files = _files(home)
    key = _key(home, files)
    return Sources(reader_of(home), archive_of(home), files, key, verifier(key), copies, _threads())


def _sources(home: Home) -> Sources | None:
    """Return what to verify. None if the archive has no checkpoint, so that there is no log."""
    has_log = next(_files(home).checkpoints(), None) is not None
    return _all_sources(home, ()) if has_log else None


def _files(home: Home) -> LogFiles:
    from ringfence.aws.log_files import LogFiles

    return LogFiles(cast("S3Client", home.place.client("s3")), home.archive_bucket)


def _key(home: Home, files: LogFiles) -> LogKey:
    from ringfence.aws.log_files import origin
    from ringfence.cli.log_key import log_key

    return log_key(home.log_key, origin(files.bucket, files.client.meta.region_name), home.place)


def _notes(kept: Sequence[Path], bucket: str | None, home: Home) -> list[tuple[str, str]]:
    from ringfence.aws.log_files import CheckpointCopies, origin
    from ringfence.cli.audit_checkpoint import read

    notes = [(str(path), read(path)) for path in kept]
    if bucket:
        files = _files(home)
        log = origin(files.bucket, files.client.meta.region_name)
        notes += CheckpointCopies(files.client, bucket).notes(log)
    return notes


def _threads() -> SideBySide:
    from ringfence.handlers.threads import Threads

    return Threads()
