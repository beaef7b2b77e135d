"""One deployment with IAM enforced. What waits for people is asked once, and looked at last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local import LocalAws
from ringfence.local.deployment import AT_ONCE, AUDIT_STACK, HIGH_LIMITS
from ringfence.local.principals import Principals
from ringfence.policy.limits import ROLE
from tests.e2e.approvals import APPROVALS, ASK, VETO, VETO_TYPE, WATCHED, Asked
from tests.e2e.deployments import CHAT
from tests.e2e.operators import operator, policies
from tests.e2e.places import HOME_REGION, SESSIONS, Place
from tests.e2e.world import Inbox, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ringfence.local.principals import KeyHolder
    from tests.e2e.deployments import Deployer


LOW = {ROLE: {**HIGH_LIMITS[ROLE], "hour": SESSIONS}}
BREAK_GLASS = tuple(
    {"subject": subject, "reason": "the way in when all else fails"}
    for subject in ("iam-user/*/*/break-glass", "iam-role/*/*/break-glass-reports")
)
PROTECTED = (
    {"subject": "iam-user/*/*/way-in", "reason": "the last way in", "owner": "ops", "expires": "2099-12-31"},
    {"subject": "iam-user/*/*/way-out", "reason": "it was one", "owner": "ops", "expires": "2020-12-31"},
)
"""What nothing changes, and what is not protected any more."""


@pytest.fixture(scope="package")
def place(folder: Path, deployer: Deployer) -> Iterator[Place]:
    """Ringfence with IAM enforced, in a region where IAM's events are not delivered."""
    with LocalAws(region=HOME_REGION, cloudtrail=True, log=folder / "place.log") as local:
        rules = (WATCHED, ASK, VETO, AT_ONCE)
        made = deployer.home(
            local,
            *rules,
            exempt=BREAK_GLASS,
            approvals=APPROVALS,
            limits=LOW,
            incoming={"protected": PROTECTED},
            context=CHAT,
        )
        world = World(made)
        local.enforce(True)
        hand = operator(world, *policies(world))
        yield Place(world, Principals(local), hand)


@pytest.fixture(scope="package")
def world(place: Place) -> World:
    return place.world


@pytest.fixture(scope="package")
def inbox(world: World) -> Inbox:
    return Inbox(world)


@pytest.fixture(scope="package")
def second_inbox(world: World) -> Inbox:
    """The queue that hears the topic for escalations."""
    stacks = world.client("cloudformation").describe_stacks(StackName=AUDIT_STACK)["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stacks[0]["Outputs"]}
    return Inbox(world, outputs["EscalationsTopic"])


@pytest.fixture(scope="package")
def ignored(world: World, second_inbox: Inbox) -> Asked:
    """Nobody answers this one."""
    del second_inbox  # somebody is subscribed
    return Asked.about(world)


@pytest.fixture(scope="package")
def unvetoed(world: World, inbox: Inbox) -> Asked:
    """Nobody vetoes this one."""
    del inbox  # somebody is subscribed
    return Asked.about(world, VETO_TYPE)


@pytest.fixture
def holder(place: Place) -> KeyHolder:
    return place.principals.holder(place.world.builder().name)
