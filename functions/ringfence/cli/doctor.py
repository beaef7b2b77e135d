"""`ringfence doctor`: compare the deployment with what its stacks declare."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringfence.cli.home_account import home_account
from ringfence.model.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.aws.sessions import Clients
    from ringfence.self_check.check import Expected
    from ringfence.self_check.findings import Problem
    from ringfence.self_check.places import Deployment

FAILED = 1
WAIT, PAUSE = timedelta(seconds=90), 2.0
"""How long a heartbeat may take, and the seconds between two reads."""


@click.command(short_help="Compare the deployment with what its stacks declare.")
@click.option("--policy", type=click.Path(path_type=Path), help="The policy file. Default: policy.yaml.")
@home_account("The home account. Default: the configured one, or that of the credentials.")
@click.option(
    "--home-region", help="The home region. Default: the configured one, or that of the credentials."
)
@click.option(
    "--assembly",
    type=click.Path(path_type=Path),
    help="Also compare with this folder of `cdk synth`: cdk.out.",
)
@click.option(
    "--direct", is_flag=True, help="Read with your own permissions, and only the account of the credentials."
)
@click.option(
    "--send",
    is_flag=True,
    help="Send a heartbeat from each account and region now, and wait for it up to 90 seconds.",
)
@click.option(
    "--skip-prerequisites",
    is_flag=True,
    help="Do not check whether GuardDuty, CloudTrail and AWS Config are on.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(  # noqa: PLR0913 - independent options
    ctx: click.Context,
    policy: Path | None,
    home: str,
    home_region: str | None,
    assembly: Path | None,
    *,
    send: bool,
    direct: bool,
    skip_prerequisites: bool,
    as_json: bool,
) -> None:
    """Read every resource of Ringfence, and compare it with what the stacks declare.

    For each problem, the command shows what was found, what is declared, and what to do. It also shows from
    which accounts and regions no heartbeat arrives, and where a service is not on that Ringfence needs:
    GuardDuty, CloudTrail or AWS Config. It changes nothing. It reads with the role `ringfence-doctor` of each
    account, which the managed policy `ringfence-doctor` allows to assume.

    Exit code 0: everything was read and is as declared. 1: something differs, or could not be read. 2: bad
    input.
    """
    from ringfence.aws.caller import caller
    from ringfence.cli.deployed import policy_file
    from ringfence.cli.doctor_view import shown
    from ringfence.handlers.self_checks import checked

    local = policy_file(policy)
    own = caller().account
    deployment = _deployment(local, home, home_region, own)
    clients = _clients(direct=direct)
    report = checked(
        deployment,
        clients,
        _now,
        _expected(local, deployment, assembly),
        lambda stack: not direct or stack.account == own,
    )
    if not direct:
        report = report.with_problems(
            (*_links(deployment, clients, send=send), *_orphans(deployment, clients))
        )
    if not skip_prerequisites:
        report = report.with_problems(_prerequisites(deployment, clients, own if direct else ""))
    if as_json:
        click.echo(json.dumps(report.as_json()))
    else:
        for line in shown(report, deployment, own if direct else ""):
            click.echo(line)
    ctx.exit(0 if report.sound else FAILED)


def _prerequisites(deployment: Deployment, clients: Clients, only: str) -> tuple[Problem, ...]:
    """Return what is not on. `only`: the one account that may be read."""
    from ringfence.events.config.trigger import managed_rules
    from ringfence.handlers.self_checks import prerequisites
    from ringfence.runbooks.catalogue import CATALOGUE

    rules = managed_rules(trigger for one in CATALOGUE.values() for trigger in one.triggers)
    accounts = tuple(one for one in deployment.accounts if only in {"", one})
    return prerequisites(replace(deployment, accounts=accounts), clients, _now, rules)


def _deployment(policy: Path | None, home: str, region: str | None, own: str) -> Deployment:
    from ringfence.aws.caller import default_region
    from ringfence.cli.config import configured_home
    from ringfence.cli.deployed import deployment_of

    account, region = home or configured_home("account"), region or configured_home("region")
    return deployment_of(policy, account or own, region or default_region())


def _now() -> datetime:
    return datetime.now(UTC)


def _links(deployment: Deployment, clients: Clients, *, send: bool) -> tuple[Problem, ...]:
    """Return the places whose heartbeats do not arrive, and whether the item about pauses is wrong.

    None if the table is not known.
    """
    from ringfence.handlers.link_checks import links, sent
    from ringfence.handlers.pause_check import paused_item
    from ringfence.handlers.self_checks import control_table

    if not (table := control_table(deployment, clients, _now)):
        return ()
    item = paused_item(deployment, clients, table)
    if not send:
        return (*links(deployment, clients, _now, table), *item)
    return (*sent(deployment, clients, _now, table, pause=lambda: time.sleep(PAUSE), wait=WAIT), *item)


def _orphans(deployment: Deployment, clients: Clients) -> tuple[Problem, ...]:
    """Return the forwarding stacks of regions that the policy's scope does not name."""
    from ringfence.handlers.self_checks import orphaned

    return orphaned(deployment, clients, _now).problems


def _expected(policy: Path | None, deployment: Deployment, assembly: Path | None) -> Expected:
    from ringfence.cli.deployed import compiled
    from ringfence.self_check.check import Expected
    from ringfence.self_check.digest import policy_digest
    from ringfence.self_check.stacks import POLICY as DIGEST

    outputs = {DIGEST: policy_digest(compiled(policy, deployment.home))} if policy else {}
    return Expected(outputs, _templates(assembly) if assembly else {})


def _templates(folder: Path) -> Mapping[str, object]:
    """Read the templates of a cloud assembly. Raises BadInput if the folder has none."""
    found = {path.name.partition(".")[0]: path for path in sorted(folder.glob("Ringfence-*.template.json"))}
    if not found:
        raise BadInput("--assembly", "must be a folder that `npx cdk synth` wrote", str(folder))
    try:
        return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in found.items()}
    except (OSError, ValueError) as error:
        raise BadInput("--assembly", f"cannot be read: {error}", str(folder)) from error


def _clients(*, direct: bool) -> Clients:
    from ringfence.aws.sessions import OwnClients, RoleClients
    from ringfence.model.resource_names import DOCTOR_ROLE

    if direct:
        return OwnClients()
    return RoleClients(DOCTOR_ROLE, "ringfence-doctor", _now)
