"""The archive: a versioned bucket with Object Lock. It contains every entry once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ringfence.aws.audit_items import ARCHIVE_PREFIX, archive_key, archive_prefix
from ringfence.aws.failures import code_of, raised
from ringfence.model.call import Permission
from ringfence.record.chain import ChainKey
from ringfence.record.integrity import Archived

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectVersionTypeDef

    from ringfence.engine.ports import SideBySide
    from ringfence.record.chain import Entry

WRITE_PERMISSIONS = (
    Permission("s3:PutObject", ("{archive}/chains/*",)),
    Permission("s3:GetObject", ("{archive}/chains/*",)),
)
READ_PERMISSIONS = (
    Permission("s3:ListBucketVersions", ("{archive}",)),
    Permission("s3:GetObjectVersion", ("{archive}/chains/*",)),
)
"""The permissions for archiving and verifying. `{archive}` is the bucket's ARN. Its key is separate."""

_HASH, _MAC = "hash", "mac"
_THERE = "PreconditionFailed"
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""


@dataclass(frozen=True)
class S3Archive:
    """Writes entries once, and reads their first versions. Raises Retryable if S3 fails."""

    client: S3Client
    bucket: str

    def keep(self, chain: str, entry: Entry) -> bool:
        """Write an entry unless it exists. Return False if another object has its key.

        The bucket's default retention locks it.
        """
        key = archive_key(chain, entry.incident, entry.seq)
        with raised("s3:PutObject"):
            try:
                self.client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=entry.body.encode(),
                    ContentType="application/json",
                    ChecksumAlgorithm="SHA256",
                    Metadata={_HASH: entry.hash, **({_MAC: entry.mac} if entry.mac else {})},
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if code_of(error) != _THERE:
                    raise
                return self._get(key) == (entry.body, entry.hash, entry.mac)
        return True

    def first_versions(self, key: ChainKey, incident: str, side_by_side: SideBySide) -> tuple[Archived, ...]:
        """Read the first version of every entry of a response."""
        found: dict[str, list[ObjectVersionTypeDef]] = {}
        extra: dict[str, int] = {}
        with raised("s3:ListBucketVersions"):
            pages = self.client.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self.bucket, Prefix=archive_prefix(key.text, incident)):
                for version in page.get("Versions", ()):
                    found.setdefault(version["Key"], []).append(version)
                for marker in page.get("DeleteMarkers", ()):
                    extra[marker["Key"]] = extra.get(marker["Key"], 0) + 1
        reads = [
            lambda name=name, versions=versions: self._first(name, versions, extra.get(name, 0))
            for name, versions in found.items()
            if _seq(name) is not None
        ]
        return tuple(one for one in side_by_side(reads) if isinstance(one, Archived)) if reads else ()

    def chains(self, incident: str) -> tuple[ChainKey, ...]:
        """Search the whole archive for the responses to an incident that the table lacks."""
        found: dict[ChainKey, None] = {}
        with raised("s3:ListBucketVersions"):
            pages = self.client.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self.bucket, Prefix=ARCHIVE_PREFIX):
                for version in page.get("Versions", ()):
                    runbook, _, rest = version["Key"].removeprefix(ARCHIVE_PREFIX).partition("/")
                    subject, slash, _ = rest.rpartition(f"/{incident}/")
                    if slash:
                        found[ChainKey(runbook, subject)] = None
        return tuple(found)

    def _first(self, name: str, versions: list[ObjectVersionTypeDef], extra: int) -> Archived:
        """Read the oldest version. S3 lists the newest first."""
        oldest = min(reversed(versions), key=lambda version: version["LastModified"])
        body, kept, mac = self._get(name, oldest["VersionId"])
        return Archived(_seq(name) or 0, body, kept, len(versions) + extra, mac)

    def _get(self, name: str, version: str | None = None) -> tuple[str, str, str]:
        with raised("s3:GetObject"):
            found = (
                self.client.get_object(Bucket=self.bucket, Key=name, VersionId=version)
                if version
                else self.client.get_object(Bucket=self.bucket, Key=name)
            )
            noted = found["Metadata"]
            body = found["Body"].read().decode(errors="replace")
            return body, noted.get(_HASH, ""), noted.get(_MAC, "")


def _seq(name: str) -> int | None:
    last = name.rpartition("/")[2].removesuffix(".json")
    return int(last) if last.isascii() and last.isdigit() else None
