"""One deployment for what contains instances, and what several files need of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local import LocalAws
from ringfence.local.deployment import AT_ONCE
from tests.e2e.world import DRY_TYPE, OTHER_ACCOUNT, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.deployments import Deployer


DRY = {"name": "only show it", "finding": DRY_TYPE, "mode": "dry-run"}


@pytest.fixture(scope="package")
def world(folder: Path, deployer: Deployer) -> Iterator[World]:
    """Ringfence on a local AWS that records CloudTrail, with a second account in scope."""
    with LocalAws(cloudtrail=True, log=folder / "world.log") as local:
        yield World(deployer.home(local, DRY, AT_ONCE, accounts=(OTHER_ACCOUNT,)))


@pytest.fixture(scope="module")
def enforcing(world: World) -> Iterator[World]:
    """The shared deployment, with every call's permission evaluated."""
    world.quiet()
    try:
        world.local.enforce(True)
        yield world
        world.quiet()
    finally:
        world.local.enforce(False)
