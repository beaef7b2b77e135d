"""What containing an instance leaves open by default, closed by hand with IAM enforced."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.findings import REMOTE_ADDRESS
from ringfence.record.facts import FindingReceived
from tests.e2e.world import until

if TYPE_CHECKING:
    from ringfence.local.estate import Server
    from tests.e2e.places import Place

pytestmark = pytest.mark.e2e
OPTIONS = (
    "block-remote-address",
    "disable-metadata",
    "revoke-role-sessions",
    "lock-snapshots",
    "stop-instance",
)


@dataclass(frozen=True)
class Closed:
    """A server whose tracked flows were cut before anything else, and the other options taken at the end."""

    server: Server
    role: str
    moves: list[Any]

    @classmethod
    def make(cls, place: Place) -> Closed:
        """Isolate one through the transition group, let a finding report it, and take the other options."""
        builder = place.world.builder()
        role = builder.profile()
        server = builder.launch(builder.ground(), builder.name, role)
        run(place, server, "cut-tracked-flows")
        moves = place.world.calls("ModifyNetworkInterfaceAttribute", server.interfaces[0])
        place.world.send(server)
        until(lambda: place.world.history(server).of(FindingReceived), "the finding is recorded")
        place.world.quiet()
        run(place, server, *OPTIONS)
        return cls(server, role, moves)


def run(place: Place, server: Server, *remediations: str) -> None:
    """Run these remediations alone by hand."""
    chosen = [word for one in remediations for word in ("--remediation", one)]
    asked = ("run", "contain-instance", server.ref.id, "--yes", "--reason", "it goes on", *chosen)
    done = place.hand.types(*asked)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def closed(place: Place) -> Closed:
    return Closed.make(place)


@pytest.mark.shows("cut-tracked-flows")
def test_an_interface_goes_through_the_transition_group_into_isolation(place: Place, closed: Closed) -> None:
    assert len(closed.moves) == 2
    assert place.world.inspector().closed(closed.server)


@pytest.mark.shows("block-remote-address")
def test_the_findings_remote_address_is_denied_in_the_subnets_in_both_directions(
    place: Place, closed: Closed
) -> None:
    filters = [{"Name": "association.subnet-id", "Values": list(closed.server.ground.subnets)}]
    for acl in place.world.client("ec2").describe_network_acls(Filters=filters)["NetworkAcls"]:
        denied = [one for one in acl["Entries"] if one.get("CidrBlock") == f"{REMOTE_ADDRESS}/32"]
        assert sorted(one["Egress"] for one in denied) == [False, True]
        assert {one["RuleAction"] for one in denied} == {"deny"}


@pytest.mark.shows("disable-metadata")
def test_the_metadata_service_is_off(place: Place, closed: Closed) -> None:
    assert described(place, closed)["MetadataOptions"]["HttpEndpoint"] == "disabled"


@pytest.mark.shows("revoke-role-sessions")
def test_older_sessions_of_the_role_are_denied_everything(place: Place, closed: Closed) -> None:
    iam = place.iam
    names = iam.list_role_policies(RoleName=closed.role)["PolicyNames"]
    policies = [iam.get_role_policy(RoleName=closed.role, PolicyName=name) for name in names]
    documents = [json.dumps(one["PolicyDocument"]) for one in policies]
    assert any("Deny" in text and "aws:TokenIssueTime" in text for text in documents), documents


@pytest.mark.shows("lock-snapshots")
def test_every_snapshot_of_the_incident_is_locked(place: Place, closed: Closed) -> None:
    taken = [one for each in place.world.inspector().snapshots(closed.server).values() for one in each]
    ids = [one["SnapshotId"] for one in taken]
    locks = place.world.client("ec2").describe_locked_snapshots(SnapshotIds=ids)["Snapshots"]
    assert {one["SnapshotId"]: one["LockState"] for one in locks} == dict.fromkeys(ids, "governance")


@pytest.mark.shows("stop-instance")
def test_the_instance_is_stopped(place: Place, closed: Closed) -> None:
    assert described(place, closed)["State"]["Name"] in {"stopping", "stopped"}


def test_the_chain_is_sound_and_every_entry_is_archived(place: Place, closed: Closed) -> None:
    place.prove(closed.server.ref)


def described(place: Place, closed: Closed) -> Any:  # noqa: ANN401 - a description from boto3
    found = place.world.client("ec2").describe_instances(InstanceIds=[closed.server.ref.id])
    return found["Reservations"][0]["Instances"][0]
