"""A limit that is reached, with IAM enforced: people see it, answer what waits together, and reset it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.local.credential_findings import CredentialFinding
from ringfence.local.findings import InstanceFinding
from ringfence.record.approvals import ApprovalStatus, approvals
from tests.e2e.approvals import approver
from tests.e2e.operators import operator
from tests.e2e.places import HOME_REGION, SESSIONS
from tests.e2e.world import Inbox, until

if TYPE_CHECKING:
    from ringfence.local.estate import Estate, Server
    from ringfence.local.principals import KeyHolder
    from ringfence.record.approvals import Approval
    from tests.e2e.places import Place
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
BURST = 50


def launched(world: World, estate: Estate, number: int) -> tuple[Server, ...]:
    """Launch servers in the Auto Scaling group, which is to have ten, and outside of every target group."""
    scaling, group = world.client("autoscaling"), {"AutoScalingGroupName": estate.scaling_group}
    scaling.detach_load_balancer_target_groups(**group, TargetGroupARNs=[estate.target_group])
    builder = world.builder()
    servers = tuple(builder.launch(estate.ground, f"{builder.name}-{one}") for one in range(number))
    scaling.update_auto_scaling_group(**group, MaxSize=20)
    scaling.attach_instances(**group, InstanceIds=[one.ref.id for one in servers])
    scaling.update_auto_scaling_group(**group, DesiredCapacity=10)
    assert world.deployment.look(*(one.ref for one in servers))
    return servers


def test_what_waits_behind_a_limit_is_answered_together_and_the_limit_is_reset(place: Place) -> None:
    world = place.world
    estate = world.builder().estate()
    servers, inbox = launched(world, estate, 3), Inbox(world)
    world.deployment.send(*map(InstanceFinding.about, servers))

    def waiting() -> dict[str, str]:
        """Return the subjects of the incidents that wait, by incident."""
        now, found = datetime.now(UTC), [world.history(one) for one in servers]
        return {
            one.incident: one.entries[0].body
            for one in found
            if [each.status(now) for each in approvals(one.entries)] == [ApprovalStatus.WAITING]
        }

    until(lambda: len(waiting()) == 2, "people are asked about two of three")
    until(
        lambda: any("limit reached" in one for server in servers for one in inbox.told(server.ref.id)), "told"
    )
    limit = f"auto-scaling-group/{world.local.account}/{world.local.region}/{estate.scaling_group}/hour"
    anna = approver(world)
    listed = anna.types("approvals", "--breaker", limit, "--json")
    assert {one["incident"] for one in json.loads(listed.stdout)["waiting"]} == set(waiting()), listed.stderr
    shown = anna.types("limits")
    assert f"BREAKER OPEN: {limit}" in shown.stdout, shown.stderr
    assert anna.types("limits", "reset", limit, "--reason", "a try").returncode == 1
    done = anna.types("approve", "--breaker", limit, "--yes", "--reason", "an outbreak", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one["outcome"] for one in json.loads(done.stdout)["outcomes"]] == ["approved"] * 2
    for server in servers:
        world.complete(server)
        assert world.inspector().closed(server)

    resetter = operator(world, f"arn:aws:iam::{world.local.account}:policy/ringfence-resetter")
    assert resetter.types("approvals").returncode == 1
    reset = resetter.types("limits", "reset", limit, "--reason", "the outbreak was a test", "--json")
    assert reset.returncode == 0, reset.stdout + reset.stderr
    assert json.loads(reset.stdout)["reset"]["free"] == 1
    (one,) = json.loads(resetter.types("limits", "--limit", limit, "--json").stdout)["limits"]
    assert (one["used"], one["breaker"]) == (0, None)

    share = f"{limit.rpartition('/')[0]}/open"
    (one,) = json.loads(resetter.types("limits", "--limit", share, "--json").stdout)["limits"]
    assert (one["most"], one["used"]) == (2, 1), "the function has read that the group is to have ten"
    fourth, fifth = launched(world, estate, 2)
    world.send(fourth)
    world.complete(fourth)
    assert world.inspector().closed(fourth)
    assert not approvals(world.history(fourth).entries)
    assert resetter.types("limits", "reset", limit, "--reason", "one more").returncode == 0
    world.send(fifth)
    until(lambda: approvals(world.history(fifth).entries), "people are asked about the fifth")
    (asked,) = approvals(world.history(fifth).entries)
    assert asked.asked.limit == share
    assert not world.inspector().closed(fifth)


def test_of_a_burst_of_fifty_the_limit_holds_back_all_but_as_many_as_it_allows(
    place: Place, holder: KeyHolder
) -> None:
    """Fifty sessions of one role. Those past the limit wait, and keep what they may do.

    A critical finding has a budget of its own, which the others cannot use up.
    """
    named = [place.principals.assume(holder.other, holder.role, f"session-{one}") for one in range(BURST)]
    place.world.deployment.send(*(CredentialFinding.of_session(holder, one, HOME_REGION) for one in named))

    def waiting() -> list[Approval]:
        """Return what people are asked about."""
        found = (approvals(place.history(holder.session_ref(one)).entries) for one in named)
        return [one for each in found for one in each]

    until(lambda: len(waiting()) == BURST - SESSIONS, "people are asked about all past the limit", 300)
    limit = f"role/{place.world.local.account}/{holder.role}/hour"
    assert {one.asked.limit for one in waiting()} == {limit}
    until(lambda: place.works(*named).count(False) == SESSIONS, "as many are denied as the limit allows")
    (shown,) = json.loads(approver(place.world).types("limits", "--limit", limit, "--json").stdout)["limits"]
    assert (shown["most"], shown["used"]) == (SESSIONS, SESSIONS)
    assert shown["breaker"] is not None
    critical = place.principals.assume(holder.other, holder.role, "critical")
    place.send(CredentialFinding.of_session(holder, critical, HOME_REGION, severity=9.5))
    until(lambda: not place.works(critical)[0], "the session of a critical finding is denied")
