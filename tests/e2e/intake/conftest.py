"""One deployment for everything that comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local import LocalAws
from ringfence.local.deployment import AT_ONCE
from tests.e2e.approvals import ASK, Asked
from tests.e2e.compliance import Compliance, settings
from tests.e2e.intake.scanned import CLOSED_ACCOUNT, THIRD_ACCOUNT
from tests.e2e.intake.senders import SIGMA_RULE, incoming
from tests.e2e.operators import operator, policies
from tests.e2e.world import OTHER_ACCOUNT, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.deployments import Deployer


RESERVED = 20
"""The executions at a time that are reserved for each containing function."""


@pytest.fixture(scope="package")
def intake(folder: Path, deployer: Deployer) -> Iterator[Compliance]:
    """Ringfence with IAM enforced, allowed everything, and with custom actions. No trail records calls."""
    with LocalAws(log=folder / "intake.log") as local:
        local.client("securityhub").enable_security_hub()
        context = {
            "security_hub_actions": "true",
            "scheduled_scans": "rate(1 day)",
            "activity": "named",
            "activity_sigma": str(SIGMA_RULE),
            "reserved_concurrency": str(RESERVED),
        }
        given, accounts = incoming(local.account), (OTHER_ACCOUNT, THIRD_ACCOUNT, CLOSED_ACCOUNT)
        made = deployer.home(
            local,
            ASK,
            AT_ONCE,
            accounts=accounts,
            runbooks=settings(),
            approvals={"expires": "2m", "veto-delay": "1m", "on-expiry": "reject"},
            incoming=given,
            context=context,
        )
        world = World(made)
        for account in (OTHER_ACCOUNT, THIRD_ACCOUNT):
            deployer.protect(local, account)
        local.enforce(True)
        yield Compliance(world, operator(world, *policies(world)))


@pytest.fixture(scope="package", autouse=True)
def ignored(intake: Compliance) -> Asked:
    """A question that nobody answers. Its time runs out while the other tests run."""
    return Asked.about(intake.world)
