"""Each decision of a deployment names the policy file that decided, and people read which one it was."""

from __future__ import annotations

import csv
import hashlib
import io
from typing import TYPE_CHECKING

import pytest

from ringfence.record.facts import DecisionMade
from tests.e2e.operators import operator

if TYPE_CHECKING:
    from tests.e2e.deployments import Deployer
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e


def test_each_decision_names_the_policy_file_and_commands_show_it(
    enforcing: World, deployer: Deployer
) -> None:
    """One decision is that of the policy, and one is about the release that a person asked for."""
    world, builder = enforcing, enforcing.builder()
    roles = (f"arn:aws:iam::{world.local.account}:policy/ringfence-{one}" for one in ("auditor", "releaser"))
    hand, server = operator(world, *roles), builder.launch(builder.ground(), builder.name)
    world.send(server)
    incident = world.complete(server).incident
    done = hand.types("release", incident, "--yes", "--reason", "it was a drill")
    assert done.returncode == 0, done.stdout + done.stderr

    digest = hashlib.sha256(deployer.policy(world.local).read_bytes()).hexdigest()
    decisions = world.history(server).of(DecisionMade)
    assert {one.policy for one in decisions} == {digest}
    assert {one.decision.reason.partition(" by ")[0] for one in decisions} >= {"release requested"}
    shown = hand.types("incidents", "show", incident, "--full").stdout
    assert shown.count(f"policy file with SHA-256 {digest}") == len(decisions)
    exported = hand.types("incidents", "export", incident, "--format", "decisions").stdout
    rows = [one for one in csv.DictReader(io.StringIO(exported)) if one["what"] == "decision"]
    assert [one["policy"] for one in rows] == [digest] * len(decisions)
