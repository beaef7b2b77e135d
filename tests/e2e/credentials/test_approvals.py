"""People answer plans, with IAM enforced: what they have seen is done, once, and nothing else is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ringfence.local.approval_demo import ApprovalScene
from ringfence.local.findings import InstanceFinding
from ringfence.policy.decision import DecisionCode
from ringfence.record.approval_facts import Answer, ApprovalAnswered
from ringfence.record.approvals import ApprovalStatus
from ringfence.record.facts import DecisionMade, Intended
from tests.e2e.approvals import ASK_TYPE, VETO_TYPE, WATCHED, WATCHED_TAG, Asked, approver
from tests.e2e.world import Inbox, until

if TYPE_CHECKING:
    from tests.e2e.operators import Operator
    from tests.e2e.places import Place
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
S = ApprovalStatus


@pytest.fixture(scope="module")
def anna(world: World) -> Operator:
    return approver(world)


def now() -> datetime:
    return datetime.now(UTC)


def test_what_a_person_approves_is_carried_out(
    world: World, anna: Operator, inbox: Inbox, ignored: Asked, unvetoed: Asked
) -> None:
    asked = Asked.about(world)
    assert not asked.closed
    assert not world.history(asked.server).of(Intended)
    until(lambda: inbox.told(asked.incident), "people are told")
    shown = anna.types("approvals", asked.incident)
    assert shown.returncode == 0, shown.stderr
    plan = asked.approvals[0].asked.digest
    assert plan in shown.stdout
    done = anna.types("approve", asked.incident, "--plan", plan, "--reason", "it beacons")
    assert done.returncode == 0, done.stdout + done.stderr
    history = world.complete(asked.server)
    assert asked.closed
    assert [one.decision.code for one in history.of(DecisionMade)][-1] is DecisionCode.APPROVED
    assert asked.status(now()) is S.BEGUN
    again = anna.types("reject", asked.incident, "--reason", "too late")
    assert again.returncode == 1, "an answer is final"
    assert len(history.of(ApprovalAnswered)) == 1
    assert world.deployment.archived(asked.server.ref).sound
    assert not ignored.closed
    assert not unvetoed.closed


def test_what_a_person_rejects_is_not_done(world: World, anna: Operator) -> None:
    asked = Asked.about(world)
    done = anna.types("reject", asked.incident, "--reason", "a drill")
    assert done.returncode == 0, done.stdout + done.stderr
    twice = anna.types("approve", asked.incident, "--yes")
    assert twice.returncode == 1
    assert asked.status(now()) is S.REJECTED
    world.quiet()
    assert not asked.closed


def test_of_an_approval_and_a_rejection_at_once_one_counts(world: World, anna: Operator) -> None:
    asked, ben = Asked.about(world), approver(world)
    plan = asked.approvals[0].asked.digest
    answers = (
        (anna, ("approve", asked.incident, "--plan", plan)),
        (ben, ("reject", asked.incident, "--reason", "a drill")),
    )
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(lambda one: one[0].types(*one[1]).returncode, answers))
    assert sorted(codes) == [0, 1]
    (answer,) = world.history(asked.server).of(ApprovalAnswered)
    assert answer.answer == (Answer.APPROVE if codes[0] == 0 else Answer.REJECT)
    if answer.answer == Answer.APPROVE:
        world.complete(asked.server)
    assert asked.closed is (answer.answer == Answer.APPROVE)


def test_a_rule_about_a_tag_of_the_resource_asks_and_says_why(world: World) -> None:
    """The other rules would contain the server at once."""
    builder = world.builder()
    server = builder.launch(builder.ground(), builder.name, builder.profile())
    tag = {"Key": WATCHED_TAG, "Value": "yes"}
    world.client("ec2").create_tags(Resources=[server.ref.id], Tags=[tag])
    world.send(server)
    asked = Asked(world, server)
    until(lambda: asked.approvals, "people are asked")
    made = world.history(server).of(DecisionMade)[-1].decision
    assert made.rule == WATCHED["name"]
    assert "allows at most mode approve for this resource" in made.reason
    assert not asked.closed


def test_only_callers_with_the_right_to_answer_are_heard(world: World, place: Place) -> None:
    """Somebody who may run and release may not approve."""
    asked = Asked.about(world)
    done = place.hand.types("approve", asked.incident, "--yes")
    assert done.returncode != 0
    assert asked.status(now()) is S.WAITING
    assert not world.history(asked.server).of(ApprovalAnswered)


def test_a_plan_that_has_changed_is_asked_about_again(world: World, anna: Operator) -> None:
    asked = Asked.about(world)
    first = asked.approvals[0]
    builder = world.builder()
    ec2 = world.client("ec2")
    found = ec2.describe_network_interfaces(NetworkInterfaceIds=[asked.server.interfaces[0]])
    vpc = found["NetworkInterfaces"][0]["VpcId"]
    group = ec2.create_security_group(GroupName=builder.name, Description="new", VpcId=vpc)["GroupId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=asked.server.interfaces[0], Groups=[group])
    done = anna.types("approve", asked.incident, "--plan", first.asked.digest)
    assert done.returncode == 0, done.stdout + done.stderr
    until(lambda: len(asked.approvals) == 2, "people are asked again")
    assert [one.status(now()) for one in asked.approvals] == [S.VOIDED, S.WAITING]
    assert asked.approvals[1].asked.difference
    assert not asked.closed


def test_break_glass_is_told_to_everybody(world: World, anna: Operator, inbox: Inbox) -> None:
    asked = Asked.about(world)
    plan = asked.approvals[0].asked.digest
    words = ("approve", asked.incident, "--plan", plan, "--break-glass")
    assert anna.types(*words).returncode == 2, "it needs a reason"
    done = anna.types(*words, "--reason", "nobody else is awake")
    assert done.returncode == 0, done.stdout + done.stderr
    until(lambda: any("BREAK-GLASS" in one for one in inbox.told(asked.incident)), "everybody is told")
    world.complete(asked.server)


def test_a_veto_stops_what_would_run_by_itself(world: World, anna: Operator, inbox: Inbox) -> None:
    del inbox
    asked = Asked.about(world, VETO_TYPE)
    done = anna.types("reject", asked.incident, "--reason", "it is the scanner")
    assert done.returncode == 0, done.stdout + done.stderr
    assert asked.status(now()) is S.REJECTED


def test_the_demo_asks_a_person_who_approves(world: World) -> None:
    scene = ApprovalScene.build(world.deployment, world.builder().name)
    finding = InstanceFinding.about(scene.estate.web, type=ASK_TYPE)
    assert list(scene.ask(finding))
    notice = scene.notice
    assert notice is not None
    assert not scene.changed
    outputs = [scene.types(*words) for words in scene.commands()]
    assert "Ringfence carries it out now" in outputs[-1]
    assert list(scene.carried_out(0))
    assert scene.end().missing == ()
