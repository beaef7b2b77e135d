"""`ringfence audit`: verify the audit log."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from ringfence.cli.log import archive_of, find, reader_of
from ringfence.cli.settings import ARCHIVE_BUCKET, AUDIT_TABLE, Home, home_options
from ringfence.cli.text import discard, safe
from ringfence.model.errors import BadInput, RingfenceError
from ringfence.record.integrity import verify as verify_chain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.record.integrity import Verdict

ALTERED, UNKNOWN, ATTEMPTED = 1, 3, 4


class Unverified(click.ClickException):
    """Verification failed to run. The log is neither verified nor known to be altered."""

    exit_code = UNKNOWN


@click.group()
def audit() -> None:
    """Check the audit log."""


@audit.command(short_help="Verify the audit log of an incident against the archive.")
@click.argument("incident")
@click.option(
    "--without-archive", is_flag=True, help="Check the entries only against each other. This proves less."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per line, one for each response."
)
@home_options(AUDIT_TABLE, ARCHIVE_BUCKET)
@click.pass_context
def verify(ctx: click.Context, home: Home, incident: str, *, without_archive: bool, as_json: bool) -> None:
    """Recompute the hash chains of INCIDENT and compare them with the first versions in the archive.

    Exit code 0: the entries are unaltered; entries of the last 15 minutes that are not archived yet are
    reported as pending. 1: an entry was altered, removed, reordered or never archived; the first one is
    named. 2: no such incident, or bad input. 3: the table or the archive cannot be read, or the result
    cannot be written. 4: the entries are unaltered, but somebody tried to hide them in the archive.
    """
    try:
        verdicts = tuple(_verdicts(home, incident, datetime.now(UTC), without_archive=without_archive))
    except BadInput:
        raise
    except RingfenceError as error:
        raise Unverified(safe(str(error))) from error
    try:
        for verdict in verdicts:
            click.echo(json.dumps(_as_json(verdict)) if as_json else _as_text(verdict))
    except OSError as error:
        discard()
        raise Unverified(f"the result cannot be written: {error.strerror}") from error
    ctx.exit(exit_code(verdicts))


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """Return the exit code for these results."""
    verdicts = tuple(verdicts)
    if not all(verdict.sound for verdict in verdicts):
        return ALTERED
    return ATTEMPTED if any(verdict.remarks for verdict in verdicts) else 0


def _verdicts(home: Home, incident: str, now: datetime, *, without_archive: bool) -> Iterable[Verdict]:
    from ringfence.handlers.threads import Threads

    reader = reader_of(home)
    archive = None if without_archive else archive_of(home)
    for response in find(reader, archive, incident):
        first = archive.first_versions(response.key, incident, Threads()) if archive else None
        yield verify_chain(response.key, incident, reader.entries(response), first, now)


def _as_json(verdict: Verdict) -> dict[str, object]:
    return {**asdict(verdict), "sound": verdict.sound, "claim": verdict.claim}


def _as_text(verdict: Verdict) -> str:
    lines = [f"{verdict.incident} {verdict.chain}", verdict.claim]
    lines += [f"also: entry {one.seq}: {one.words}" for one in verdict.faults[1:]]
    lines += verdict.remarks
    return "\n  ".join(safe(one) for one in lines)
