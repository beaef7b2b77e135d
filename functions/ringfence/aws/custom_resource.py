"""Send the answer of a custom resource to CloudFormation, at the URL that is part of its request.

The URL contains the signature, for a request without a content type.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from ringfence.model.errors import BadInput, Retryable

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT, ATTEMPTS = 10, 3
_BUCKET = re.compile(r"[a-z0-9.-]+\.s3[a-z0-9.-]*\.amazonaws\.com(\.cn)?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_OK = 200


def put(url: str, document: Mapping[str, str], endpoint: str = "") -> None:
    """Send an answer.

    `endpoint` is the endpoint of a local AWS, which takes the answer without TLS.

    Raises
    ------
    BadInput
        The URL is not one of a bucket, by TLS.
    Retryable
        It was not taken. Lambda then invokes the function again.

    """
    _check(url, endpoint)
    body = json.dumps(document).encode()
    request = AWSRequest("PUT", url, {"Content-Type": "", "Content-Length": str(len(body))}, body).prepare()
    problem = ""
    transport = URLLib3Session(timeout=TIMEOUT)
    try:
        for _ in range(ATTEMPTS):
            try:
                response = transport.send(request)
            except BotoCoreError as error:
                problem = type(error).__name__  # its text contains the URL, and so the signature
                continue
            if response.status_code == _OK:
                return
            problem = f"status {response.status_code}"
    finally:
        transport.close()
    raise Retryable(f"CloudFormation did not take the answer: {problem}")


def _check(url: str, endpoint: str) -> None:
    try:
        parts, local = urlsplit(url), urlsplit(endpoint)
        host, ours = parts.hostname or "", local.hostname or ""
    except ValueError as error:
        raise BadInput("ResponseURL", "must be a URL") from error
    if parts.scheme == "https" and _BUCKET.fullmatch(host):
        return
    if parts.scheme == "http" and {host, ours} <= _LOOPBACK:
        return
    raise BadInput("ResponseURL", "must be a URL of an S3 bucket that begins with https://")
