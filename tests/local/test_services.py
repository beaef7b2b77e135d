"""What is relied on in the local AWS and needs no hook: a new version of an emulator must keep it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from ringfence.aws.stream_source import StreamSource, TableStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.local import LocalAws

OTHER_ACCOUNT = "444455556666"


@pytest.fixture
def table(aws: Any, unique: str) -> tuple[Any, str]:
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName=unique,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return dynamodb, unique


def put(table: str, key: str) -> dict[str, Any]:
    return {
        "Put": {
            "TableName": table,
            "Item": {"pk": {"S": "chain"}, "sk": {"S": key}},
            "ConditionExpression": "attribute_not_exists(sk)",
        }
    }


def test_a_transaction_is_written_whole_or_not_at_all_and_says_which_item_stood_in_the_way(
    table: tuple[Any, str],
) -> None:
    dynamodb, name = table
    dynamodb.transact_write_items(TransactItems=[put(name, "1"), put(name, "2")])
    with pytest.raises(ClientError) as refused:
        dynamodb.transact_write_items(TransactItems=[put(name, "3"), put(name, "2")])
    assert refused.value.response["Error"]["Code"] == "TransactionCanceledException"
    reasons: Any = refused.value.response
    assert [reason["Code"] for reason in reasons["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    kept = dynamodb.query(
        TableName=name,
        ConsistentRead=True,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "chain"}},
    )
    assert [item["sk"]["S"] for item in kept["Items"]] == ["1", "2"]


def test_a_locked_version_cannot_be_deleted_and_an_archived_key_not_written_twice(
    aws: Any, unique: str, refusal: Callable[..., str]
) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=unique, ObjectLockEnabledForBucket=True)
    until = datetime.now(UTC) + timedelta(days=1)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
    written = s3.put_object(Bucket=unique, Key="entry", Body=b"{}", IfNoneMatch="*", **lock)
    again = refusal(s3.put_object, Bucket=unique, Key="entry", Body=b"other", IfNoneMatch="*", **lock)
    assert again == "PreconditionFailed"
    deleted = refusal(s3.delete_object, Bucket=unique, Key="entry", VersionId=written["VersionId"])
    assert deleted == "AccessDenied"
    assert s3.get_object(Bucket=unique, Key="entry")["Body"].read() == b"{}"


def test_versions_are_listed_from_the_first_on(aws: Any, unique: str) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=unique, ObjectLockEnabledForBucket=True)
    versions = [s3.put_object(Bucket=unique, Key="entry", Body=body)["VersionId"] for body in (b"1", b"2")]
    listed = s3.list_object_versions(Bucket=unique, Prefix="entry")["Versions"]
    assert [version["VersionId"] for version in listed] == versions[::-1]
    assert s3.get_object(Bucket=unique, Key="entry", VersionId=versions[0])["Body"].read() == b"1"


def test_a_role_of_another_account_is_assumed_and_acts_there(aws: Any, unique: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = aws.client("iam", account=OTHER_ACCOUNT).create_role(
        RoleName=unique, AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]
    assume = {"RoleArn": role["Arn"], "RoleSessionName": "incident"}
    given = aws.client("sts").assume_role(**assume)["Credentials"]
    session = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    caller = aws.client("sts", **session).get_caller_identity()
    assert caller["Account"] == OTHER_ACCOUNT
    assert caller["UserId"] == f"{role['RoleId']}:incident"
    vpc = aws.client("ec2", **session).create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]
    assert vpc["OwnerId"] == OTHER_ACCOUNT
    here = {each["VpcId"] for each in aws.client("ec2").describe_vpcs()["Vpcs"]}
    there = {each["VpcId"] for each in aws.client("ec2", account=OTHER_ACCOUNT).describe_vpcs()["Vpcs"]}
    assert vpc["VpcId"] in there - here


def test_regions_are_apart(aws: Any, ec2: Any, network: Any) -> None:
    elsewhere = aws.client("ec2", region="eu-west-1").describe_vpcs()["Vpcs"]
    assert network.vpc not in {vpc["VpcId"] for vpc in elsewhere}
    assert network.vpc in {vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"]}


def test_roles_have_ids_and_inline_policies(iam: Any, unique: str, refusal: Callable[..., str]) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    iam.create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(trust))
    assert iam.get_role(RoleName=unique)["Role"]["RoleId"].startswith("AROA")
    deny = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"StringLike": {"aws:userid": ["AROAEXAMPLE:i-0abc"]}},
            }
        ],
    }
    iam.put_role_policy(RoleName=unique, PolicyName="deny", PolicyDocument=json.dumps(deny))
    assert iam.get_role_policy(RoleName=unique, PolicyName="deny")["PolicyDocument"] == deny
    iam.delete_role_policy(RoleName=unique, PolicyName="deny")
    assert refusal(iam.get_role_policy, RoleName=unique, PolicyName="deny") == "NoSuchEntity"
    iam.create_instance_profile(InstanceProfileName=unique)
    iam.add_role_to_instance_profile(InstanceProfileName=unique, RoleName=unique)
    profile = iam.get_instance_profile(InstanceProfileName=unique)["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == [unique]


def test_an_http_api_with_iam_authorization_tells_its_function_who_calls(
    aws: Any, iam: Any, make_function: Callable[..., str], unique: str
) -> None:
    source = """
        import json
        def handler(event, context):
            return {"statusCode": 200, "body": json.dumps(event["requestContext"]["authorizer"]["iam"])}
    """
    api = aws.client("apigatewayv2")
    made = api.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    integration = api.create_integration(
        ApiId=made,
        IntegrationType="AWS_PROXY",
        IntegrationUri=make_function(source),
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    api.create_route(
        ApiId=made, RouteKey="POST /run", AuthorizationType="AWS_IAM", Target=f"integrations/{integration}"
    )
    api.create_stage(ApiId=made, StageName="$default", AutoDeploy=True)
    iam.create_user(UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    url = f"{aws.http_api(made)}/run"
    request = AWSRequest("POST", url, data=b"{}")
    with pytest.raises(HTTPError, match="403") as refused:
        urlopen(Request(url, data=b"{}", method="POST"))  # noqa: S310 - loopback
    refused.value.close()
    credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    SigV4Auth(credentials, "execute-api", aws.region).add_auth(request)
    signed = Request(url, data=b"{}", headers=dict(request.headers), method="POST")  # noqa: S310
    with urlopen(signed) as answer:  # noqa: S310 - loopback
        assert json.load(answer)["userArn"] == f"arn:aws:iam::{aws.account}:user/{unique}"


def test_a_stream_shows_again_what_was_inserted(aws: LocalAws) -> None:
    client, streams = aws.client("dynamodb"), aws.client("dynamodbstreams")
    made = client.create_table(
        TableName="shown-again",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("chain", "entry")],
        KeySchema=[
            {"AttributeName": "chain", "KeyType": "HASH"},
            {"AttributeName": "entry", "KeyType": "RANGE"},
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    source = StreamSource(
        client, "shown-again", TableStream(streams, made["TableDescription"]["LatestStreamArn"])
    )
    keys = {"chain": {"S": "a#b"}, "entry": {"S": "inc-1#000000"}}
    item = {**keys, "seq": {"N": "0"}}
    client.put_item(TableName="shown-again", Item=item)
    assert source.stored([("a#b", "inc-1#000000")]) == {("a#b", "inc-1#000000"): item}
    client.delete_item(TableName="shown-again", Key=keys)
    assert source.stored([("a#b", "inc-1#000000")]) == {}
    described = streams.describe_stream(StreamArn=source.stream.arn)["StreamDescription"]
    (shard,) = described["Shards"]
    first = shard["SequenceNumberRange"]["StartingSequenceNumber"]
    assert source.contains(first, keys, item)
    assert not source.contains(first, keys, {**item, "seq": {"N": "1"}})
    assert not source.contains(str(int(first) + 10**6), keys, item)
