"""`ringfence explain`: show offline what would happen for an event."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.text import safe, shortened
from ringfence.engine.explanation import Explainer, Explanation, Status, invalid
from ringfence.model.errors import BadInput
from ringfence.model.subject import ACCOUNT
from ringfence.policy.circumstances import Circumstances
from ringfence.policy.file import BUILT_IN, PolicyFile, load_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.engine.explanation import Answered
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref

EXIT_CODES = {Status.HANDLED: 0, Status.NOT_APPLICABLE: 3, Status.INVALID: 2}
WORST_FIRST = (Status.INVALID, Status.NOT_APPLICABLE, Status.HANDLED)
MOST_BYTES = 2**20
"""The size limit of an SQS message, and so of an event."""
POLICY = Path("policy.yaml")


@click.command(short_help="Show offline what would happen for an event.")
@click.argument("events", nargs=-1, required=True, metavar="EVENT.json...")
@click.option(
    "--policy",
    "policy_path",
    type=click.Path(path_type=Path),
    help=f"The policy file. Default: {POLICY} in this folder.",
)
@click.option(
    "--home", default="", metavar="ACCOUNT", help="The home account. Default: the account of each finding."
)
@click.option(
    "--at",
    type=click.DateTime(("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z")),
    metavar="TIME",
    help="The time of the decisions, for example 2027-01-31T22:00+01:00. Default: now.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, one for each file.")
@click.pass_context
def explain(  # noqa: PLR0913 - the options of a command
    ctx: click.Context,
    events: tuple[str, ...],
    policy_path: Path | None,
    home: str,
    at: datetime | None,
    *,
    as_json: bool,
) -> None:
    """Show what would happen for events, offline and without AWS.

    Each EVENT.json contains one event as EventBridge delivers it. Use - to read standard input.

    Exit code 0: Ringfence would handle every event. 3: it would not handle some event. 2: some event is bad
    input.
    """
    runbooks = ctx.obj if isinstance(ctx.obj, dict) else _catalogue()
    if home and not ACCOUNT.fullmatch(home):
        raise BadInput("--home", "must be a 12-digit account id", home)
    circumstances = Circumstances(at or datetime.now(UTC))
    explainer = replace(_explainer(policy_path, runbooks), home=home, circumstances=circumstances)
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
        note = f"there is no {POLICY} in this folder; the built-in policy applies: dry runs only"
        return Explainer(PolicyFile(BUILT_IN, runbooks), runbooks, note)
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
        raise BadInput("(file)", "cannot be read: the file name is not valid") from error
    if len(data) > MOST_BYTES:
        raise BadInput("(file)", f"is longer than an event can be: more than {MOST_BYTES} bytes")
    return data


def _as_json(name: str, explanation: Explanation) -> dict[str, object]:
    shown: dict[str, object] = {
        "file": name,
        "status": explanation.status,
        "finding": asdict(explanation.finding) if explanation.finding else None,
        "subjects": _refs(explanation.subjects),
        "runbook": explanation.runbook,
        "remediations": list(explanation.remediations),
        "mode": explanation.mode,
        "reason": explanation.reason,
        "answers": [_answer(one) for one in explanation.answers],
    }
    if explanation.status is Status.INVALID:
        shown["error"] = {"field": explanation.field, "problem": explanation.problem}
    return shown


def _answer(one: Answered) -> dict[str, object]:
    return {
        "runbook": one.runbook,
        "finding": one.finding,
        "mode": one.mode,
        "subjects": _refs(one.subjects),
        "remediations": list(one.remediations),
        "reason": one.reason,
    }


def _refs(refs: Iterable[Ref]) -> list[dict[str, str]]:
    return [{"kind": ref.kind, **asdict(ref)} for ref in refs]


def _as_text(name: str, explanation: Explanation) -> str:
    rows = "\n".join(f"  {label:<13} {safe(shortened(text))}" for label, text in _rows(explanation))
    return f"{safe(name)}: {explanation.status}\n{rows}"


def _rows(explanation: Explanation) -> Iterator[tuple[str, str]]:
    if about := explanation.finding:
        severity = "" if about.severity is None else f", severity {about.severity:g}"
        yield "finding", f"{about.type or 'without a type'}{severity}, id {about.id or 'missing'}"
        if about.title:
            yield "title", about.title
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
