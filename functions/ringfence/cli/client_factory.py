"""Create the operator client that the options and the environment select."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from ringfence.cli.operator_client import DirectOperatorClient, HttpOperatorClient, OperatorClient
from ringfence.cli.operator_command import OUTPUT, POLICY, RESPONSE_STACK, URL, CommandOptions
from ringfence.policy.compiled import policy_from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.model.runbook import Runbook
    from ringfence.policy.policy import Policy


def catalogue() -> Mapping[str, Runbook]:
    """Return every runbook."""
    from ringfence.runbooks.catalogue import CATALOGUE

    return CATALOGUE


def operator_client(given: CommandOptions) -> OperatorClient:
    """Return the client that the options select."""
    return direct_client(given) if given.direct else http_client(given)


def http_client(given: CommandOptions) -> HttpOperatorClient:
    """Return a client of the API. Raises BadInput if its URL is unknown."""
    from ringfence.aws.caller import default_region
    from ringfence.aws.outputs import stack_outputs
    from ringfence.aws.signed_http import signed_http

    home = given.home
    url = given.url or home.output(
        lambda: stack_outputs(RESPONSE_STACK, home.place), RESPONSE_STACK, OUTPUT, "--url", URL
    )
    http = signed_http(url, os.environ.get("AWS_ENDPOINT_URL", ""), home.place.region or default_region())
    return HttpOperatorClient(replace(http, session=home.place.session()))


def direct_client(given: CommandOptions) -> DirectOperatorClient:
    """Return a client that runs the service in this process, limited to the account of the credentials."""
    from ringfence.aws.caller import caller
    from ringfence.aws.containments import ContainmentList
    from ringfence.aws.home import HomePlace
    from ringfence.aws.incidents import IncidentReader
    from ringfence.aws.sessions import OwnClients
    from ringfence.cli.log import archive_of
    from ringfence.handlers import wiring as composition
    from ringfence.handlers.incident_search import IncidentSearch
    from ringfence.handlers.waiting import opened_by

    own = caller()
    client = cast("DynamoDBClient", HomePlace().client("dynamodb"))
    reader = IncidentReader(client, given.home.audit_table)

    search = IncidentSearch(reader, lambda: archive_of(given.home))
    settings = composition.Settings(given.home.audit_table, given.home.control_table)
    ports = composition.ports(settings, OwnClients())
    listed = ContainmentList(client, given.home.control_table)
    policy, opened = direct_policy(given, own.account), opened_by(reader)
    return DirectOperatorClient(
        ports, own.arn, policy, catalogue(), search.keys, listed, opened, search.altered
    )


def direct_policy(given: CommandOptions, account: str) -> Policy:
    """Return the policy, limited to the account of the credentials."""
    from ringfence.policy.file import BUILT_IN, PolicyFile, load_policy

    path = given.policy or (POLICY if POLICY.exists() else None)
    file = load_policy(path, catalogue()) if path else PolicyFile(BUILT_IN)
    policy = policy_from_json(file.compile(account))
    return replace(policy, accounts=tuple(one for one in policy.accounts if one == account))
