"""JSON over HTTP, signed with the caller's credentials for an API with IAM authorization.

"Signature Version 4": https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from ringfence.aws.identity import signed_identity, sts_endpoint
from ringfence.model.errors import BadInput, Retryable
from ringfence.model.signed_identity import HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE = "execute-api"
TIMEOUT = 35
"""Seconds. An HTTP API waits 30 s for its function."""
_HOST = re.compile(r"(?P<api>[a-z0-9]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Unreachable(Retryable):
    """There was no response, so the result of the request is unknown."""


@dataclass(frozen=True)
class SignedHttp:
    """Sends JSON to one API. The signature is for `region`, with the credentials of `session`.

    Each request contains a proof of identity, which the API's function verifies at the endpoint `sts`.
    """

    url: str
    region: str
    sts: str
    session: botocore.session.Session = field(default_factory=botocore.session.Session)

    def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
        """Send a document. Return the status code and the response, or None if that is not JSON.

        Raises BadInput without credentials, and Unreachable without a response. Sends nothing twice.
        """
        request = self._signed(path, json.dumps(document).encode())
        transport = URLLib3Session(timeout=TIMEOUT)
        try:
            response = transport.send(request.prepare())
        except BotoCoreError as error:
            raise Unreachable(f"{self.url}: {error}") from error
        finally:
            transport.close()
        try:
            return response.status_code, json.loads(response.content)
        except (ValueError, RecursionError):
            return response.status_code, None

    def _signed(self, path: str, body: bytes) -> AWSRequest:
        try:
            credentials = self.session.get_credentials()
        except BotoCoreError as error:
            raise BadInput("AWS credentials", f"cannot be used: {error}") from error
        if credentials is None:
            raise BadInput("AWS credentials", "are missing: set AWS_PROFILE or log in")
        frozen = credentials.get_frozen_credentials()
        proof = signed_identity(frozen, self.region, self.sts, path, body)
        headers = {"Content-Type": "application/json", "User-Agent": "ringfence", HEADER: proof.header}
        request = AWSRequest("POST", f"{self.url}{path}", headers, body)
        SigV4Auth(frozen, SERVICE, self.region).add_auth(request)
        return request


def signed_http(url: str, endpoint: str = "", region: str = "") -> SignedHttp:
    """Return a client of the API at `url`.

    `endpoint` is the endpoint of a local AWS, which serves APIs under a path. `region` is used if the URL
    contains none. Raises BadInput for an invalid URL and for a URL without TLS to another machine, because
    the signature must not be sent in plain text.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise BadInput("--url", "must be a URL", url) from error
    if parts.scheme not in {"https", "http"} or not host:
        raise BadInput("--url", "must be a URL such as https://….execute-api.eu-west-1.amazonaws.com", url)
    found = _HOST.fullmatch(host)
    named = found["region"] if found else region
    if endpoint and f".{SERVICE}." in host:
        path = f"_aws/{SERVICE}/{host.partition('.')[0]}/$default"
        local = signed_http(f"{endpoint.rstrip('/')}/{path}", "", named)
        return replace(local, sts=sts_endpoint(named, endpoint))
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise BadInput("--url", "must begin with https://", url)
    if not named:
        raise BadInput("AWS_REGION", "must name the region of the API")
    return SignedHttp(url.rstrip("/"), named, sts_endpoint(named, endpoint))
