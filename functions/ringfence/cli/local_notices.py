"""`ringfence local notices`: the notices that a deployment on the local AWS has published."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from ringfence.cli.choices import OneOf
from ringfence.cli.local_send import loopback, reach, to_endpoint
from ringfence.cli.output import note, print_rows
from ringfence.cli.pager import page
from ringfence.cli.text import is_terminal, row, safe, wrapped
from ringfence.cli.times import both
from ringfence.model.step import counted
from ringfence.record.notices.kinds import Urgency
from ringfence.record.shell import typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.local.messages import SentNotice

MOST = 10
COMMAND = ": ringfence "
"""What comes before a command in the text of a notice."""
NONE = "No notice was published in this account and region since the local AWS was started."


@click.command(short_help="Show the notices that a deployment on the local AWS sent.")
@to_endpoint
@click.option(
    "--urgency",
    type=OneOf(*(one.value for one in Urgency)),
    help="Only notices of this urgency.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=MOST,
    show_default=True,
    help="Show at most this number, the newest ones.",
)
@click.option("--no-pager", is_flag=True, help="On a terminal: do not use PAGER. Never used in a pipe.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, one for each notice.")
def notices(endpoint: str | None, urgency: str | None, limit: int, *, no_pager: bool, as_json: bool) -> None:
    """Show the notices that Ringfence published on a running local AWS, the newest first.

    In an account, the subscribers of a topic get them, for example by email. The local AWS delivers no email,
    so this command shows what an email would: when, how urgent, the subject and the text. A notice that went
    to two topics is shown twice. AWS_ACCOUNT_ID and AWS_REGION set the account and region. The local AWS
    keeps the newest 1000 messages.

    In a pipe, each notice is a line of columns between tabs: time, urgency, topic, subject and text.
    Messages go to standard error.

    Exit code 0: shown. 1: the local AWS does not respond. 2: bad input.
    """
    from ringfence.local.messages import sent_notices
    from ringfence.local.settings import ACCOUNT, REGION

    url = loopback(endpoint)
    reach(url)
    account, region = os.environ.get("AWS_ACCOUNT_ID", ACCOUNT), os.environ.get("AWS_REGION", REGION)
    try:
        every = sent_notices(url, account, region)
    except OSError as error:
        raise click.ClickException(f"the local AWS at {url} does not respond: {error}") from error
    show([one for one in every if urgency in {None, one.urgency}], limit, as_json=as_json, pager=not no_pager)


def show(found: Sequence[SentNotice], limit: int, *, as_json: bool = False, pager: bool = False) -> None:
    """Print the newest notices: as JSON, as a page on a terminal, or as columns in a pipe."""
    shown = found[:limit]
    if as_json:
        print_rows(json.dumps(_as_json(one)) for one in shown)
    elif is_terminal():
        page("".join(f"{line}\n" for line in _page(shown, len(found))), pager=pager)
        return
    else:
        print_rows(row(*_cells(one)) for one in shown)
    note(*([] if found else [NONE]), _left(shown, len(found)))


def _cells(one: SentNotice) -> tuple[str, ...]:
    return (one.at.isoformat(timespec="seconds"), one.urgency, one.topic, one.subject, one.text)


def _as_json(one: SentNotice) -> dict[str, object]:
    return {
        "at": one.at.isoformat(),
        "topic": one.topic,
        "urgency": one.urgency,
        "subject": one.subject,
        "text": one.text,
        "notice": one.form.value,
    }


def _page(shown: Sequence[SentNotice], number: int) -> Iterator[str]:
    """Yield each notice with its text, how many there are, and the next command."""
    for one in shown:
        yield from wrapped(f"{both(one.at)}  {one.urgency}  topic {one.topic}")
        yield from wrapped(one.subject)
        for line in one.text.splitlines():
            yield from _text(line)
        yield ""
    yield from wrapped(f"{counted(number, 'notice')}. {_left(shown, number)}".rstrip() if number else NONE)
    yield ""
    incident = next((one.incident for one in shown if one.incident), "")
    if incident:
        yield "Next, to see the newest incident:"
        yield typed("ringfence", "incidents", "show", incident)
    else:
        yield "Next, to write events that cause notices:"
        yield "ringfence samples events"


def _text(line: str) -> Sequence[str]:
    """Return a line of the text. Only the terminal breaks a command, so that it can be copied."""
    return [f"    {safe(line)}"] if COMMAND in line else wrapped(line, "    ") or [""]


def _left(shown: Sequence[SentNotice], number: int) -> str:
    """Say how many older notices there are."""
    rest = number - len(shown)
    return f"{counted(rest, 'older notice')} not shown. To show all: --limit {number}" if rest else ""
