"""An instance in another account, whose finding comes through the delegated administrator's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.world import OTHER_ACCOUNT, applied

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/ringfence-contain-instance"


def test_it_is_contained_through_the_role_in_its_own_account(world: World, folder: Path) -> None:
    world.deployment.protect(OTHER_ACCOUNT, folder)
    estate, inspector = world.builder(OTHER_ACCOUNT).estate(), world.inspector(OTHER_ACCOUNT)
    neighbour = inspector.portrait(estate.bystander, estate.role)
    finding = world.send(estate.web)
    assert finding.detail()["accountId"] != world.local.account
    history = world.complete(estate.web)
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
