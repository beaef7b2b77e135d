"""Read what a removal of Ringfence needs: for the command `ringfence uninstall-plan`. Changes nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from ringfence.aws.cloud import AwsCloud
from ringfence.aws.containments import ContainmentList
from ringfence.handlers.self_checks import TABLE, WIDTH, orphaned
from ringfence.handlers.threads import Threads
from ringfence.model.errors import Retryable
from ringfence.model.frozen import frozen
from ringfence.model.subject import Ref
from ringfence.self_check.places import AUDIT_STACK, Stack, optional_stacks, stacks_of
from ringfence.self_check.reading import read, read_all
from ringfence.self_check.removal import Kept, Removal, kept, removals
from ringfence.self_check.stacks import StackState, read_stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from ringfence.aws.sessions import Clients
    from ringfence.engine.ports import Clock
    from ringfence.record.containments import Containment
    from ringfence.self_check.places import Deployment


@frozen
class RemovalPlan:
    """What is open, which stacks are deleted in which order, what stays, and what is unknown.

    `home_exists`: whether the stack with the list of open containments exists. `home_unread`: nobody knows,
    because it could not be read.
    """

    home_exists: bool
    containments: tuple[Containment, ...]
    removals: tuple[Removal, ...]
    kept: tuple[Kept, ...]
    unknown: tuple[str, ...]
    home_unread: bool = False

    @property
    def ready(self) -> bool:
        """Whether nothing is open and everything is known. The audit stack has the list of what is open."""
        return self.home_exists and not self.containments and not self.unknown


def removal_plan(deployment: Deployment, clients: Clients, clock: Clock) -> RemovalPlan:
    """Read the stacks, also those of former regions, and the open containments."""
    cloud, side_by_side = AwsCloud(clients, clock, Threads("reads")), Threads("checks", WIDTH)
    orphans = orphaned(deployment, clients, clock)
    stacks = (*stacks_of(deployment), *optional_stacks(deployment), *orphans.stacks)
    jobs = [partial(read, cloud.asked, one.account, one.region, partial(read_stack, one)) for one in stacks]
    states = tuple(zip(stacks, read_all(side_by_side, jobs), strict=True))
    found = {stack: one.found for stack, one in states if isinstance(one.found, StackState)}
    unknown = [
        f"{stack.name} in {stack.account}, {stack.region}: {one.unknown}"
        for stack, one in states
        if one.unknown
    ]
    unknown += [f"account {one.account}, {one.region}: {one.words}" for one in orphans.unread]
    containments: tuple[Containment, ...] = ()
    home = Stack(deployment.home, deployment.home_region, AUDIT_STACK)
    if table := _table(home, found):
        try:
            containments = _open(home, clients, table)
        except Retryable as error:
            unknown.append(f"the open containments: {error}")
    ordered = removals(found, frozenset(orphans.stacks))
    unread = any(one.unknown for stack, one in states if stack == home)
    return RemovalPlan(home in found, containments, ordered, kept(found), tuple(unknown), unread)


def _table(home: Stack, found: Mapping[Stack, StackState]) -> str:
    return found[home].outputs.get(TABLE, "") if home in found else ""


def _open(home: Stack, clients: Clients, table: str) -> tuple[Containment, ...]:
    client = clients.client(Ref(home.account, home.region, "ringfence"), "dynamodb")
    return ContainmentList(cast("DynamoDBClient", client), table).open()
