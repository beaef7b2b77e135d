"""`ringfence explain`: what would happen because of an event, offline."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.text import safe, shortened
from ringfence.engine.explanation import Explainer, Explanation, Status, invalid
from ringfence.model.errors import BadInput
from ringfence.model.subject import ACCOUNT
from ringfence.policy.file import BUILT_IN, PolicyFile, load_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.model.runbook import Runbook

EXIT_CODES = {Status.HANDLED: 0, Status.NOT_APPLICABLE: 3, Status.INVALID: 2}
WORST_FIRST = (Status.INVALID, Status.NOT_APPLICABLE, Status.HANDLED)
MOST_BYTES = 2**20
"""No event is longer than what a queue can carry."""
POLICY = Path("policy.yaml")


@click.command(short_help="Say offline what would happen because of events.")
@click.argument("events", nargs=-1, required=True, metavar="EVENT.json...")
@click.option(
    "--policy",
    "policy_path",
    type=click.Path(path_type=Path),
    help=f"The policy file; {POLICY} of this folder unless given.",
)
@click.option(
    "--home", default="", metavar="ACCOUNT", help="The home account; each finding's own unless given."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
@click.pass_context
def explain(
    ctx: click.Context, events: tuple[str, ...], policy_path: Path | None, home: str, *, as_json: bool
) -> None:
    """Say what would happen because of events, offline and without AWS.

    Each EVENT.json holds one event as EventBridge delivers it; - reads standard input.

    Exit code 0: all would be handled. 3: some are not for us. 2: some are bad input.
    """
    runbooks = ctx.obj if isinstance(ctx.obj, dict) else _catalogue()
    if home and not ACCOUNT.fullmatch(home):
        raise BadInput("--home", "must be a 12-digit account id", home)
    explainer = replace(_explainer(policy_path, runbooks), home=home)
    seen = set()
    for name in events:
        explanation = _explained(explainer, name)
        seen.add(explanation.status)
        click.echo(json.dumps(_as_json(name, explanation)) if as_json else _as_text(name, explanation))
    ctx.exit(next(EXIT_CODES[status] for status in WORST_FIRST if status in seen))


def _catalogue() -> Mapping[str, Runbook]:
    from ringfence.runbooks.catalogue import CATALOGUE

    return CATALOGUE


def _explainer(path: Path | None, runbooks: Mapping[str, Runbook]) -> Explainer:
    if path is None and not POLICY.exists():
        note = f"there is no {POLICY} here, so the built-in policy holds: dry runs only"
        return Explainer(PolicyFile(BUILT_IN), runbooks, note)
    return Explainer(load_policy(path or POLICY, runbooks), runbooks)


def _explained(explainer: Explainer, name: str) -> Explanation:
    try:
        data = _read(name)
    except BadInput as error:
        return invalid(error)
    return explainer.explain(data)


def _read(name: str) -> bytes:
    try:
        if name == "-":
            data = click.get_binary_stream("stdin").read(MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInput("(file)", f"cannot be read: {error.strerror or 'input/output error'}") from error
    except ValueError as error:
        raise BadInput("(file)", "cannot be read: that is no file name") from error
    if len(data) > MOST_BYTES:
        raise BadInput("(file)", f"is longer than any event: more than {MOST_BYTES} bytes")
    return data


def _as_json(name: str, explanation: Explanation) -> dict[str, object]:
    shown: dict[str, object] = {
        "file": name,
        "status": explanation.status,
        "finding": asdict(explanation.finding) if explanation.finding else None,
        "subjects": [{"kind": ref.kind, **asdict(ref)} for ref in explanation.subjects],
        "runbook": explanation.runbook,
        "remediations": list(explanation.remediations),
        "mode": explanation.mode,
        "reason": explanation.reason,
    }
    if explanation.status is Status.INVALID:
        shown["error"] = {"field": explanation.field, "problem": explanation.problem}
    return shown


def _as_text(name: str, explanation: Explanation) -> str:
    rows = "\n".join(f"  {label:<13} {safe(shortened(text))}" for label, text in _rows(explanation))
    return f"{safe(name)}: {explanation.status}\n{rows}"


def _rows(explanation: Explanation) -> Iterator[tuple[str, str]]:
    if about := explanation.finding:
        severity = "" if about.severity is None else f", severity {about.severity:g}"
        yield "finding", f"{about.type or 'of no type'}{severity}, id {about.id or 'missing'}"
        yield "account", f"{about.account or 'missing'} in {about.region or 'no region'}"
    for ref in explanation.subjects:
        yield "subject", f"{ref.kind} {ref.id}, account {ref.account} in {ref.region}"
    if explanation.runbook:
        yield "runbook", explanation.runbook
    if explanation.remediations:
        yield "remediations", ", ".join(explanation.remediations)
    if explanation.mode:
        yield "mode", explanation.mode
    yield "why", explanation.reason
