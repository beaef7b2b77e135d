"""Sessions with multi-factor authentication in ministack: it begins every session without."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from ringfence.local.hooks.mount import Request
from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.local.hooks.mount import Handler, Response

PRESENT = "aws:multifactorauthpresent"
_FACTOR = "SecondFactor"
_CODE = re.compile(r"[0-9]{6}")
_KEY = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")
_REFUSED = (
    b'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
    b"<Code>AccessDenied</Code><Message>MultiFactorAuthentication failed with invalid MFA one time pass code."
    b"</Message></Error></ErrorResponse>"
)


def install() -> None:
    """Fix what ministack gets wrong. The code below describes it."""
    from ministack import app as gateway
    from ministack.core import iam_evaluator

    gateway.SERVICE_HANDLERS["sts"] = _with_second_factor(gateway.SERVICE_HANDLERS["sts"])
    around(iam_evaluator, "_principal_keys", _keys)


def _with_second_factor(ministack: Handler) -> Handler:
    """GetSessionToken with a device: it must be enabled for the caller, and the code must have six digits.

    The code is not compared: the seeds of ministack's devices are no seeds of codes.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
    """

    async def handle(*given: Any) -> Response:
        request = Request(*given)
        asked = {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
        if asked.get("Action") != "GetSessionToken" or "SerialNumber" not in asked:
            return await ministack(*given)
        if not _CODE.fullmatch(asked.get("TokenCode", "")) or not _is_callers(request, asked["SerialNumber"]):
            return 403, {"Content-Type": "text/xml"}, _REFUSED
        status, headers, body = await ministack(*given)
        if found := _KEY.search(body):
            _sessions()[found[1].decode()][_FACTOR] = True
        return status, headers, body

    return handle


def _is_callers(request: Request, serial: str) -> bool:
    """Return whether a device is enabled for the user who calls."""
    from ministack.services import iam, sts

    caller, device = sts._caller_identity(request.headers, request.query), iam._mfa_devices.get(serial)
    named = caller.get("principalName") if isinstance(caller, dict) else None
    return bool(named and device and device.get("User") == named)


def _keys(original: Callable[..., Any], credential: Any) -> Any:
    """Return the condition keys of a caller. Long-term keys have none about a second factor."""
    found = original(credential)
    if _sessions().get(credential.access_key_id, {}).get(_FACTOR):
        found[PRESENT] = "true"
    return found


def _sessions() -> Any:
    from ministack.services import sts

    return sts._sessions
