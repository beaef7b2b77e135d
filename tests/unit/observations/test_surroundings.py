"""What is read around an instance: its Auto Scaling group, target groups, snapshots and network ACLs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest

from ringfence.model.document import Document
from ringfence.model.errors import NotFound
from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.acls import Acl, AclEntry, SubnetAcls
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.observations.ec2.placement import GroupSize, RoleSize
from ringfence.observations.ec2.snapshots import Snapshot, Snapshots, read_snapshots
from ringfence.observations.ec2.target_groups import MOST, Registration, Target, Targets
from ringfence.runbooks import load
from ringfence.steps.ec2.acls import DenyAddress
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON, REF
from tests.unit.observations.test_instance_observations import described

INTERFACE = {
    "NetworkInterfaceId": "eni-1",
    "VpcId": "vpc-2",
    "SubnetId": "subnet-1",
    "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.5"}],
    "Ipv6Addresses": [{"Ipv6Address": "2001:db8::5"}],
}
INSTANCE = described(VpcId="vpc-1", InstanceType="m5d.large", NetworkInterfaces=[INTERFACE])


def group(name: str, vpc: str = "vpc-1", kind: str = "instance") -> dict[str, Any]:
    return {"TargetGroupArn": name, "VpcId": vpc, "TargetType": kind}


def health(*targets: tuple[str, int, str]) -> dict[str, Any]:
    return {
        "TargetHealthDescriptions": [
            {"Target": {"Id": target, "Port": port}, "TargetHealth": {"State": state}}
            for target, port, state in targets
        ]
    }


@pytest.mark.parametrize("found", [[], [{"AutoScalingGroupName": "web", "LifecycleState": "Detached"}]])
def test_an_instance_without_a_group_is_out(found: list[object]) -> None:
    _, scaling = talk(Scaling.read(REF, ()), ({"AutoScalingInstances": found},))
    assert scaling == Scaling()
    assert scaling.settling() == ""


MEMBER = {"AutoScalingInstances": [{"AutoScalingGroupName": "web", "LifecycleState": "InService"}]}


def group_of(desired: int, *, in_service: int) -> dict[str, object]:
    states = (*["InService"] * in_service, "Pending", "Standby")
    instances = [{"LifecycleState": state} for state in states]
    return {
        "AutoScalingGroups": [
            {"AutoScalingGroupName": "web", "DesiredCapacity": desired, "Instances": instances}
        ]
    }


@pytest.mark.parametrize(
    ("answers", "size"),
    [
        (({"AutoScalingInstances": []},), 0),
        ((MEMBER, {"AutoScalingGroups": []}), 0),
        ((MEMBER, group_of(7, in_service=7)), 7),
        ((MEMBER, group_of(7, in_service=5)), 5),
        ((MEMBER, group_of(4, in_service=5)), 4),
    ],
    ids=["in no group", "of a group that is gone", "in a group", "still launching", "about to shrink"],
)
def test_the_size_of_a_group_is_its_desired_capacity_or_what_is_in_service_if_that_is_less(
    answers: tuple[dict[str, object], ...], size: int
) -> None:
    calls, found = talk(GroupSize.read(REF, ()), *((one,) for one in answers))
    assert found == GroupSize(size)
    assert len(calls) == len(answers)


def test_the_size_of_a_role_is_the_number_of_running_instances_with_the_instance_profile() -> None:
    arn = "arn:aws:iam::111122223333:instance-profile/web"
    one = described(IamInstanceProfile={"Arn": arn})
    (reservation,) = cast("list[object]", one["Reservations"])
    calls, found = talk(RoleSize.read(REF, ()), (one,), ({"Reservations": [reservation] * 7},))
    assert found == RoleSize(7)
    assert calls[1][0].parameters["Filters"] == [
        {"Name": "iam-instance-profile.arn", "Values": [arn]},
        {"Name": "instance-state-name", "Values": ["running"]},
    ]
    assert talk(RoleSize.read(REF, ()), (described(),))[1] == RoleSize()


@pytest.mark.parametrize(
    ("state", "place", "passing"),
    [
        ("InService", "InService", False),
        ("Standby", "Standby", False),
        ("Warmed:Stopped", "InService", False),
        ("EnteringStandby", "InService", True),
        ("Detaching", "InService", True),
        ("Pending:Wait", "InService", True),
        ("Terminating:Proceed", "InService", True),
    ],
)
def test_lifecycle_states_are_places_or_ways(state: str, place: str, passing: bool) -> None:  # noqa: FBT001 - a row of the table
    found = [{"AutoScalingGroupName": "web", "LifecycleState": state}]
    _, scaling = talk(Scaling.read(REF, ()), ({"AutoScalingInstances": found},))
    assert (scaling.place, scaling.passing, bool(scaling.settling())) == (place, passing, passing)


def test_registrations_are_found_by_id_and_by_address_in_the_instances_own_vpcs() -> None:
    groups = [
        group("tg-1"),
        group("tg-2", "vpc-2", "ip"),
        group("tg-3", "vpc-9", "ip"),
        group("tg-4", kind="lambda"),
        group("tg-5"),
    ]
    asked, targets = talk(
        Targets.read(REF, ()),
        (INSTANCE, {"TargetGroups": groups}),
        (
            health((REF.id, 80, "healthy"), (REF.id, 81, "draining"), ("i-other", 80, "healthy")),
            health(
                ("10.0.0.5", 443, "unused"), ("2001:db8::5", 443, "initial"), ("10.0.0.6", 443, "healthy")
            ),
            health(("i-other", 80, "healthy")),
        ),
    )
    assert [call.parameters["TargetGroupArn"] for call in asked[1]] == ["tg-1", "tg-2", "tg-5"]
    assert targets.registrations == (
        Registration("tg-1", frozenset({Target(REF.id, 80)}), frozenset({Target(REF.id, 81)})),
        Registration("tg-2", frozenset({Target("10.0.0.5", 443), Target("2001:db8::5", 443)})),
    )
    assert (targets.unread, targets.elsewhere) == (0, 1)
    words = load("leave-target-groups").residual_risks(
        ResourceState(REF).with_observation(targets), Incident("inc-1", NOON)
    )
    assert any("1 target group of addresses in other VPCs" in one for one in words)


def test_a_target_group_deleted_since_it_was_listed_is_none() -> None:
    _, targets = talk(
        Targets.read(REF, ()),
        (INSTANCE, {"TargetGroups": [group("tg-1")]}),
        (refusal("TargetGroupNotFound"),),
    )
    assert targets == Targets()


def test_no_more_target_groups_are_read_than_is_bearable_and_the_rest_is_counted() -> None:
    groups = [group(f"tg-{number:04}") for number in range(MOST + 7)]
    asked, targets = talk(
        Targets.read(REF, ()), (INSTANCE, {"TargetGroups": groups}), tuple(health() for _ in range(MOST))
    )
    assert len(asked[1]) == MOST
    assert targets == Targets((), 7)


def taken(number: int, state: str = "completed", incident: str = "inc-1") -> dict[str, Any]:
    return {
        "SnapshotId": f"snap-{number}",
        "VolumeId": f"vol-{number}",
        "State": state,
        "StartTime": NOON,
        "Tags": [{"Key": "ringfence:incident", "Value": incident}],
    }


def test_snapshots_count_for_their_incident_unless_they_failed_or_were_deleted() -> None:
    lost = [taken(2 + number, state) for number, state in enumerate(("error", "recoverable", "recovering"))]
    found = [taken(0, "pending"), taken(1, incident="inc-2"), *lost]
    asked, snapshots = talk(
        Snapshots.read(REF, ()),
        (INSTANCE, {"Snapshots": found}),
        ({"InstanceTypes": [{"InstanceStorageSupported": True}]},),
    )
    assert asked[0][1].parameters["OwnerIds"] == ["self"]
    assert snapshots.taken == {
        Snapshot("snap-0", "vol-0", "inc-1", writing=True, started=NOON),
        Snapshot("snap-1", "vol-1", "inc-2", started=NOON),
    }
    assert snapshots.covered("inc-1", NOON) == {"vol-0"}
    assert snapshots.instance_store


def test_a_tag_does_not_make_an_older_snapshot_the_evidence_of_an_incident() -> None:
    """Whoever may tag can write an incident's id; nobody can say when a snapshot was begun."""
    unknown = {key: value for key, value in taken(1).items() if key != "StartTime"}
    found = Snapshots(read_snapshots(Document.of({"Snapshots": [taken(0), unknown]})))
    assert found.covered("inc-1", NOON) == {"vol-0"}
    assert found.covered("inc-1", NOON + timedelta(seconds=5)) == {"vol-0"}, "clocks differ by seconds"
    assert found.covered("inc-1", NOON + timedelta(seconds=6)) == frozenset()
    assert found.too_old("inc-1", NOON + timedelta(seconds=6)) == ("snap-0", "snap-1")


GONE = {"Reservations": [{"Instances": [{"InstanceId": REF.id, "State": {"Name": "terminated"}}]}]}
DENIED = DenyAddress("acl-9", 1, egress=True, cidr="198.51.100.7/32", before=False, after=True)


def named_acls(*ids: str) -> dict[str, Any]:
    return {"NetworkAcls": [{"NetworkAclId": id_, "Entries": [], "Associations": []} for id_ in ids]}


@pytest.mark.parametrize("described", [GONE, {"Reservations": []}, refusal("InvalidInstanceID.NotFound")])
def test_rules_in_an_acl_are_seen_though_the_instance_is_gone(described: Any) -> None:  # noqa: ANN401 - an answer
    _, seen = talk(SubnetAcls.read(REF, (DENIED,)), (described, named_acls("acl-1", "acl-9")))
    assert seen == SubnetAcls((Acl("acl-9", frozenset()),))


def test_nothing_is_behind_an_acl_that_nobody_changed_once_the_instance_is_gone() -> None:
    with pytest.raises(NotFound):
        talk(SubnetAcls.read(REF, ()), (GONE, named_acls("acl-1")))


def test_an_acl_that_was_changed_is_seen_though_no_interface_lies_behind_it_any_more() -> None:
    _, seen = talk(SubnetAcls.read(REF, (DENIED,)), (INSTANCE, named_acls("acl-9")))
    assert [acl.id for acl in seen.acls] == ["acl-9"]


def test_a_type_that_ec2_does_not_know_is_no_obstacle() -> None:
    _, snapshots = talk(
        Snapshots.read(REF, ()), (INSTANCE, {"Snapshots": []}), (refusal("InvalidInstanceType"),)
    )
    assert snapshots == Snapshots()


def test_network_acls_are_those_of_the_instances_subnets() -> None:
    entries = [
        {
            "RuleNumber": 100,
            "Egress": True,
            "RuleAction": "allow",
            "Protocol": "-1",
            "CidrBlock": "0.0.0.0/0",
        },
        {
            "RuleNumber": 32767,
            "Egress": True,
            "RuleAction": "deny",
            "Protocol": "-1",
            "CidrBlock": "0.0.0.0/0",
        },
    ]
    ours = {"NetworkAclId": "acl-1", "Entries": entries, "Associations": [{"SubnetId": "subnet-1"}]}
    other = {"NetworkAclId": "acl-2", "Entries": [], "Associations": [{"SubnetId": "subnet-9"}]}
    asked, seen = talk(SubnetAcls.read(REF, ()), (INSTANCE, {"NetworkAcls": [ours, other]}))
    entry = AclEntry(number=100, egress=True, deny=False, protocol="-1", cidr="0.0.0.0/0")
    assert seen.acls == (Acl("acl-1", frozenset({entry})),)
    assert len(asked) == 1, "isolation waits for this: one round trip"


@pytest.mark.parametrize("code", ["UnauthorizedOperation", "RequestLimitExceeded"])
def test_network_acls_that_cannot_be_read_do_not_stop_isolation(code: str) -> None:
    _, seen = talk(SubnetAcls.read(REF, ()), (INSTANCE, refusal(code)))
    assert seen == SubnetAcls(readable=False)


def entry(number: int, cidr: str, *, deny: bool = False, protocol: str = "-1") -> AclEntry:
    return AclEntry(number=number, egress=True, deny=deny, protocol=protocol, cidr=cidr)


ALLOW_ALL = entry(100, "0.0.0.0/0")


@pytest.mark.parametrize(
    ("entries", "blocked", "number"),
    [
        ((), True, 1),
        ((ALLOW_ALL,), False, 1),
        ((ALLOW_ALL, entry(1, "10.0.0.0/8")), False, 2),
        ((ALLOW_ALL, entry(1, "198.51.100.0/24")), False, None),
        ((ALLOW_ALL, entry(1, "198.51.100.0/24", deny=True)), True, 2),
        ((ALLOW_ALL, entry(1, "198.51.100.0/24", deny=True, protocol="6")), False, 2),
        ((entry(100, "::/0"),), True, 1),
        ((ALLOW_ALL, entry(1, "no network")), False, 2),
    ],
)
def test_the_first_rule_that_fits_decides(
    entries: tuple[AclEntry, ...],
    blocked: bool,  # noqa: FBT001 - a row of the table
    number: int | None,
) -> None:
    acl = Acl("acl-1", frozenset(entries))
    assert acl.blocks("198.51.100.7/32", egress=True) is blocked
    assert acl.free_number("198.51.100.7/32", egress=True) == number
