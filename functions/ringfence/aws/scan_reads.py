"""Reads the files of scheduled scans from their bucket. `ringfence.aws.scan_files` writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.aws.failures import raised
from ringfence.model.call import Permission

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

READ_PERMISSIONS = (
    Permission("s3:ListBucket", ("{scan_results}",), reason="CloudFormation names the bucket"),
    Permission("s3:GetObject", ("{scan_results}/*",), reason="each place and each scan has its own objects"),
)
"""`{scan_results}` is a pattern for the bucket's ARN: another stack creates it later."""


@dataclass(frozen=True)
class BucketFiles:
    """Implements `ringfence.cli.kept_scans.Files`. Raises AccessDenied, and Retryable if S3 fails."""

    client: S3Client
    bucket: str

    @property
    def where(self) -> str:
        """Where the files are, in words."""
        return f"bucket {self.bucket}"

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names of files that begin so, in their order."""
        with raised("s3:ListBucket"):
            for page in self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix
            ):
                yield from (one["Key"] for one in page.get("Contents", ()))

    def read(self, name: str) -> bytes:
        """Return what a file contains."""
        with raised("s3:GetObject"):
            return self.client.get_object(Bucket=self.bucket, Key=name)["Body"].read()
