"""One deployment for each kind of run: one as it is, one whose functions meet faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local import LocalAws
from ringfence.local.deploy import REPOSITORY
from ringfence.local.deployment import AT_ONCE, Deployment
from tests.e2e.faults import Proxy, free_port, running
from tests.e2e.world import DRY_TYPE, OTHER_ACCOUNT, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DRY = {"name": "only show it", "finding": DRY_TYPE, "mode": "dry-run"}
CDK = REPOSITORY / "node_modules" / ".bin" / "cdk"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what the deployment is made of."""
    if not CDK.exists():
        pytest.skip("the CDK command line is not installed: npm ci")
    return tmp_path_factory.mktemp("deployment")


@pytest.fixture(scope="session")
def world(folder: Path) -> Iterator[World]:
    """Ringfence on a local AWS that records CloudTrail, with a second account in scope."""
    with LocalAws(cloudtrail=True, log=folder / "server.log") as local:
        yield World(Deployment.make(local, folder, DRY, AT_ONCE, accounts=(OTHER_ACCOUNT,)))


@pytest.fixture(scope="session")
def behind_proxy(folder: Path) -> Iterator[tuple[World, Proxy]]:
    """Ringfence whose functions reach AWS through a proxy, and the proxy."""
    port, assembly = free_port(), folder / "faulty"
    assembly.mkdir()
    endpoint, log = f"http://127.0.0.1:{port}", assembly / "server.log"
    with (
        LocalAws(functions_endpoint=endpoint, cloudtrail=True, log=log) as local,
        running(port, local.endpoint, assembly / "proxy.log") as between,
    ):
        yield World(Deployment.make(local, assembly)), between


@pytest.fixture
def faulty(behind_proxy: tuple[World, Proxy]) -> World:
    return behind_proxy[0]


@pytest.fixture
def proxy(behind_proxy: tuple[World, Proxy]) -> Proxy:
    return behind_proxy[1]
