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

    from ringfence.cli.control_evidence import Known
    from ringfence.runbooks.compliance import Framework, Means, Requirement

DISCLAIMER = "A remediation supports a requirement. Only an assessor can say whether you comply with it."
STYLES = {
    "on": GOOD,
    "auto": GOOD,
    "auto-unless-vetoed": GOOD,
    "approve": GOOD,
    "dry run": OPEN,
    "dry-run": OPEN,
    "notify": OPEN,
    "unknown": OPEN,
    "off": "dim",
}


def summary_shown(
    found: Mapping[Framework, Sequence[Requirement]],
    rest: Mapping[Framework, int | None],
    unmet: Sequence[str],
) -> RenderableType:
    """Return a table of frameworks, and the controls without a remediation.

    `rest` are the numbers of requirements that no control is mapped to. None: the whole list is not known.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("framework", no_wrap=True)
    table.add_column("name")
    for title in ("supported", "not\nsupported", "not\nmapped"):
        table.add_column(title, justify="right", no_wrap=True)
    for one, of in found.items():
        supported = sum(each.supported for each in of)
        unmapped = rest[one]
        shown = "-" if unmapped is None else str(unmapped)
        table.add_row(one.id, one.name, str(supported), str(len(of) - supported), shown)
    missing = _listed("Controls without a remediation", [(words, "") for words in unmet])
    return Group(table, *missing, Text(), Text(DISCLAIMER, "dim"))


def framework_shown(
    of: Framework, found: Sequence[Requirement], known: Known, rest: Sequence[str]
) -> RenderableType:
    """Return the support for each requirement, and then the requirements without support."""
    supported = [one for one in found if one.supported]
    number = counted(len(found) + len(rest), "requirement is")
    title = f"{of.name}: {len(supported)} of {number} supported by remediations"
    means = [each for one in found for way in one.ways for each in way.means]
    widths = (
        max((len(each.remediation.id) for each in means), default=0),
        max((len(each.runbook) for each in means), default=0),
    )
    shown = [line for one in supported for line in _requirement(one, widths, known)]
    without = [(one.number, "; ".join(way.title for way in one.ways)) for one in found if not one.supported]
    missing = _listed("Requirements without a remediation", without)
    unmapped = (Text(), Text("No control is mapped to", "bold"), Text(f"  {', '.join(rest)}")) if rest else ()
    return Group(Text(title, "bold"), *shown, *missing, *unmapped, Text(), Text(DISCLAIMER, "dim"))


def summary_rows(
    found: Mapping[Framework, Sequence[Requirement]],
    rest: Mapping[Framework, int | None],
    unmet: Sequence[str],
) -> Iterator[str]:
    """Yield a row with tabs for each framework, and for each control without a remediation."""
    for one, of in found.items():
        supported = sum(each.supported for each in of)
        unmapped = rest[one]
        yield row(one.id, one.name, supported, len(of) - supported, "" if unmapped is None else unmapped)
    yield from (row("no remediation", words) for words in unmet)


def framework_rows(found: Sequence[Requirement], known: Known, rest: Sequence[str]) -> Iterator[str]:
    """Yield a row with tabs for each remediation of a requirement, or one that says there is none."""
    for one in found:
        for way in one.ways:
            for each in way.means:
                remediation, changed = each.remediation, known.evidence(each)
                cells = (one.number, way.title, remediation.id, each.runbook, _state(each, known))
                yield row(*cells, *((changed.words,) if changed else ()))
            if not way.means:
                yield row(one.number, way.title, "", "", "no remediation")
    yield from (row(number, "", "", "", "no control") for number in rest)


def _state(one: Means, known: Known) -> str:
    """Return the mode of the policy, or the default without a policy."""
    return known.mode(one) or one.remediation.by_default


def _requirement(one: Requirement, widths: tuple[int, int], known: Known) -> Iterator[Text]:
    """Yield a line for each remediation, below its control or directly below the requirement."""
    yield from (Text(), Text(one.number, "bold"))
    for way in sorted(one.ways, key=lambda way: bool(way.id)):
        if not way.means:
            yield Text.assemble(f"  {way.title}: ", ("no remediation", OPEN))
        elif way.id:
            yield Text(f"  {way.title}")
        for each in way.means:
            found, indent = each.remediation, 4 if way.id else 2
            state, changed = _state(each, known), known.evidence(each)
            words = f"{'':{indent}}{found.id:{widths[0]}}  {each.runbook:{widths[1]}}  "
            yield Text.assemble(words, (state, STYLES[state]))
            if changed:
                yield Text(f"{'':{indent + 2}}{changed.words}", "" if changed.changes else "dim")


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
