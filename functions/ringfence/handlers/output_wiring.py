"""The function of the outputs, put together from its environment."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, cast

from ringfence.aws.cloud import AwsCloud
from ringfence.aws.incidents import IncidentReader
from ringfence.aws.sessions import OwnClients, RoleClients, own_client
from ringfence.handlers import wiring
from ringfence.handlers.outgoing import Outgoing
from ringfence.handlers.output import Site
from ringfence.handlers.outputs import output
from ringfence.handlers.threads import Threads
from ringfence.model.output_places import VARIABLES
from ringfence.model.resource_names import OUTPUTS_ROLE, SESSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.handlers.output import Output
    from ringfence.model.call import SansIO


@cache
def outgoing() -> Outgoing:
    """Return what tells the outputs of this deployment."""
    reader = IncidentReader(
        cast("DynamoDBClient", own_client("dynamodb")), os.environ["RINGFENCE_AUDIT_TABLE"]
    )
    return Outgoing(_outputs(os.environ), reader.entries, _ask)


def _outputs(environment: Mapping[str, str]) -> dict[str, tuple[Output, Site]]:
    policy = wiring.policy()
    names = {
        name.removeprefix(VARIABLES).lower(): value
        for name, value in environment.items()
        if name.startswith(VARIABLES)
    }
    home, region, scope = policy.own.home, environment["AWS_REGION"], frozenset(policy.accounts)
    declared = ((output(id_), dict(given)) for id_, given in policy.outputs)
    return {one.id: (one, Site(home, region, scope, one.choose(given), names)) for one, given in declared}


def _ask(one: Output, account: str, region: str, talk: SansIO[None]) -> None:
    _cloud(elsewhere=one.elsewhere).asked(account, region, talk)


@cache
def _cloud(*, elsewhere: bool) -> AwsCloud:
    clients = RoleClients(OUTPUTS_ROLE, SESSION, wiring.now) if elsewhere else OwnClients()
    return AwsCloud(clients, wiring.now, Threads("ringfence-call", 2))
