"""One deployment for everything that comes in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ringfence.local import LocalAws
from ringfence.local.deployment import AT_ONCE
from tests.e2e.approvals import ASK, Asked
from tests.e2e.compliance import Compliance, settings
from tests.e2e.intake.scanned import CLOSED_ACCOUNT, THIRD_ACCOUNT
from tests.e2e.intake.senders import SIGMA_RULE, incoming
from tests.e2e.operators import operator, policies, with_second_factor
from tests.e2e.world import OTHER_ACCOUNT, Inbox, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.deployments import Deployer


COPIES = "copies-of-checkpoints"
"""A bucket of another account."""
RESERVED = 20
"""The executions at a time that are reserved for each containing function."""


@pytest.fixture(scope="package")
def intake(folder: Path, deployer: Deployer) -> Iterator[Compliance]:
    """Ringfence with IAM enforced, allowed everything, and with custom actions. No trail records calls.

    Callers of the API for operators need a second factor.
    """
    with LocalAws(log=folder / "intake.log") as local:
        local.client("securityhub").enable_security_hub()
        bucket_for_copies(local)
        context = {
            "security_hub_actions": "true",
            "scheduled_scans": "rate(1 day)",
            "activity": "named",
            "activity_sigma": str(SIGMA_RULE),
            "reserved_concurrency": str(RESERVED),
            "require_mfa": "true",
            "checkpoint_bucket": COPIES,
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
        inbox = Inbox(world)
        local.enforce(True)
        yield Compliance(world, with_second_factor(world, operator(world, *policies(world))))
        assert inbox.told("TAMPERING with the control table") == [], "what Ringfence writes is silent"


def bucket_for_copies(local: LocalAws) -> None:
    """Let another account have a bucket that takes copies of checkpoints, and gives none back.

    The local AWS compares the account of a caller from another one, and not the role. IAM does that at home.
    """
    s3 = local.client("s3", THIRD_ACCOUNT)
    s3.create_bucket(Bucket=COPIES, ObjectOwnership="BucketOwnerEnforced")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{local.account}:root"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{COPIES}/ringfence/*",
    }
    s3.put_bucket_policy(
        Bucket=COPIES, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )


@pytest.fixture(scope="package", autouse=True)
def ignored(intake: Compliance) -> Asked:
    """A question that nobody answers. Its time runs out while the other tests run."""
    return Asked.about(intake.world)
