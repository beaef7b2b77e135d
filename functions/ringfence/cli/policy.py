"""`ringfence policy`: check a policy file, show what decides, and compare two files. Offline."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.explain import POLICY
from ringfence.cli.home_account import home_account
from ringfence.cli.period import MOMENT, Moment
from ringfence.cli.text import safe, shortened, wrapped
from ringfence.model.step import counted
from ringfence.policy.circumstances import Circumstances

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.cli.policy_show import Line
    from ringfence.model.runbook import Runbook
    from ringfence.policy.yaml_source import Flaw

WARNED, INVALID = 3, 2
"""The exit codes for warnings with `--strict`, and for errors."""

DETAIL = " " * 16
"""What follows a label starts in this column."""
_FILE = click.Path(path_type=Path)
_POLICY = click.option(
    "--policy", "path", type=_FILE, default=POLICY, show_default=True, help="The policy file."
)
_HOME = home_account("The home account. Default: the account of each finding.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_AT = click.option(
    "--at",
    type=Moment(),
    metavar="TIME",
    help=f"The time of the decisions, for example {MOMENT}.",
)


@click.group(short_help="Check a policy file, show what decides, and compare two files.")
def policy() -> None:
    """Check a policy file, show which rule decides, and compare two files.

    Offline, without AWS. Only `organization` reads AWS Organizations.
    """


@policy.command(short_help="Find all errors and warnings of a policy file.")
@click.argument("path", type=_FILE, default=POLICY, metavar="[FILE]")
@_HOME
@click.option("--strict", is_flag=True, help="Exit with 3 if there are warnings.")
@_JSON
@click.pass_context
def check(ctx: click.Context, path: Path, home: str, *, strict: bool, as_json: bool) -> None:
    """Find all errors and warnings of FILE at once, with their lines. Default: policy.yaml.

    Errors keep a policy from being deployed. Warnings are about what is valid and probably not meant: rules
    that never decide, entries that have expired, regions that this version does not know, and values that a
    list names twice.

    Exit code 0: valid. 2: there are errors. 3: there are warnings, with --strict.
    """
    from ringfence.handlers.outputs import options
    from ringfence.policy.file import checked

    today = datetime.now(UTC).date()
    errors, warnings = checked(path, _catalogue(ctx.obj), today, home, outputs=options())
    found = [("error", one) for one in errors] + [("warning", one) for one in warnings]
    if as_json:
        rows = [
            {"kind": kind, "line": one.line, "column": one.column, "field": one.field, "problem": one.problem}
            for kind, one in found
        ]
        click.echo(json.dumps({"file": str(path), "valid": not errors, "found": rows}))
    else:
        for kind, one in found:
            flaw = f"{path}:{one.line}:{one.column}: {kind}: {one.field}: {one.problem}"
            click.echo("\n".join(wrapped(flaw)))
        click.echo(safe(f"{path}: {_counted(errors, 'error')}, {_counted(warnings, 'warning')}"))
    ctx.exit(INVALID if errors else WARNED if strict and warnings else 0)


@policy.command(short_help="Print the JSON Schema of policy files, for editors.")
def schema() -> None:
    """Print the JSON Schema of policy files. Editors complete and check a file with it.

    For editors with the YAML language server, put this at the top of policy.yaml:
    # yaml-language-server: $schema=policy-schema.json
    """
    from ringfence.policy.published import published_text

    click.echo(published_text(), nl=False)


@policy.command(short_help="Show which rule and which line decide.")
@click.argument("what", metavar="FINDING|RESOURCE")
@_POLICY
@_HOME
@_AT
@_JSON
@click.pass_context
def show(  # noqa: PLR0913 - the options of a command
    ctx: click.Context, what: str, path: Path, home: str, at: datetime | None, *, as_json: bool
) -> None:
    """Show which rule and which line decide, and why.

    FINDING is a file with an event, or a finding type such as Backdoor:EC2/C&CActivity.B. For a type, each
    level of severity is shown. RESOURCE is KIND/ACCOUNT/REGION/ID, an ARN, or an id that shows its kind, such
    as that of an instance. For a resource, the command shows what protects or exempts it, and which rules can
    match it. If an ARN or an id does not contain the account or the region, the policy's scope must have
    only one, which is used.

    Exit code 0: shown. 2: the policy or the event is invalid.
    """
    from ringfence.cli.policy_show import Shower
    from ringfence.policy.file import load_policy

    file = load_policy(path, _catalogue(ctx.obj), home)
    shower = Shower(file, home, Circumstances(at or datetime.now(UTC)))
    lines = shower.lines(what)
    _print(lines, as_json=as_json)
    if not lines:
        click.echo(
            f"No runbook answers what {safe(what)} contains. To see why: ringfence explain FILE", err=True
        )


@policy.command(short_help="Show what another policy file decides differently.")
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option(
    "--events",
    multiple=True,
    type=_FILE,
    metavar="FILE",
    help="A file with events: one event, a list, or one event in each line. Default: each known type.",
)
@_HOME
@_JSON
@click.pass_context
def diff(  # noqa: PLR0913 - the options of a command
    ctx: click.Context, old: Path, new: Path, events: tuple[Path, ...], home: str, *, as_json: bool
) -> None:
    """Show what the policy NEW decides differently from the policy OLD.

    Exit code 0: no difference. 1: there are differences. 2: a policy or an event is invalid.
    """
    from ringfence.cli.policy_diff import different_lines
    from ringfence.policy.file import load_policy

    catalogue = _catalogue(ctx.obj)
    files = [load_policy(one, catalogue, home) for one in (old, new)]
    lines = different_lines(files[0], files[1], events, home)
    _print(lines, as_json=as_json)
    ctx.exit(1 if lines else 0)


@policy.command(short_help="Print the section `organization` from AWS Organizations.")
@click.option("--profile", default="", help="The profile whose credentials are used. Default: your login.")
def organization(profile: str) -> None:
    """Print the section `organization` of a policy file, from AWS Organizations.

    The section contains the name of each account, its organizational units, as ids and as paths of names, and
    its tags. Notices show the name, and so do lists and pages in the folder of the policy file.
    Put it into the policy file, and review it like the rest. Rules use these values until you replace them.

    The credentials must be those of the management account or of a delegated administrator, with the
    permissions organizations:ListRoots, ListOrganizationalUnitsForParent, ListAccountsForParent and
    ListTagsForResource.

    Exit code 0: printed. 2: AWS Organizations cannot be read.
    """
    from ringfence.aws.home import HomePlace
    from ringfence.aws.organization import accounts
    from ringfence.cli.policy_organization import section

    found = accounts(HomePlace(profile=profile).client("organizations"))
    click.echo(section(found, datetime.now(UTC)), nl=False)


def _print(lines: Iterable[Line], *, as_json: bool) -> None:
    for one in lines:
        if as_json:
            click.echo(json.dumps(one.data))
            continue
        for row in one.rows:
            hang = DETAIL if row.startswith(" ") else "  "
            click.echo("\n".join(wrapped(shortened(row), hang=hang)))


def _counted(found: tuple[Flaw, ...], noun: str) -> str:
    return counted(len(found), noun)


def _catalogue(given: object) -> Mapping[str, Runbook]:
    if isinstance(given, dict):
        return given
    from ringfence.runbooks.catalogue import CATALOGUE

    return CATALOGUE
