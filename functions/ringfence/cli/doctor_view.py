"""The result of the self-check: wrapped on a terminal only, and commands that can be copied."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

import click

from ringfence.cli.text import safe, wrapped
from ringfence.model.step import counted
from ringfence.self_check.findings import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.self_check.findings import Problem, Report
    from ringfence.self_check.places import Deployment

READING = "reading"
"""The aspect of a resource that could not be read."""
MANY = 3
"""If more resources of a place could not be read for the same kind of reason, they are shown together."""
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
    alike = _alike(problems)
    for several in alike:
        yield from _together(several)
    rest = [one for one in problems if not any(one in several for several in alike)]
    for (resource, standing), same in groupby(rest, lambda one: (one.resource, one.standing)):
        mark, colour = _MARKS[standing]
        found = tuple(same)
        yield click.style(safe(f"{mark} {resource}"), fg=colour)
        for one in found:
            yield from wrapped(f"{one.aspect}: {one.words}", "    ")
        for remedy in dict.fromkeys(one.remedy for one in found):
            yield safe(f"    → {remedy}")
    yield ""


def _alike(problems: tuple[Problem, ...]) -> list[list[Problem]]:
    """Return the resources that could not be read for the same kind of reason, if they are many."""
    unread = [one for one in problems if one.standing is Standing.UNKNOWN and one.aspect == READING]
    groups = ([one for one in unread if bool(one.denied) == denied] for denied in (True, False))
    return [one for one in groups if len(one) > MANY]


def _together(alike: list[Problem]) -> Iterator[str]:
    """Yield what resources have in common that could not be read, and one of them."""
    mark, colour = _MARKS[Standing.UNKNOWN]
    nouns = Counter(one.resource.rpartition(" ")[0] for one in alike)
    listed = ", ".join(_number(count, noun) for noun, count in nouns.most_common())
    head = f"{mark} {counted(len(alike), 'resource')} could not be read: {listed}"
    yield from (click.style(line, fg=colour) for line in wrapped(head))
    first = alike[0]
    yield from wrapped(f"for example {first.resource}: {first.words}", "    ")
    remedies = dict.fromkeys(one.remedy for one in alike)
    if denied := sorted({action for one in alike for action in one.denied}):
        remedies = {f"grant {', '.join(denied)} to the caller, or use the role ringfence-doctor": None}
    for remedy in remedies:
        yield safe(f"    → {remedy}")
    yield "    → to list each of them: ringfence doctor --json"


def _result(report: Report) -> str:
    if report.sound:
        return click.style(safe("✓ Everything is as declared."), fg="green")
    faults, unknown = (len(report.of(one)) for one in (Standing.FAULT, Standing.UNKNOWN))
    parts = [_number(faults, "fault")] if faults else []
    parts += [f"{unknown} unknown"] if unknown else []
    return click.style(", ".join(parts), bold=True)
