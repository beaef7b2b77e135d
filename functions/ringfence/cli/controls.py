"""`ringfence controls`: list the requirements that the remediations support, and those they do not."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.log import reader_of
from ringfence.cli.operator_command import now_of
from ringfence.cli.output import note, print_rows
from ringfence.cli.period import Since, Until, check_period
from ringfence.cli.settings import AUDIT_TABLE, Home, home_options
from ringfence.cli.text import is_terminal
from ringfence.model.errors import BadInput
from ringfence.runbooks.compliance import FRAMEWORKS, framework, requirements
from ringfence.runbooks.compliance.table import CONTROLS
from ringfence.runbooks.compliance.whole import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ringfence.cli.control_evidence import Known
    from ringfence.model.runbook import Runbook
    from ringfence.runbooks.compliance import Framework, Means, Requirement


@click.command(
    short_help="List the requirements that the remediations support.",
    epilog=f"FRAMEWORK is one of {', '.join(one.id for one in FRAMEWORKS)}.",
)
@click.argument("name", required=False, metavar="[FRAMEWORK]")
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help="Show the highest mode that this policy file has for each remediation, instead of the default.",
)
@click.option(
    "--since",
    type=Since(),
    help="Show what the remediations changed in incidents that were opened since this time: 7d, 12h, 30m, or "
    "a date or time in UTC.",
)
@click.option("--until", type=Until(), help="With --since: until this time. A date means the whole day.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@home_options(AUDIT_TABLE)
def controls(  # noqa: PLR0913 - the options of a command
    home: Home,
    name: str | None,
    *,
    policy: Path | None,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
) -> None:
    """List the requirements of FRAMEWORK that the remediations support, and those that they do not.

    Without FRAMEWORK, show the numbers for each framework. A remediation supports a requirement. Only an
    assessor can say whether you comply with it. The list of each framework is whole: requirements that no
    control is mapped to are counted as well. That of GDPR has the articles about technical measures.

    With --policy, the highest mode that the policy has for each remediation is shown. With --since, the
    changes in the audit log are counted for each remediation that can make them, and incidents are named.

    In a pipe, each line has columns between tabs. Of a framework: requirement, control, remediation, runbook,
    whether it is on by default or the mode of the policy, and with --since what it changed. Without
    FRAMEWORK: framework, name, the numbers of requirements with and without support, and the number of those
    that no control is mapped to.

    Exit code 0: listed. 1: the audit log cannot be read. 2: no such framework, or bad input.
    """
    if until and not since:
        raise BadInput("--until", "needs --since")
    if name is None and (policy or since):
        raise BadInput("--policy" if policy else "--since", "needs FRAMEWORK")
    given = click.get_current_context().obj
    catalogue: Mapping[str, Runbook] = given if isinstance(given, dict) else _catalogue()
    runbooks = tuple(catalogue.values())
    if name is None:
        _summary(runbooks, as_json=as_json)
        return
    of = framework(name)
    found = requirements(of, CONTROLS.values(), runbooks)
    known = _known(home, catalogue, policy, since, until)
    if as_json:
        told = [_requirement_as_json(one, known) for one in found]
        click.echo(json.dumps({**_framework_as_json(of, found), "requirements": told}))
        return
    from ringfence.cli.control_views import DISCLAIMER, framework_rows, framework_shown
    from ringfence.cli.incident_views import show

    if is_terminal():
        show(framework_shown(of, found, known, _not_mapped(of, found)))
    else:
        print_rows(framework_rows(found, known, _not_mapped(of, found)))
        note(DISCLAIMER)


def _catalogue() -> Mapping[str, Runbook]:
    from ringfence.runbooks.catalogue import CATALOGUE

    return CATALOGUE


def _known(
    home: Home,
    catalogue: Mapping[str, Runbook],
    policy: Path | None,
    since: datetime | None,
    until: datetime | None,
) -> Known:
    """Read the policy and the audit log, as far as they are asked for. Raises BadInput, Retryable."""
    from ringfence.cli.control_evidence import Known, evidence, highest_modes
    from ringfence.cli.incident_reads import opened_in, read_each
    from ringfence.policy.circumstances import Circumstances
    from ringfence.policy.file import load_policy

    modes = changed = None
    if policy:
        account = home.home.get("account") or ""
        file = load_policy(policy, catalogue, account)
        modes = highest_modes(file, account, Circumstances(now_of()))
    if since:
        check_period(since, until)
        reader = reader_of(home)
        responses = read_each(reader, opened_in(reader, since, until or now_of() + timedelta(days=1)))
        changed = evidence(responses, catalogue)
    return Known(modes, changed)


def _not_mapped(of: Framework, found: Iterable[Requirement]) -> tuple[str, ...]:
    """Return the requirements of the whole list that no control is mapped to. Empty for an unknown list."""
    mapped = {one.number for one in found}
    return tuple(number for number in WHOLE.get(of.id, ()) if number not in mapped)


def _summary(runbooks: tuple[Runbook, ...], *, as_json: bool) -> None:
    found = {one: requirements(one, CONTROLS.values(), runbooks) for one in FRAMEWORKS}
    if as_json:
        told = [{**_framework_as_json(one, of), **_counts(of)} for one, of in found.items()]
        click.echo(json.dumps({"frameworks": told}))
        return
    from ringfence.cli.control_views import DISCLAIMER, summary_rows, summary_shown
    from ringfence.cli.incident_views import show

    met = {id_ for runbook in runbooks for one in runbook.remediations for id_ in one.controls}
    unmet = [one.title for one in CONTROLS.values() if one.id not in met]
    rest = {one: len(_not_mapped(one, of)) if one.id in WHOLE else None for one, of in found.items()}
    if is_terminal():
        show(summary_shown(found, rest, unmet))
    else:
        print_rows(summary_rows(found, rest, unmet))
        note(DISCLAIMER)


def _framework_as_json(of: Framework, found: Iterable[Requirement]) -> dict[str, object]:
    missing = list(_not_mapped(of, found)) if of.id in WHOLE else None
    return {"framework": of.id, "name": of.name, "not_mapped": missing}


def _counts(found: Iterable[Requirement]) -> dict[str, object]:
    supported = [one.supported for one in found]
    return {
        "requirements": len(supported),
        "supported": supported.count(True),
        "by_none": supported.count(False),
    }


def _requirement_as_json(one: Requirement, known: Known) -> dict[str, object]:
    ways = [
        {
            "control": way.id or None,
            "title": way.title,
            "remediations": [_means(each, known) for each in way.means],
        }
        for way in one.ways
    ]
    return {"requirement": one.number, "supported": one.supported, "ways": ways}


def _means(one: Means, known: Known) -> dict[str, object]:
    found, evidence = one.remediation, known.evidence(one)
    return {
        "id": found.id,
        "runbook": one.runbook,
        "by_default": found.by_default,
        "mode": known.mode(one),
        "evidence": evidence.as_json() if evidence else None,
    }
