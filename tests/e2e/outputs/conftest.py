"""One deployment for everything that goes out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ringfence.handlers.outputs import output_ids
from ringfence.local import LocalAws
from tests.e2e.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.deployments import Deployer


EXEMPT = "pictures-"
"""How the names of buckets begin that the policy exempts."""
PORTAL = "https://portal.example.com/incidents/{incident}"
"""The address of an incident in a portal of the owner."""
ROUTE = "pager"
"""The name of the route of notices."""


@pytest.fixture(scope="package")
def outgoing(folder: Path, deployer: Deployer) -> Iterator[World]:
    """Ringfence with every output and a route of notices, and IAM enforced."""
    with LocalAws(log=folder / "outputs.log") as local:
        on: dict[str, dict[str, str]] = {id_: {} for id_ in output_ids()}
        on["security-hub"] = {"exempt": "suppress", "link": PORTAL}
        exempt = {"subject": f"bucket/*/*/{EXEMPT}*", "reason": "our public pictures"}
        context = {"notices_routes": json.dumps([{"name": ROUTE, "urgency": ["urgent"], "severity": 7}])}
        world = World(deployer.home(local, outputs=on, exempt=(exempt,), context=context))
        world.client("securityhub").enable_security_hub()
        local.enforce(True)
        yield world
