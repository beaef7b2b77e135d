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
