"""What deployments are made with. Each folder has its own, and so have files in this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local import LocalAws
from ringfence.local.deploy import REPOSITORY
from tests.e2e.deployments import Deployer
from tests.e2e.faults import Proxy, free_port, running
from tests.e2e.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.bundles import Store

CDK = REPOSITORY / "node_modules" / ".bin" / "cdk"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what the deployments are made of."""
    if not CDK.exists():
        pytest.skip("the CDK command line is not installed: npm ci")
    return tmp_path_factory.mktemp("deployment")


@pytest.fixture(scope="session")
def deployer(folder: Path, bundles: Store) -> Deployer:
    return Deployer(folder, bundles)


@pytest.fixture(scope="module")
def behind_proxy(folder: Path, deployer: Deployer) -> Iterator[tuple[World, Proxy]]:
    """Ringfence whose functions reach AWS through a proxy, and the proxy."""
    port = free_port()
    endpoint, log = f"http://127.0.0.1:{port}", folder / "faulty.log"
    with (
        LocalAws(functions_endpoint=endpoint, cloudtrail=True, log=log) as local,
        running(port, local.endpoint, folder / "proxy.log") as between,
    ):
        yield World(deployer.home(local)), between


@pytest.fixture
def faulty(behind_proxy: tuple[World, Proxy]) -> World:
    return behind_proxy[0]


@pytest.fixture
def proxy(behind_proxy: tuple[World, Proxy]) -> Proxy:
    return behind_proxy[1]
