"""The keys of the seals: derived with AWS KMS, once in an execution environment.

KMS computes a MAC of a fixed text with a key that never leaves it, and only the roles of the functions may
ask for it. The result is the key that seals entries in this process. So an entry is sealed without a call,
and no intent is unsealed because KMS failed between it and its outcome.

The request is signed here. A client of botocore would read the model of the service first, and the isolating
call would wait for that.

https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
"""

from __future__ import annotations

import base64
import json
import os
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

from ringfence.aws.sessions import session
from ringfence.model.call import Permission
from ringfence.record.seal import SealKey, SealKeys

if TYPE_CHECKING:
    from collections.abc import Callable

    import botocore.session

PERMISSIONS = (Permission("kms:GenerateMac", ("{record_keys}",), implied=True),)
"""`{record_keys}` are the ARNs of the keys. The call is signed in this module, not by a client."""
RECORD_KEYS = "RINGFENCE_RECORD_KEYS"
"""The variable with the ARNs of the keys, the current one first, with spaces between."""
DERIVATION = b"ringfence record key, version 1"
"""The text whose MAC is the key of the seals."""
CONNECT_TIMEOUT, READ_TIMEOUT = 2, 5
"""Seconds. Containment does not wait for longer: without a key, entries stay unsealed."""
AT_ONCE = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
"""The body follows the headers without waiting for their acknowledgement. Clients of botocore do so, too."""
AGAIN = timedelta(seconds=30)
"""How long after a failure the key is not asked for again."""
OK = 200
_FAILURES = (BotoCoreError, AttributeError, LookupError, OSError, TypeError, ValueError)
"""The errors of the transport, and those that a strange answer causes."""
NO_KEY = "this process has no key for the seals"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(eq=False, repr=False)
class KmsSealKeys:
    """Derives the keys from KMS keys. `arns` are their ARNs, the current one first. None seal nothing."""

    arns: tuple[str, ...] = ()
    session: Callable[[], botocore.session.Session] = session
    clock: Callable[[], datetime] = _now
    _known: SealKeys = field(default_factory=lambda: SealKeys(missing=NO_KEY))
    _failed_at: datetime | None = None
    _lock: Lock = field(default_factory=Lock)

    @property
    def labels(self) -> frozenset[str]:
        """The labels of all keys."""
        return frozenset(map(label_of, self.arns))

    def keys(self) -> SealKeys:
        """Return the keys. Derive them unless that succeeded before, or failed a moment ago."""
        with self._lock:  # reads of several chains ask at once
            now = self.clock()
            if self._known.keys or (self._failed_at and now - self._failed_at < AGAIN):
                return self._known
            self._known = self._derived()
            self._failed_at = None if self._known.keys else now
            return self._known

    def known(self) -> SealKeys:
        """Return what the last call of `keys` returned."""
        return self._known

    def _derived(self) -> SealKeys:
        """Derive each key. Earlier keys only check old entries, so the current one does not wait for them."""
        if not self.arns:
            return self._known
        try:
            current = self._key(self.arns[0])
        except _FAILURES as error:
            return SealKeys(missing=f"kms:GenerateMac: {error}"[:300])
        return SealKeys((current, *self._earlier()))

    def _earlier(self) -> tuple[SealKey, ...]:
        found = []
        for arn in self.arns[1:]:
            try:
                found.append(self._key(arn))
            except _FAILURES:  # its entries stay unchecked
                continue
        return tuple(found)

    def _key(self, arn: str) -> SealKey:
        answer = _generate_mac(self.session(), arn)
        return SealKey(label_of(arn), base64.b64decode(answer, validate=True))


def label_of(arn: str) -> str:
    """Return the id of a KMS key from its ARN. MACs contain it, so that a key can be replaced."""
    return arn.rpartition("/")[2]


def _generate_mac(session: botocore.session.Session, arn: str) -> str:
    """Call GenerateMac once. Raises ValueError with the error of KMS, and the errors of the transport."""
    region = arn.split(":")[3]
    url = os.environ.get("AWS_ENDPOINT_URL_KMS") or os.environ.get("AWS_ENDPOINT_URL")
    document = {
        "KeyId": arn,
        "MacAlgorithm": "HMAC_SHA_256",
        "Message": base64.b64encode(DERIVATION).decode(),
    }
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.GenerateMac"}
    request = AWSRequest(
        "POST", url or f"https://kms.{region}.amazonaws.com/", headers, json.dumps(document).encode()
    )
    credentials = session.get_credentials()
    if credentials is None:
        raise ValueError("there are no credentials")
    SigV4Auth(credentials.get_frozen_credentials(), "kms", region).add_auth(request)
    timeouts = (CONNECT_TIMEOUT, READ_TIMEOUT)
    transport = URLLib3Session(timeout=timeouts, socket_options=AT_ONCE)  # type: ignore[arg-type]  # it takes both
    try:
        response = transport.send(request.prepare())
        answer = json.loads(response.content)
    finally:
        transport.close()
    if response.status_code != OK:
        kind = str(answer.get("__type", response.status_code)).rpartition("#")[2]
        raise ValueError(f"{kind}: {answer.get('message') or answer.get('Message') or ''}".rstrip(": "))
    return str(answer["Mac"])
