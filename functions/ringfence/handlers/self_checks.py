"""Run the self-check with clients of AWS: for the command `ringfence doctor`, and for a function."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.aws.cloud import AwsCloud
from ringfence.events.config.trigger import managed_rules
from ringfence.handlers.threads import Threads
from ringfence.model.errors import Retryable
from ringfence.self_check.check import Expected, self_check
from ringfence.self_check.orphans import find_orphans
from ringfence.self_check.places import AUDIT_STACK, Stack
from ringfence.self_check.prerequisites import find_missing
from ringfence.self_check.stacks import read_stack

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.aws.sessions import Clients
    from ringfence.engine.ports import Clock
    from ringfence.self_check.findings import Problem, Report
    from ringfence.self_check.orphans import Orphans
    from ringfence.self_check.places import Deployment

TABLE = "ControlTable"
"""The output of the audit stack with the name of the table."""
WIDTH = 8
"""How many resources are read at once. More would be throttled by IAM and KMS."""


def checked(
    deployment: Deployment,
    clients: Clients,
    clock: Clock,
    expected: Expected | None = None,
    only: Callable[[Stack], bool] = lambda _: True,
) -> Report:
    """Compare a deployment with what its stacks declare.

    Parameters
    ----------
    deployment
        The accounts and regions.
    clients
        Clients with the role `ringfence-doctor` in each account, or with the caller's own rights.
    clock
        The current time.
    expected
        What the caller knows of the deployment.
    only
        Which stacks to check.

    Returns
    -------
        Every problem, with what a person does about it. What cannot be read is a problem too.

    """
    cloud = AwsCloud(clients, clock, Threads("reads"))
    return self_check(deployment, cloud.asked, Threads("checks", WIDTH), expected, only)


def orphaned(deployment: Deployment, clients: Clients, clock: Clock) -> Orphans:
    """Look for forwarding stacks of regions that the policy's scope does not name."""
    cloud = AwsCloud(clients, clock, Threads("reads"))
    return find_orphans(deployment, cloud.asked, Threads("checks", WIDTH))


def prerequisites(
    deployment: Deployment, clients: Clients, clock: Clock, rules: frozenset[str]
) -> tuple[Problem, ...]:
    """Return the services that are not on in some account and region, whose events Ringfence answers."""
    cloud = AwsCloud(clients, clock, Threads("reads"))
    return find_missing(deployment, cloud.asked, Threads("checks", WIDTH), rules)


def missing(deployment: Deployment) -> tuple[Problem, ...]:
    """Return the same, read with the credentials of the person who deploys."""
    from ringfence.aws.sessions import OwnClients
    from ringfence.runbooks.catalogue import CATALOGUE

    rules = managed_rules(trigger for one in CATALOGUE.values() for trigger in one.triggers)
    return prerequisites(deployment, OwnClients(), lambda: datetime.now(UTC), rules)


def control_table(deployment: Deployment, clients: Clients, clock: Clock) -> str:
    """Return the control table's name from the outputs of the audit stack. Empty if it is unknown."""
    cloud = AwsCloud(clients, clock, Threads("reads"))
    stack = Stack(deployment.home, deployment.home_region, AUDIT_STACK)
    try:
        found = cloud.asked(stack.account, stack.region, read_stack(stack))
    except Retryable:
        return ""
    return found.outputs.get(TABLE, "") if found else ""
