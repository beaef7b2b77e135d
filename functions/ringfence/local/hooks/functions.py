"""Functions in ministack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable

_EXCEPTION = re.compile(r"^([A-Za-z_][\w.]*)(?:: |$)")


def install() -> None:
    """Fix what ministack gets wrong. The code below describes it."""
    from ministack.services import lambda_svc

    around(lambda_svc, "_execute_function_warm", _name_the_error)


def _name_the_error(original: Callable[..., Any], *args: Any) -> Any:
    """Errors: errorType is the class of the exception. ministack returns Runtime.HandlerError."""
    result = original(*args)
    body = result.get("body")
    if result.get("error") and isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
        named = [match for match in map(_EXCEPTION.match, (result.get("log") or "").splitlines()) if match]
        if named:
            body["errorType"] = named[-1].group(1).rsplit(".", 1)[-1]
    return result
