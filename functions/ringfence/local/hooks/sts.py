"""STS in ministack: presigned calls of GetCallerIdentity, their signature, their expiry and their answer."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ringfence.local.hooks.mount import Request
from ringfence.local.settings import SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.local.hooks.mount import Handler, Response

_LONGEST = timedelta(minutes=15)
"""STS accepts a presigned call for so long, whatever X-Amz-Expires says.

https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/master/pkg/token/token.go
"""
_UNSIGNED = "X-Amz-Signature"


def install() -> None:
    """Fix what ministack gets wrong. The code below describes it."""
    from ministack import app as gateway

    gateway.SERVICE_HANDLERS["sts"] = _verifying(gateway.SERVICE_HANDLERS["sts"])


def _verifying(ministack: Handler) -> Handler:
    """Presigned calls: ministack verifies neither signature nor time, and answers with XML alone."""

    async def handle(*given: Any) -> Response:
        request = Request(*given)
        query = {name: values[0] for name, values in (request.query or {}).items()}
        if query.get("Action") != "GetCallerIdentity" or _UNSIGNED not in query:
            return await ministack(*given)
        if refused := _refusal(request, query, datetime.now(UTC)):
            return _json(403, {"Error": {"Code": refused, "Message": refused, "Type": "Sender"}})
        status, headers, body = await ministack(*given)
        wants_json = "application/json" in request.headers.get("accept", "")
        return _as_json(body) if status == 200 and wants_json else (status, headers, body)  # noqa: PLR2004

    return handle


def _refusal(request: Request, query: Mapping[str, str], now: datetime) -> str:
    """Return the error code for a call that STS does not accept."""
    key = query.get("X-Amz-Credential", "").partition("/")[0]
    secret, token = _secret(key)
    if not secret or token != query.get("X-Amz-Security-Token", ""):
        return "InvalidClientTokenId"
    expected = signature(secret, request.headers, query)
    if not hmac.compare_digest(expected, query[_UNSIGNED]):
        return "SignatureDoesNotMatch"
    signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return "" if abs(now - signed) <= _LONGEST else "ExpiredToken"


def signature(secret: str, headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """Return the signature of a presigned GET of `/`."""
    names = query["X-Amz-SignedHeaders"].split(";")
    signed = sorted((quote(name, ""), quote(value, "")) for name, value in query.items() if name != _UNSIGNED)
    canonical = "\n".join(
        (
            "GET",
            "/",
            "&".join(f"{name}={value}" for name, value in signed),
            *(f"{name}:{headers.get(name, '').strip()}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(b"").hexdigest(),
        )
    )
    scope = query["X-Amz-Credential"].partition("/")[2]
    text = "\n".join(
        ("AWS4-HMAC-SHA256", query["X-Amz-Date"], scope, hashlib.sha256(canonical.encode()).hexdigest())
    )
    key = f"AWS4{secret}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def _secret(key: str) -> tuple[str, str]:
    """Return the secret of an access key and its session token, if any."""
    from ministack.core import iam_evaluator
    from ministack.services import iam, sts

    if session := sts._sessions.get(key):
        return str(session.get("SecretAccessKey", "")), str(session.get("SessionToken", ""))
    if iam_evaluator.is_root_access_key(key):
        return SECRET, ""
    account = iam_evaluator.find_iam_access_key_account(key)
    stored = iam._access_keys.to_dict().get((account, key))
    return (str(stored.get("SecretAccessKey", "")) if stored else ""), ""


def _as_json(body: bytes) -> Response:
    found = {
        name: body.partition(f"<{name}>".encode())[2].partition(b"<")[0].decode()
        for name in ("Account", "Arn", "UserId")
    }
    return _json(200, {"GetCallerIdentityResponse": {"GetCallerIdentityResult": found}})


def _json(status: int, document: object) -> Response:
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()
