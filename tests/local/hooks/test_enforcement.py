"""IAM enforcement of the local AWS asks for what AWS asks for, where Ringfence depends on it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local import LocalAws
from ringfence.model.document import Document
from ringfence.privileges.generate import for_environment, from_uses
from ringfence.privileges.usage import Use, uses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OTHER_ACCOUNT = "444455556666"
DENIED = {"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"}
EC2 = "arn:aws:ec2:us-east-1:111122223333"
SNAPSHOTS = "arn:aws:ec2:us-east-1::snapshot/*"


@pytest.fixture(scope="module")
def enforced() -> Iterator[LocalAws]:
    """A local AWS of its own: root clients are not affected, all others are."""
    with LocalAws(enforce_iam=True, cloudtrail=True) as running:
        yield running


def allow(*actions: str, on: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    return statement | ({"Condition": condition} if condition else {})


class Caller:
    """An IAM user whose one policy can be changed."""

    def __init__(self, aws: LocalAws, name: str) -> None:
        self._aws = aws
        self._iam = aws.client("iam")
        self._name = name
        self._iam.create_user(UserName=name)
        key = self._iam.create_access_key(UserName=name)["AccessKey"]
        self._key = {
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
        }

    def client(self, service: str, **options: Any) -> Any:
        return self._aws.client(service, **self._key, **options)

    def may(self, *statements: dict[str, Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self._iam.put_user_policy(UserName=self._name, PolicyName="only", PolicyDocument=document)


@pytest.fixture
def caller(enforced: LocalAws, unique: str) -> Caller:
    return Caller(enforced, unique)


class Target:
    """An instance with a profile and two volumes, tagged env=prod."""

    def __init__(self, aws: LocalAws, name: str, build_network: Callable[[Any], Any]) -> None:
        ec2, iam = aws.client("ec2"), aws.client("iam")
        self.network = build_network(ec2)
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        self.role = iam.create_role(RoleName=name, Path="/team/", AssumeRolePolicyDocument=trust)["Role"][
            "Arn"
        ]
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
        self.profile = name
        launched = ec2.run_instances(
            ImageId="ami-12c6146b",
            MinCount=1,
            MaxCount=1,
            IamInstanceProfile={"Name": name},
            SubnetId=self.network.subnet,
            BlockDeviceMappings=[
                {"DeviceName": device, "Ebs": {"VolumeSize": 8}} for device in ("/dev/sda1", "/dev/sdb")
            ],
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "env", "Value": "prod"}]}],
        )["Instances"][0]
        self.id = launched["InstanceId"]
        self.interface = launched["NetworkInterfaces"][0]["NetworkInterfaceId"]
        described = ec2.describe_instances(InstanceIds=[self.id])["Reservations"][0]["Instances"][0]
        self.volumes = [mapping["Ebs"]["VolumeId"] for mapping in described["BlockDeviceMappings"]]
        found = ec2.describe_iam_instance_profile_associations(
            Filters=[{"Name": "instance-id", "Values": [self.id]}]
        )
        self.association = found["IamInstanceProfileAssociations"][0]["AssociationId"]


@pytest.fixture(scope="module")
def target(enforced: LocalAws, build_network: Callable[[Any], Any]) -> Target:
    return Target(enforced, "target", build_network)


def test_without_a_policy_nothing_is_allowed_and_reading_needs_its_action(
    caller: Caller, refusal: Callable[..., str]
) -> None:
    ec2 = caller.client("ec2")
    assert refusal(ec2.describe_instances) in DENIED
    caller.may(allow("ec2:DescribeInstances"))
    ec2.describe_instances()
    assert refusal(ec2.describe_vpcs) in DENIED


def test_setting_an_interfaces_groups_needs_the_interface_and_the_group(
    caller: Caller, target: Target, refusal: Callable[..., str]
) -> None:
    change = caller.client("ec2").modify_network_interface_attribute
    wanted = {"NetworkInterfaceId": target.interface, "Groups": [target.network.quarantine]}
    interface = f"{EC2}:network-interface/{target.interface}"
    caller.may(allow("ec2:ModifyNetworkInterfaceAttribute", on=interface))
    assert refusal(change, **wanted) in DENIED
    group = f"{EC2}:security-group/{target.network.quarantine}"
    caller.may(allow("ec2:ModifyNetworkInterfaceAttribute", on=[interface, group]))
    change(**wanted)
    other = {**wanted, "Groups": [target.network.open]}
    assert refusal(change, **other) in DENIED


def test_a_condition_on_a_resources_tag_is_evaluated(
    caller: Caller, target: Target, refusal: Callable[..., str]
) -> None:
    stop = caller.client("ec2").stop_instances
    for tag, allowed in (("test", False), ("prod", True)):
        caller.may(allow("ec2:StopInstances", StringEquals={"aws:ResourceTag/env": tag}))
        if allowed:
            stop(InstanceIds=[target.id])
        else:
            assert refusal(stop, InstanceIds=[target.id]) in DENIED


def test_snapshots_need_instance_volumes_and_snapshots_and_tagging_them(
    caller: Caller, target: Target, refusal: Callable[..., str]
) -> None:
    take = caller.client("ec2").create_snapshots
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "incident", "Value": "1"}]}]
    wanted = {"InstanceSpecification": {"InstanceId": target.id}, "TagSpecifications": tags}
    needed = [
        f"{EC2}:instance/{target.id}",
        *(f"{EC2}:volume/{volume}" for volume in target.volumes),
        SNAPSHOTS,
    ]
    tagging = allow("ec2:CreateTags", on=SNAPSHOTS, StringEquals={"ec2:CreateAction": "CreateSnapshots"})
    for missing in needed:
        caller.may(allow("ec2:CreateSnapshots", on=[arn for arn in needed if arn != missing]), tagging)
        assert refusal(take, **wanted) in DENIED, missing
    caller.may(allow("ec2:CreateSnapshots", on=needed))
    assert refusal(take, **wanted) in DENIED
    caller.may(allow("ec2:CreateSnapshots", on=needed), tagging)
    assert len(take(**wanted)["Snapshots"]) == 2


def test_sharing_a_snapshot_needs_the_snapshot_and_the_group(
    enforced: LocalAws, caller: Caller, refusal: Callable[..., str]
) -> None:
    root, ec2 = enforced.client("ec2"), caller.client("ec2")
    volume = root.create_volume(AvailabilityZone=f"{enforced.region}a", Size=1)["VolumeId"]
    wanted = {
        "SnapshotId": root.create_snapshot(VolumeId=volume)["SnapshotId"],
        "Attribute": "createVolumePermission",
    }
    remove = {**wanted, "GroupNames": ["all"], "OperationType": "remove"}
    caller.may(allow("ec2:ModifySnapshotAttribute", on=SNAPSHOTS, StringEquals={"ec2:Remove/group": "x"}))
    assert refusal(ec2.modify_snapshot_attribute, **remove) in DENIED
    caller.may(allow("ec2:ModifySnapshotAttribute", on=SNAPSHOTS, StringEquals={"ec2:Remove/group": "all"}))
    ec2.modify_snapshot_attribute(**remove)
    assert refusal(ec2.modify_snapshot_attribute, **{**remove, "OperationType": "add"}) in DENIED
    assert refusal(ec2.describe_snapshot_attribute, **wanted) in DENIED
    caller.may(allow("ec2:DescribeSnapshotAttribute", on=SNAPSHOTS))
    ec2.describe_snapshot_attribute(**wanted)


def test_a_group_made_with_tags_needs_its_vpc_and_the_right_to_tag(
    caller: Caller, target: Target, refusal: Callable[..., str], unique: str
) -> None:
    create = caller.client("ec2").create_security_group
    tags = [{"ResourceType": "security-group", "Tags": [{"Key": "ringfence", "Value": "quarantine"}]}]
    wanted = {
        "GroupName": unique,
        "Description": "quarantine",
        "VpcId": target.network.vpc,
        "TagSpecifications": tags,
    }
    groups, vpc = f"{EC2}:security-group/*", f"{EC2}:vpc/{target.network.vpc}"
    tagging = allow("ec2:CreateTags", on=groups, StringEquals={"aws:RequestTag/ringfence": "quarantine"})
    caller.may(allow("ec2:CreateSecurityGroup", on=groups), tagging)
    assert refusal(create, **wanted) in DENIED
    caller.may(allow("ec2:CreateSecurityGroup", on=[groups, vpc]))
    assert refusal(create, **wanted) in DENIED
    caller.may(allow("ec2:CreateSecurityGroup", on=[groups, vpc]), tagging)
    assert create(**wanted)["GroupId"].startswith("sg-")


def test_tags_on_what_exists_need_that_resource(
    caller: Caller, target: Target, refusal: Callable[..., str]
) -> None:
    tag = caller.client("ec2").create_tags
    wanted = {"Resources": [target.id], "Tags": [{"Key": "incident", "Value": "1"}]}
    caller.may(allow("ec2:CreateTags", on=f"{EC2}:volume/*"))
    assert refusal(tag, **wanted) in DENIED
    caller.may(allow("ec2:CreateTags", on=f"{EC2}:instance/*"))
    tag(**wanted)


def test_taking_a_profile_away_needs_its_instance_and_giving_one_needs_pass_role(
    caller: Caller, target: Target, refusal: Callable[..., str]
) -> None:
    ec2 = caller.client("ec2")
    instance = f"{EC2}:instance/{target.id}"
    caller.may(allow("ec2:DisassociateIamInstanceProfile", on=f"{EC2}:instance/i-0123456789abcdef0"))
    assert refusal(ec2.disassociate_iam_instance_profile, AssociationId=target.association) in DENIED
    caller.may(allow("ec2:DisassociateIamInstanceProfile", on=instance))
    ec2.disassociate_iam_instance_profile(AssociationId=target.association)
    give = {"InstanceId": target.id, "IamInstanceProfile": {"Name": target.profile}}
    caller.may(allow("ec2:AssociateIamInstanceProfile", on=instance))
    assert refusal(ec2.associate_iam_instance_profile, **give) in DENIED
    caller.may(
        allow("ec2:AssociateIamInstanceProfile", on=instance),
        allow("iam:PassRole", on=target.role, StringEquals={"iam:PassedToService": "ec2.amazonaws.com"}),
    )
    ec2.associate_iam_instance_profile(**give)


def test_services_that_only_moto_has_are_enforced_too(
    caller: Caller, enforced: LocalAws, refusal: Callable[..., str]
) -> None:
    enforced.client("guardduty").create_detector(Enable=True)
    for service, call, action in (
        ("guardduty", "list_detectors", "guardduty:ListDetectors"),
        ("securityhub", "describe_hub", "securityhub:DescribeHub"),
        ("autoscaling", "describe_auto_scaling_groups", "autoscaling:DescribeAutoScalingGroups"),
        ("elbv2", "describe_target_groups", "elasticloadbalancing:DescribeTargetGroups"),
    ):
        ask = getattr(caller.client(service), call)
        caller.may(allow("ec2:DescribeVpcs"))
        assert refusal(ask) in DENIED, service
        caller.may(allow(action))
        if service == "securityhub":  # not enabled in this account, which only an allowed caller is told
            assert refusal(ask) not in DENIED
        else:
            ask()


def test_a_session_is_denied_by_its_user_id_and_no_other_session_of_the_role_is(
    enforced: LocalAws, refusal: Callable[..., str], unique: str
) -> None:
    iam = enforced.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{enforced.account}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    condition = {"StringLike": {"aws:userid": f"{role['RoleId']}:i-0bad"}}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow("ec2:Describe*"), deny]})
    iam.put_role_policy(RoleName=unique, PolicyName="p", PolicyDocument=policy)

    def session(name: str) -> Any:
        given = enforced.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName=name)["Credentials"]
        return enforced.client(
            "ec2",
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    assert refusal(session("i-0bad").describe_vpcs) in DENIED
    session("i-0good").describe_vpcs()


def test_a_role_of_another_account_is_assumed_only_with_its_external_id(
    enforced: LocalAws, caller: Caller, refusal: Callable[..., str], unique: str
) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{enforced.account}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "ringfence"}},
            }
        ],
    }
    role = enforced.client("iam", account=OTHER_ACCOUNT).create_role(
        RoleName=unique, AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]["Arn"]
    assume = caller.client("sts").assume_role
    wanted = {"RoleArn": role, "RoleSessionName": "incident"}
    assert refusal(assume, ExternalId="ringfence", **wanted) in DENIED
    caller.may(allow("sts:AssumeRole", on=role))
    assert refusal(assume, ExternalId="other", **wanted) in DENIED
    assert refusal(assume, **wanted) in DENIED
    assert assume(ExternalId="ringfence", **wanted)["AssumedRoleUser"]["Arn"].split(":")[4] == OTHER_ACCOUNT


def test_a_function_acts_as_its_role_before_and_after_each_switch(
    aws: LocalAws, make_function: Callable[..., str]
) -> None:
    source = """
        import boto3
        def handler(event, context):
            return boto3.client("sts").get_caller_identity()["Arn"]
    """
    function = make_function(source)

    def caller() -> str:
        answer: str = json.load(aws.client("lambda").invoke(FunctionName=function)["Payload"])
        return answer

    name = function.rsplit(":", 1)[-1]
    role = f"arn:aws:sts::{aws.account}:assumed-role/{name}/{name}"
    assert caller() == role
    aws.enforce(True)
    try:
        assert caller() == role
    finally:
        aws.enforce(False)
    assert caller() == role


def test_a_rule_of_the_default_bus_has_no_bus_in_its_arn(
    enforced: LocalAws, caller: Caller, refusal: Callable[..., str]
) -> None:
    events = enforced.client("events")
    for name in ("Ringfence-Ours", "of-somebody"):
        events.put_rule(Name=name, EventPattern='{"source": ["a"]}', State="DISABLED")
    caller.may(allow("events:EnableRule", on="arn:aws:events:us-east-1:111122223333:rule/Ringfence-*"))
    theirs = caller.client("events")
    theirs.enable_rule(Name="Ringfence-Ours")
    assert refusal(theirs.enable_rule, Name="of-somebody") in DENIED


def test_an_event_source_mapping_is_allowed_by_its_function(
    enforced: LocalAws, caller: Caller, refusal: Callable[..., str]
) -> None:
    functions, queues = enforced.client("lambda"), enforced.client("sqs")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr(zipfile.ZipInfo("index.py"), "")

    def mapping(name: str) -> str:
        url = queues.create_queue(QueueName=name)["QueueUrl"]
        found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        role = enforced.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role["Arn"],
            Handler="index.handler",
            Code={"ZipFile": archive.getvalue()},
        )
        made = functions.create_event_source_mapping(
            FunctionName=name,
            EventSourceArn=found["Attributes"]["QueueArn"],
            Enabled=False,
        )
        uuid: str = made["UUID"]
        return uuid

    ours, other = mapping("ringfence-ours"), mapping("of-somebody")
    where = {"lambda:FunctionArn": "arn:aws:lambda:us-east-1:111122223333:function:ringfence-*"}
    caller.may(allow("lambda:UpdateEventSourceMapping", ArnLike=where))
    theirs = caller.client("lambda")
    theirs.update_event_source_mapping(UUID=ours, Enabled=True)
    assert refusal(theirs.update_event_source_mapping, UUID=other, Enabled=True) in DENIED


def test_the_concurrency_of_a_function_is_read_set_and_deleted_with_an_action_for_each(
    caller: Caller, refusal: Callable[..., str]
) -> None:
    theirs, name = caller.client("lambda"), {"FunctionName": "ringfence-none"}
    caller.may(allow("lambda:GetFunctionConcurrency", "lambda:DeleteFunctionConcurrency"))
    assert refusal(theirs.put_function_concurrency, **name, ReservedConcurrentExecutions=0) in DENIED
    assert refusal(theirs.get_function_concurrency, **name) == "ResourceNotFoundException"
    caller.may(allow("lambda:PutFunctionConcurrency"))
    assert refusal(theirs.get_function_concurrency, **name) in DENIED
    assert refusal(theirs.delete_function_concurrency, **name) in DENIED


def test_a_batch_of_messages_needs_the_action_of_one_message(enforced: LocalAws, caller: Caller) -> None:
    name = "takes-batches"
    url = enforced.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    sqs, entries = caller.client("sqs"), [{"Id": "0", "MessageBody": "a"}]
    caller.may(allow("sqs:ReceiveMessage", on=f"arn:aws:sqs:us-east-1:111122223333:{name}"))
    with pytest.raises(sqs.exceptions.ClientError) as found:
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert found.value.response["Error"]["Code"] in DENIED
    caller.may(allow("sqs:SendMessage", on=f"arn:aws:sqs:us-east-1:111122223333:{name}"))
    assert sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]


def test_a_tables_policy_denies_what_iam_allows(
    enforced: LocalAws, caller: Caller, unique: str, refusal: Callable[..., str]
) -> None:
    """The emulator stores these policies and does not evaluate them. Its root user is denied nothing."""
    owner = enforced.client("dynamodb")
    key = {"AttributeName": "key", "KeyType": "HASH"}
    table = owner.create_table(
        TableName=unique,
        KeySchema=[key],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableArn"]
    denied = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:PutItem", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    item = {"TableName": unique, "Item": {"key": {"S": "a"}}}
    caller.may(allow("dynamodb:*"))
    theirs = caller.client("dynamodb")
    theirs.put_item(**item)
    owner.put_resource_policy(ResourceArn=table, Policy=document)
    assert refusal(theirs.put_item, **item) in DENIED
    assert refusal(theirs.transact_write_items, TransactItems=[{"Put": item}]) in DENIED
    assert theirs.get_item(TableName=unique, Key=item["Item"])["Item"] == item["Item"]
    theirs.delete_item(TableName=unique, Key=item["Item"])
    owner.put_item(**item)
    owner.delete_resource_policy(ResourceArn=table)
    theirs.put_item(**item)


def test_a_second_factor_is_known_of_the_session_that_began_with_it(
    enforced: LocalAws, caller: Caller, unique: str, refusal: Callable[..., str]
) -> None:
    iam = enforced.client("iam")

    def device(name: str) -> str:
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
        return str(made["SerialNumber"])

    theirs, unassigned = device(unique), device(f"{unique}-other")
    code = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    iam.enable_mfa_device(UserName=unique, SerialNumber=theirs, **code)
    caller.may(allow("sqs:ListQueues", Bool={"aws:MultiFactorAuthPresent": "true"}))
    sts = caller.client("sts")

    def lists(**factor: str) -> Callable[..., Any]:
        given = sts.get_session_token(**factor)["Credentials"]
        keys = {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }
        listed: Callable[..., Any] = enforced.client("sqs", **keys).list_queues
        return listed

    assert refusal(caller.client("sqs").list_queues) in DENIED
    assert refusal(lists()) in DENIED
    lists(SerialNumber=theirs, TokenCode="123456")()
    assert refusal(sts.get_session_token, SerialNumber=unassigned, TokenCode="123456") in DENIED
    assert refusal(sts.get_session_token, SerialNumber=theirs, TokenCode="abcdef") in DENIED


def test_findings_of_security_hub_belong_to_its_hub(enforced: LocalAws, caller: Caller) -> None:
    enforced.client("securityhub").enable_security_hub()
    hub = caller.client("securityhub")
    caller.may(allow("securityhub:GetFindings", on="arn:aws:securityhub:us-east-1:111122223333:hub/other"))
    with pytest.raises(hub.exceptions.ClientError) as found:
        hub.get_findings()
    assert found.value.response["Error"]["Code"] in DENIED
    caller.may(allow("securityhub:GetFindings", on="arn:aws:securityhub:us-east-1:111122223333:hub/default"))
    assert hub.get_findings()["Findings"] == []


def recorded(service: str, name: str, parameters: object, *arns: str) -> Document:
    """Return a record of a call, as CloudTrail writes it."""
    return Document.of(
        {
            "eventVersion": "1.11",
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/worker"},
            "eventTime": "2026-12-01T12:00:00Z",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": "us-east-1",
            "requestParameters": parameters,
            "resources": [{"ARN": one} for one in arns],
            "eventType": "AwsApiCall",
            "recipientAccountId": "111122223333",
        }
    )


def test_a_policy_from_recorded_calls_allows_the_workload_and_nothing_beyond_it(
    enforced: LocalAws, caller: Caller, unique: str, refusal: Callable[..., str]
) -> None:
    """The policy is that of `ringfence iam generate` for the records of these calls."""
    bucket, table = f"{unique}-b", f"{unique}-t"
    for one in (bucket, f"{unique}-other"):
        enforced.client("s3").create_bucket(Bucket=one)
    for one in (table, f"{unique}-other"):
        enforced.client("dynamodb").create_table(
            TableName=one,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    records = (
        recorded(
            *("s3", "PutObject", {"bucketName": bucket, "key": "a"}),
            *(f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/a"),
        ),
        recorded("dynamodb", "PutItem", {"tableName": table, "key": {"pk": "1"}}),
        recorded("ec2", "DescribeInstances", {}),
    )
    made = from_uses(use for one in records for use in uses(one) if isinstance(use, Use))
    caller.may(*made.document["Statement"])  # type: ignore[misc]  # a list of statements
    s3, dynamodb, ec2 = (caller.client(name) for name in ("s3", "dynamodb", "ec2"))
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "1"}})
    ec2.describe_instances()
    beyond: tuple[tuple[Callable[..., Any], dict[str, Any]], ...] = (
        (s3.put_object, {"Bucket": f"{unique}-other", "Key": "a", "Body": b"1"}),
        (s3.put_object, {"Bucket": bucket, "Key": "b", "Body": b"1"}),
        (s3.delete_object, {"Bucket": bucket, "Key": "a"}),
        (dynamodb.put_item, {"TableName": f"{unique}-other", "Item": {"pk": {"S": "1"}}}),
        (dynamodb.delete_table, {"TableName": table}),
        (ec2.describe_volumes, {}),
        (caller.client("ec2", region="eu-west-1").describe_instances, {}),
        (caller.client("iam").list_users, {}),
    )
    for call, given in beyond:
        assert refusal(call, **given) in DENIED, (call, given)


def test_a_policy_from_the_event_history_allows_what_a_role_did_in_its_environment(
    enforced: LocalAws, caller: Caller, unique: str, refusal: Callable[..., str]
) -> None:
    """A role works, CloudTrail records it, and the command makes the policy of its last 90 days."""
    iam, queues = enforced.client("iam"), [f"{unique}-a", f"{unique}-b"]
    starter = Caller(enforced, f"{unique}-starter")
    starter.may(allow("sts:AssumeRole"))
    user = iam.get_user(UserName=f"{unique}-starter")["User"]["Arn"]
    trusted = {**allow("sts:AssumeRole"), "Principal": {"AWS": user}}
    del trusted["Resource"]
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    role = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    work = {"Version": "2012-10-17", "Statement": [allow("sqs:*", "ec2:Describe*")]}
    iam.put_role_policy(RoleName=unique, PolicyName="all", PolicyDocument=json.dumps(work))
    given = starter.client("sts").assume_role(RoleArn=role, RoleSessionName="work")["Credentials"]
    session = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    urls = [enforced.client("sqs", **session).create_queue(QueueName=one)["QueueUrl"] for one in queues]
    enforced.client("ec2", **session).describe_instances()
    words = ("--environment", "development", "--services", "ec2,sqs", "--principal", role)
    command = ("-m", "ringfence.cli.main", "iam", "generate", *words, "--from-cloudtrail", "90d")
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, *command],
        env={**os.environ, **enforced.environment()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)["Statement"]
    assert {action for one in made for action in one["Action"]} == {
        "ec2:DescribeInstances",
        "sqs:CreateQueue",
    }
    caller.may(*made)
    again = caller.client("sqs").create_queue
    assert refusal(again, QueueName=queues[0]) in DENIED, "the caller has no tag Environment"
    iam.tag_user(UserName=unique, Tags=[{"Key": "Environment", "Value": "development"}])
    assert again(QueueName=queues[0])["QueueUrl"] == urls[0]
    caller.client("ec2").describe_instances()
    assert refusal(again, QueueName=f"{unique}-c") in DENIED
    assert refusal(caller.client("sqs").delete_queue, QueueUrl=urls[0]) in DENIED
    assert refusal(caller.client("ec2").describe_volumes) in DENIED


def test_a_policy_for_production_reads_and_changes_nothing(
    enforced: LocalAws, caller: Caller, unique: str, refusal: Callable[..., str]
) -> None:
    enforced.client("s3").create_bucket(Bucket=unique)
    caller.may(*for_environment("production", ("s3",), ()).document["Statement"])  # type: ignore[misc]  # likewise
    s3 = caller.client("s3")
    s3.list_buckets()
    s3.get_bucket_location(Bucket=unique)
    assert refusal(s3.put_object, Bucket=unique, Key="a", Body=b"1") in DENIED
    assert refusal(s3.delete_bucket, Bucket=unique) in DENIED
    assert refusal(caller.client("ec2").describe_instances) in DENIED
