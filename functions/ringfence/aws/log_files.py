"""The files of the transparency log in the archive: tiles, bundles of entries, and checkpoints.

They are under `log/`, with the paths of C2SP's tlog-tiles. Tiles never change. `log/checkpoint` has a version
for each checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from ringfence.aws.failures import code_of, raised
from ringfence.aws.versions import Stored, Version, stored_in
from ringfence.model.call import Permission
from ringfence.model.errors import BadInput
from ringfence.record.merkle import (
    WIDTH,
    Edge,
    bundle_path,
    edge_widths,
    hashes_in,
    leaf_hash,
    tile_path,
)
from ringfence.record.tlog import unpacked

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
_CHOICES = 64
"""Combinations of versions of tiles that are tried, if somebody added versions."""
_TEXT, _BYTES = "text/plain; charset=utf-8", "application/octet-stream"
_THERE = "PreconditionFailed"


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

        Then it becomes a new version. A verification takes the version that fits the checkpoint.
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
        for stored in stored_in(self.client, self.bucket, f"{PREFIX}{path}"):
            if stored.name == f"{PREFIX}{path}":
                for one in stored.versions:
                    yield self._get(stored.name, one.id)
                return

    def edge(self, size: int, root: bytes) -> Edge | None:
        """Read the right edge of a log with this size and root. None if no versions of its tiles fit."""
        places = tuple(edge_widths(size))
        tiles = [tuple(self.versions(tile_path(*place))) if place[2] else (b"",) for place in places]
        for chosen in islice(product(*tiles), _CHOICES):
            edge = Edge(tuple(hashes_in(tile) for tile in chosen))
            if (edge.size, edge.root) == (size, root):
                return edge
        return None

    def last_leaves(self, edge: Edge) -> tuple[str, ...] | None:
        """Read the leaves of the last bundle if it is partial. None if no version of it fits the edge."""
        width = edge.size % WIDTH
        if not width:
            return ()
        for bundle in self.versions(bundle_path(edge.size // WIDTH, width)):
            try:
                entries = unpacked(bundle)
            except BadInput:
                continue
            if tuple(map(leaf_hash, entries)) == edge.levels[0]:
                return tuple(entry.decode() for entry in entries)
        return None

    def checkpoints(self) -> Iterator[Version]:
        """Yield the versions of the checkpoint, the newest first."""
        with raised("s3:ListBucketVersions"):
            pages = self.client.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self.bucket, Prefix=CHECKPOINT):
                for one in page.get("Versions", ()):
                    if one["Key"] == CHECKPOINT:
                        yield Version(one["VersionId"], one["LastModified"])

    def checkpoint(self, version: Version) -> str:
        """Return the text of a version."""
        return self._get(CHECKPOINT, version.id).decode(errors="replace")

    def files(self) -> Iterator[Stored]:
        """Yield every tile and bundle in order, and the checkpoint, under their paths."""
        for one in stored_in(self.client, self.bucket, PREFIX):
            yield Stored(one.name.removeprefix(PREFIX), one.versions, one.markers)

    def version(self, path: str, version: Version) -> bytes:
        """Return a version of a tile or bundle."""
        return self._get(f"{PREFIX}{path}", version.id)

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
