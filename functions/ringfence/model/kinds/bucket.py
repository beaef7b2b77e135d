"""S3 buckets."""

from __future__ import annotations

import re
from typing import ClassVar

from ringfence.model.codec import value
from ringfence.model.subject import ANY, RecordedCalls, Ref, in_request


@value
class BucketRef(Ref):
    """An S3 bucket, by name. Old buckets can have longer names with other characters than today."""

    kind: ClassVar = "bucket"
    form: ClassVar = "a bucket's name"
    pattern: ClassVar = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
    example: ClassVar = "sample-bucket"
    precedence: ClassVar = 1
    arn_form: ClassVar = "arn:{partition}:s3:::{id}"
    config_type: ClassVar = "AWS::S3::Bucket"
    config_records_fixes: ClassVar = True
    calls: ClassVar = (RecordedCalls("s3", (ANY,), in_request("bucketName")),)
