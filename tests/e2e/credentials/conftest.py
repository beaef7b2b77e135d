"""What waits for people while the tests of this folder run: it is asked once, and looked at last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local.deployment import AUDIT_STACK
from tests.e2e.approvals import VETO_TYPE, Asked
from tests.e2e.world import Inbox

if TYPE_CHECKING:
    from tests.e2e.places import Place
    from tests.e2e.world import World


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
