"""The files of scheduled scans in their bucket: the results of each place as JSON Lines, and the summaries.

`results/<scan>/<account>/<region>/<first type>.jsonl.gz` has one line for each resource, in the form of
`ringfence.posture.kept`. `not-looked-at/<scan>/<account>/<region>/<first type>.json` has every reason why
something of the same types was not looked at. There is none if everything was.
`summaries/<scan>.json` has the numbers of the score.
"""

from __future__ import annotations

import gzip
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.aws.failures import raised
from ringfence.model.call import Permission
from ringfence.posture.kept import RESULTS, SUMMARIES, UNSEEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

PERMISSIONS = (
    Permission(
        "s3:PutObject",
        tuple(f"{{scan_bucket}}/{prefix}/*" for prefix in (RESULTS, UNSEEN, SUMMARIES)),
        reason="each place and each scan has its own objects",
    ),
)
"""`{scan_bucket}` is the bucket's ARN."""


@dataclass(frozen=True)
class ScanFiles:
    """Implements `ringfence.handlers.scans.work.Files`. Raises Retryable if S3 fails."""

    client: S3Client
    bucket: str

    def lines(self, name: str, fill: Callable[[Callable[[str], None]], bool]) -> None:
        """Write a file whose lines `fill` writes one by one. Nothing is kept if it returns False.

        The lines are on disk before they are sent, so memory does not grow with them.
        """
        with tempfile.TemporaryFile() as raw:
            with gzip.open(raw, "wt", compresslevel=1, encoding="utf-8") as file:
                kept = fill(lambda line: print(line, file=file))
            if kept:
                raw.seek(0)
                with raised("s3:PutObject"):
                    self.client.put_object(
                        Bucket=self.bucket, Key=name, Body=raw, ContentType="application/gzip"
                    )

    def text(self, name: str, text: str) -> None:
        """Write a file of JSON."""
        with raised("s3:PutObject"):
            self.client.put_object(
                Bucket=self.bucket, Key=name, Body=text.encode(), ContentType="application/json"
            )
