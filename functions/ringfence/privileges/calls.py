"""Which IAM actions a recorded call needed. Pure.

CloudTrail records names of operations. Most are the names of the actions too. AWS documents the exceptions
for each service. An operation that is neither an action nor an exception is reported.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.privileges.actions import actions_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.privileges.actions import Action

_SERVICES: Mapping[str, str] = MappingProxyType(
    {"monitoring": "cloudwatch", "email": "ses", "tagging": "tag", "sso-directory": "identitystore"}
)
"""The services whose actions have another prefix than the endpoint."""
_VERSION = re.compile(r"(_?20\d{2}[-_]?\d{2}[-_]?\d{2})(v\d+)?$")
"""The version of an API, which some services append to the names of operations."""
_OTHERS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("lambda", "invoke"): ("InvokeFunction",),
        ("lambda", "invokeasync"): ("InvokeFunction",),
        ("s3", "listbuckets"): ("ListAllMyBuckets",),
        ("s3", "listobjects"): ("ListBucket",),
        ("s3", "listobjectsv2"): ("ListBucket",),
        ("s3", "headbucket"): ("ListBucket",),
        ("s3", "listobjectversions"): ("ListBucketVersions",),
        ("s3", "listmultipartuploads"): ("ListBucketMultipartUploads",),
        ("s3", "listparts"): ("ListMultipartUploadParts",),
        ("s3", "headobject"): ("GetObject",),
        ("s3", "copyobject"): ("PutObject", "GetObject"),
        ("s3", "createmultipartupload"): ("PutObject",),
        ("s3", "completemultipartupload"): ("PutObject",),
        ("s3", "uploadpart"): ("PutObject",),
        ("s3", "deleteobjects"): ("DeleteObject",),
        ("s3", "getbucketencryption"): ("GetEncryptionConfiguration",),
        ("s3", "putbucketencryption"): ("PutEncryptionConfiguration",),
        ("s3", "deletebucketencryption"): ("PutEncryptionConfiguration",),
        ("s3", "getbucketlifecycle"): ("GetLifecycleConfiguration",),
        ("s3", "getbucketlifecycleconfiguration"): ("GetLifecycleConfiguration",),
        ("s3", "putbucketlifecycle"): ("PutLifecycleConfiguration",),
        ("s3", "putbucketlifecycleconfiguration"): ("PutLifecycleConfiguration",),
        ("s3", "deletebucketlifecycle"): ("PutLifecycleConfiguration",),
        ("s3", "getbucketreplication"): ("GetReplicationConfiguration",),
        ("s3", "putbucketreplication"): ("PutReplicationConfiguration",),
        ("s3", "deletebucketcors"): ("PutBucketCORS",),
        ("s3", "deletebuckettagging"): ("PutBucketTagging",),
    }
)
"""The actions of operations with other names, by service and operation in lower case."""
NEEDS_NOTHING = frozenset({("sts", "getcalleridentity"), ("sts", "getsessiontoken")})
"""Operations that every principal may call: a policy cannot take them away, or need not allow them."""


def service_of(source: str) -> str:
    """Return the prefix of a service's actions, given the source of a record.

    Examples
    --------
    >>> service_of("s3.amazonaws.com"), service_of("monitoring.amazonaws.com")
    ('s3', 'cloudwatch')
    """
    name = source.partition(".")[0].lower()
    return _SERVICES.get(name, name)


def actions_for(service: str, operation: str) -> tuple[Action, ...]:
    """Return the actions that an operation needs. Empty if none is known.

    Examples
    --------
    >>> [one.text for one in actions_for("s3", "ListObjectsV2")]
    ['s3:ListBucket']
    >>> [one.text for one in actions_for("lambda", "UpdateFunctionCode20150331v2")]
    ['lambda:UpdateFunctionCode']
    """
    known = actions_of(service)
    name = _VERSION.sub("", operation).lower()
    names = _OTHERS.get((service, name), (name,))
    return tuple(known[one.lower()] for one in names if one.lower() in known)
