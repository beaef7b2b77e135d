"""What is read from the instance itself, and from nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.model.document import Document
from ringfence.model.errors import NotFound
from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.host import Host
from ringfence.observations.ec2.instance import describe_instance
from ringfence.observations.ec2.lifecycle import Lifecycle
from ringfence.observations.ec2.metadata import Metadata, MetadataOptions
from ringfence.observations.ec2.network import QUARANTINE, Network
from ringfence.observations.ec2.tags import Tags
from ringfence.observations.ec2.volumes import Volume, Volumes
from ringfence.remediations.isolate_instance import isolate_instance
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.talks import refusal, talk
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from ringfence.model.observation import Observation


def described(state: str = "running", **more: object) -> dict[str, object]:
    """An answer of DescribeInstances with the least that EC2 says."""
    return {"Reservations": [{"Instances": [{"InstanceId": REF.id, "State": {"Name": state}, **more}]}]}


def attributes(*, protected: bool, behavior: str) -> tuple[dict[str, object], ...]:
    return (
        {"DisableApiTermination": {"Value": protected}},
        {"InstanceInitiatedShutdownBehavior": {"Value": behavior}},
        {"DisableApiStop": {"Value": protected}},
    )


def facets_of_the_instance() -> list[type[Observation]]:
    return [
        facet
        for facet in CONTAIN_INSTANCE.observations
        if any(one.action == "ec2:DescribeInstances" for one in facet.permissions)
    ]


@pytest.mark.parametrize("facet", facets_of_the_instance(), ids=lambda facet: facet.__name__)
def test_facets_that_look_at_the_instance_ask_the_very_same(facet: type[Observation]) -> None:
    """Equal calls are made once, however many facets ask."""
    assert describe_instance(REF.id) in next(facet.read(REF, ()))


@pytest.mark.parametrize("facet", facets_of_the_instance(), ids=lambda facet: facet.__name__)
@pytest.mark.parametrize(
    "answer",
    [
        refusal("InvalidInstanceID.NotFound"),
        {"Reservations": []},
        described("terminated"),
        described("shutting-down"),
    ],
    ids=["unknown", "forgotten", "terminated", "shutting down"],
)
def test_an_instance_that_is_over_is_gone(facet: type[Observation], answer: dict[str, object]) -> None:
    looking = facet.read(REF, ())
    others = len(next(looking)) - 1
    looking.close()
    with pytest.raises(NotFound):
        talk(facet.read(REF, ()), (answer, *({},) * others))


def test_a_plain_instance_is_neither_spot_nor_protected() -> None:
    answer = described(RootDeviceType="ebs")
    _, lifecycle = talk(Lifecycle.read(REF, ()), (answer, *attributes(protected=False, behavior="terminate")))
    assert lifecycle == Lifecycle(
        "running", spot=False, instance_store_root=False, protected=False, on_shutdown="terminate"
    )
    assert lifecycle.settling() == ""


def test_a_spot_instance_and_one_on_an_instance_store_are_known() -> None:
    answer = described("stopping", RootDeviceType="instance-store", InstanceLifecycle="spot")
    _, lifecycle = talk(Lifecycle.read(REF, ()), (answer, *attributes(protected=True, behavior="stop")))
    assert (lifecycle.spot, lifecycle.instance_store_root, lifecycle.protected) == (True, True, True)
    assert lifecycle.stop_protected
    assert lifecycle.settling() == "the instance is stopping"


def test_volumes_are_the_ebs_volumes_that_stay_attached() -> None:
    def mapped(device: str, volume: str, status: str) -> dict[str, object]:
        ebs = {"VolumeId": volume, "Status": status, "DeleteOnTermination": volume == "vol-0"}
        return {"DeviceName": device, "Ebs": ebs}

    mappings = [
        mapped("/dev/sdf", "vol-1", "attached"),
        mapped("/dev/sda1", "vol-0", "attached"),
        mapped("/dev/sdg", "vol-2", "detaching"),
        {"DeviceName": "/dev/sdh"},
    ]
    answer = described(RootDeviceName="/dev/sda1", BlockDeviceMappings=mappings)
    _, volumes = talk(Volumes.read(REF, ()), (answer,))
    assert volumes.attached == (
        Volume("vol-0", "/dev/sda1", root=True, ends_with_instance=True),
        Volume("vol-1", "/dev/sdf", root=False, ends_with_instance=False),
    )
    assert volumes.root == volumes.by_id("vol-0")
    assert volumes.by_id("vol-2") is None


def test_metadata_options_that_ec2_does_not_name_are_its_defaults() -> None:
    _, plain = talk(Metadata.read(REF, ()), (described(),))
    assert plain == Metadata(MetadataOptions())
    options = {
        "State": "pending",
        "HttpEndpoint": "disabled",
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 3,
        "HttpProtocolIpv6": "enabled",
        "InstanceMetadataTags": "enabled",
    }
    _, changed = talk(Metadata.read(REF, ()), (described(MetadataOptions=options),))
    assert changed == Metadata(
        MetadataOptions("disabled", "required", 3, "enabled", "enabled"), applied=False
    )
    assert "still applying" in changed.settling()


@pytest.mark.parametrize("text", ["inc-1", "", "\x00", "${jndi:ldap://x}", "\u202etxt", "x" * 256])
def test_a_tag_may_hold_anything(text: str) -> None:
    tags = [{"Key": "Name", "Value": text}, {"Key": "ringfence:incident", "Value": text}]
    assert talk(Tags.read(REF, ()), (described(Tags=tags),))[1] == Tags(text)
    assert talk(Tags.read(REF, ()), (described(),))[1] == Tags(None)


def test_a_drifted_group_of_ours_is_named_for_its_repair_but_is_no_quarantine() -> None:
    ours = {
        "GroupId": "sg-q",
        "GroupName": "ringfence-quarantine",
        "OwnerId": REF.account,
        "VpcId": "vpc-1",
        "Tags": [{"Key": "ringfence:role", "Value": "quarantine"}],
        "IpPermissions": [{"IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}],
    }
    interface = {
        "NetworkInterfaceId": "eni-1",
        "VpcId": "vpc-1",
        "SubnetId": "subnet-1",
        "Groups": [{"GroupId": "sg-q"}],
    }
    answer = described(NetworkInterfaces=[interface])
    _, network = talk(Network.read(REF, ()), (answer, {"SecurityGroups": [ours]}))
    assert list(network.names().values()) == ["sg-q"]
    assert network.usable() == {}
    assert network.interfaces[0].groups == {"sg-q"}
    _, repaired = talk(Network.read(REF, ()), (answer, {"SecurityGroups": [{**ours, "IpPermissions": []}]}))
    assert repaired.interfaces[0].groups == set(repaired.usable())


@pytest.mark.parametrize(("kind", "told"), [("trunk", True), ("interface", False), (None, False)])
def test_a_trunk_carries_interfaces_that_isolation_does_not_reach(kind: str | None, *, told: bool) -> None:
    interface: dict[str, object] = {"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "InterfaceType": kind}
    _, network = talk(
        Network.read(REF, ()), (described(NetworkInterfaces=[interface]), {"SecurityGroups": []})
    )
    exposed = isolate_instance.residual_risks(
        ResourceState(REF).with_observation(network).with_observation(Host()), Incident("inc-1", NOON)
    )
    assert any("branch interfaces" in words for words in exposed) is told


@pytest.mark.parametrize(
    ("more", "signs"),
    [
        ({}, ()),
        ({"Tags": [{"Key": "Name", "Value": "kubernetes"}]}, ()),
        (
            {"Tags": [{"Key": "kubernetes.io/cluster/shop", "Value": "owned"}]},
            ("tag kubernetes.io/cluster/shop",),
        ),
        ({"Tags": [{"Key": "aws:eks:cluster-name", "Value": "shop"}]}, ("tag aws:eks:cluster-name",)),
        ({"Tags": [{"Key": "eks:nodegroup-name", "Value": "blue"}]}, ("tag eks:nodegroup-name",)),
        ({"Tags": [{"Key": "AmazonECSManaged", "Value": ""}]}, ("tag AmazonECSManaged",)),
        ({"Tags": [{"Key": "karpenter.sh/nodepool\n", "Value": ""}]}, ("tag karpenter.sh/nodepool\\n",)),
        (
            {"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "InterfaceType": "trunk"}]},
            ("trunk interface eni-1",),
        ),
        (
            {"NetworkInterfaces": [{"NetworkInterfaceId": "eni-2", "Description": "aws-K8S-i-0abc"}]},
            ("interface for pods eni-2",),
        ),
    ],
)
def test_tags_and_interfaces_show_a_host_of_containers(
    more: dict[str, object], signs: tuple[str, ...]
) -> None:
    assert Host.of_instance(Document.of(more)).containers == signs


def test_the_auto_scaling_group_is_read_from_the_tag_that_nobody_else_can_write() -> None:
    tagged = [{"Key": "aws:autoscaling:groupName", "Value": "web"}, {"Key": "groupName", "Value": "other"}]
    assert Host.of_instance(Document.of({"Tags": tagged})).group == "web"
    assert not Host.of_instance(Document.of({})).group


@pytest.mark.parametrize(
    ("given", "cluster"),
    [
        ({"eks:cluster-name": "web"}, "eks/web"),
        ({"eks:cluster-name": "forged", "aws:eks:cluster-name": "web"}, "eks/web"),
        ({"aws:ecs:clusterName": "jobs"}, "ecs/jobs"),
        ({"kubernetes.io/cluster/web": "owned"}, "eks/web"),
        ({"kubernetes.io/cluster/": "owned"}, ""),
        ({"eks:cluster-name": "../../overall"}, ""),
        ({"AmazonECSManaged": "true"}, ""),
        ({}, ""),
    ],
)
def test_tags_name_the_cluster_and_those_that_only_aws_writes_come_first(
    given: dict[str, str], cluster: str
) -> None:
    tags = [{"Key": key, "Value": value} for key, value in given.items()]
    assert Host.of_instance(Document.of({"Tags": tags})).cluster == cluster


def test_the_instance_profile_is_read_from_its_arn() -> None:
    arn = "arn:aws:iam::111122223333:instance-profile/apps/web"
    assert Host.of_instance(Document.of({"IamInstanceProfile": {"Arn": arn}})).profile == "web"
    assert not Host.of_instance(Document.of({})).profile


@pytest.mark.parametrize(
    ("odd", "lacks"),
    [
        ({"NetworkInterfaceId": "eni-1", "Groups": []}, "VpcId"),
        ({"VpcId": "vpc-1", "Groups": []}, "NetworkInterfaceId"),
        ({"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "Groups": [{}]}, "GroupId"),
        ({"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "Groups": "sg-1"}, "Groups"),
    ],
)
def test_an_interface_that_is_not_described_hides_no_other(odd: dict[str, object], lacks: str) -> None:
    good = {"NetworkInterfaceId": "eni-0", "VpcId": "vpc-1", "Groups": [{"GroupId": "sg-1"}]}
    answer = described(NetworkInterfaces=[odd, good])
    _, network = talk(Network.read(REF, ()), (answer, {"SecurityGroups": []}))
    assert [one.id for one in network.interfaces] == ["eni-0"]
    assert lacks in network.settling()


def test_a_group_that_is_not_described_is_not_used_and_stops_nothing() -> None:
    group = {"GroupName": "ringfence-quarantine", "OwnerId": REF.account, "VpcId": "vpc-1"}
    interface = {"NetworkInterfaceId": "eni-0", "VpcId": "vpc-1", "Groups": [{"GroupId": "sg-1"}]}
    answer = described(NetworkInterfaces=[interface])
    _, network = talk(Network.read(REF, ()), (answer, {"SecurityGroups": [group]}))
    assert network.groups == ()
    assert network.settling() == ""


@pytest.mark.parametrize(("owner", "ours"), [(REF.account, True), ("444455556666", False), (None, False)])
def test_a_group_of_another_account_is_not_ours_whatever_its_name_and_tags(
    owner: str | None, *, ours: bool
) -> None:
    """Whoever owns a group can open it. In a shared VPC, that can be another account."""
    group = {
        "GroupId": "sg-q",
        "GroupName": "ringfence-quarantine",
        "OwnerId": owner,
        "VpcId": "vpc-1",
        "Tags": [{"Key": "ringfence:role", "Value": "quarantine"}],
    }
    interface = {"NetworkInterfaceId": "eni-0", "VpcId": "vpc-1", "Groups": [{"GroupId": "sg-q"}]}
    _, network = talk(
        Network.read(REF, ()), (described(NetworkInterfaces=[interface]), {"SecurityGroups": [group]})
    )
    assert network.interfaces[0].quarantined is ours
    assert bool(network.own("vpc-1", QUARANTINE)) is ours


@pytest.mark.parametrize(
    ("shown", "operator", "owner"),
    [
        ({"Operator": {"Managed": True, "Principal": "ecs.amazonaws.com"}}, "ecs.amazonaws.com", ""),
        ({"Operator": {"Managed": True}}, "a service", ""),
        ({"Operator": {"Managed": False}}, "", ""),
        ({"OwnerId": REF.account}, "", ""),
        ({"OwnerId": "444455556666"}, "", "444455556666"),
        ({}, "", ""),
    ],
)
def test_who_else_manages_or_owns_an_interface_is_read(
    shown: dict[str, object], operator: str, owner: str
) -> None:
    interface = {"NetworkInterfaceId": "eni-0", "VpcId": "vpc-1", "Groups": [{"GroupId": "sg-1"}], **shown}
    _, network = talk(
        Network.read(REF, ()), (described(NetworkInterfaces=[interface]), {"SecurityGroups": []})
    )
    assert (network.interfaces[0].operator, network.interfaces[0].foreign_owner) == (operator, owner)
