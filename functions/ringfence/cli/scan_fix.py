"""`ringfence scan --fix`: hand failing resources to Ringfence, as findings of the person who scans."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from ringfence.cli.findings import post
from ringfence.cli.layout import count
from ringfence.cli.text import safe
from ringfence.events.sent.form import MOST_FINDINGS
from ringfence.handlers.sent_findings import ACCEPTED
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ringfence.cli.scan_options import ScanOptions
    from ringfence.model.document import Document
    from ringfence.posture.fixes import Fixes

    Post = Callable[[tuple[object, ...]], tuple[Document, ...]]


def shown(fixes: Fixes) -> None:
    """Show what is handed over, and what is not, on standard error."""
    counted = Counter((one.result.rule, one.target.runbook, one.highest) for one in fixes.found)
    for (rule, runbook, highest), number in counted.items():
        most = "" if highest.changes else f", at most {highest}"
        words = f"{rule}: {count(number, 'resource')} to {runbook}, {fixes.rules[rule].remediation}{most}"
        click.echo(safe(words), err=True)
    for why, number in fixes.left.items():
        click.echo(safe(f"not handed over: {count(number, 'resource')}: {why}"), err=True)


def handed_over(given: ScanOptions, fixes: Fixes, at: datetime, send: Post | None, *, asks: bool) -> int:
    """Ask, and send the findings. Return how many were not accepted. Raises BadInput.

    Parameters
    ----------
    given
        The options.
    fixes
        The failing resources.
    at
        The time of the findings.
    send
        Sends some findings, and returns the result of each. None: by the API.
    asks
        Whether a person can answer.

    """
    shown(fixes)
    if not fixes.found:
        click.echo("No failing resource is handed over.", err=True)
        return 0
    if not given.yes:
        if not asks:
            raise BadInput("--yes", "is required without a terminal")
        question = f"Hand {count(len(fixes.found), 'failing resource')} to Ringfence now?"
        if not click.confirm(question, default=False, err=True):
            click.echo("Nothing was handed over.", err=True)
            return 0
    findings = [fixes.finding(one, at) for one in fixes.found]
    refused = 0
    for start in range(0, len(findings), MOST_FINDINGS):
        some = tuple(findings[start : start + MOST_FINDINGS])
        answers = send(some) if send else post(given.home, given.url, some)
        refused += _told(some, answers)
    words = f"{count(len(findings) - refused, 'failing resource')} handed over"
    click.echo(f"{words}. `ringfence incidents list` shows what is done about them.", err=True)
    return refused


def _told(some: tuple[dict[str, object], ...], answers: tuple[Document, ...]) -> int:
    """Say which findings were not accepted, and why. Return their number."""
    refused = 0
    for one, answer in zip(some, answers, strict=True):
        if answer.integer("status") != ACCEPTED:
            refused += 1
            why = answer.optional_child("error").optional_text("message") or "no reason was given"
            click.echo(safe(f"not accepted: {one['title']}: {why}"), err=True)
    return refused
