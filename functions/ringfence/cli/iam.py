"""`ringfence iam`: policies that allow what is needed, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, NoReturn

import click

from ringfence.cli.choices import OneOf
from ringfence.cli.iam_history import own_history
from ringfence.cli.iam_options import DEFAULT_DAYS, Source, present
from ringfence.cli.text import is_terminal, safe
from ringfence.model.errors import BadInput
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.privileges.difference import Difference
    from ringfence.privileges.generate import Generated
    from ringfence.privileges.usage import Unknown

MOST_NOTES = 50
_ENVIRONMENTS = ("production", "development", "test")


@click.group(short_help="Generate IAM policies with least privilege.")
def iam() -> None:
    """Generate IAM policies with least privilege. Offline, unless an option names something in AWS."""


@iam.command(short_help="Generate a policy from recorded calls or for an environment.")
@click.option(
    "--from-cloudtrail",
    "paths",
    multiple=True,
    metavar="PATH|AGE",
    help="A log file of CloudTrail, a folder of them, or - for standard input. Can be repeated. An age such "
    "as 90d: read CloudTrail's event history in AWS. For a file with such a name, type ./90d.",
)
@click.option(
    "--principal", metavar="ROLE|USER", help="Use only the calls of this principal: an ARN or a name."
)
@click.option(
    "--access-analyzer",
    "trail",
    metavar="TRAIL",
    help="Let IAM Access Analyzer generate the policy from the records of the trail with this ARN.",
)
@click.option(
    "--access-role", metavar="ROLE", help="The ARN of the role with which Access Analyzer reads the trail."
)
@click.option("--days", type=int, help=f"How many days Access Analyzer reads.  [default: {DEFAULT_DAYS}]")
@click.option(
    "--environment",
    type=OneOf(*_ENVIRONMENTS),
    help="Print a policy for people in this environment. Needs --services.",
)
@click.option("--services", metavar="LIST", help="Only these services, such as ec2,s3.")
@click.option(
    "--regions", default="", metavar="LIST", help="Only these regions. Needs --environment or an AGE."
)
@click.option(
    "--compare",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Show the difference from the present policy in this file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the policy with the reasons and differences.")
def generate(  # noqa: PLR0913 - the options of a command
    *,
    paths: tuple[str, ...],
    principal: str | None,
    trail: str | None,
    access_role: str | None,
    days: int | None,
    environment: str | None,
    services: str | None,
    regions: str,
    compare: Path | None,
    as_json: bool,
) -> None:
    """Print an IAM policy.

    With --from-cloudtrail, the policy allows what the records show that the principal did, on the resources
    that they name. Calls that were denied are left out. With --environment, the policy is for people:
    `production` allows only reading, and for another environment the tag Environment of the principal must
    have that value. With both, the policy allows what the principal did and people in the environment may do.

    `--from-cloudtrail 90d` reads CloudTrail's event history of the principal in AWS, which contains no data
    events, in --regions. By default, it reads the region of the login and that of the global services.

    With --access-analyzer, IAM Access Analyzer generates the policy from what a trail recorded of the
    principal. This calls AWS, and waits 15 minutes at most. If Access Analyzer generates no policy, the files
    of --from-cloudtrail are used.

    The reason for each wildcard, and the calls that were left out, go to standard error. Review the policy:
    rare calls can be missing in the records.

    Exit code 0: printed. 1: a record cannot be read. 2: bad input.
    """
    from ringfence.privileges.difference import difference

    wanted, where = _services(services), _list(regions)
    source = Source(paths, principal, trail, access_role, days, environment, wanted, where)
    source.check()
    now = present(compare) if compare else None
    problems: list[str] = []
    unknown: dict[Unknown, int] = {}
    made = _made(source, unknown, problems)
    left = list(_left_out(unknown))
    if not made.statements:
        _end(principal, left, problems)
    compared = difference(now, made.statements) if now else None
    if as_json:
        click.echo(json.dumps(_as_json(made, left, compared)))
    else:
        click.echo(json.dumps(made.document, indent=2))
        _tell(made, left, compared)
    for one in problems:
        click.echo(safe(one), err=True)
    click.get_current_context().exit(1 if problems else 0)


def _made(source: Source, unknown: dict[Unknown, int], problems: list[str]) -> Generated:
    """Return the policy. What was left out is counted in `unknown`."""
    from ringfence.cli.iam_uses import Chosen, counted_uses, uses_of_files, uses_of_history
    from ringfence.privileges.generate import for_environment, from_uses, within

    environment, paths = source.environment or "", source.paths
    if environment and not paths:
        return for_environment(environment, source.services, source.regions)
    span = DEFAULT_DAYS if source.days is None else source.days
    if source.trail and (found := _analyzed(source.trail, source.principal, source.role, span, bool(paths))):
        return found
    chosen = Chosen(source.principal or "", source.services, source.regions, environment)
    if source.age:
        each = uses_of_history(own_history(source.age, chosen.principal, source.regions), chosen, problems)
    else:
        each = uses_of_files(paths, chosen, problems)
    made = from_uses(counted_uses(each, chosen, unknown))
    return within(environment, made) if environment else made


def _end(principal: str | None, left: list[str], problems: list[str]) -> NoReturn:
    """Say what was read and why there is no policy, and end with bad input."""
    _tell_lists([("Left out", left)])
    for one in problems:
        click.echo(safe(one), err=True)
    if principal:
        raise BadInput("--principal", "must be a principal with recorded calls that were allowed", principal)
    raise BadInput("--from-cloudtrail", "must contain a call that was allowed")


def _left_out(unknown: dict[Unknown, int]) -> Iterator[str]:
    for one, count in unknown.items():
        yield f"{one.service}:{one.operation}: {one.why}, {counted(count, 'time')}"


def _analyzed(
    trail: str,
    principal: str | None,
    role: str | None,
    days: int,
    falls_back: bool,  # noqa: FBT001 - of the options
) -> Generated | None:
    from ringfence.cli.iam_analyzer import analyzed, own_policies, wanted_of

    return analyzed(wanted_of(principal, trail, role, days), own_policies, falls_back=falls_back)


def _services(given: str | None) -> tuple[str, ...]:
    from ringfence.privileges.actions import actions_of

    found = _list(given or "")
    for one in found:
        if not actions_of(one):
            raise BadInput("--services", "must be prefixes of IAM actions such as ec2,s3", one)
    return found


def _list(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))


def _tell(made: Generated, left: list[str], compared: Difference | None) -> None:
    from ringfence.privileges.generate import LONGEST

    titled = [("Wildcards, and why", list(made.reasons)), ("Left out", left)]
    if compared:
        titled += [
            ("Not allowed by the present policy", list(compared.added)),
            ("Allowed by the present policy, and not used", list(compared.unused)),
            ("Wildcards of the present policy, and what of them is used", list(compared.wider)),
            ("Not compared", list(compared.not_compared)),
        ]
    _tell_lists(titled)
    size = len(json.dumps(made.document, separators=(",", ":")))
    if size > LONGEST:
        click.echo(
            f"The policy has {counted(size, 'character')}, and IAM allows {LONGEST}. Split it by service.",
            err=True,
        )


def _tell_lists(titled: list[tuple[str, list[str]]]) -> None:
    for title, lines in titled:
        if lines:
            click.echo(f"{title}:", err=True)
            for one in lines[:MOST_NOTES]:
                click.echo(_fitting(one), err=True)
            if len(lines) > MOST_NOTES:
                click.echo(f"  and {len(lines) - MOST_NOTES} more; --json has all", err=True)


def _fitting(text: str) -> str:
    """Return a line of a list. On a terminal, it is broken between words."""
    if not is_terminal():
        return safe(f"  {text}")
    from rich.console import Console

    width = Console(stderr=True).width
    lines = wrap(safe(text), width, initial_indent="  ", subsequent_indent="    ", break_long_words=False)
    return "\n".join(lines)


def _as_json(made: Generated, left: list[str], compared: Difference | None) -> dict[str, object]:
    differs = compared and {
        "added": list(compared.added),
        "unused": list(compared.unused),
        "wider": list(compared.wider),
        "not_compared": list(compared.not_compared),
    }
    return {
        "policy": made.document,
        "reasons": list(made.reasons),
        "left_out": left,
        "difference": differs,
    }
