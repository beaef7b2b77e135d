"""Somebody undoes a containment: a person learns who it was, and the instance is isolated again, once."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.record.facts import ContainmentBroken
from ringfence.record.notices import notice
from ringfence.record.notices.kinds import NoticeKind
from tests.e2e.operators import operator, policies
from tests.e2e.world import Inbox, until

if TYPE_CHECKING:
    from ringfence.local.estate import Server
    from ringfence.record.history import History
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e
QUEUE = "ringfence-contain-instance-recheck"


@dataclass(frozen=True)
class Undone:
    """A contained server to which somebody attached an interface, and later put groups back."""

    server: Server
    first: History
    closed_again: bool
    second: History
    open_at_last: bool
    told: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def undone(world: World) -> Undone:
    builder, ec2, inbox = world.builder(), world.client("ec2"), Inbox(world)
    server = builder.launch(builder.ground(), builder.name)
    world.send(server)
    world.complete(server)

    subnet, groups = server.ground.subnets[0], [server.ground.back]
    made = ec2.create_network_interface(SubnetId=subnet, Groups=groups)["NetworkInterface"]
    new = made["NetworkInterfaceId"]
    ec2.attach_network_interface(NetworkInterfaceId=new, InstanceId=server.ref.id, DeviceIndex=2)
    until(lambda: world.history(server).of(ContainmentBroken), "somebody's interface is noticed")
    first = until(lambda: _verified_since(world, server), "the instance is contained again")
    assert first
    closed_again = world.inspector().closed(server)

    ec2.modify_network_interface_attribute(NetworkInterfaceId=server.interfaces[0], Groups=groups)
    until(lambda: len(world.history(server).of(ContainmentBroken)) > 1, "the groups are noticed")
    second = world.history(server)
    until(lambda: len(_undone(inbox.told(server.ref.id))) == 2, "a person is told that it was undone")
    told = inbox.told(server.ref.id)
    return Undone(server, first, closed_again, second, not world.inspector().closed(server), told)


def _undone(told: list[str]) -> list[str]:
    return [one for one in told if "containment undone" in one]


def _verified_since(world: World, server: Server) -> History | None:
    history = world.history(server)
    return history if history.broken is None and history.verified and history.verified.complete else None


def test_a_new_interface_is_isolated_again_and_the_record_says_who_attached_it(undone: Undone) -> None:
    (fact,) = undone.first.of(ContainmentBroken)
    assert (fact.call, fact.address, fact.answered) == ("ec2:AttachNetworkInterface", "127.0.0.1", True)
    assert fact.who == f"arn:aws:iam::{undone.server.ref.account}:root"
    assert undone.closed_again


def test_the_second_time_a_person_is_asked_and_nothing_is_changed(undone: Undone) -> None:
    _, fact = undone.second.of(ContainmentBroken)
    assert (fact.call, fact.answered) == ("ec2:ModifyNetworkInterfaceAttribute", False)
    assert undone.open_at_last


def test_a_person_is_told_of_each_step(undone: Undone) -> None:
    """Urgent notices arrive whatever else is told. In a flood, others wait for a summary."""
    entries = undone.second.entries
    each = [found for count in range(len(entries)) if (found := notice(entries[: count + 1]))]
    steps = Counter(one.kind for one in each)
    assert (steps[NoticeKind.CONTAINMENT_UNDONE], steps[NoticeKind.CONTAINED]) == (2, 2)
    broken = [one.subject for one in each if one.kind is NoticeKind.CONTAINMENT_UNDONE]
    assert Counter(_undone(undone.told)) == Counter(broken)
    assert all(one.startswith("[URGENT") for one in broken)


def test_a_recheck_shows_what_is_open_and_ends_with_1(world: World, undone: Undone) -> None:
    hand = operator(world, *policies(world))
    shown = hand.types("incidents", "recheck", undone.second.incident)
    assert shown.returncode == 1, shown.stdout + shown.stderr
    assert shown.stdout.startswith("NOT CONTAINED")
    assert undone.server.interfaces[0] in shown.stdout
    told = ("run", "contain-instance", undone.server.ref.id, "--yes", "--reason", "contain it again")
    assert hand.types(*told).returncode == 0
    again = hand.types("incidents", "recheck", undone.second.incident)
    assert again.returncode == 0, again.stdout + again.stderr
    listed = [one.split("\t") for one in hand.types("incidents", "list").stdout.splitlines()]
    (row,) = [one for one in listed if one[0] == undone.second.incident]
    assert row[1] == "complete"
    assert datetime.now(UTC) - datetime.fromisoformat(row[-1]) < timedelta(minutes=2), "verified just now"


def test_the_schedule_verifies_every_open_incident_without_an_entry(world: World, undone: Undone) -> None:
    before = world.history(undone.server).entries
    answer = world.client("lambda").invoke(FunctionName=QUEUE, Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()
    assert json.loads(answer["Payload"].read())["incidents"] >= 1
    assert world.history(undone.server).entries == before
