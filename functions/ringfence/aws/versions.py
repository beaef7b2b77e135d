"""List a versioned bucket: each key with its versions and delete markers."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ringfence.aws.failures import raised
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectVersionsRequestTypeDef


@frozen
class Version:
    """One version of an object: its id, and when S3 received it."""

    id: str
    at: datetime


@frozen
class Stored:
    """One key of a bucket: its versions, the oldest first, and the times of its delete markers."""

    name: str
    versions: tuple[Version, ...]
    markers: tuple[datetime, ...]


def stored_in(client: S3Client, bucket: str, prefix: str, after: str = "") -> Iterator[Stored]:
    """Yield the keys with a prefix in order. `after`: only the keys that follow this one.

    Raises Retryable if S3 fails.
    """
    for name, found in groupby(_listed(client, bucket, prefix, after), key=lambda one: one[0]):
        listed = tuple(found)
        versions = [one for _, one, marked in listed if not marked]
        versions.reverse()  # S3 lists the newest first, and its times are full seconds
        versions.sort(key=lambda one: one.at)
        yield Stored(name, tuple(versions), tuple(one.at for _, one, marked in listed if marked))


def _listed(client: S3Client, bucket: str, prefix: str, after: str) -> Iterator[tuple[str, Version, bool]]:
    """Yield key and version, and whether it is a delete marker. S3 lists the versions of a key together."""
    asked: ListObjectVersionsRequestTypeDef = {"Bucket": bucket, "Prefix": prefix}
    if after:
        asked["KeyMarker"] = after
    while True:
        with raised("s3:ListBucketVersions"):
            page = client.list_object_versions(**asked)
        found = [
            (one["Key"], Version(one["VersionId"], one["LastModified"]), False)
            for one in page.get("Versions", ())
        ]
        gone = [
            (one["Key"], Version(one["VersionId"], one["LastModified"]), True)
            for one in page.get("DeleteMarkers", ())
        ]
        yield from sorted((*found, *gone), key=lambda one: one[0])
        if not page.get("IsTruncated"):
            return
        asked["KeyMarker"] = page["NextKeyMarker"]
        asked["VersionIdMarker"] = page["NextVersionIdMarker"]
