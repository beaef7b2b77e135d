"""Frameworks and the support for their requirements, on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ringfence.cli.incident_views import GOOD, OPEN
from ringfence.cli.text import row
from ringfence.model.step import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from ringfence.runbooks.compliance import Framework, Requirement

DISCLAIMER = "A remediation supports a requirement. Only an assessor can say whether you comply with it."
STYLES = {"on": GOOD, "dry run": OPEN, "off": "dim"}


def summary_shown(found: Mapping[Framework, Sequence[Requirement]], unmet: Sequence[str]) -> RenderableType:
    """Return a table of frameworks, and the controls without a remediation."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("framework", no_wrap=True)
    table.add_column("name")
    for title in ("supported", "not supported"):
        table.add_column(title, justify="right", no_wrap=True)
    for one, of in found.items():
        supported = sum(each.supported for each in of)
        table.add_row(one.id, one.name, str(supported), str(len(of) - supported))
    missing = _listed("Controls without a remediation", [(words, "") for words in unmet])
    return Group(table, *missing, Text(), Text(DISCLAIMER, "dim"))


def framework_shown(of: Framework, found: Sequence[Requirement]) -> RenderableType:
    """Return the support for each requirement, and then the requirements without support."""
    supported = [one for one in found if one.supported]
    number = counted(len(found), "requirement is")
    title = f"{of.name}: {len(supported)} of {number} supported by remediations"
    means = [each for one in found for way in one.ways for each in way.means]
    widths = (
        max((len(each.remediation.id) for each in means), default=0),
        max((len(each.runbook) for each in means), default=0),
    )
    shown = [line for one in supported for line in _requirement(one, widths)]
    rest = [(one.number, "; ".join(way.title for way in one.ways)) for one in found if not one.supported]
    missing = _listed("Requirements without a remediation", rest)
    return Group(Text(title, "bold"), *shown, *missing, Text(), Text(DISCLAIMER, "dim"))


def summary_rows(found: Mapping[Framework, Sequence[Requirement]], unmet: Sequence[str]) -> Iterator[str]:
    """Yield a row with tabs for each framework, and for each control without a remediation."""
    for one, of in found.items():
        supported = sum(each.supported for each in of)
        yield row(one.id, one.name, supported, len(of) - supported)
    yield from (row("no remediation", words) for words in unmet)


def framework_rows(found: Sequence[Requirement]) -> Iterator[str]:
    """Yield a row with tabs for each remediation of a requirement, or one that says there is none."""
    for one in found:
        for way in one.ways:
            for each in way.means:
                remediation = each.remediation
                yield row(one.number, way.title, remediation.id, each.runbook, remediation.by_default)
            if not way.means:
                yield row(one.number, way.title, "", "", "no remediation")


def _requirement(one: Requirement, widths: tuple[int, int]) -> Iterator[Text]:
    """Yield a line for each remediation, below its control or directly below the requirement."""
    yield from (Text(), Text(one.number, "bold"))
    for way in sorted(one.ways, key=lambda way: bool(way.id)):
        if not way.means:
            yield Text.assemble(f"  {way.title}: ", ("no remediation", OPEN))
        elif way.id:
            yield Text(f"  {way.title}")
        for each in way.means:
            found, indent = each.remediation, 4 if way.id else 2
            words = f"{'':{indent}}{found.id:{widths[0]}}  {each.runbook:{widths[1]}}  "
            yield Text.assemble(words, (found.by_default, STYLES[found.by_default]))


def _listed(title: str, items: Sequence[tuple[str, str]]) -> Iterator[RenderableType]:
    """Yield a title and two columns. Yield nothing without items."""
    if not items:
        return
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for one in items:
        grid.add_row(*one)
    yield from (Text(), Text(title, "bold"), Padding(grid, (0, 0, 0, 2), expand=False))
