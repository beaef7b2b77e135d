"""`ringfence audit verify --all`: verify everything, and say what that covers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ringfence.cli import audit_view as view
from ringfence.cli.audit_checkpoint import save
from ringfence.cli.audit_files import walk_files
from ringfence.cli.audit_responses import walk_responses
from ringfence.cli.audit_seals import SealWalk
from ringfence.cli.audit_store import audit_store
from ringfence.cli.audit_view import ALTERED_CODE, ATTEMPTED_CODE, UNKNOWN_CODE, exit_code
from ringfence.cli.audit_walk import walk_log
from ringfence.cli.output import note, print_rows
from ringfence.cli.text import is_terminal, safe
from ringfence.model.step import counted
from ringfence.model.times import utc_text
from ringfence.record.log_check import LOGGED_WITHIN
from ringfence.record.shell import typed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from ringfence.cli.audit_sources import LogReport, Period, Sources
    from ringfence.cli.seals import IncidentSeals
    from ringfence.record.tlog import LogKey


_ALL = ("ringfence", "audit", "verify", "--all")
_COUNTED = ("responses", "records", "entries", "archived", "pending", "unlogged", "faulty")


def verify_all(  # noqa: PLR0913 - what is verified, and how
    sources: Sources,
    period: Period,
    now: datetime,
    ask: Callable[[str], IncidentSeals],
    *,
    save_to: Path | None,
    as_json: bool,
) -> int:
    """Verify a period, print each response with a fault and what was covered, and return the exit code."""
    counts = dict.fromkeys(_COUNTED, 0)
    worst, seals = 0, SealWalk(ask, sources.side_by_side)
    with audit_store() as store:
        report = walk_log(sources, store, period.since, now)
        walk_files(sources, store, report, now)
        for verdict in seals.checked(walk_responses(sources, store, period, report, now)):
            counts["records" if view.is_of_deployment(verdict.chain) else "responses"] += 1
            counts["entries"] += verdict.entries
            counts["archived"] += verdict.archived or 0
            counts["pending"] += len(verdict.pending)
            counts["unlogged"] += len(verdict.unlogged)
            counts["faulty"] += not verdict.sound
            code = exit_code((verdict,))
            worst = _worse(worst, code)
            if code:
                click.echo(json.dumps(view.as_json(verdict))) if as_json else view.show(verdict)
    log = ALTERED_CODE if report.faults else ATTEMPTED_CODE if report.remarks else 0
    awaited = _awaited(report)
    if as_json:
        covered = {**counts, "seals": seals.as_json(), "log": _log_as_json(report, sources.key, awaited)}
        click.echo(json.dumps({"covered": covered}))
    else:
        _print_covered(_covered(counts, report, sources.key, seals, awaited), report.note, save_to)
    if save_to:
        note(save(save_to, report))
    if is_terminal() and not as_json:
        click.echo(view.ending(*_next(report, save_to)), nl=False)
    incomplete = UNKNOWN_CODE if report.awaited and not report.oldest else 0
    return _worse(worst, log) or incomplete


def _awaited(report: LogReport) -> str:
    """Say what the missing checkpoint means, if nothing is wrong with that. Empty if the log has one."""
    if not report.awaited or report.faults:
        return ""
    if report.oldest is None:
        return "there is no entry to verify, and the log has no checkpoint yet"
    return (
        f"nothing was compared with the log: its first checkpoint is still to come, by "
        f"{utc_text(report.oldest + LOGGED_WITHIN)} at the latest"
    )


def _worse(one: int, other: int) -> int:
    """Return the worse of two exit codes: something altered, then an attempt."""
    return ALTERED_CODE if ALTERED_CODE in {one, other} else one or other


def _log_as_json(report: LogReport, key: LogKey, awaited: str) -> dict[str, object]:
    newest = report.newest
    return {
        "key": key.text,
        "checkpoints": report.checkpoints,
        "first_leaf": report.first,
        "size": report.size,
        "faults": report.faults,
        "remarks": report.remarks,
        "awaited": awaited,
        "newest": {"size": newest.size, "at": newest.at.isoformat(), "text": report.note} if newest else None,
    }


def _print_covered(words: list[str], checkpoint: str, save_to: Path | None) -> None:
    """Print what was verified, then the newest checkpoint, unaltered."""
    if checkpoint:
        how = "" if save_to else ", to keep in a file; --save-checkpoint FILE writes it"
        words.append(f"the newest checkpoint{how}:")
    if not is_terminal():
        print_rows(map(safe, (*words, *checkpoint.splitlines())))
        return
    click.echo(view.lines(words, checkpoint), nl=False)


def _next(report: LogReport, save_to: Path | None) -> tuple[str, str]:
    """Return the next command. `save_to` is the file for the newest checkpoint."""
    if report.newest:
        words = typed(*_ALL, "--checkpoint")
        file = typed(str(save_to)) if save_to and not report.faults else "FILE"
        return "Next, to prove later that the log still contains this:", f"{words} {file}"
    if report.faults:
        return "Next, to check the deployment:", typed("ringfence", "doctor")
    return "Next, when the log has its first checkpoint:", typed(*_ALL)


def _covered(
    counts: dict[str, int], report: LogReport, key: LogKey, seals: SealWalk, awaited: str
) -> list[str]:
    """Say what was verified, and what is wrong with the log."""
    lines = [f"LOG: {one}" for one in report.faults]
    lines += [f"log: {one}" for one in report.remarks]
    lines.append(
        f"verified {view.chains(counts['responses'], counts['records'])}: "
        f"{counted(counts['entries'], 'entry')} in the table, "
        f"{counts['archived']} in the archive, {counts['pending']} pending; {counts['faulty']} with faults"
    )
    lines += seals.lines()
    if awaited:
        return [*lines, awaited]
    rest = f"; {counted(counts['unlogged'], 'entry is')} not in the log yet" if counts["unlogged"] else ""
    lines.append(
        f"verified the log from leaf {report.first} to {report.size} against "
        f"{counted(report.checkpoints, 'checkpoint')}, with the key {key.text}{rest}"
    )
    return lines
