"""EC2 instances and interfaces of the local AWS behave as containment expects of EC2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Launch = Callable[..., str]
    Describe = Callable[[str], dict[str, Any]]


def groups_of(instance: dict[str, Any]) -> list[list[str]]:
    return [[group["GroupId"] for group in nic["Groups"]] for nic in instance["NetworkInterfaces"]]


def isolate(ec2: Any, instance: dict[str, Any], group: str) -> None:
    for nic in instance["NetworkInterfaces"]:
        ec2.modify_network_interface_attribute(NetworkInterfaceId=nic["NetworkInterfaceId"], Groups=[group])


def test_after_every_evidence_step_the_interfaces_still_have_only_the_quarantine_group(
    aws: Any, ec2: Any, network: Any, describe: Describe, unique: str
) -> None:
    """The first contract: nothing that secures evidence undoes the isolation."""
    aws.client("iam").create_instance_profile(InstanceProfileName=unique, Path="/team/")
    elb, autoscaling = aws.client("elbv2"), aws.client("autoscaling")
    targets = elb.create_target_group(Name=unique, Protocol="HTTP", Port=80, VpcId=network.vpc)
    target_group = targets["TargetGroups"][0]["TargetGroupArn"]
    ec2.create_launch_template(
        LaunchTemplateName=unique, LaunchTemplateData={"ImageId": "ami-12c6146b", "InstanceType": "t3.micro"}
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=unique,
        LaunchTemplate={"LaunchTemplateName": unique},
        MinSize=0,
        MaxSize=3,
        DesiredCapacity=0,
        VPCZoneIdentifier=network.subnet,
        TargetGroupARNs=[target_group],
    )
    run = ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        IamInstanceProfile={"Name": unique},
        NetworkInterfaces=[
            {"DeviceIndex": index, "SubnetId": network.subnet, "Groups": [network.open]} for index in (0, 1)
        ],
        BlockDeviceMappings=[
            {"DeviceName": name, "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}}
            for name in ("/dev/sda1", "/dev/sdb")
        ],
    )
    target = run["Instances"][0]["InstanceId"]
    autoscaling.attach_instances(AutoScalingGroupName=unique, InstanceIds=[target])
    isolate(ec2, describe(target), network.quarantine)
    association = ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [target]}]
    )["IamInstanceProfileAssociations"][0]["AssociationId"]
    steps: dict[str, Callable[[], Any]] = {
        "termination protection": lambda: ec2.modify_instance_attribute(
            InstanceId=target, DisableApiTermination={"Value": True}
        ),
        "shutdown behaviour": lambda: ec2.modify_instance_attribute(
            InstanceId=target, InstanceInitiatedShutdownBehavior={"Value": "stop"}
        ),
        "DeleteOnTermination": lambda: ec2.modify_instance_attribute(
            InstanceId=target,
            BlockDeviceMappings=[
                {"DeviceName": name, "Ebs": {"DeleteOnTermination": False}}
                for name in ("/dev/sda1", "/dev/sdb")
            ],
        ),
        "metadata options": lambda: ec2.modify_instance_metadata_options(
            InstanceId=target, HttpEndpoint="disabled"
        ),
        "detach from the group": lambda: autoscaling.detach_instances(
            AutoScalingGroupName=unique, InstanceIds=[target], ShouldDecrementDesiredCapacity=True
        ),
        "deregister": lambda: elb.deregister_targets(TargetGroupArn=target_group, Targets=[{"Id": target}]),
        "disassociate the profile": lambda: ec2.disassociate_iam_instance_profile(AssociationId=association),
        "snapshots": lambda: ec2.create_snapshots(InstanceSpecification={"InstanceId": target}),
        "tags": lambda: ec2.create_tags(Resources=[target], Tags=[{"Key": "incident", "Value": unique}]),
        "stop": lambda: ec2.stop_instances(InstanceIds=[target]),
    }
    for name, step in steps.items():
        step()
        assert groups_of(describe(target)) == [[network.quarantine]] * 2, name


def test_the_groups_set_on_an_interface_are_the_only_ones_it_has(
    ec2: Any, network: Any, launch: Launch, describe: Describe
) -> None:
    instance = describe(launch(2))
    second = instance["NetworkInterfaces"][1]["NetworkInterfaceId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=second, Groups=[network.quarantine])
    assert groups_of(describe(instance["InstanceId"])) == [[network.open], [network.quarantine]]
    shown = ec2.describe_network_interfaces(NetworkInterfaceIds=[second])["NetworkInterfaces"][0]
    assert [group["GroupId"] for group in shown["Groups"]] == [network.quarantine]


def test_an_instance_has_the_groups_of_its_first_interface(
    ec2: Any, network: Any, launch: Launch, describe: Describe
) -> None:
    target = launch(2)
    assert [group["GroupId"] for group in describe(target)["SecurityGroups"]] == [network.open]
    isolate(ec2, describe(target), network.quarantine)
    assert [group["GroupId"] for group in describe(target)["SecurityGroups"]] == [network.quarantine]
    shown = ec2.describe_instance_attribute(InstanceId=target, Attribute="groupSet")
    assert [group["GroupId"] for group in shown["Groups"]] == [network.quarantine]


def test_an_instances_groups_can_be_set_only_while_it_has_one_interface(
    ec2: Any, network: Any, launch: Launch, describe: Describe, refusal: Callable[..., str]
) -> None:
    single, double = launch(1), launch(2)
    ec2.modify_instance_attribute(InstanceId=single, Groups=[network.quarantine])
    assert groups_of(describe(single)) == [[network.quarantine]]
    code = refusal(ec2.modify_instance_attribute, InstanceId=double, Groups=[network.quarantine])
    assert code == "InvalidInstanceID"
    assert groups_of(describe(double)) == [[network.open]] * 2


def test_an_interface_refuses_groups_that_are_unknown_or_of_another_vpc(
    ec2: Any,
    network: Any,
    launch: Launch,
    describe: Describe,
    build_network: Callable[[Any], Any],
    refusal: Callable[..., str],
) -> None:
    interface = describe(launch())["NetworkInterfaces"][0]["NetworkInterfaceId"]
    set_groups = ec2.modify_network_interface_attribute
    unknown = refusal(set_groups, NetworkInterfaceId=interface, Groups=["sg-0123456789abcdef0"])
    assert unknown == "InvalidGroup.NotFound"
    foreign = refusal(set_groups, NetworkInterfaceId=interface, Groups=[build_network(ec2).quarantine])
    assert foreign == "InvalidParameterValue"
    created = refusal(ec2.create_network_interface, SubnetId=network.subnet, Groups=["sg-0123456789abcdef0"])
    assert created == "InvalidGroup.NotFound"


def test_an_interface_of_another_vpc_can_be_attached_and_keeps_its_groups(
    ec2: Any, launch: Launch, describe: Describe, network: Any, build_network: Callable[[Any], Any]
) -> None:
    other = build_network(ec2)
    target = launch()
    created = ec2.create_network_interface(SubnetId=other.subnet, Groups=[other.open])["NetworkInterface"]
    ec2.attach_network_interface(
        NetworkInterfaceId=created["NetworkInterfaceId"], InstanceId=target, DeviceIndex=1
    )
    shown = describe(target)["NetworkInterfaces"]
    assert [nic["VpcId"] for nic in shown] == [network.vpc, other.vpc]
    assert groups_of(describe(target)) == [[network.open], [other.open]]


def test_metadata_options_that_a_call_leaves_out_stay_as_they_were(
    ec2: Any, launch: Launch, describe: Describe
) -> None:
    target = launch(MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 3})
    ec2.modify_instance_metadata_options(InstanceId=target, HttpEndpoint="disabled")
    options = describe(target)["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 3)
    assert options["HttpEndpoint"] == "disabled"


def test_protection_attributes_read_back_as_they_were_set(ec2: Any, launch: Launch) -> None:
    target = launch()
    ec2.modify_instance_attribute(InstanceId=target, DisableApiTermination={"Value": True})
    ec2.modify_instance_attribute(InstanceId=target, InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    protected = ec2.describe_instance_attribute(InstanceId=target, Attribute="disableApiTermination")
    shutdown = ec2.describe_instance_attribute(
        InstanceId=target, Attribute="instanceInitiatedShutdownBehavior"
    )
    assert protected["DisableApiTermination"] == {"Value": True}
    assert shutdown["InstanceInitiatedShutdownBehavior"] == {"Value": "terminate"}


def test_a_protected_instance_is_not_terminated(
    ec2: Any, launch: Launch, refusal: Callable[..., str]
) -> None:
    target = launch()
    ec2.modify_instance_attribute(InstanceId=target, DisableApiTermination={"Value": True})
    assert refusal(ec2.terminate_instances, InstanceIds=[target]) == "OperationNotPermitted"


def test_whether_a_volume_goes_with_its_instance_reads_back(
    ec2: Any, launch: Launch, describe: Describe, refusal: Callable[..., str]
) -> None:
    target = launch(
        BlockDeviceMappings=[
            {"DeviceName": name, "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}}
            for name in ("/dev/sda1", "/dev/sdb")
        ]
    )
    kept = [{"DeviceName": "/dev/sdb", "Ebs": {"DeleteOnTermination": False}}]
    ec2.modify_instance_attribute(InstanceId=target, BlockDeviceMappings=kept)
    shown = {
        mapping["DeviceName"]: mapping["Ebs"]["DeleteOnTermination"]
        for mapping in describe(target)["BlockDeviceMappings"]
    }
    assert shown == {"/dev/sda1": True, "/dev/sdb": False}
    unmapped = [{"DeviceName": "/dev/sdz", "Ebs": {"DeleteOnTermination": False}}]
    code = refusal(ec2.modify_instance_attribute, InstanceId=target, BlockDeviceMappings=unmapped)
    assert code == "InvalidInstanceAttributeValue"


def test_a_terminated_instance_has_no_interfaces_and_its_first_is_gone(
    ec2: Any, launch: Launch, describe: Describe, refusal: Callable[..., str], network: Any
) -> None:
    target = launch()
    interface = describe(target)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.terminate_instances(InstanceIds=[target])
    assert describe(target)["State"]["Name"] == "terminated"
    assert describe(target)["NetworkInterfaces"] == []
    code = refusal(
        ec2.modify_network_interface_attribute, NetworkInterfaceId=interface, Groups=[network.quarantine]
    )
    assert code == "InvalidNetworkInterfaceID.NotFound"


def test_one_call_snapshots_every_volume_with_its_tags(ec2: Any, launch: Launch, unique: str) -> None:
    target = launch(
        BlockDeviceMappings=[
            {"DeviceName": name, "Ebs": {"VolumeSize": 8}} for name in ("/dev/sda1", "/dev/sdb", "/dev/sdc")
        ]
    )
    taken = ec2.create_snapshots(
        InstanceSpecification={"InstanceId": target},
        Description="evidence",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "incident", "Value": unique}]}],
    )["Snapshots"]
    found = ec2.describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "tag:incident", "Values": [unique]}])[
        "Snapshots"
    ]
    assert {s["SnapshotId"] for s in found} == {s["SnapshotId"] for s in taken}
    assert len({s["VolumeId"] for s in found}) == 3
    assert [s["Tags"] for s in found] == [[{"Key": "incident", "Value": unique}]] * 3


def test_tags_come_and_go(ec2: Any, launch: Launch, describe: Describe) -> None:
    target = launch(
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]
    )
    ec2.create_tags(Resources=[target], Tags=[{"Key": "incident", "Value": "i"}])
    assert {"Key": "incident", "Value": "i"} in describe(target)["Tags"]
    ec2.delete_tags(Resources=[target], Tags=[{"Key": "incident"}])
    assert describe(target)["Tags"] == [{"Key": "Name", "Value": "web"}]


def test_a_network_acl_entry_can_be_added_and_removed(ec2: Any, network: Any) -> None:
    acl = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [network.subnet]}])[
        "NetworkAcls"
    ][0]
    entry = {
        "NetworkAclId": acl["NetworkAclId"],
        "RuleNumber": 7,
        "Protocol": "-1",
        "RuleAction": "deny",
        "Egress": True,
        "CidrBlock": "198.51.100.7/32",
    }
    ec2.create_network_acl_entry(**entry)

    def entries() -> list[Any]:
        shown = ec2.describe_network_acls(NetworkAclIds=[acl["NetworkAclId"]])["NetworkAcls"][0]["Entries"]
        return [(e["RuleNumber"], e["RuleAction"], e["CidrBlock"], e["Egress"]) for e in shown]

    assert (7, "deny", "198.51.100.7/32", True) in entries()
    ec2.delete_network_acl_entry(NetworkAclId=acl["NetworkAclId"], RuleNumber=7, Egress=True)
    assert (7, "deny", "198.51.100.7/32", True) not in entries()


def test_a_stopped_instance_says_so(ec2: Any, launch: Launch, describe: Describe) -> None:
    target = launch()
    ec2.stop_instances(InstanceIds=[target])
    assert describe(target)["State"]["Name"] == "stopped"


def test_a_spot_instance_says_so(launch: Launch, describe: Describe) -> None:
    target = launch(InstanceMarketOptions={"MarketType": "spot"})
    assert describe(target)["InstanceLifecycle"] == "spot"


def test_an_unknown_instance_is_named_so(ec2: Any, refusal: Callable[..., str]) -> None:
    code = refusal(ec2.describe_instances, InstanceIds=["i-0123456789abcdef0"])
    assert code == "InvalidInstanceID.NotFound"
