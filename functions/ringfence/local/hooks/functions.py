"""Functions in ministack: their errors, and the caller that they are."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable

_EXCEPTION = re.compile(r"^([A-Za-z_][\w.]*)(?:: |$)")


def install() -> None:
    """Fix what ministack gets wrong. The code below describes it."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    around(lambda_svc, "_execute_function_warm", _name_the_error)
    around(lambda_runtime, "execution_credentials", _act_as_the_role)


def _name_the_error(original: Callable[..., Any], *args: Any) -> Any:
    """Errors: errorType is the class of the exception. ministack returns Runtime.HandlerError."""
    result = original(*args)
    body = result.get("body")
    if result.get("error") and isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
        named = [match for match in map(_EXCEPTION.match, (result.get("log") or "").splitlines()) if match]
        if named:
            body["errorType"] = named[-1].group(1).rsplit(".", 1)[-1]
    return result


def _act_as_the_role(original: Callable[..., Any], config: Any) -> dict[str, str]:
    """Identity: unless IAM is enforced, ministack gives a function the keys of the root user.

    CloudTrail then shows root as the caller of all functions. Here a function always acts as its role.
    """
    from ministack import app as gateway
    from ministack.core import lambda_runtime
    from ministack.services import sts

    if gateway.AUTH:
        return original(config)  # type: ignore[no-any-return]
    account, _ = lambda_runtime._account_region_from_function_config(config)
    role, name = config.get("Role", "").rsplit("/", 1)[-1], config["FunctionName"][:64]
    key, secret, token = (
        hashlib.sha256(f"{part}:{config['FunctionArn']}:{config.get('Role', '')}".encode()).hexdigest()
        for part in ("key", "secret", "token")
    )
    key = f"ASIA{key[:16].upper()}"
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
        "UserId": f"{role}:{name}",
        "SecretAccessKey": secret,
        "SessionToken": token,
    }
    sts.register_session(key, session)
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
