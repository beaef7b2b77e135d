"""One deployment for everything that puts compliance right."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.local import LocalAws
from ringfence.local.deployment import RUNBOOK
from ringfence.policy.limits import CLUSTER, GROUP
from ringfence.remediations.isolate_instance import CONTAINER_HOSTS
from tests.e2e.compliance import EXEMPT, UNIT, Compliance, rules, settings, two_others
from tests.e2e.operators import operator, policies
from tests.e2e.places import HOME_REGION
from tests.e2e.world import Inbox, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.deployments import Deployer

SHARES = {
    GROUP: {"hour": 0, "day": 0},
    CLUSTER: {"hour": 1},
}


@pytest.fixture(scope="package")
def compliance(folder: Path, deployer: Deployer) -> Iterator[Compliance]:
    """Ringfence with IAM enforced, and allowed everything that puts compliance right."""
    with LocalAws(region=HOME_REGION, cloudtrail=True, log=folder / "compliance.log") as local:
        made = deployer.home(
            local,
            *rules(datetime.now(UTC)),
            runbooks={**settings(), RUNBOOK: {"options": {CONTAINER_HOSTS: "isolate"}}},
            exempt=EXEMPT,
            approvals=two_others(local.account),
            limits=SHARES,
            incoming={"organization": {local.account: {"units": [UNIT]}}},
        )
        world = World(made)
        inbox = Inbox(world)
        local.enforce(True)
        yield Compliance(world, operator(world, *policies(world)))
        assert inbox.told("TAMPERING with the control table") == [], "what Ringfence writes is silent"
