"""Condition keys of IAM policies in ministack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Fix what ministack gets wrong. Each function below describes one error."""
    from ministack.core import iam_evaluator

    around(iam_evaluator, "_resolve_condition_key", _resolve)


def _resolve(original: Callable[..., Any], key: str, context: Any) -> Any:
    """aws:PrincipalArn of a role session is the role's ARN. ministack uses the session's ARN.

    aws:SecureTransport is true. The endpoint is plain HTTP on loopback, and policies that require TLS, as
    all of Ringfence's buckets, queues and topics have, would deny everything.
    """
    name = key.lower()
    if name == "aws:securetransport":
        return "true"
    resolved = original(key, context)
    return _role(resolved) if name == "aws:principalarn" and isinstance(resolved, str) else resolved


def _role(arn: str) -> str:
    from ministack.services import iam

    _, _, service, _, account, resource = arn.split(":", 5)
    kind, _, rest = resource.partition("/")
    if service != "sts" or kind != "assumed-role":
        return arn
    name = rest.partition("/")[0]
    # Only the role itself knows its path.
    role = iam._roles.get_scoped(account, None, name)
    return str(role["Arn"]) if role else f"arn:aws:iam::{account}:role/{name}"
