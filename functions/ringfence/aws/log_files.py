"""The files of the transparency log in the archive: tiles, bundles of entries, and checkpoints.

They are under `log/`, with the paths of C2SP's tlog-tiles. Tiles never change. `log/checkpoint` has a version
for each checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ringfence.aws.failures import code_of, raised
from ringfence.model.call import Permission
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PutObjectRequestTypeDef

PREFIX = "log/"
CHECKPOINT = f"{PREFIX}checkpoint"
WRITE_PERMISSIONS = (
    Permission("s3:PutObject", ("{archive}/log/*",)),
    Permission("s3:ListBucketVersions", ("{archive}",)),
    Permission("s3:GetObjectVersion", ("{archive}/log/*",)),
)
READ_PERMISSIONS = (
    Permission("s3:ListBucketVersions", ("{archive}",)),
    Permission("s3:GetObjectVersion", ("{archive}/log/*",)),
)
"""The permissions to publish the log, and to verify it. `{archive}` is the bucket's ARN."""
_TEXT, _BYTES = "text/plain; charset=utf-8", "application/octet-stream"
_THERE = "PreconditionFailed"


@frozen
class Version:
    """One version of the checkpoint: its id in the bucket, and when S3 received it."""

    id: str
    at: datetime


def origin(bucket: str, region: str) -> str:
    """Return the log's name: the address of its files without the scheme, as C2SP recommends."""
    return f"{bucket}.s3.{region}.amazonaws.com/log"


@dataclass(frozen=True)
class LogFiles:
    """Reads and writes the files of a log. Raises Retryable if S3 fails."""

    client: S3Client
    bucket: str

    def put(self, path: str, data: bytes) -> bool:
        """Write a tile or bundle unless it exists. Return False if another one was there.

        Then it becomes a new version: whoever verifies takes the version that fits the checkpoint.
        """
        if self._put(f"{PREFIX}{path}", data, once=True) or data in self.versions(path):
            return True
        self._put(f"{PREFIX}{path}", data, once=False)
        return False

    def put_checkpoint(self, note: str) -> None:
        """Write a checkpoint as the newest version."""
        self._put(CHECKPOINT, note.encode(), once=False)

    def versions(self, path: str) -> Iterator[bytes]:
        """Yield the versions of a tile or bundle, the oldest first."""
        for one in reversed(tuple(self._listed(f"{PREFIX}{path}"))):
            yield self._get(f"{PREFIX}{path}", one.id)

    def checkpoints(self) -> Iterator[Version]:
        """Yield the versions of the checkpoint, the newest first."""
        yield from self._listed(CHECKPOINT)

    def checkpoint(self, version: Version) -> str:
        """Return the text of a version."""
        return self._get(CHECKPOINT, version.id).decode(errors="replace")

    def hidden(self) -> Iterator[tuple[str, datetime]]:
        """Yield the path and time of each delete marker on a file of the log."""
        with raised("s3:ListBucketVersions"):
            pages = self.client.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self.bucket, Prefix=PREFIX):
                for one in page.get("DeleteMarkers", ()):
                    yield one["Key"].removeprefix(PREFIX), one["LastModified"]

    def _listed(self, name: str) -> Iterator[Version]:
        with raised("s3:ListBucketVersions"):
            pages = self.client.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self.bucket, Prefix=name):
                for one in page.get("Versions", ()):
                    if one["Key"] != name:
                        return
                    yield Version(one["VersionId"], one["LastModified"])

    def _get(self, name: str, version: str) -> bytes:
        with raised("s3:GetObject"):
            found = self.client.get_object(Bucket=self.bucket, Key=name, VersionId=version)
            return found["Body"].read()

    def _put(self, name: str, data: bytes, *, once: bool) -> bool:
        """Write an object. Return False if `once` and it exists."""
        put: PutObjectRequestTypeDef = {
            "Bucket": self.bucket,
            "Key": name,
            "Body": data,
            "ContentType": _TEXT if name == CHECKPOINT else _BYTES,
            "ChecksumAlgorithm": "SHA256",
        }
        if once:
            put["IfNoneMatch"] = "*"
        with raised("s3:PutObject"):
            try:
                self.client.put_object(**put)
            except ClientError as error:
                if not once or code_of(error) != _THERE:
                    raise
                return False
        return True


COPY_PERMISSIONS = (Permission("s3:PutObject", ("{checkpoint_copies}",)),)
"""The permission to copy checkpoints. `{checkpoint_copies}` is the ARN pattern of the copies."""


def copy_key(origin: str, size: int, at: datetime) -> str:
    """Return the key of a copy. Each checkpoint has its own, because the bucket may keep no versions."""
    return f"ringfence/{origin}/{at:%Y%m%dT%H%M%SZ}-{size}"


@dataclass(frozen=True)
class CheckpointCopies:
    """A bucket of another account that keeps a copy of each checkpoint."""

    client: S3Client
    bucket: str

    def put(self, key: str, note: str) -> None:
        """Write a copy. Raises Retryable."""
        with raised("s3:PutObject"):
            self.client.put_object(
                Bucket=self.bucket, Key=key, Body=note.encode(), ContentType=_TEXT, ChecksumAlgorithm="SHA256"
            )

    def notes(self, origin: str) -> Iterator[tuple[str, str]]:
        """Yield the key and text of each copy."""
        with raised("s3:ListBucket"):
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=f"ringfence/{origin}/"):
                for one in page.get("Contents", ()):
                    found = self.client.get_object(Bucket=self.bucket, Key=one["Key"])
                    yield one["Key"], found["Body"].read().decode(errors="replace")
