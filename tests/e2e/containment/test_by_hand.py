"""Operators run, read, verify and release from the command line, through the IAM-authorized API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.record.facts import Intended, Released, RunRequested
from tests.e2e.operators import Operator, operator, policies
from tests.e2e.world import QUEUES, Inbox, until

if TYPE_CHECKING:
    from ringfence.local.estate import Server
    from ringfence.local.inspection import Portrait
    from ringfence.record.chain import Entry
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Ran:
    """What a run by hand came to."""

    server: Server
    role: str
    before: Portrait
    after: Portrait
    told: dict[str, Any]
    entries: tuple[Entry, ...]


@pytest.fixture(scope="module")
def hand(world: World) -> Operator:
    return operator(world, *policies(world))


@pytest.fixture(scope="module")
def ran(world: World, hand: Operator) -> Ran:
    builder, inspector = world.builder(), world.inspector()
    role = builder.profile()
    server = builder.launch(builder.ground(), builder.name, role)
    before = inspector.portrait(server, role)
    words = ("run", "contain-instance", server.ref.id, "--yes", "--json", "--reason", "it behaves oddly")
    done = hand.types(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    told, entries = json.loads(done.stdout), world.history(server).entries
    return Ran(server, role, before, inspector.portrait(server, role), told, entries)


def test_a_run_contains_the_instance_and_waits_until_it_is_complete(world: World, ran: Ran) -> None:
    assert world.inspector().closed(ran.server)
    assert ran.after["snapshots"] == "1 of each of 2 volumes"
    assert ran.told["status"] == "complete"


def test_the_log_names_who_asked_as_iam_established_it_and_why(
    world: World, hand: Operator, ran: Ran
) -> None:
    history = world.history(ran.server)
    requests = [(entry.actor, fact) for entry, fact in history.facts if isinstance(fact, RunRequested)]
    assert {actor for actor, _ in requests} == {hand.arn}
    assert {fact.reason for _, fact in requests} == {"it behaves oddly"}
    assert all(fact.verified for _, fact in requests)


def test_what_has_changed_since_it_was_shown_is_refused_and_shown_anew(world: World, hand: Operator) -> None:
    builder, ec2 = world.builder(), world.client("ec2")
    server = builder.launch(builder.ground(), builder.name)
    first = server.interfaces[0]

    def groups() -> list[str]:
        (found,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[first])["NetworkInterfaces"]
        return [one["GroupId"] for one in found["Groups"]]

    def moved() -> None:
        ec2.modify_network_interface_attribute(NetworkInterfaceId=first, Groups=groups()[:1])

    words = ("run", "contain-instance", server.ref.id, "--reason", "it behaves oddly")
    before = groups()
    refused = hand.answers(moved, *words)
    assert refused.returncode == 1, refused.stdout
    assert "the plan has changed since you confirmed it, and nothing was changed" in refused.stdout
    assert groups() == before[:1] != before
    assert not world.history(server).of(Intended)

    done = hand.answers(groups, *words)
    assert done.returncode == 0, done.stdout
    assert world.inspector().closed(server)


def test_incidents_are_listed_and_shown(hand: Operator, ran: Ran) -> None:
    incident = ran.told["incident"]
    listed, shown = hand.types("incidents", "list"), hand.types("incidents", "show", incident)
    assert (listed.returncode, shown.returncode) == (0, 0), listed.stderr + shown.stderr
    assert incident in listed.stdout
    assert "it behaves oddly" in shown.stdout
    assert f"turn termination protection of {ran.server.ref.id} on" in shown.stdout


def test_the_record_is_verified_against_the_archive(world: World, hand: Operator, ran: Ran) -> None:
    world.deployment.archived(ran.server.ref)
    verified = hand.types("audit", "verify", ran.told["incident"])
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "the same as the archive's first versions" in verified.stdout


@pytest.mark.parametrize(
    ("id_", "says"),
    [("i-nonsense", "must be an instance's id"), ("i-0123456789abcdef0", "there is no instance")],
)
def test_a_wrong_id_is_a_clear_error(hand: Operator, id_: str, says: str) -> None:
    refused = hand.types("run", "contain-instance", id_, "--yes", "--reason", "a slip of the hand")
    assert refused.returncode == 2
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr


def test_what_stands_behind_the_run_finds_nothing_left_to_do(world: World, ran: Ran) -> None:
    """It is due half a minute after the run: the tests above have taken a part of that time."""
    second = QUEUES[1]
    until(lambda: not world.delayed(second), "what stands behind the run is due")
    world.quiet()
    assert world.history(ran.server).entries == ran.entries
    assert world.waiting(f"{second}-dead-letters") == 0


def test_a_release_gives_everything_back_but_the_evidence(world: World, hand: Operator, ran: Ran) -> None:
    inbox = Inbox(world)
    released = hand.types("release", ran.told["incident"], "--yes", "--reason", "it was a drill")
    assert released.returncode == 0, released.stdout + released.stderr
    assert world.history(ran.server).last(Released) is not None
    after = world.inspector().portrait(ran.server, ran.role)
    kept = {"snapshots": "1 of each of 2 volumes"}
    assert after == ran.before | kept
    until(lambda: inbox.told(ran.told["incident"]), "people are told of the release")
    assert inbox.told("TAMPERING with the control table") == []
