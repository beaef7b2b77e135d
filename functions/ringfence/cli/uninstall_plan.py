"""`ringfence uninstall-plan`: how to remove Ringfence, in order. Changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from ringfence.cli.home_account import home_account

NOT_READY = 1


@click.command(short_help="Show how to remove Ringfence, in order.")
@click.option("--policy", type=click.Path(path_type=Path), help="The policy file. Default: policy.yaml.")
@home_account("The home account. Default: the configured one, or that of the credentials.")
@click.option(
    "--home-region", help="The home region. Default: the configured one, or that of the credentials."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def uninstall_plan(
    ctx: click.Context, policy: Path | None, home: str, home_region: str | None, *, as_json: bool
) -> None:
    """Show how to remove Ringfence: what is open, which stacks to delete, what stays. Changes nothing.

    The plan lists the open containments first, because Ringfence cannot release them after its stacks are
    deleted. Then it shows the stacks in the order of their deletion, also those of regions that the
    policy's scope does not name any more. Then it shows each resource that stays, with the command that
    deletes it. Keep the output: after the stacks are deleted, nothing lists these resources.

    The command reads with your own permissions, and in other accounts with the role `ringfence-doctor`.

    Exit code 0: nothing is open and everything was read. 1: a containment is open, or something could not
    be read. 2: bad input.
    """
    from ringfence.aws.caller import caller, default_region
    from ringfence.aws.reader_clients import ReaderClients
    from ringfence.aws.sessions import RoleClients
    from ringfence.cli.config import configured_home
    from ringfence.cli.deployed import deployment_of, policy_file
    from ringfence.cli.uninstall_view import as_document, shown
    from ringfence.handlers.removal_plans import removal_plan
    from ringfence.model.resource_names import DOCTOR_ROLE

    own = caller().account
    account, region = home or configured_home("account"), home_region or configured_home("region")
    deployment = deployment_of(policy_file(policy), account or own, region or default_region())
    clients = ReaderClients(own, RoleClients(DOCTOR_ROLE, "ringfence-uninstall-plan", _now))
    plan = removal_plan(deployment, clients, _now)
    if as_json:
        click.echo(json.dumps(as_document(plan)))
    else:
        for line in shown(plan, deployment):
            click.echo(line)
    ctx.exit(0 if plan.ready else NOT_READY)


def _now() -> datetime:
    return datetime.now(UTC)
