"""KMS in ministack: a key pending deletion cannot be enabled, and only such a key can be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_INVALID = "KMSInvalidStateException"


def install() -> None:
    """Check the key's state before a change. ministack does not."""
    from ministack.services import kms

    around(kms, "_enable_key", _checked(to_be_deleted=False))
    around(kms, "_cancel_key_deletion", _checked(to_be_deleted=True))


def _checked(*, to_be_deleted: bool) -> Callable[..., Any]:
    """Refuse a key in the wrong state.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
    """

    def change(original: Callable[..., Any], request: Mapping[str, Any]) -> Any:
        from ministack.core.responses import error_response_json
        from ministack.services import kms

        key = kms._resolve_key(request.get("KeyId", ""))
        if key and (key["KeyState"] == "PendingDeletion") != to_be_deleted:
            return error_response_json(_INVALID, f"{key['Arn']} is {key['KeyState']}", 400)
        return original(request)

    return change
