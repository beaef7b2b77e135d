"""AWS Config in moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks import mount

if TYPE_CHECKING:
    from ringfence.local.hooks.mount import Handler, Response


def install() -> None:
    """Accept StartConfigRulesEvaluation, which moto does not know: nothing is evaluated."""
    from ministack import app as gateway

    gateway.SERVICE_HANDLERS["config"] = _handler(gateway.SERVICE_HANDLERS["config"])


def _handler(moto: Handler) -> Handler:
    async def handle(*request: Any) -> Response:
        if mount.target(mount.Request(*request).headers).endswith(".StartConfigRulesEvaluation"):
            return 200, {"Content-Type": "application/x-amz-json-1.1"}, b"{}"
        return await moto(*request)

    return handle
