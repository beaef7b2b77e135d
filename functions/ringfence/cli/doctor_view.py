"""The result of the self-check: wrapped on a terminal only, and commands that can be copied."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from ringfence.cli.text import safe, wrapped
from ringfence.self_check.findings import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.self_check.findings import Problem, Report
    from ringfence.self_check.places import Deployment

_MARKS = {Standing.FAULT: ("✗", "red"), Standing.UNKNOWN: ("?", "yellow")}


def shown(report: Report, deployment: Deployment, only: str = "") -> Iterator[str]:
    """Yield the lines. `only`: the one account that was read."""
    home, accounts = deployment.home, len({deployment.home, *deployment.accounts})
    yield click.style(f"Ringfence in account {home}, {deployment.home_region}", bold=True)
    yield from wrapped(f"compared: {_counts(report)}")
    if only and accounts > 1:
        yield from wrapped(f"With --direct, only account {only} of {accounts} was read.")
    yield ""
    for where, problems in groupby(report.problems, lambda one: (one.account, one.region)):
        yield from _place(*where, tuple(problems), deployment)
    yield _result(report)


def _counts(report: Report) -> str:
    return ", ".join(_number(count, noun) for noun, count in report.compared) or "nothing"


def _number(count: int, noun: str) -> str:
    if count == 1:
        return f"1 {noun}"
    if noun.endswith("s"):
        return f"{count} {noun}es"
    vowel = noun[-2] in "aeiou"
    return f"{count} {noun[:-1]}ies" if noun.endswith("y") and not vowel else f"{count} {noun}s"


def _place(account: str, region: str, problems: tuple[Problem, ...], deployment: Deployment) -> Iterator[str]:
    if (account, region) != (deployment.home, deployment.home_region):
        yield click.style(f"account {account}, {region}", bold=True)
    for (resource, standing), same in groupby(problems, lambda one: (one.resource, one.standing)):
        mark, colour = _MARKS[standing]
        found = tuple(same)
        yield click.style(safe(f"{mark} {resource}"), fg=colour)
        for one in found:
            yield from wrapped(f"{one.aspect}: {one.words}", "    ")
        for remedy in dict.fromkeys(one.remedy for one in found):
            yield safe(f"    → {remedy}")
    yield ""


def _result(report: Report) -> str:
    if report.sound:
        return click.style(safe("✓ Everything is as declared."), fg="green")
    faults, unknown = (len(report.of(one)) for one in (Standing.FAULT, Standing.UNKNOWN))
    parts = [_number(faults, "fault")] if faults else []
    parts += [f"{unknown} unknown"] if unknown else []
    return click.style(", ".join(parts), bold=True)
