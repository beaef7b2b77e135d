"""`ringfence findings`: check and send findings of your own systems, and list refused ones."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ringfence.cli.flaws import check
from ringfence.cli.refused_findings import refused
from ringfence.cli.settings import Home, home_options
from ringfence.cli.text import safe
from ringfence.events.envelope import parse_json
from ringfence.events.sent.form import MOST_FINDINGS, finding_flaws
from ringfence.events.sent.ocsf import is_ocsf, ocsf_flaws
from ringfence.handlers.sent_findings import ACCEPTED, BODY
from ringfence.model.errors import BadInput
from ringfence.model.step import counted
from ringfence.record.shell import typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.document import Document

INTAKE_STACK, OUTPUT, URL = "Ringfence-Intake", "FindingsUrl", "RINGFENCE_FINDINGS_URL"
NOT_ACCEPTED = 1
_STDIN = "<stdin>"


@click.group(short_help="Check and send findings of your own systems.")
def findings() -> None:
    """Check and send findings of your own systems, and list refused ones."""


findings.add_command(refused)


@findings.command("send", short_help="Send findings of your own systems.")
@click.argument("file", type=click.File("rb"))
@click.option("--check", "only_check", is_flag=True, help="Check the file offline, and send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--url",
    envvar=URL,
    show_envvar=True,
    help=f"The URL of the API. Default: output {OUTPUT} of stack {INTAKE_STACK}.",
)
@home_options()
def send(home: Home, file: click.utils.LazyFile, *, only_check: bool, as_json: bool, url: str | None) -> None:
    """Send the findings in FILE. `-` reads standard input.

    FILE contains one finding, a list, or an object with the list `findings`, or one of these on each line. A
    finding is in the form of Ringfence or a Detection Finding of OCSF. Each one is checked before anything is
    sent, and everything that is wrong is named. The policy's `senders` decide what you may send.

    Exit code 0: accepted, or with --check valid. 1: some were not accepted. 2: bad input, or the API cannot
    be reached.
    """
    requests = tuple(_requests(file.read()))
    name = getattr(file, "name", _STDIN)
    name = "-" if name == _STDIN else name
    check(
        name, [flaw for given in requests for number, one in enumerate(given) for flaw in _flaws(one, number)]
    )
    if only_check:
        number = sum(map(len, requests))
        sending = typed("ringfence", "findings", "send", name)
        _end(
            {"checked": number},
            as_json=as_json,
            words=f"{counted(number, 'finding')} valid. To send:\n{sending}",
        )
        return
    results = tuple(one for given in requests for one in post(home, url, given))
    accepted = sum(one.integer("status") == ACCEPTED for one in results)
    lines = [
        f"{counted(accepted, 'finding')} accepted",
        *(_refused(one) for one in results if one.has("error")),
    ]
    _end({"results": [dict(one.value) for one in results]}, as_json=as_json, words="\n".join(lines))
    if accepted < len(results):
        sys.exit(NOT_ACCEPTED)


def _requests(text: bytes) -> Iterator[tuple[object, ...]]:
    """Yield the findings of each request: of the file, or of each of its lines. Raises BadInput."""
    lines = [one for one in enumerate(text.split(b"\n"), 1) if one[1].strip()]
    if len(lines) > 1 and _is_document(lines[0][1]):
        for number, line in lines:
            try:
                yield tuple(_findings(line))
            except BadInput as error:
                raise BadInput(f"line {number}: {error.field}", error.problem) from error
    else:
        yield tuple(_findings(text))


def _is_document(line: bytes) -> bool:
    try:
        parse_json(line.decode())
    except (BadInput, UnicodeDecodeError):
        return False
    return True


def _findings(text: bytes) -> Iterator[object]:
    """Yield the findings of a file. Raises BadInput."""
    try:
        read = parse_json(text.decode())
    except ValueError as error:
        raise BadInput("(document)", "must be UTF-8 text") from error
    if isinstance(read, dict) and BODY in read:
        read = read[BODY]
    found = read if isinstance(read, list) else [read]
    if not 1 <= len(found) <= MOST_FINDINGS:
        raise BadInput(BODY, f"must be a list of 1 to {MOST_FINDINGS} findings")
    yield from found


def _flaws(given: object, number: int) -> Iterator[BadInput]:
    path = f"{BODY}[{number}]"
    return ocsf_flaws(given, path) if is_ocsf(given) else finding_flaws(given, path)


def post(home: Home, url: str | None, given: tuple[object, ...]) -> tuple[Document, ...]:
    """Send findings to the API, and return the result of each. Raises the error of the whole request."""
    from ringfence.aws.caller import default_region
    from ringfence.aws.outputs import stack_outputs
    from ringfence.aws.signed_http import signed_http
    from ringfence.handlers.sent_results import sent

    address = url or home.output(
        lambda: stack_outputs(INTAKE_STACK, home.place), INTAKE_STACK, OUTPUT, "--url", URL
    )
    http = signed_http(address, os.environ.get("AWS_ENDPOINT_URL", ""), home.place.region or default_region())
    return sent(replace(http, session=home.place.session()), given)


def _refused(result: Document) -> str:
    return f"{result.integer('status')} {safe(result.child('error').text('message'))}"


def _end(answer: dict[str, object], *, as_json: bool, words: str) -> None:
    click.echo(json.dumps(answer) if as_json else words)
