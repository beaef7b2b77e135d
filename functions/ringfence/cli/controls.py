"""`ringfence controls`: list the requirements that the remediations support, and those they do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ringfence.cli.output import note, print_rows
from ringfence.cli.text import is_terminal
from ringfence.runbooks.compliance import FRAMEWORKS, framework, requirements
from ringfence.runbooks.compliance.table import CONTROLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.runbook import Runbook
    from ringfence.runbooks.compliance import Framework, Means, Requirement


@click.command(
    short_help="List the requirements that the remediations support.",
    epilog=f"FRAMEWORK is one of {', '.join(one.id for one in FRAMEWORKS)}.",
)
@click.argument("name", required=False, metavar="[FRAMEWORK]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def controls(given: object, name: str | None, *, as_json: bool) -> None:
    """List the requirements of FRAMEWORK that the remediations support, and those that they do not.

    Without FRAMEWORK, show the numbers for each framework. A remediation supports a requirement. Only an
    assessor can say whether you comply with it.

    In a pipe, each line has columns between tabs. Of a framework: requirement, control, remediation, runbook,
    and whether it is on by default. Without FRAMEWORK: framework, name, and the numbers of requirements with
    and without support.

    Exit code 0: listed. 2: no such framework.
    """
    catalogue: Mapping[str, Runbook] = given if isinstance(given, dict) else _catalogue()
    runbooks = tuple(catalogue.values())
    if name is None:
        _summary(runbooks, as_json=as_json)
        return
    of = framework(name)
    found = requirements(of, CONTROLS.values(), runbooks)
    if as_json:
        told = [_requirement_as_json(one) for one in found]
        click.echo(json.dumps({**_framework_as_json(of), "requirements": told}))
        return
    from ringfence.cli.control_views import DISCLAIMER, framework_rows, framework_shown
    from ringfence.cli.incident_views import show

    if is_terminal():
        show(framework_shown(of, found))
    else:
        print_rows(framework_rows(found))
        note(DISCLAIMER)


def _catalogue() -> Mapping[str, Runbook]:
    from ringfence.runbooks.catalogue import CATALOGUE

    return CATALOGUE


def _summary(runbooks: tuple[Runbook, ...], *, as_json: bool) -> None:
    found = {one: requirements(one, CONTROLS.values(), runbooks) for one in FRAMEWORKS}
    if as_json:
        told = [{**_framework_as_json(one), **_counts(of)} for one, of in found.items()]
        click.echo(json.dumps({"frameworks": told}))
        return
    from ringfence.cli.control_views import DISCLAIMER, summary_rows, summary_shown
    from ringfence.cli.incident_views import show

    met = {id_ for runbook in runbooks for one in runbook.remediations for id_ in one.controls}
    unmet = [one.title for one in CONTROLS.values() if one.id not in met]
    if is_terminal():
        show(summary_shown(found, unmet))
    else:
        print_rows(summary_rows(found, unmet))
        note(DISCLAIMER)


def _framework_as_json(of: Framework) -> dict[str, object]:
    return {"framework": of.id, "name": of.name}


def _counts(found: Iterable[Requirement]) -> dict[str, object]:
    supported = [one.supported for one in found]
    return {
        "requirements": len(supported),
        "supported": supported.count(True),
        "by_none": supported.count(False),
    }


def _requirement_as_json(one: Requirement) -> dict[str, object]:
    ways = [
        {"control": way.id or None, "title": way.title, "remediations": [_means(each) for each in way.means]}
        for way in one.ways
    ]
    return {"requirement": one.number, "supported": one.supported, "ways": ways}


def _means(one: Means) -> dict[str, object]:
    found = one.remediation
    return {"id": found.id, "runbook": one.runbook, "by_default": found.by_default}
