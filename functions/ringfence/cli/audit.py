"""`ringfence audit`: verify the audit log."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli import audit_view as view
from ringfence.cli.audit_export import export
from ringfence.cli.audit_one import all_sources, notes_of, verdicts_of
from ringfence.cli.completion import incidents
from ringfence.cli.denials import explained
from ringfence.cli.incident_ids import incident_of
from ringfence.cli.operator_command import url_option
from ringfence.cli.period import Since, Until, check_period
from ringfence.cli.seals import asker, seals_of, with_seals
from ringfence.cli.settings import ARCHIVE_BUCKET, AUDIT_TABLE, LOG_KEY, Home, home_options
from ringfence.cli.text import discard, is_terminal
from ringfence.model.errors import BadInput, RingfenceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.cli.audit_sources import Period, Sources
    from ringfence.cli.seals import IncidentSeals
    from ringfence.record.integrity import ChainVerdict


class Unverified(click.ClickException):
    """Verification failed to run. The log is neither verified nor known to be altered."""

    exit_code = view.UNKNOWN_CODE


@click.group()
def audit() -> None:
    """Check and export the audit log."""


audit.add_command(export)


@audit.command(short_help="Verify the audit log of an incident, or of all incidents.")
@click.argument("incident", required=False, shell_complete=incidents)
@click.option(
    "--bundle",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Verify a bundle of `audit export` with the key of --log-key, without AWS.",
)
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
    bundle: Path | None,
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

    With --bundle, the command compares the entries of a bundle with the leaves of the log in it, and the
    leaves with the signed checkpoint. It makes the page, the tables and the events of OCSF again from the
    entries, and compares them with those of the bundle. What is missing, altered or added is a fault. With
    --since and --until, the bundle must cover this period. Use the key that the owner of the deployment gave
    you, and not the one in the bundle.

    Ringfence's function also checks the seals of the entries, because only functions have the key. An entry
    that is not authentic is a fault. If the API cannot be reached or denies the request, the result says
    that the seals are not checked, and the exit code does not cover them.

    Exit code 0: the entries are unaltered; entries of the last 15 minutes that are not archived yet are
    reported as pending. In a new deployment, the log has its first checkpoint 45 minutes after the
    first entry at the latest, and usually within 15. Until then the entries are compared with the archive
    alone, and the result says so. 1: an entry was altered, removed, reordered
    or never archived, or is not authentic, or the log was truncated or forked; the first fault of each
    response is named. 2: no such incident, or bad input. 3: the table, the archive or the log cannot be
    read, there is neither an entry nor a log, or the result cannot be written. 4: the entries are
    unaltered, but somebody tried to hide or replace something in the archive.
    """
    others = bool(since or until or kept or save_to or copies)
    if bundle:
        _alone(incident, everything, without_archive, save_to, copies)
        ctx.exit(_bundle(bundle, home, _period(since, until), kept, as_json=as_json))
    _check(incident, everything=everything, others=others, less=without_archive)
    now = datetime.now(UTC)
    try:
        if incident:
            incident = incident_of(home, incident)
            found = verdicts_of(home, incident, now, without_archive=without_archive)
            done = _one(found.chains, seals_of(home, url, incident), as_json=as_json)
        else:
            sources, period = all_sources(home, notes_of(kept, copies, home)), _period(since, until)
            done = _everything(sources, period, now, asker(home, url), save_to=save_to, as_json=as_json)
    except BadInput:
        raise
    except RingfenceError as error:
        raise Unverified(explained(error)) from error
    except OSError as error:
        discard()
        raise Unverified(f"the result cannot be written: {error.strerror}") from error
    ctx.exit(done)


def _everything(  # noqa: PLR0913 - what is verified, and how
    sources: Sources,
    period: Period,
    now: datetime,
    ask: Callable[[str], IncidentSeals],
    *,
    save_to: Path | None,
    as_json: bool,
) -> int:
    from ringfence.cli.audit_all import verify_all

    return verify_all(sources, period, now, ask, save_to=save_to, as_json=as_json)


def _alone(*others: object) -> None:
    if any(others):
        words = "--since, --until, --checkpoint, --log-key and --json"
        raise click.UsageError(f"--bundle can only be used with {words}.")


def _bundle(path: Path, home: Home, period: Period, kept: Sequence[Path], *, as_json: bool) -> int:
    from ringfence.cli.audit_checkpoint import read
    from ringfence.cli.bundle_shown import verify_bundle
    from ringfence.cli.log_key import verifier
    from ringfence.record.log_check import Signed
    from ringfence.record.tlog import LogKey, read_checkpoint

    given = home.given.get(LOG_KEY)
    if not given:
        words = "must be given with --bundle: the verifier key NAME+ID+KEY, from the owner of the deployment"
        raise BadInput("--log-key", words)
    key = LogKey.read(given)
    notes = [(str(one), read(one)) for one in kept]
    signed = [Signed(read_checkpoint(note, key, verifier(key)), place) for place, note in notes]
    return verify_bundle(path, key, period, signed, as_json=as_json)


def _check(incident: str | None, *, everything: bool, others: bool, less: bool) -> None:
    if bool(incident) == everything:
        raise click.UsageError("Name an incident, or use --all or --bundle.")
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
