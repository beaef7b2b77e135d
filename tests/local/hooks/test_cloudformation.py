"""What ministack's CloudFormation drops is there when the local AWS has made the stack."""

from __future__ import annotations

import json
from typing import Any

import pytest

DENIED = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:DeleteItem", "Resource": "*"}
LAMBDA_TRUST = {"Version": "2012-10-17", "Statement": []}


def template(retention: int, ttl: str, concurrency: int) -> str:
    key = {"Fn::GetAtt": ["Key", "Arn"]}
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]}
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    attributes = [{"AttributeName": "pk", "AttributeType": "S"}]
    resources = {
        "Key": ("AWS::KMS::Key", {"KeyPolicy": policy}),
        "Bucket": (
            "AWS::S3::Bucket",
            {
                "ObjectLockEnabled": True,
                "ObjectLockConfiguration": {
                    "ObjectLockEnabled": "Enabled",
                    "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": retention}},
                },
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [
                        {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": encryption}
                    ]
                },
                "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationInDays": retention}]},
                "LoggingConfiguration": {"DestinationBucketName": {"Ref": "Logs"}, "LogFilePrefix": "it/"},
            },
        ),
        "Logs": ("AWS::S3::Bucket", {}),
        "Topic": ("AWS::SNS::Topic", {"KmsMasterKeyId": key}),
        "Table": (
            "AWS::DynamoDB::Table",
            {
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": attributes,
                "BillingMode": "PAY_PER_REQUEST",
                "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "TimeToLiveSpecification": {"AttributeName": ttl, "Enabled": True},
                "ResourcePolicy": {"PolicyDocument": {"Statement": [DENIED]}},
            },
        ),
        "Role": ("AWS::IAM::Role", {"AssumeRolePolicyDocument": LAMBDA_TRUST}),
        "Function": (
            "AWS::Lambda::Function",
            {
                "Code": {"ZipFile": "def handler(event, context): pass"},
                "Handler": "index.handler",
                "Runtime": "python3.13",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "ReservedConcurrentExecutions": concurrency,
            },
        ),
    }
    return json.dumps(
        {
            "Resources": {name: {"Type": kind, "Properties": p} for name, (kind, p) in resources.items()},
            "Outputs": {name: {"Value": {"Ref": name}} for name in resources},
        }
    )


@pytest.fixture
def cloudformation(aws: Any) -> Any:
    return aws.client("cloudformation")


def outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


def settings(aws: Any, made: dict[str, str]) -> dict[str, Any]:
    s3, dynamodb = aws.client("s3"), aws.client("dynamodb")
    lock = s3.get_object_lock_configuration(Bucket=made["Bucket"])["ObjectLockConfiguration"]
    sse = s3.get_bucket_encryption(Bucket=made["Bucket"])["ServerSideEncryptionConfiguration"]["Rules"][0]
    table = dynamodb.describe_table(TableName=made["Table"])["Table"]
    backups = dynamodb.describe_continuous_backups(TableName=made["Table"])["ContinuousBackupsDescription"]
    ttl = dynamodb.describe_time_to_live(TableName=made["Table"])["TimeToLiveDescription"]
    concurrency = aws.client("lambda").get_function_concurrency(FunctionName=made["Function"])
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=made["Bucket"])["Rules"]
    policy = dynamodb.get_resource_policy(ResourceArn=table["TableArn"])["Policy"]
    topic = aws.client("sns").get_topic_attributes(TopicArn=made["Topic"])["Attributes"]
    return {
        "versioning": s3.get_bucket_versioning(Bucket=made["Bucket"])["Status"],
        "retention": lock["Rule"]["DefaultRetention"],
        "bucket key": sse["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"].rsplit("/", 1)[-1],
        "table key": table["SSEDescription"]["KMSMasterKeyArn"].rsplit("/", 1)[-1],
        "recovery": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        "expiry": (ttl["TimeToLiveStatus"], ttl["AttributeName"]),
        "concurrency": concurrency["ReservedConcurrentExecutions"],
        "table policy": json.loads(policy)["Statement"],
        "lifecycle": [(one["Status"], one["Expiration"]["Days"]) for one in lifecycle],
        "access log": s3.get_bucket_logging(Bucket=made["Bucket"])["LoggingEnabled"]["TargetBucket"],
        "topic key": topic["KmsMasterKeyId"].rsplit("/", 1)[-1],
    }


def test_an_alarm_on_an_expression_is_there_on_its_first_metric(
    aws: Any, cloudformation: Any, unique: str
) -> None:
    metrics = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Events",
                    "MetricName": "FailedInvocations",
                    "Dimensions": [{"Name": "RuleName", "Value": f"rule{number}"}],
                },
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": False,
        }
        for number in range(2)
    ]
    alarm = {
        "AlarmName": unique,
        "Metrics": [*metrics, {"Id": "sum", "Expression": "m0 + m1"}],
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
    }
    body = {"Resources": {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm}}}
    cloudformation.create_stack(StackName=unique, TemplateBody=json.dumps(body))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=unique, WaiterConfig={"Delay": 1})
    (found,) = aws.client("cloudwatch").describe_alarms(AlarmNames=[unique])["MetricAlarms"]
    assert (found["Namespace"], found["MetricName"]) == ("AWS/Events", "FailedInvocations")
    assert found["Dimensions"] == [{"Name": "RuleName", "Value": "rule0"}]


def test_what_a_template_says_is_there_after_create_and_after_update(
    aws: Any, cloudformation: Any, unique: str
) -> None:
    cloudformation.create_stack(
        StackName=unique, TemplateBody=template(7, "expires", 3), Capabilities=["CAPABILITY_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=unique, WaiterConfig={"Delay": 1})
    made = outputs(cloudformation, unique)
    expected = {
        "versioning": "Enabled",
        "retention": {"Mode": "GOVERNANCE", "Days": 7},
        "bucket key": made["Key"],
        "table key": made["Key"],
        "recovery": "ENABLED",
        "expiry": ("ENABLED", "expires"),
        "concurrency": 3,
        "lifecycle": [("Enabled", 7)],
        "table policy": [DENIED],
        "access log": made["Logs"],
        "topic key": made["Key"],
    }
    assert settings(aws, made) == expected
    cloudformation.update_stack(
        StackName=unique, TemplateBody=template(9, "gone_by", 5), Capabilities=["CAPABILITY_IAM"]
    )
    cloudformation.get_waiter("stack_update_complete").wait(StackName=unique, WaiterConfig={"Delay": 1})
    assert outputs(cloudformation, unique) == made
    changed = {
        "retention": {"Mode": "GOVERNANCE", "Days": 9},
        "expiry": ("ENABLED", "gone_by"),
        "concurrency": 5,
        "lifecycle": [("Enabled", 9)],
    }
    assert settings(aws, made) == expected | changed
