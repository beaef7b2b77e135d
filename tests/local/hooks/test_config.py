"""AWS Config of the local AWS: rules are evaluated when asked, and what CloudTrail saw is recorded.

It holds the results that a test puts there, and sends their events.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "eu-north-1"
"""One of its own: there is one recorder a region."""


@pytest.fixture
def config(aws: Any) -> Any:
    return aws.client("config", region=REGION)


@pytest.fixture
def rule(config: Any, unique: str) -> str:
    source = {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED"}
    config.put_config_rule(ConfigRule={"ConfigRuleName": unique, "Source": source})
    return unique


@pytest.fixture
def recorder(aws: Any, config: Any) -> str:
    """A recorder that runs."""
    role = f"arn:aws:iam::{aws.account}:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "items"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    return "default"


def last(config: Any, rule: str) -> Any:
    found = config.describe_config_rule_evaluation_status(ConfigRuleNames=[rule])
    return found["ConfigRulesEvaluationStatus"][0].get("LastSuccessfulEvaluationTime")


def test_a_rule_is_evaluated_when_it_is_asked_for(config: Any, rule: str) -> None:
    assert last(config, rule) is None
    config.start_config_rules_evaluation(ConfigRuleNames=[rule])
    first = last(config, rule)
    config.start_config_rules_evaluation(ConfigRuleNames=[rule])
    assert last(config, rule) > first


def test_a_rule_that_does_not_exist_is_neither_evaluated_nor_described(
    config: Any, unique: str, refusal: Callable[..., str]
) -> None:
    for call in (config.start_config_rules_evaluation, config.describe_config_rule_evaluation_status):
        assert refusal(call, ConfigRuleNames=[unique]) == "NoSuchConfigRuleException"


def test_a_running_recorder_has_an_item_of_the_last_change(
    aws: Any, config: Any, recorder: str, refusal: Callable[..., str]
) -> None:
    ec2 = aws.client("ec2", region=REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    wanted = {"resourceType": "AWS::EC2::SecurityGroup", "resourceId": group}
    began = time.time()
    ec2.create_tags(Resources=[group], Tags=[{"Key": "k", "Value": "v"}])
    (item,) = config.get_resource_config_history(**wanted)["configurationItems"]
    assert item["configurationItemCaptureTime"].timestamp() >= int(began)
    assert item["resourceId"] == group
    ec2.describe_security_groups(GroupIds=[group])
    assert config.get_resource_config_history(**wanted)["configurationItems"] == [item]
    unseen = {**wanted, "resourceId": "sg-0123456789abcdef0"}
    assert refusal(config.get_resource_config_history, **unseen) == "ResourceNotDiscoveredException"
    config.stop_configuration_recorder(ConfigurationRecorderName=recorder)
    code = refusal(config.get_resource_config_history, **wanted)
    assert code == "NoAvailableConfigurationRecorderException"


BUCKET, NON_COMPLIANT = "AWS::S3::Bucket", "NON_COMPLIANT"


def put(config: Any, rule: str, compliance: str, *buckets: str) -> None:
    """Say what a rule found about some buckets."""
    evaluations = [
        {
            "ComplianceResourceType": BUCKET,
            "ComplianceResourceId": name,
            "ComplianceType": compliance,
            "OrderingTimestamp": time.time(),
        }
        for name in buckets
    ]
    assert config.put_evaluations(Evaluations=evaluations, ResultToken=rule)["FailedEvaluations"] == []


def compliance(config: Any, rule: str) -> str:
    (found,) = config.describe_compliance_by_config_rule(ConfigRuleNames=[rule])["ComplianceByConfigRules"]
    answer: str = found["Compliance"]["ComplianceType"]
    return answer


def test_the_results_of_a_rule_are_held_and_read_in_pages(config: Any, rule: str) -> None:
    assert compliance(config, rule) == "INSUFFICIENT_DATA"
    began = int(time.time())
    put(config, rule, "COMPLIANT", "c")
    put(config, rule, NON_COMPLIANT, "a", "b")
    assert compliance(config, rule) == NON_COMPLIANT
    listed = config.describe_compliance_by_config_rule(ComplianceTypes=[NON_COMPLIANT])
    assert rule in [one["ConfigRuleName"] for one in listed["ComplianceByConfigRules"]]
    wanted = {"ConfigRuleName": rule, "ComplianceTypes": [NON_COMPLIANT], "Limit": 1}
    first = config.get_compliance_details_by_config_rule(**wanted)
    second = config.get_compliance_details_by_config_rule(**wanted, NextToken=first["NextToken"])
    assert "NextToken" not in second
    results = [*first["EvaluationResults"], *second["EvaluationResults"]]
    named = [each["EvaluationResultIdentifier"]["EvaluationResultQualifier"] for each in results]
    assert [each["ResourceId"] for each in named] == ["a", "b"]
    assert all(each["ResultRecordedTime"].timestamp() >= began for each in results)
    put(config, rule, "NOT_APPLICABLE", "a", "b")
    assert compliance(config, rule) == "COMPLIANT"


def test_a_result_that_changed_has_an_event(aws: Any, config: Any, rule: str, unique: str) -> None:
    events, sqs = (aws.client(name, region=REGION) for name in ("events", "sqs"))
    queue = sqs.create_queue(QueueName=unique)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.config"], "detail": {"configRuleName": [rule]}}
    events.put_rule(Name=unique, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=unique, Targets=[{"Id": "queue", "Arn": arn}])
    for found in (NON_COMPLIANT, NON_COMPLIANT, "COMPLIANT"):
        put(config, rule, found, "a")
    sent = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    details = [json.loads(one["Body"])["detail"] for one in sent]
    types = [one["newEvaluationResult"]["complianceType"] for one in details]
    assert sorted(types) == ["COMPLIANT", NON_COMPLIANT]
    assert {one["resourceId"] for one in details} == {"a"}


def test_a_rule_that_does_not_exist_has_no_results(
    config: Any, unique: str, refusal: Callable[..., str]
) -> None:
    details = config.get_compliance_details_by_config_rule
    assert refusal(details, ConfigRuleName=unique) == "NoSuchConfigRuleException"
    each = config.describe_compliance_by_config_rule
    assert refusal(each, ConfigRuleNames=[unique]) == "NoSuchConfigRuleException"


QUERY = (
    "SELECT accountId, awsRegion, resourceType, resourceId, resourceName, tags, configurationItemStatus, "
    "configuration, supplementaryConfiguration WHERE resourceType IN ({})"
)


def items(config: Any, *types: str) -> dict[str, dict[str, Any]]:
    """Return the items of some types by their ids, page by page."""
    asked = {"Expression": QUERY.format(", ".join(f"'{one}'" for one in types)), "Limit": 1}
    found: list[str] = []
    while True:
        page = config.select_resource_config(**asked)
        found += page["Results"]
        if not page.get("NextToken"):
            return {one["resourceId"]: one for one in map(json.loads, found)}
        asked["NextToken"] = page["NextToken"]


def test_a_query_returns_buckets_as_they_are_now_with_the_names_of_aws_config(
    aws: Any, config: Any, unique: str
) -> None:
    s3, where = aws.client("s3", region=REGION), {"LocationConstraint": REGION}
    for name in (unique, f"{unique}-2"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    s3.put_bucket_versioning(Bucket=unique, VersioningConfiguration={"Status": "Enabled"})
    block = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    s3.put_public_access_block(Bucket=unique, PublicAccessBlockConfiguration=block)
    to_itself = {"LoggingEnabled": {"TargetBucket": unique, "TargetPrefix": "log/"}}
    s3.put_bucket_logging(Bucket=unique, BucketLoggingStatus=to_itself)
    s3.create_bucket(Bucket=f"{unique}-3", CreateBucketConfiguration=where, ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket=f"{unique}-3")
    s3.put_bucket_acl(Bucket=f"{unique}-3", ACL="public-read")
    found = items(config, "AWS::S3::Bucket")
    kept, plain = (found[name]["supplementaryConfiguration"] for name in (unique, f"{unique}-2"))
    assert kept["BucketVersioningConfiguration"] == {"status": "Enabled"}
    assert plain["BucketVersioningConfiguration"] == {"status": "Off"}
    assert set(kept["PublicAccessBlockConfiguration"].values()) == {True}
    assert kept["BucketLoggingConfiguration"]["destinationBucketName"] == unique
    (rule,) = plain["ServerSideEncryptionConfiguration"]["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256"
    assert plain["BucketPolicy"] == {"policyText": None}
    (owner,) = json.loads(plain["AccessControlList"])["grantList"]
    assert owner["permission"] == "FullControl"
    public = json.loads(found[f"{unique}-3"]["supplementaryConfiguration"]["AccessControlList"])
    assert {"grantee": "AllUsers", "permission": "Read"} in public["grantList"]


def test_a_query_returns_security_groups_and_instances_as_they_are_now(aws: Any, config: Any) -> None:
    ec2 = aws.client("ec2", region=REGION)
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="q", Description="q", VpcId=vpc)["GroupId"]
    opening = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[opening])
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    image = ec2.describe_images()["Images"][0]["ImageId"]
    run = ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2, SubnetId=subnet)["Instances"]
    kept, gone = (one["InstanceId"] for one in run)
    ec2.terminate_instances(InstanceIds=[gone])
    found = items(config, "AWS::EC2::SecurityGroup", "AWS::EC2::Instance")
    (ingress,) = found[group]["configuration"]["ipPermissions"]
    assert (ingress["ipProtocol"], ingress["fromPort"], ingress["toPort"]) == ("tcp", 22, 22)
    assert [one["cidrIp"] for one in ingress["ipv4Ranges"]] == ["0.0.0.0/0"]
    assert found[kept]["configuration"]["metadataOptions"]["httpTokens"] == "optional"
    assert gone not in found


def test_other_queries_are_refused(config: Any, refusal: Callable[..., str]) -> None:
    code = refusal(config.select_resource_config, Expression="SELECT * WHERE resourceId = 'x'")
    assert code == "InvalidExpressionException"
