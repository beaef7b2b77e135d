"""`ringfence explain`: show offline what would happen for an event."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.event_files import entries_of
from ringfence.cli.event_stream import paths_of
from ringfence.cli.explain_view import Explained, as_text, summed_up
from ringfence.cli.explain_view import as_json as in_json
from ringfence.cli.home_account import home_account
from ringfence.cli.period import MOMENT, Moment
from ringfence.engine.explanation import Explainer, Explanation, Status, invalid
from ringfence.events.envelope import NotForUs
from ringfence.model.codec import canonical
from ringfence.model.errors import BadInput
from ringfence.policy.circumstances import Circumstances
from ringfence.policy.file import BUILT_IN, PolicyFile, load_policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.events.recorded import Recorded
    from ringfence.model.runbook import Runbook

EXIT_CODES = {Status.HANDLED: 0, Status.NOT_APPLICABLE: 3, Status.INVALID: 2}
WORST_FIRST = (Status.INVALID, Status.NOT_APPLICABLE, Status.HANDLED)
BAD_INPUT = 2
MOST_BYTES = 2**20
"""The size limit of an SQS message, and so of an event."""
POLICY = Path("policy.yaml")
NO_POLICY = (
    f"no policy was read: there is no {POLICY} in this folder. The built-in policy without rules applies"
)


@click.command(short_help="Show offline what would happen for an event.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--policy",
    "policy_path",
    type=click.Path(path_type=Path),
    help=f"The policy file. Default: {POLICY} in this folder.",
)
@home_account("The home account. Default: the account of each finding.")
@click.option(
    "--sender",
    default="",
    metavar="ARN|ACCOUNT",
    help="Who sends findings of your own systems: the ARN of a role, or on the bus an account. Default: the "
    "first of the policy's `senders` that may send the finding.",
)
@click.option(
    "--at",
    type=Moment(),
    metavar="TIME",
    help=f"The time of the decisions, for example {MOMENT}. Default: now.",
)
@click.option("--full", is_flag=True, help="Show each event, also if there are many.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, one for each event.")
@click.pass_context
def explain(  # noqa: PLR0913 - the options of a command
    ctx: click.Context,
    paths: tuple[str, ...],
    policy_path: Path | None,
    home: str,
    at: datetime | None,
    *,
    sender: str,
    full: bool,
    as_json: bool,
) -> None:
    """Show what would happen for events, offline and without AWS.

    PATH is a file, a folder of files, or - for standard input. A file is plain or gzip. It contains events as
    EventBridge delivers them, findings of GuardDuty, the output of `aws guardduty get-findings`, findings of
    Security Hub (ASFF or OCSF), findings of your own systems in the form of `ringfence findings send`, log
    files of CloudTrail, or lines of Ringfence's archive: one document, a list, or one on each line. More
    than 5 events are summarized by decision.

    Exit code 0: Ringfence would handle every event. 3: it would not handle some event. 2: some event is bad
    input.
    """
    runbooks = ctx.obj if isinstance(ctx.obj, dict) else _catalogue()
    circumstances = Circumstances(at or datetime.now(UTC))
    explainer = replace(
        _explainer(policy_path, runbooks), home=home, circumstances=circumstances, sender=sender
    )
    found = Explained()
    each = full or as_json
    for name in paths_of(paths):
        for entry in entries_of(name):
            place, explanation = entry.place, _of_entry(explainer, entry)
            found.add(place, explanation)
            if each:
                shown = (
                    json.dumps(in_json(name, place, explanation)) if as_json else as_text(place, explanation)
                )
                click.echo(shown)
    if not each:
        _show(found, explainer.note)
    ctx.exit(next((EXIT_CODES[status] for status in WORST_FIRST if found.statuses[status]), BAD_INPUT))


def _show(found: Explained, note: str) -> None:
    lines = (as_text(*one) for one in found.shown) if found.few else summed_up(found, note)
    for line in lines:
        click.echo(line)


def _catalogue() -> Mapping[str, Runbook]:
    from ringfence.runbooks.catalogue import CATALOGUE

    return CATALOGUE


def _explainer(path: Path | None, runbooks: Mapping[str, Runbook]) -> Explainer:
    if path is None and not POLICY.exists():
        return Explainer(PolicyFile(BUILT_IN, runbooks), runbooks, NO_POLICY)
    return Explainer(load_policy(path or POLICY, runbooks), runbooks)


def _of_entry(explainer: Explainer, entry: Recorded) -> Explanation:
    if entry.error:
        return invalid(entry.error)
    if isinstance(entry.event, NotForUs):
        return Explanation(Status.NOT_APPLICABLE, entry.event.reason)
    if len(canonical(entry.event).encode("utf-8", "surrogatepass")) > MOST_BYTES:
        return invalid(BadInput("(event)", f"is longer than an event can be: more than {MOST_BYTES} bytes"))
    return explainer.of_event(entry.event)
