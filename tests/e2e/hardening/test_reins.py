"""What holds a response back, with IAM enforced: hours, units, rules about approvers, limits, shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.local.findings import InstanceFinding
from ringfence.record.approvals import approvals
from ringfence.record.facts import DecisionMade
from tests.e2e.approvals import ASK_TYPE, Asked, approver
from tests.e2e.compliance import CLOSED_TYPE, FIRST_ROLE, OTHER_UNIT_TYPE, SECOND_ROLE, UNIT_TYPE
from tests.e2e.hardening.test_shares import asked, burst, place
from tests.e2e.operators import member, policy
from tests.e2e.world import until

if TYPE_CHECKING:
    from ringfence.local.estate import Server
    from tests.e2e.compliance import Compliance
    from tests.e2e.operators import Operator

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


@pytest.fixture(scope="module")
def approvers(compliance: Compliance) -> tuple[Operator, Operator]:
    """A member of each role whose members may approve. The first one may run as well."""
    world = compliance.world
    may_answer, may_run = (policy(world, name) for name in ("approver", "operator"))
    return member(world, FIRST_ROLE, may_answer, may_run), member(world, SECOND_ROLE, may_answer)


def test_two_members_of_the_roles_of_the_policy_approve(
    compliance: Compliance, by_rule: dict[str, Server], approvers: tuple[Operator, Operator]
) -> None:
    """Somebody who approves twice is one person, and so are all members of one role."""
    world, (anna, ben) = compliance.world, approvers
    waits = Asked(world, by_rule[ASK_TYPE])
    until(lambda: waits.approvals, "people are asked")
    words = ("approve", waits.incident, "--plan", waits.approvals[0].asked.digest, "--reason", "it beacons")
    refused = approver(world).types(*words)
    assert refused.returncode == 1
    assert "the policy lets only members of" in refused.stdout + refused.stderr
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


def test_who_requested_a_run_does_not_approve(
    compliance: Compliance, approvers: tuple[Operator, Operator]
) -> None:
    world, (anna, ben) = compliance.world, approvers
    waits = Asked.about(world)
    run = anna.types(
        "run",
        "contain-instance",
        waits.server.ref.id,
        "--remediation",
        "protect-termination",
        "--reason",
        "it must stay",
        "--yes",
    )
    assert run.returncode in {0, 1}, run.stdout + run.stderr
    (asked_,) = waits.approvals
    words = ("approve", waits.incident, "--plan", asked_.asked.digest, "--reason", "it beacons")
    refused = anna.types(*words)
    assert refused.returncode == 1
    assert "requested this run, and the policy wants another person" in refused.stdout + refused.stderr
    other = ben.types(*words)
    assert other.returncode == 0, other.stdout + other.stderr
    assert "1 more must approve" in other.stdout
    assert not waits.closed


def test_of_a_burst_on_nodes_of_one_cluster_as_many_are_isolated_as_its_limit_allows(
    compliance: Compliance,
) -> None:
    """The policy lets nodes be isolated. Otherwise, each is a dry run."""
    world = compliance.world
    builder = world.builder()
    nodes = tuple(builder.launch(builder.ground(), f"{builder.name}-{number}") for number in range(3))
    tag = {"Key": "eks:cluster-name", "Value": builder.name}
    world.client("ec2").create_tags(Resources=[one.ref.id for one in nodes], Tags=[tag])
    burst(compliance, nodes, f"cluster/{place(compliance)}/eks/{builder.name}/hour")


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
