"""`ringfence incidents report`: one incident as a page of HTML, for people who were not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.completion import incidents
from ringfence.cli.denials import explained
from ringfence.cli.incident_ids import incident_of
from ringfence.cli.log import find, in_archive, reader_of
from ringfence.cli.operator_command import NOT_DONE, now_of, url_option
from ringfence.cli.output import note
from ringfence.cli.seals import seals_of
from ringfence.cli.settings import (
    ARCHIVE_BUCKET,
    AUDIT_TABLE,
    CONTROL_TABLE,
    LOG_KEY,
    Home,
    home_options,
)
from ringfence.model.errors import BadInput, RingfenceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.cli.incident_report_page import Proof, Told


@click.command("report", short_help="Write an incident as a page of HTML.")
@click.argument("incident", shell_complete=incidents)
@click.option(
    "--without-archive", is_flag=True, help="Do not compare the entries with the archive and the log."
)
@click.option("--out", type=click.Path(path_type=Path), help="The file. Default: standard output.")
@url_option
@home_options(AUDIT_TABLE, CONTROL_TABLE, ARCHIVE_BUCKET, LOG_KEY)
def report(home: Home, incident: str, *, url: str | None, out: Path | None, without_archive: bool) -> None:
    """Write one page about INCIDENT: what happened, what was done and when, what is left, and the evidence.

    The page has no scripts and loads nothing. The entries are verified as by `ringfence audit verify`: the
    page says whether the chain, the archive, the transparency log with its signature, and the seals are
    intact, or why one of them was not compared.

    Exit code 0: written. 1: an entry is not authentic, or the audit log cannot be read. 2: bad input.
    """
    from ringfence.cli.incident_report_page import page

    told = _told(home, incident, url, without_archive=without_archive)
    text = page(told, now_of(), home.accounts)
    if out is None:
        click.echo(text, nl=False)
    else:
        try:
            out.write_text(text, "utf-8")
        except OSError as error:
            words = f"cannot be written: {error.strerror or 'input/output error'}"
            raise BadInput("--out", words, str(out)) from error
        note(f"Wrote {out}.")
    if any(one.is_tampered for one in told):
        click.get_current_context().exit(NOT_DONE)


def _told(home: Home, incident: str, url: str | None, *, without_archive: bool) -> Sequence[Told]:
    """Read the responses to an incident, and verify them."""
    import ringfence.runbooks.catalogue  # noqa: F401 - steps can be read once their classes were imported
    from ringfence.cli.incident_reads import entries_of
    from ringfence.cli.incident_report_page import Told

    reader = reader_of(home)
    responses = find(reader, in_archive(home), incident_of(home, incident), home.place)
    seals = seals_of(home, url, responses[0].incident)
    proof = _proof(home, responses[0].incident, without_archive=without_archive)
    return [Told.of(key, entries, seals.of(key), proof) for key, entries in entries_of(reader, responses)]


def _proof(home: Home, incident: str, *, without_archive: bool) -> Proof:
    """Compare an incident with the archive and the log. What cannot be read is a reason, and no error."""
    from ringfence.cli.audit_one import verdicts_of
    from ringfence.cli.incident_report_page import Proof

    if without_archive:
        return Proof(problem="--without-archive was given")
    try:
        found = verdicts_of(home, incident, now_of(), without_archive=False)
    except RingfenceError as error:
        return Proof(problem=explained(error))
    return Proof(found.chains, found.checkpoint, found.key)
