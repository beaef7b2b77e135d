"""S3 in ministack: the expected owner of a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks import mount

if TYPE_CHECKING:
    from ringfence.local.hooks.mount import Handler, Response

_XML = {"Content-Type": "application/xml"}


def install() -> None:
    """Fix what ministack gets wrong. The code below describes it."""
    from ministack import app as gateway

    gateway.SERVICE_HANDLERS["s3"] = _check_owner(gateway.SERVICE_HANDLERS["s3"])


def _check_owner(ministack: Handler) -> Handler:
    """A call can contain the expected bucket owner. ministack does not check it."""

    async def handle(*request: Any) -> Response:
        from ministack.core.responses import get_account_id

        headers = mount.Request(*request).headers
        expected = next(
            (one for name, one in headers.items() if name.lower() == "x-amz-expected-bucket-owner"), ""
        )
        if expected and expected != get_account_id():
            return _error(403, "AccessDenied", "Access Denied")
        return await ministack(*request)

    return handle


def _error(status: int, code: str, message: str) -> Response:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>local</RequestId></Error>"
    return status, dict(_XML), body.encode()
