"""Forwarding stacks that no setting names any more: those of regions that were removed from the scope.

The CDK does not know the stacks that it does not synthesize. So such a stack stays, and forwards events on.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.model.frozen import frozen
from ringfence.self_check.findings import Problem, Standing
from ringfence.self_check.places import Stack, forward_stack, stacks_of
from ringfence.self_check.reading import ASSUME, Read, read, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import SansIO
    from ringfence.self_check.places import Deployment
    from ringfence.self_check.reading import Ask, SideBySide

PERMISSIONS = (
    Permission("ec2:DescribeRegions", ("*",), reason="the action has no resource types"),
    Permission(
        "cloudformation:DescribeStacks",
        ("arn:aws:cloudformation:*:{account}:stack/Ringfence-*/*",),
        reason="CloudFormation adds a random suffix to a stack's ARN",
    ),
)


@frozen
class Orphans:
    """The stacks, and a problem for each account or region that could not be read."""

    stacks: tuple[Stack, ...]
    unread: tuple[Problem, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """A problem for each stack, and what is unknown."""
        return (*map(_orphaned, self.stacks), *self.unread)


def read_regions() -> SansIO[tuple[str, ...]]:
    """Read the regions that an account has enabled."""
    (answer,) = yield (Call("ec2", "DescribeRegions", {}),)
    return (
        ()
        if isinstance(answer, Failed)
        else tuple(one.text("RegionName") for one in answer.children("Regions"))
    )


def read_existence(stack: Stack) -> SansIO[bool]:
    """Read whether a stack exists."""
    name = {"StackName": stack.name}
    (answer,) = yield (Call("cloudformation", "DescribeStacks", name, expected=("ValidationError",)),)
    return not isinstance(answer, Failed)


def find_orphans(deployment: Deployment, ask: Ask, side_by_side: SideBySide) -> Orphans:
    """Look for forwarding stacks in every region of every account of a deployment.

    An account that is not in the scope any more is not known, so its stacks are not found.
    """
    accounts = tuple(dict.fromkeys((deployment.home, *deployment.accounts)))
    where = deployment.home_region
    regions = read_all(side_by_side, [partial(read, ask, one, where, read_regions) for one in accounts])
    named = frozenset(stacks_of(deployment))
    possible = tuple(
        stack
        for account, found in zip(accounts, regions, strict=True)
        for stack in _forwarding(account, found)
        if stack not in named
    )
    jobs = [partial(read, ask, one.account, one.region, partial(read_existence, one)) for one in possible]
    exist = tuple(zip(possible, read_all(side_by_side, jobs), strict=True))
    unread = [
        *(_unread(account, where, found) for account, found in zip(accounts, regions, strict=True)),
        *(_unread(stack.account, stack.region, found) for stack, found in exist),
    ]
    return Orphans(
        tuple(stack for stack, found in exist if found.found is True),
        tuple(one for one in unread if one),
    )


def _forwarding(account: str, regions: Read) -> Iterator[Stack]:
    for region in regions.found if isinstance(regions.found, tuple) else ():
        yield Stack(account, region, forward_stack(region))


def _orphaned(stack: Stack) -> Problem:
    return Problem(
        Standing.FAULT,
        stack.account,
        stack.region,
        stack.name,
        f"stack {stack.name}",
        "declaration",
        f"exists, but the policy's scope does not name {stack.region}: Ringfence ignores its events",
        f"aws cloudformation delete-stack --stack-name {stack.name} --region {stack.region}",
    )


def _unread(account: str, region: str, found: Read) -> Problem | None:
    """Return what is unknown. None if it is known, or if the stack's own check says so already."""
    if not found.unknown or found.denied.startswith(ASSUME):
        return None
    remedy = (
        "deploy Ringfence-Member, so that the role ringfence-doctor may look for stacks"
        if found.denied
        else "ringfence doctor (again)"
    )
    words = f"unknown whether there are stacks of regions that the scope does not name: {found.unknown}"
    return Problem(
        Standing.UNKNOWN, account, region, "", "stacks Ringfence-Forward-*", "reading", words, remedy
    )
