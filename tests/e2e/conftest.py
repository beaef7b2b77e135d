"""One deployment for each kind of run: as it is, with functions that meet faults, with IAM enforced."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.local import LocalAws
from ringfence.local.deploy import REPOSITORY
from ringfence.local.deployment import AT_ONCE, HIGH_LIMITS, RUNBOOK
from ringfence.local.principals import Principals
from ringfence.policy.limits import CLUSTER, GROUP, ROLE
from ringfence.remediations.isolate_instance import CONTAINER_HOSTS
from tests.e2e.approvals import APPROVALS, ASK, VETO, WATCHED
from tests.e2e.compliance import EXEMPT, UNIT, Compliance, rules, settings
from tests.e2e.deployments import CHAT, Deployer
from tests.e2e.faults import Proxy, free_port, running
from tests.e2e.operators import operator, policies
from tests.e2e.places import HOME_REGION, SESSIONS, Place
from tests.e2e.world import DRY_TYPE, OTHER_ACCOUNT, Inbox, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ringfence.local.principals import KeyHolder
    from tests.support.bundles import Store

DRY = {"name": "only show it", "finding": DRY_TYPE, "mode": "dry-run"}
LOW = {ROLE: {**HIGH_LIMITS[ROLE], "hour": SESSIONS}}
SHARES = {
    GROUP: {"hour": 0, "day": 0},
    CLUSTER: {"hour": 1},
}
FIRST_ROLE, SECOND_ROLE = "incident-responders", "service-owners"
"""The roles whose members may approve."""
BREAK_GLASS = tuple(
    {"subject": subject, "reason": "the way in when all else fails"}
    for subject in ("iam-user/*/*/break-glass", "iam-role/*/*/break-glass-reports")
)
PROTECTED = (
    {"subject": "iam-user/*/*/way-in", "reason": "the last way in", "owner": "ops", "expires": "2099-12-31"},
    {"subject": "iam-user/*/*/way-out", "reason": "it was one", "owner": "ops", "expires": "2020-12-31"},
)
"""What nothing changes, and what is not protected any more."""
CDK = REPOSITORY / "node_modules" / ".bin" / "cdk"


def two_others(account: str) -> dict[str, object]:
    """Return the rules of approvals: two people approve, each in one of two roles, and no requester."""
    roles = [f"arn:aws:iam::{account}:role/{name}" for name in (FIRST_ROLE, SECOND_ROLE)]
    return {"approvers": {"count": 2, "roles": roles, "other-than-requester": True}}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what the deployments are made of."""
    if not CDK.exists():
        pytest.skip("the CDK command line is not installed: npm ci")
    return tmp_path_factory.mktemp("deployment")


@pytest.fixture(scope="session")
def deployer(folder: Path, bundles: Store) -> Deployer:
    return Deployer(folder, bundles)


@pytest.fixture(scope="package")
def world(folder: Path, deployer: Deployer) -> Iterator[World]:
    """Ringfence on a local AWS that records CloudTrail, with a second account in scope."""
    with LocalAws(cloudtrail=True, log=folder / "world.log") as local:
        yield World(deployer.home(local, DRY, AT_ONCE, accounts=(OTHER_ACCOUNT,)))


@pytest.fixture(scope="package")
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


@pytest.fixture
def holder(place: Place) -> KeyHolder:
    return place.principals.holder(place.world.builder().name)
