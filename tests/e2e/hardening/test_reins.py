"""What holds a response back, deployed with IAM enforced: hours, organizational units, two people, shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local.findings import InstanceFinding
from ringfence.record.approvals import approvals
from ringfence.record.facts import DecisionMade
from tests.e2e.approvals import ASK_TYPE, Asked, approver
from tests.e2e.compliance import CLOSED_TYPE, OTHER_UNIT_TYPE, UNIT_TYPE
from tests.e2e.hardening.test_shares import asked, burst
from tests.e2e.world import until

if TYPE_CHECKING:
    from ringfence.local.estate import Server
    from tests.e2e.compliance import Compliance

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def by_rule(compliance: Compliance) -> dict[str, Server]:
    """A server for each rule about hours and units, with a finding of the type that the rule names."""
    builder = compliance.world.builder()
    types = (ASK_TYPE, CLOSED_TYPE, UNIT_TYPE, OTHER_UNIT_TYPE)
    servers = {one: builder.launch(builder.ground(), builder.name) for one in types}
    compliance.world.deployment.send(
        *(InstanceFinding.about(one, type=type_) for type_, one in servers.items())
    )
    return servers


def test_a_rule_about_hours_holds_within_them(compliance: Compliance, by_rule: dict[str, Server]) -> None:
    held, free = by_rule[ASK_TYPE], by_rule[CLOSED_TYPE]
    compliance.world.complete(free)
    assert compliance.world.inspector().closed(free)
    until(lambda: asked(compliance, (held,)), "people are asked in these hours")
    assert not compliance.world.inspector().closed(held)


def test_a_rule_about_an_organizational_unit_holds_for_its_accounts(
    compliance: Compliance, by_rule: dict[str, Server]
) -> None:
    held, free = by_rule[UNIT_TYPE], by_rule[OTHER_UNIT_TYPE]
    compliance.world.complete(free)
    assert compliance.world.inspector().closed(free)
    made = until(lambda: compliance.world.history(held).last(DecisionMade), "a decision is made")
    assert made
    assert made.decision.mode == "dry-run"
    compliance.world.quiet()
    assert not compliance.world.inspector().closed(held)


def test_two_people_approve(compliance: Compliance, by_rule: dict[str, Server]) -> None:
    """Somebody who approves twice is one person."""
    world = compliance.world
    waits = Asked(world, by_rule[ASK_TYPE])
    until(lambda: waits.approvals, "people are asked")
    anna, ben = approver(world), approver(world)
    words = ("approve", waits.incident, "--plan", waits.approvals[0].asked.digest, "--reason", "it beacons")
    first = anna.types(*words)
    assert first.returncode == 0, first.stdout + first.stderr
    again = anna.types(*words)
    assert "1 more must approve" in again.stdout, again.stdout + again.stderr
    world.quiet()
    assert not waits.closed
    second = ben.types(*words)
    assert second.returncode == 0, second.stdout + second.stderr
    world.complete(waits.server)
    assert waits.closed
    (answered,) = approvals(world.history(waits.server).entries)
    assert {one.actor for one in answered.answers} == {anna.arn, ben.arn}


def test_of_a_burst_on_instances_of_one_role_one_is_isolated_and_the_others_are_asked_about(
    compliance: Compliance,
) -> None:
    builder = compliance.world.builder()
    profile = builder.profile()
    servers = [builder.launch(builder.ground(), f"{builder.name}-{number}", profile) for number in range(3)]
    ground = builder.ground()
    for number in range(3, 5):
        builder.launch(ground, f"{builder.name}-{number}", profile)
    burst(compliance, tuple(servers), f"role/{compliance.world.local.account}/{profile}/open")
