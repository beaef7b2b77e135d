"""Condition keys of IAM policies in ministack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Put right what ministack gets wrong; each function below says what that is."""
    from ministack.core import iam_evaluator

    around(iam_evaluator, "_resolve_condition_key", _resolve)


def _resolve(original: Callable[..., Any], key: str, context: Any) -> Any:
    """aws:PrincipalArn of a role's session is the role's ARN; ministack gives the session's.

    aws:SecureTransport is true: the one endpoint is plain HTTP on loopback, and policies that demand TLS,
    as every bucket, queue and topic of Ringfence has, would deny everything.
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
