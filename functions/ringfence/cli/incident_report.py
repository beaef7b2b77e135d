"""`ringfence incidents report`: one incident as a page of HTML, for people who were not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.completion import incidents
from ringfence.cli.incident_ids import incident_of
from ringfence.cli.log import find, reader_of
from ringfence.cli.operator_command import NOT_DONE, now_of, url_option
from ringfence.cli.seals import seals_of
from ringfence.cli.settings import AUDIT_TABLE, CONTROL_TABLE, Home, home_options
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.cli.incident_report_page import Told


@click.command("report", short_help="Write an incident as a page of HTML.")
@click.argument("incident", shell_complete=incidents)
@click.option("--out", type=click.Path(path_type=Path), help="The file. Default: standard output.")
@url_option
@home_options(AUDIT_TABLE, CONTROL_TABLE)
def report(home: Home, incident: str, *, url: str | None, out: Path | None) -> None:
    """Write one page about INCIDENT: what happened, what was done and when, what is left, and the evidence.

    The page has no scripts and loads nothing. It says whether the chain of entries and their seals are
    intact. `ringfence audit verify` also compares them with the archive and the transparency log.

    Exit code 0: written. 1: an entry is not authentic, or the audit log cannot be read. 2: bad input.
    """
    from ringfence.cli.incident_report_page import page

    told = _told(home, incident, url)
    text = page(told, now_of(), home.accounts)
    if out is None:
        click.echo(text, nl=False)
    else:
        try:
            out.write_text(text, "utf-8")
        except OSError as error:
            words = f"cannot be written: {error.strerror or 'input/output error'}"
            raise BadInput("--out", words, str(out)) from error
    if any(one.is_tampered for one in told):
        click.get_current_context().exit(NOT_DONE)


def _told(home: Home, incident: str, url: str | None) -> Sequence[Told]:
    """Read the responses to an incident."""
    import ringfence.runbooks.catalogue  # noqa: F401 - steps can be read once their classes were imported
    from ringfence.cli.incident_reads import entries_of
    from ringfence.cli.incident_report_page import Told

    reader = reader_of(home)
    responses = find(reader, None, incident_of(home, incident), home.place)
    seals = seals_of(home, url, responses[0].incident)
    return [Told.of(key, entries, seals.of(key)) for key, entries in entries_of(reader, responses)]
