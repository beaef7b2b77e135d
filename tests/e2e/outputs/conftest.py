"""One deployment for everything that goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.handlers.outputs import output_ids
from ringfence.local import LocalAws
from tests.e2e.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.deployments import Deployer


@pytest.fixture(scope="package")
def outgoing(folder: Path, deployer: Deployer) -> Iterator[World]:
    """Ringfence with outputs, and IAM enforced. GuardDuty's findings stay, to be asked for again."""
    with LocalAws(log=folder / "outputs.log") as local:
        on = (id_ for id_ in output_ids() if id_ != "guardduty-archive")
        world = World(deployer.home(local, outputs={id_: {} for id_ in on}))
        world.client("securityhub").enable_security_hub()
        local.enforce(True)
        yield world
