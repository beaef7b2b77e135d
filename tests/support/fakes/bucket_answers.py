"""What S3 answers about a bucket, in its published shapes: what is usual first."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.observations.s3.tls import tls_statement

if TYPE_CHECKING:
    from collections.abc import Mapping


def _policy(*statements: Mapping[str, object]) -> dict[str, object]:
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": statements})}


OWNER = {"ID": "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"}
READ_BY_ALL = {
    "Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
    "Permission": "READ",
}
FULL = {"Grantee": {"Type": "CanonicalUser", **OWNER}, "Permission": "FULL_CONTROL"}
_ALLOW = {
    "Sid": "Public",
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::shop-pictures/*",
}
_TLS = tls_statement("shop-pictures")
_ON = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
_KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_BLOCKS = (
    {"PublicAccessBlockConfiguration": _ON},
    {"PublicAccessBlockConfiguration": {**_ON, "RestrictPublicBuckets": False}},
)
BUCKET_ANSWERS: Mapping[str, tuple[Mapping[str, object], ...]] = MappingProxyType(
    {
        "s3:GetBucketAcl": (
            {"Owner": OWNER, "Grants": [FULL, READ_BY_ALL]},
            {"Owner": OWNER, "Grants": [FULL]},
        ),
        "s3:GetBucketEncryption": (
            {
                "ServerSideEncryptionConfiguration": {
                    "Rules": [
                        {
                            "ApplyServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": _KEY,
                            },
                            "BucketKeyEnabled": True,
                            "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
                        }
                    ]
                }
            },
            {"ServerSideEncryptionConfiguration": {"Rules": []}},
        ),
        "s3:GetBucketLogging": (
            {"LoggingEnabled": {"TargetBucket": "access-logs", "TargetPrefix": "shop-pictures/"}},
            {},
        ),
        "s3:GetBucketOwnershipControls": (
            {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
            {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        ),
        "s3:GetBucketPolicy": (_policy(_ALLOW), _policy(_ALLOW, _TLS), _policy(_TLS), {"Policy": "{}"}),
        "s3:GetBucketTagging": (
            {"TagSet": [{"Key": "ringfence:public", "Value": "yes"}]},
            {"TagSet": [{"Key": "team", "Value": "shop"}]},
        ),
        "s3:GetBucketVersioning": ({"Status": "Suspended", "MFADelete": "Disabled"}, {}),
        "s3:GetBucketWebsite": ({"IndexDocument": {"Suffix": "index.html"}},),
        "s3:GetPublicAccessBlock": _BLOCKS,
    }
)
