"""Which stacks a deployment consists of, and in which accounts and regions. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Iterator

AUDIT_STACK, RESPONSE_STACK, MEMBER_STACK = "Ringfence-Audit", "Ringfence-Response", "Ringfence-Member"
INTAKE_STACK, OUTPUTS_STACK = "Ringfence-Intake", "Ringfence-Outputs"
HOME_STACKS = (AUDIT_STACK, RESPONSE_STACK, INTAKE_STACK, OUTPUTS_STACK)
"""The stacks of the home account and region, in the order in which they are deployed."""

NOTICES_STACK, DETECTION_STACK = "Ringfence-Notices", "Ringfence-Detection"
DASHBOARD_STACK, ACTIVITY_STACK = "Ringfence-Dashboard", "Ringfence-Activity"
NETWORK_STACK, SCANS_STACK = "Ringfence-Network", "Ringfence-Scans"
OPTIONAL_STACKS = (
    SCANS_STACK,
    ACTIVITY_STACK,
    DASHBOARD_STACK,
    DETECTION_STACK,
    NETWORK_STACK,
    NOTICES_STACK,
)
"""Stacks of the home account and region that not every deployment has, in the order of their removal."""


def forward_stack(region: str) -> str:
    """Return the name of the stack that forwards the events of a region."""
    return f"Ringfence-Forward-{region}"


@frozen
class Deployment:
    """One deployment.

    Attributes
    ----------
    home, home_region : str
        The account and the region of the functions.
    accounts, regions : tuple of str
        The policy's scope. No regions means all regions.
    """

    home: str
    home_region: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...] = ()


@frozen
class Stack:
    """A stack that should exist."""

    account: str
    region: str
    name: str


def stacks_of(deployment: Deployment) -> tuple[Stack, ...]:
    """Return every stack of a deployment, those of the home account first.

    Examples
    --------
    >>> found = stacks_of(Deployment("111122223333", "eu-west-1", ("111122223333",)))
    >>> [f"{one.region} {one.name}" for one in found][4:]
    ['eu-west-1 Ringfence-Member', 'us-east-1 Ringfence-Forward-us-east-1']
    """
    return tuple(_stacks(deployment))


def optional_stacks(deployment: Deployment) -> tuple[Stack, ...]:
    """Return the stacks that a deployment can have, and that nobody misses."""
    return tuple(Stack(deployment.home, deployment.home_region, name) for name in OPTIONAL_STACKS)


def _stacks(deployment: Deployment) -> Iterator[Stack]:
    home, region = deployment.home, deployment.home_region
    for name in HOME_STACKS:
        yield Stack(home, region, name)
    for account in dict.fromkeys((home, *deployment.accounts)):
        yield Stack(account, region, MEMBER_STACK)
        forwarding = dict.fromkeys((*(deployment.regions or (region,)), GLOBAL))
        yield from (
            Stack(account, one, forward_stack(one)) for one in forwarding if (account, one) != (home, region)
        )
