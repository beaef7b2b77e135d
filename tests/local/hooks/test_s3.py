"""S3 of the local AWS knows whose a bucket is, and what Block Public Access refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import OTHER_ACCOUNT

if TYPE_CHECKING:
    from ringfence.local import LocalAws

ALL_ON = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)


@pytest.fixture
def bucket(aws: LocalAws, unique: str) -> str:
    aws.client("s3").create_bucket(Bucket=unique)
    return unique


def test_a_bucket_of_another_account_than_expected_is_refused(aws: LocalAws, bucket: str) -> None:
    s3 = aws.client("s3")
    assert s3.get_bucket_versioning(Bucket=bucket, ExpectedBucketOwner=aws.account)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_bucket_versioning(Bucket=bucket, ExpectedBucketOwner=OTHER_ACCOUNT)


def test_a_public_policy_is_refused_where_the_bucket_blocks_it(aws: LocalAws, bucket: str) -> None:
    """No hook of ours: what steps rely on."""
    s3 = aws.client("s3")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=ALL_ON)
    anyone = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    with pytest.raises(ClientError, match="BlockPublicPolicy"):
        s3.put_bucket_policy(
            Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [anyone]})
        )


def test_cloudtrail_records_calls_on_buckets_by_its_own_names_and_names_the_bucket(
    aws: LocalAws, bucket: str
) -> None:
    s3 = aws.client("s3")
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.delete_bucket_encryption(Bucket=bucket)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=ALL_ON)
    s3.delete_public_access_block(Bucket=bucket)
    policy = {"Version": "2012-10-17", "Statement": []}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    told = [json.loads(one["CloudTrailEvent"]) for one in aws.client("cloudtrail").lookup_events()["Events"]]
    of_bucket = [
        one
        for one in told
        if (one["requestParameters"] or {}).get("bucketName") == bucket and not one["readOnly"]
    ]
    assert {one["eventName"] for one in of_bucket} == {
        "CreateBucket",
        "DeleteBucketEncryption",
        "DeleteBucketPublicAccessBlock",
        "PutBucketEncryption",
        "PutBucketPolicy",
        "PutBucketPublicAccessBlock",
    }
    assert policy in [one["requestParameters"].get("bucketPolicy") for one in of_bucket]
