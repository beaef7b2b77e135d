"""Records of the local CloudTrail are shaped as AWS's: what is read from one is what the call was made on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.model.kinds.account import AccountRef
from ringfence.model.kinds.bucket import BucketRef
from ringfence.model.kinds.detector import DetectorRef
from ringfence.model.kinds.flow_log import FlowLogRef
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.kinds.kms_key import KeyRef
from ringfence.model.kinds.recorder import RecorderRef
from ringfence.model.kinds.security_group import SecurityGroupRef
from ringfence.model.kinds.trail import TrailRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.subject import GLOBAL
from tests.local.conftest import IMAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.local import LocalAws
    from ringfence.model.finding import Finding
    from ringfence.model.subject import Ref

REGION = "ap-south-1"
"""One of its own: there is one recorder and one detector a region."""
SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}

ANYONE = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'


class Local:
    """Clients, and what CloudTrail recorded."""

    def __init__(self, aws: LocalAws, name: str) -> None:
        self.aws, self.name = aws, name

    def client(self, service: str) -> Any:
        return self.aws.client(service, region=REGION)

    def ref(self, kind: type[Ref], id_: str) -> Ref:
        return kind(self.aws.account, REGION if kind.regional else GLOBAL, id_)

    def recorded(self, service: str, call: str) -> Mapping[str, Any]:
        """Return the newest record of a call."""
        where = REGION if service != "iam" else GLOBAL
        wanted = [{"AttributeKey": "EventName", "AttributeValue": call}]
        told = self.aws.client("cloudtrail", region=where).lookup_events(LookupAttributes=wanted)["Events"]
        record: dict[str, Any] = json.loads(told[0]["CloudTrailEvent"])
        return record

    def told(self, service: str, call: str) -> tuple[Finding, ...] | NotForUs:
        """Return what is read from the newest record of a call."""
        record = self.recorded(service, call)
        return findings(
            {
                "source": f"aws.{service}",
                "detail-type": "AWS API Call via CloudTrail",
                "account": self.aws.account,
                "region": record["awsRegion"],
                "time": record["eventTime"],
                "resources": [],
                "detail": record,
            }
        )


@pytest.fixture
def local(aws: LocalAws, unique: str) -> Local:
    return Local(aws, unique)


@pytest.fixture
def vpc(local: Local) -> str:
    found: str = local.client("ec2").create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    return found


@pytest.fixture
def group(local: Local, vpc: str) -> str:
    made = local.client("ec2").create_security_group(GroupName=local.name, Description="d", VpcId=vpc)
    found: str = made["GroupId"]
    return found


@pytest.fixture
def instance(local: Local, vpc: str) -> str:
    ec2 = local.client("ec2")
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.0.0/24")["Subnet"]["SubnetId"]
    run = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, SubnetId=subnet)
    found: str = run["Instances"][0]["InstanceId"]
    return found


@pytest.fixture
def trail(local: Local) -> str:
    where = {"LocationConstraint": REGION}
    local.client("s3").create_bucket(Bucket=local.name, CreateBucketConfiguration=where)
    local.client("cloudtrail").create_trail(Name=local.name, S3BucketName=local.name)
    return local.name


def is_about(local: Local, service: str, call: str, ref: Ref) -> None:
    """Check that the newest record of a call is read as one on `ref`."""
    told = local.told(service, call)
    assert not isinstance(told, NotForUs), told
    assert told[0].type == f"CloudTrail:{service}:{call}"
    assert told[0].subjects == (ref,)


def test_calls_on_a_bucket(local: Local) -> None:
    s3, ref = local.client("s3"), local.ref(BucketRef, local.name)
    where = {"LocationConstraint": REGION}
    s3.create_bucket(
        Bucket=local.name,
        CreateBucketConfiguration=where,
        ObjectOwnership="BucketOwnerPreferred",
        GrantRead=ANYONE,
    )
    is_about(local, "s3", "CreateBucket", ref)
    parameters = local.recorded("s3", "CreateBucket")["requestParameters"]
    assert parameters["x-amz-grant-read"] == ANYONE
    assert parameters["x-amz-object-ownership"] == "BucketOwnerPreferred"
    block = {"BlockPublicAcls": False}
    s3.put_public_access_block(Bucket=local.name, PublicAccessBlockConfiguration=block)
    is_about(local, "s3", "PutBucketPublicAccessBlock", ref)
    s3.delete_public_access_block(Bucket=local.name)
    is_about(local, "s3", "DeleteBucketPublicAccessBlock", ref)
    s3.put_bucket_versioning(Bucket=local.name, VersioningConfiguration={"Status": "Suspended"})
    is_about(local, "s3", "PutBucketVersioning", ref)
    s3.put_bucket_acl(Bucket=local.name, ACL="private")
    is_about(local, "s3", "PutBucketAcl", ref)


def test_calls_on_a_security_group(local: Local, group: str) -> None:
    ec2, ref = local.client("ec2"), local.ref(SecurityGroupRef, group)
    is_about(local, "ec2", "CreateSecurityGroup", ref)
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[SSH])
    is_about(local, "ec2", "AuthorizeSecurityGroupIngress", ref)
    rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    change = {"IpProtocol": "tcp", "FromPort": 23, "ToPort": 23, "CidrIpv4": "0.0.0.0/0"}
    update = {"SecurityGroupRuleId": rule, "SecurityGroupRule": change}
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[update])
    is_about(local, "ec2", "ModifySecurityGroupRules", ref)
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule])
    is_about(local, "ec2", "RevokeSecurityGroupIngress", ref)


def test_a_group_that_is_named_is_told_by_the_answer(local: Local) -> None:
    """It may be named in the default VPC alone."""
    ec2 = local.client("ec2")
    (default,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    made = ec2.create_security_group(GroupName=local.name, Description="d", VpcId=default["VpcId"])
    ec2.authorize_security_group_ingress(GroupName=local.name, IpPermissions=[SSH])
    assert (
        local.recorded("ec2", "AuthorizeSecurityGroupIngress")["requestParameters"]["groupName"] == local.name
    )
    is_about(local, "ec2", "AuthorizeSecurityGroupIngress", local.ref(SecurityGroupRef, made["GroupId"]))


def test_the_rules_that_were_asked_for_and_made_are_in_the_record(local: Local, group: str) -> None:
    local.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[SSH])
    record = local.recorded("ec2", "AuthorizeSecurityGroupIngress")
    (asked,) = record["requestParameters"]["ipPermissions"]["items"]
    assert (asked["ipProtocol"], asked["fromPort"], asked["toPort"]) == ("tcp", 22, 22)
    assert asked["ipRanges"]["items"] == [{"cidrIp": "0.0.0.0/0"}]
    assert record["responseElements"]["_return"] is True
    (made,) = record["responseElements"]["securityGroupRuleSet"]["items"]
    assert (made["groupId"], made["fromPort"], made["cidrIpv4"]) == (group, 22, "0.0.0.0/0")


def test_calls_that_make_something(local: Local, vpc: str, instance: str) -> None:
    is_about(local, "ec2", "CreateVpc", local.ref(VpcRef, vpc))
    is_about(local, "ec2", "RunInstances", local.ref(InstanceRef, instance))


def test_a_call_on_an_instances_metadata(local: Local, instance: str) -> None:
    local.client("ec2").modify_instance_metadata_options(InstanceId=instance, HttpTokens="optional")
    is_about(local, "ec2", "ModifyInstanceMetadataOptions", local.ref(InstanceRef, instance))


def test_flow_logs_that_were_deleted(local: Local, vpc: str) -> None:
    ec2, s3 = local.client("ec2"), local.client("s3")
    s3.create_bucket(Bucket=local.name, CreateBucketConfiguration={"LocationConstraint": REGION})
    made = ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::{local.name}",
    )
    ec2.delete_flow_logs(FlowLogIds=made["FlowLogIds"])
    is_about(local, "ec2", "DeleteFlowLogs", local.ref(FlowLogRef, made["FlowLogIds"][0]))


def test_calls_on_a_trail(local: Local, trail: str) -> None:
    client, ref = local.client("cloudtrail"), local.ref(TrailRef, trail)
    client.stop_logging(Name=trail)
    is_about(local, "cloudtrail", "StopLogging", ref)
    client.update_trail(Name=trail, IncludeGlobalServiceEvents=False)
    is_about(local, "cloudtrail", "UpdateTrail", ref)
    assert local.recorded("cloudtrail", "UpdateTrail")["responseElements"]["trailARN"].endswith(
        f"trail/{trail}"
    )
    selectors = [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": False}]
    client.put_event_selectors(TrailName=trail, EventSelectors=selectors)
    is_about(local, "cloudtrail", "PutEventSelectors", ref)
    asked = local.recorded("cloudtrail", "PutEventSelectors")["requestParameters"]
    assert asked["eventSelectors"] == [{"readWriteType": "ReadOnly", "includeManagementEvents": False}]
    client.delete_trail(Name=trail)
    is_about(local, "cloudtrail", "DeleteTrail", ref)


def test_calls_on_a_recorder(local: Local) -> None:
    config, ref = local.client("config"), local.ref(RecorderRef, "default")
    role = f"arn:aws:iam::{local.aws.account}:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    is_about(local, "config", "PutConfigurationRecorder", ref)
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "items"})
    for call in (config.start_configuration_recorder, config.stop_configuration_recorder):
        call(ConfigurationRecorderName="default")
    is_about(local, "config", "StartConfigurationRecorder", ref)
    is_about(local, "config", "StopConfigurationRecorder", ref)
    config.delete_configuration_recorder(ConfigurationRecorderName="default")
    is_about(local, "config", "DeleteConfigurationRecorder", ref)


def test_calls_on_a_detector(local: Local) -> None:
    guardduty = local.client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    guardduty.update_detector(DetectorId=detector, Enable=False)
    is_about(local, "guardduty", "UpdateDetector", local.ref(DetectorRef, detector))
    guardduty.delete_detector(DetectorId=detector)
    is_about(local, "guardduty", "DeleteDetector", local.ref(DetectorRef, detector))


def test_calls_on_a_key(local: Local) -> None:
    kms = local.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=key["Arn"])
    is_about(local, "kms", "DisableKey", local.ref(KeyRef, key["KeyId"]))
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    is_about(local, "kms", "ScheduleKeyDeletion", local.ref(KeyRef, key["KeyId"]))


def test_calls_on_the_password_policy(local: Local) -> None:
    iam, ref = local.client("iam"), local.ref(AccountRef, local.aws.account)
    iam.update_account_password_policy(MinimumPasswordLength=8)
    is_about(local, "iam", "UpdateAccountPasswordPolicy", ref)
    iam.delete_account_password_policy()
    is_about(local, "iam", "DeleteAccountPasswordPolicy", ref)


def test_a_refused_call_has_the_errors_code_and_is_answered_by_nobody(
    local: Local, refusal: Callable[..., str]
) -> None:
    s3, ec2, trail = local.client("s3"), local.client("ec2"), local.client("cloudtrail")
    code = refusal(s3.put_bucket_versioning, Bucket=local.name, VersioningConfiguration={"Status": "Enabled"})
    assert local.recorded("s3", "PutBucketVersioning")["errorCode"] == code == "NoSuchBucket"
    gone = "sg-0123456789abcdef0"
    code = refusal(ec2.authorize_security_group_ingress, GroupId=gone, IpPermissions=[SSH])
    assert local.recorded("ec2", "AuthorizeSecurityGroupIngress")["errorCode"] == f"Client.{code}"
    code = refusal(trail.stop_logging, Name=local.name)
    assert local.recorded("cloudtrail", "StopLogging")["errorCode"] == code == "TrailNotFoundException"
    for service, call in (("s3", "PutBucketVersioning"), ("ec2", "AuthorizeSecurityGroupIngress")):
        told = local.told(service, call)
        assert isinstance(told, tuple), "the root user of the account made it, which is told of all the same"
        assert [one.type for one in told] == ["Root:Call"]


def test_the_caller_is_as_in_aws(local: Local) -> None:
    local.client("kms").create_key()
    assert local.recorded("kms", "CreateKey")["userIdentity"]["type"] == "Root"
    iam, name = local.client("iam"), local.name
    trust = {"Version": "2012-10-17", "Statement": []}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    given = local.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="incident")["Credentials"]
    session = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    local.aws.client("kms", region=REGION, **session).create_key()
    identity = local.recorded("kms", "CreateKey")["userIdentity"]
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert identity["type"] == "AssumedRole"
    assert (issuer["userName"], issuer["arn"]) == (name, role["Arn"])
    assert identity["principalId"] == f"{issuer['principalId']}:incident"
