"""A finding on the event bus leads to a contained instance, and nothing beside it is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import jsonschema
import pytest

from ringfence.local.findings import InstanceFinding
from ringfence.local.inspection import NONE, Portrait
from ringfence.observations.ec2.snapshots import FINDING_TAG
from ringfence.observations.ec2.tags import INCIDENT_TAG
from ringfence.policy.decision import DecisionCode
from ringfence.record.approval_facts import ApprovalRequested
from ringfence.record.facts import DecisionMade, FindingReceived
from ringfence.record.notices.schema import json_schema
from tests.e2e.world import Inbox, applied, not_applied, until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.local.estate import Estate, Server
    from ringfence.record.history import History
    from tests.e2e.world import World

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Contained:
    """An estate of which one server was contained."""

    estate: Estate
    finding: InstanceFinding
    neighbour: Portrait
    after: Portrait
    history: History


@pytest.fixture(scope="module")
def contained(world: World) -> Contained:
    estate, inspector = world.builder().estate(), world.inspector()
    neighbour = inspector.portrait(estate.bystander, estate.role)
    finding = world.send(estate.web)
    history = world.complete(estate.web)
    return Contained(estate, finding, neighbour, inspector.portrait(estate.web, estate.role), history)


@pytest.mark.shows("isolate-instance")
def test_every_interface_is_left_with_a_group_without_rules(world: World, contained: Contained) -> None:
    assert world.inspector().closed(contained.estate.web)


@pytest.mark.shows(
    "leave-auto-scaling",
    "protect-termination",
    "keep-volumes",
    "leave-target-groups",
    "detach-instance-profile",
    "deny-instance-sessions",
    "snapshot-volumes",
)
@pytest.mark.parametrize(
    ("aspect", "wanted"),
    [
        ("state", "running"),
        ("instance profile", NONE),
        ("sessions of its role", "denied everything"),
        ("Auto Scaling group", NONE),
        ("target groups", NONE),
        ("termination protection", "on"),
        ("shutdown from inside", "stop"),
        ("volumes", "all kept"),
        ("snapshots", "1 of each of 2 volumes"),
    ],
)
def test_the_instance_is_kept_and_its_identity_taken(contained: Contained, aspect: str, wanted: str) -> None:
    assert contained.after[aspect] == wanted


@pytest.mark.shows("tag-instance")
def test_the_instance_and_its_snapshots_are_tagged_with_the_incident(
    world: World, contained: Contained
) -> None:
    assert contained.after["incident tag"] == contained.history.incident
    taken = world.inspector().snapshots(contained.estate.web)
    tags = [{tag["Key"]: tag["Value"] for tag in one["Tags"]} for each in taken.values() for one in each]
    assert {tag[INCIDENT_TAG] for tag in tags} == {contained.history.incident}
    assert {tag[FINDING_TAG] for tag in tags} == {contained.finding.id}


def test_the_neighbour_with_the_same_role_and_groups_is_untouched(world: World, contained: Contained) -> None:
    estate = contained.estate
    assert world.inspector().portrait(estate.bystander, estate.role) == contained.neighbour


def test_every_step_is_applied_once_and_none_ends_otherwise(contained: Contained) -> None:
    assert set(applied(contained.history).values()) == {1}
    assert not_applied(contained.history) == []
    assert contained.history.open_intents == ()


def test_the_log_is_a_sound_chain_and_every_entry_is_in_the_archive(
    world: World, contained: Contained
) -> None:
    verdict = world.deployment.archived(contained.estate.web.ref)
    assert verdict.sound
    assert verdict.pending == ()
    assert verdict.archived == verdict.entries == len(contained.history.entries)


def test_an_archived_version_cannot_be_deleted(world: World, contained: Contained) -> None:
    world.deployment.archived(contained.estate.web.ref)
    s3, bucket = world.client("s3"), world.deployment.archive
    versions = s3.list_object_versions(Bucket=bucket, Prefix="chains/")["Versions"]
    mine = [one for one in versions if contained.history.incident in one["Key"]]
    bodies = [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in mine]
    assert len(b"".join(bodies).splitlines()) == len(contained.history.entries)
    for one in mine[:3]:
        with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])


def test_the_same_event_once_more_changes_nothing(world: World, contained: Contained) -> None:
    web = contained.estate.web
    world.deployment.send(contained.finding)
    world.quiet()
    history = world.history(web)
    assert history.incident == contained.history.incident
    assert applied(history) == applied(contained.history)
    assert len(history.of(FindingReceived)) == 1
    assert world.inspector().portrait(web, contained.estate.role) == contained.after


def test_an_update_of_the_finding_joins_the_incident_and_changes_nothing(
    world: World, contained: Contained
) -> None:
    web = contained.estate.web
    world.deployment.send(contained.finding.again())
    world.quiet()
    history = world.history(web)
    assert history.incident == contained.history.incident
    assert [one.finding.count for one in history.of(FindingReceived)] == [1, 2]
    assert applied(history) == applied(contained.history)
    assert world.inspector().portrait(web, contained.estate.role) == contained.after


def test_a_person_is_told_once_that_it_is_contained(world: World) -> None:
    inbox = Inbox(world)
    builder = world.builder()
    server = builder.launch(builder.ground(), builder.name)
    world.send(server)
    world.complete(server)
    until(lambda: inbox.told(server.ref.id), "somebody is told of the server")
    world.deployment.archived(server.ref)
    about = (f'{server.ref.id} "{server.name}" ({server.ref.account} {server.ref.region})',)
    told = [one for one in inbox.told(server.ref.id) if not one.startswith("[info, high] response complete")]
    assert [one.partition("contained: ")[::2] for one in told] == [("[info, high] ", *about)]
    form = inbox.form(told[0])
    jsonschema.validate(form, json_schema())
    assert (form["kind"], form["resource"]["name"]) == ("contained", server.name)
    assert any("quarantine" in line for one in form["details"] for line in one["lines"])


def test_a_second_instance_of_the_group_keeps_its_network_and_the_group_its_size(
    world: World, contained: Contained
) -> None:
    """The first one left with a replacement. The second one's evidence is secured, and a person is told."""
    group, scaling = contained.estate.scaling_group, world.client("autoscaling")
    server = world.builder().launch(contained.estate.ground, "second")
    scaling.attach_instances(AutoScalingGroupName=group, InstanceIds=[server.ref.id])

    def members() -> tuple[int, set[str]]:
        found = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0]
        return found["DesiredCapacity"], {one["InstanceId"] for one in found["Instances"]}

    before = members()
    assert before[0] == len(before[1]) == 3, "two servers and a replacement"
    inbox = Inbox(world)
    world.send(server)
    until(lambda: any("snapshots" in one for one in applied(world.history(server))), "there are snapshots")
    until(lambda: inbox.told(server.ref.id), "somebody is told")
    world.quiet()
    codes = {one.decision.code for one in world.history(server).of(DecisionMade)}
    assert DecisionCode.LIMITED in codes, world.told(server)
    assert not world.inspector().closed(server)
    assert members() == before


def test_of_a_burst_on_a_group_of_five_one_is_isolated_and_people_are_asked_about_the_others(
    world: World,
) -> None:
    """One of five is a fifth of the group. The limit is reached once, so one notice of that is urgent."""
    builder = world.builder()
    estate = builder.estate()
    more = [builder.launch(estate.ground, f"{builder.name}-{number}") for number in (3, 4, 5)]
    ids = [one.ref.id for one in more]
    group, scaling = estate.scaling_group, world.client("autoscaling")
    scaling.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=6)
    scaling.attach_instances(AutoScalingGroupName=group, InstanceIds=ids)
    servers, inbox = (estate.web, *more), Inbox(world)
    world.deployment.send(*map(InstanceFinding.about, servers))
    until(lambda: len(asked(world, servers)) == 3, "people are asked about three servers")
    until(lambda: reached(inbox, servers), "somebody is told of the limit")
    world.quiet()
    closed = [one for one in servers if world.inspector().closed(one)]
    assert len(closed) == 1
    assert closed[0] not in asked(world, servers)
    assert len(reached(inbox, servers)) == 1


def asked(world: World, servers: Sequence[Server]) -> list[Server]:
    """Return the servers about which people are asked."""
    return [one for one in servers if world.history(one).of(ApprovalRequested)]


def reached(inbox: Inbox, servers: Sequence[Server]) -> list[str]:
    """Return the notices so far that say that a limit is reached."""
    told = (subject for one in servers for subject in inbox.told(one.ref.id))
    return [subject for subject in told if "limit reached" in subject]
