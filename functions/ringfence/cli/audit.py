"""`ringfence audit`: verify the audit log."""

from __future__ import annotations

import json
from dataclasses import asdict
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
from ringfence.cli.output import print_rows
from ringfence.cli.period import Since
from ringfence.cli.seals import asker, seals_of, with_seals
from ringfence.cli.settings import ARCHIVE_BUCKET, AUDIT_TABLE, LOG_KEY, Home, home_options
from ringfence.cli.text import discard, is_terminal, safe
from ringfence.model.errors import BadInput, RingfenceError
from ringfence.record.integrity import Fault, Wrong, with_more
from ringfence.record.integrity import verify as verify_chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mypy_boto3_s3 import S3Client

    from ringfence.aws.log_files import LogFiles
    from ringfence.cli.audit_seals import SealWalk
    from ringfence.cli.audit_walk import LogReport, Period, Sources
    from ringfence.cli.seals import IncidentSeals, Seals
    from ringfence.engine.ports import SideBySide
    from ringfence.record.integrity import ChainVerdict
    from ringfence.record.tlog import LogKey

ALTERED, UNKNOWN, ATTEMPTED = 1, 3, 4
NO_LOG = "the archive has no transparency log yet"


class Unverified(click.ClickException):
    """Verification failed to run. The log is neither verified nor known to be altered."""

    exit_code = UNKNOWN


@click.group()
def audit() -> None:
    """Check the audit log."""


@audit.command(short_help="Verify the audit log of an incident, or of all incidents.")
@click.argument("incident", required=False, shell_complete=incidents)
@click.option("--all", "everything", is_flag=True, help="Verify all incidents, and the transparency log.")
@click.option("--since", type=Since(), help="With --all: incidents since this time: 7d, 12h, 30m or a date.")
@click.option("--until", type=Since(), help="With --all: incidents until this time.")
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
    copies: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Recompute the hash chains of INCIDENT, and compare them with the archive and the transparency log.

    With --all, read the whole archive, table and log: find what was altered, removed, truncated, forked or
    never archived. The newest checkpoint is printed. Keep it: a later log must contain it.

    Ringfence's function also checks the seals of the entries, because only functions have the key. An entry
    that is not authentic is a fault. If the API cannot be reached or denies the request, the result says
    that the seals are not checked, and the exit code does not cover them.

    Exit code 0: the entries are unaltered; entries of the last 15 minutes that are not archived yet are
    reported as pending. 1: an entry was altered, removed, reordered or never archived, or is not authentic,
    or the log was truncated or forked; the first fault of each response is named. 2: no such incident, or
    bad input. 3: the table, the archive or the log cannot be read, or the result cannot be written. 4: the
    entries are unaltered, but somebody tried to hide or replace something in the archive.
    """
    _check(
        incident, everything=everything, others=bool(since or until or kept or copies), less=without_archive
    )
    now = datetime.now(UTC)
    try:
        if incident:
            incident = incident_of(home, incident)
            verdicts = tuple(_verdicts(home, incident, now, without_archive=without_archive))
            done = _one(verdicts, seals_of(home, url, incident), as_json=as_json)
        else:
            notes = _notes(kept, copies, home)
            done = _all(home, _period(since, until), now, notes, asker(home, url), as_json=as_json)
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
        raise click.UsageError("--since, --until, --checkpoint and --copies need --all.")
    if everything and less:
        raise click.UsageError("--without-archive needs an incident.")


def _period(since: datetime | None, until: datetime | None) -> Period:
    from ringfence.cli.audit_walk import Period

    return Period(since, until)


def exit_code(verdicts: Iterable[ChainVerdict], remarks: Iterable[str] = ()) -> int:
    """Return the exit code for these results."""
    verdicts = tuple(verdicts)
    if not all(verdict.sound for verdict in verdicts):
        return ALTERED
    return ATTEMPTED if any(verdict.remarks for verdict in verdicts) or any(remarks) else 0


def _one(verdicts: Sequence[ChainVerdict], seals: IncidentSeals, *, as_json: bool) -> int:
    verdicts = tuple(with_seals(verdict, seals.of(verdict.chain)) for verdict in verdicts)
    for verdict in verdicts:
        proved = seals.of(verdict.chain)
        if as_json:
            click.echo(json.dumps({**_as_json(verdict), "seals": proved.as_json()}))
        else:
            _print(verdict, proved)
    if is_terminal() and not as_json:
        click.echo(view.ending(*view.next_after(verdicts)), nl=False)
    return exit_code(verdicts)


def _print(verdict: ChainVerdict, seals: Seals | None = None) -> None:
    """Print a result: on a terminal for a person, and in a pipe one row for each statement."""
    if is_terminal():
        click.echo(view.block(verdict, seals), nl=False)
    else:
        print_rows(view.rows(verdict, seals))


def _verdicts(home: Home, incident: str, now: datetime, *, without_archive: bool) -> Iterator[ChainVerdict]:
    from ringfence.cli.audit_store import audit_store
    from ringfence.cli.audit_walk import verified, walk_log

    reader = reader_of(home)
    archive = None if without_archive else archive_of(home)
    responses = find(reader, archive, incident)
    sources = _sources(home) if archive else None
    if sources is None:
        for response in responses:
            first = archive.first_versions(response.key, incident, _threads()) if archive else None
            yield verify_chain(response.key, incident, reader.entries(response), first, now)
        return
    with audit_store() as store:
        report = walk_log(sources, store, _opened(incident), now)
        for response in responses:
            verdict = verified(sources, store, response.key, incident, now)
            yield _with_log(verdict, report)


def _with_log(verdict: ChainVerdict, report: LogReport) -> ChainVerdict:
    """Add what is wrong with the log. It is no fault of an entry, so the number is -1."""
    return with_more(verdict, (Fault(-1, Wrong.LOG, words) for words in report.faults[:1]))


def _opened(incident: str) -> datetime:
    return datetime.strptime(incident[4:19], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def _all(  # noqa: PLR0913 - what is verified, and how
    home: Home,
    period: Period,
    now: datetime,
    copies: Sequence[tuple[str, str]],
    ask: Callable[[str], IncidentSeals],
    *,
    as_json: bool,
) -> int:
    from ringfence.cli.audit_seals import SealWalk
    from ringfence.cli.audit_store import audit_store
    from ringfence.cli.audit_walk import walk_files, walk_log, walk_responses

    sources = _sources(home, copies)
    if sources is None:
        raise Unverified(f"{NO_LOG}: is the function ringfence-checkpoint deployed, and has it run?")
    counts = {"responses": 0, "entries": 0, "archived": 0, "pending": 0, "faulty": 0}
    worst, seals = 0, SealWalk(ask, sources.side_by_side)
    with audit_store() as store:
        report = walk_log(sources, store, period.since, now)
        walk_files(sources, store, report, now)
        for verdict in seals.checked(walk_responses(sources, store, period, report, now)):
            counts["responses"] += 1
            counts["entries"] += verdict.entries
            counts["archived"] += verdict.archived or 0
            counts["pending"] += len(verdict.pending)
            counts["faulty"] += not verdict.sound
            code = exit_code((verdict,))
            worst = _worse(worst, code)
            if code:
                click.echo(json.dumps(_as_json(verdict))) if as_json else _print(verdict)
    log = ALTERED if report.faults else ATTEMPTED if report.remarks else 0
    covered = {**counts, "seals": seals.as_json(), "log": _log_as_json(report, sources.key)}
    if as_json:
        click.echo(json.dumps({"covered": covered}))
    else:
        _print_covered(_covered(counts, report, sources.key, seals))
    return _worse(worst, log)


def _worse(one: int, other: int) -> int:
    """Return the worse of two exit codes: something altered, then an attempt."""
    return ALTERED if ALTERED in {one, other} else one or other


def _sources(home: Home, copies: Sequence[tuple[str, str]] = ()) -> Sources | None:
    """Return what to verify. None if the archive has no checkpoint, so that there is no log."""
    from ringfence.cli.audit_walk import Sources
    from ringfence.cli.log_key import verifier

    files = _files(home)
    if next(files.checkpoints(), None) is None:
        return None
    key = _key(home, files)
    return Sources(reader_of(home), archive_of(home), files, key, verifier(key), copies, _threads())


def _files(home: Home) -> LogFiles:
    from ringfence.aws.log_files import LogFiles

    return LogFiles(cast("S3Client", home.place.client("s3")), home.archive_bucket)


def _key(home: Home, files: LogFiles) -> LogKey:
    from ringfence.aws.log_files import origin
    from ringfence.cli.log_key import log_key

    return log_key(home.log_key, origin(files.bucket, files.client.meta.region_name), home.place)


def _notes(kept: Sequence[Path], bucket: str | None, home: Home) -> list[tuple[str, str]]:
    from ringfence.aws.log_files import CheckpointCopies, origin

    notes = [(str(path), path.read_text("utf-8", errors="replace")) for path in kept]
    if bucket:
        files = _files(home)
        log = origin(files.bucket, files.client.meta.region_name)
        notes += CheckpointCopies(files.client, bucket).notes(log)
    return notes


def _threads() -> SideBySide:
    from ringfence.handlers.threads import Threads

    return Threads()


def _as_json(verdict: ChainVerdict) -> dict[str, object]:
    return {**asdict(verdict), "sound": verdict.sound, "claim": verdict.claim}


def _log_as_json(report: LogReport, key: LogKey) -> dict[str, object]:
    newest = report.newest
    return {
        "key": key.text,
        "checkpoints": report.checkpoints,
        "first_leaf": report.first,
        "size": report.size,
        "faults": report.faults,
        "remarks": report.remarks,
        "newest": {"size": newest.size, "at": newest.at.isoformat(), "text": newest.text} if newest else None,
    }


def _print_covered(words: Sequence[str]) -> None:
    """Print what was verified. On a terminal, the next command is the last line."""
    if not is_terminal():
        print_rows(map(safe, words))
        return
    click.echo(view.lines(words), nl=False)
    again = "ringfence audit verify --all --checkpoint FILE"
    click.echo(view.ending("Next, after you have kept the checkpoint in a file:", again), nl=False)


def _covered(counts: dict[str, int], report: LogReport, key: LogKey, seals: SealWalk) -> list[str]:
    """Say what was verified, and what is wrong with the log."""
    lines = [f"LOG: {one}" for one in report.faults]
    lines += [f"log: {one}" for one in report.remarks]
    lines.append(
        f"verified {counts['responses']} responses: {counts['entries']} entries in the table, "
        f"{counts['archived']} in the archive, {counts['pending']} pending; "
        f"{counts['faulty']} responses have faults"
    )
    lines += seals.lines()
    lines.append(
        f"verified the log from leaf {report.first} to {report.size} against {report.checkpoints} "
        f"checkpoints, with the key {key.text}"
    )
    if report.newest:
        lines += ["the newest checkpoint:", *(f"  {line}" for line in report.newest.text.splitlines())]
    return lines
