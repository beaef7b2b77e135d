"""`ringfence rules`: the rules as code. Offline, without AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.text import is_terminal, row, safe, wrapped
from ringfence.model.errors import BadInput
from ringfence.model.step import counted
from ringfence.model.suggestions import similar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.posture.file import Loaded
    from ringfence.posture.profile import Profile

INVALID, WRONG = 2, 1
FOLDER = Path("compliance")
_PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(short_help="Check and test rules as code, and list those that are shipped.")
def rules() -> None:
    """Check and test rules as code, and list those that are shipped. Offline, without AWS.

    PATH is a file with rules, or a folder of such files. Default: the folder `compliance`.
    """


@rules.command("list", short_help="List rules.")
@_PATHS
@click.option("--type", "type_", default="", metavar="TYPE", help="Only rules about this type of resource.")
@_JSON
def list_(paths: tuple[Path, ...], type_: str, *, as_json: bool) -> None:
    """List the rules of PATH. Without PATH, list the rules that are shipped.

    Exit code 0: listed. 2: a rule is invalid.
    """
    from ringfence.posture.library import LIBRARY

    every = load(paths or (LIBRARY,))
    found = [one for one in every if not type_ or one.rule.is_about(type_)]
    if type_ and not found:
        known = sorted({known for one in every for known in one.rule.resource_types})
        raise BadInput(
            "--type", "must be a type of resource that a rule is about", type_, similar(type_, known)
        )
    if as_json:
        click.echo(json.dumps({"rules": [_as_json(one) for one in found]}))
    elif is_terminal():
        from ringfence.cli.incident_views import show
        from ringfence.cli.rule_views import listed_rules

        show(listed_rules([one.rule for one in found]))
    else:
        for rule in (one.rule for one in found):
            cells = (rule.name, rule.severity, " ".join(rule.resource_types), rule.remediation, rule.title)
            click.echo(row(*cells))


@rules.command(short_help="Find all errors of rule files.")
@_PATHS
@_JSON
@click.pass_context
def check(ctx: click.Context, paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Find all errors of the rules in PATH at once, with their lines.

    A note reports something that is valid, but probably a mistake.

    Exit code 0: valid. 2: there are errors.
    """
    from ringfence.posture.file import InvalidRules
    from ringfence.posture.known import load_files

    loaded: tuple[Loaded, ...] = ()
    manual, found = 0, []
    try:
        files = load_files(paths or (FOLDER,))
        loaded, manual = files.rules, len(files.manual)
        found = [("note", one.file, note) for one in loaded for note in one.notes]
        found += [("note", *note) for note in files.notes]
    except InvalidRules as invalid:
        found = [("error", file, flaw) for file, flaw in invalid.flaws]
    wrong = any(kind == "error" for kind, _, _ in found)
    if as_json:
        flaws = [
            {
                "kind": kind,
                "file": file,
                "line": flaw.line,
                "column": flaw.column,
                "field": flaw.field,
                "problem": flaw.problem,
            }
            for kind, file, flaw in found
        ]
        click.echo(
            json.dumps({"valid": not wrong, "rules": len(loaded), "manual_controls": manual, "found": flaws})
        )
    else:
        for kind, file, flaw in found:
            words = f"{file}:{flaw.line}:{flaw.column}: {kind}: {flaw.field}: {flaw.problem}"
            click.echo("\n".join(wrapped(words)))
        if not wrong:
            click.echo(f"{counted(len(loaded), 'rule is')} valid.")
            if manual:
                click.echo(f"{counted(manual, 'manual control is')} valid.")
    ctx.exit(INVALID if wrong else 0)


@rules.command(short_help="Judge the examples of rules.")
@_PATHS
@_JSON
@click.pass_context
def test(ctx: click.Context, paths: tuple[Path, ...], *, as_json: bool) -> None:
    """Judge the examples in the rules of PATH: items that must pass, and items that must fail.

    Exit code 0: all examples have the expected result. 1: some do not. 2: a rule is invalid.
    """
    from ringfence.posture.examples import misjudged

    loaded = load(paths or (FOLDER,))
    wrong = tuple(misjudged(loaded))
    count = sum(len(one.examples) for one in loaded)
    without = [one.rule.name for one in loaded if not one.examples]
    if as_json:
        rows = [
            {
                "rule": one.rule,
                "file": one.file,
                "line": one.line,
                "expected": one.expected,
                "judged": one.judged,
                "reasons": list(one.reasons),
            }
            for one in wrong
        ]
        click.echo(json.dumps({"examples": count, "wrong": rows, "without_examples": without}))
    else:
        for one in wrong:
            words = f"{one.file}:{one.line}: {one.rule} should be {one.expected}, but is {one.judged}"
            click.echo(safe(": ".join((words, *one.reasons))))
        for name in without:
            click.echo(safe(f"{name} has no examples."))
        told = f"{count - len(wrong)} of {counted(count, 'example')}"
        click.echo(f"{told} had the expected result.")
    ctx.exit(WRONG if wrong else 0)


def load(paths: Iterable[Path]) -> tuple[Loaded, ...]:
    """Read rules. Raises BadInput, and InvalidRules with all errors."""
    from ringfence.posture.known import load_files

    return load_files(paths).rules


def _as_json(one: Loaded) -> dict[str, object]:
    rule = one.rule
    return {
        "name": rule.name,
        "title": rule.title,
        "resource_types": list(rule.resource_types),
        "severity": rule.severity,
        "controls": list(rule.controls),
        "remediation": rule.remediation or None,
        "rationale": rule.rationale,
        "references": list(rule.references),
        "file": one.file,
        "line": one.line,
    }


def framework_profile(name: str, own: Iterable[str] = ()) -> Profile:
    """Return the profile of a framework. For an unknown one, BadInput also names the `own` profiles."""
    from ringfence.model.suggestions import unknown
    from ringfence.posture.profile import Profile
    from ringfence.runbooks.compliance import FRAMEWORKS, framework
    from ringfence.runbooks.compliance.table import CONTROLS

    try:
        of = framework(name)
    except BadInput as error:
        raise unknown("--profile", name, (*own, *(one.id for one in FRAMEWORKS))) from error
    found = frozenset(id_ for id_, control in CONTROLS.items() if control.numbers(of))
    if not found:
        raise BadInput("--profile", "must be a framework that a control is mapped to", name)
    return Profile(name, controls=tuple(found), framework=of.id)
