"""An instance in another account, whose finding comes through the delegated administrator's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local.findings import InstanceFinding
from ringfence.model.claims import CONFIRMED
from ringfence.record.facts import DecisionMade
from tests.e2e.world import OTHER_ACCOUNT, applied

if TYPE_CHECKING:
    from tests.e2e.deployments import Deployer
    from tests.e2e.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("protected")]
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/ringfence-contain-instance"


@pytest.fixture(scope="module")
def protected(world: World, deployer: Deployer) -> None:
    """The other account has its roles."""
    deployer.protect(world.local, OTHER_ACCOUNT)


def test_what_is_delivered_there_comes_home_and_is_answered(world: World) -> None:
    """A detector without a delegated administrator: the finding is on the other account's own bus."""
    builder = world.builder(OTHER_ACCOUNT)
    server = builder.launch(builder.ground(), builder.name, builder.profile())
    finding = InstanceFinding.about(server)
    world.deployment.send(finding, account=OTHER_ACCOUNT)
    made = world.complete(server).last(DecisionMade)
    assert made
    assert made.source == CONFIRMED
    assert world.inspector(OTHER_ACCOUNT).closed(server)


def test_it_is_contained_through_the_role_in_its_own_account(world: World) -> None:
    estate, inspector = world.builder(OTHER_ACCOUNT).estate(), world.inspector(OTHER_ACCOUNT)
    neighbour = inspector.portrait(estate.bystander, estate.role)
    finding = world.send(estate.web)
    assert finding.detail()["accountId"] != world.local.account
    history = world.complete(estate.web)
    made = history.last(DecisionMade)
    assert made
    assert made.source == CONFIRMED, "GuardDuty answers in the member account for the administrator's event"
    assert set(applied(history).values()) == {1}
    assert inspector.closed(estate.web)
    after = inspector.portrait(estate.web, estate.role)
    assert (after["instance profile"], after["sessions of its role"]) == ("none", "denied everything")
    assert after["snapshots"] == "1 of each of 2 volumes"
    assert inspector.portrait(estate.bystander, estate.role) == neighbour
    moves = world.calls("ModifyNetworkInterfaceAttribute", estate.web.interfaces[0], OTHER_ACCOUNT)
    issuers = {one["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] for one in moves}
    assert issuers == {ROLE}
    assert world.deployment.archived(estate.web.ref).sound
