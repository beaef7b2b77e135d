"""Condition keys of IAM's own calls, which ministack does not know.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access
Management (IAM)".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = {"PolicyArn": "iam:PolicyARN", "PermissionsBoundary": "iam:PermissionsBoundary"}
"""Parameters and the condition keys that hold them."""


def context(params: Mapping[str, Any]) -> dict[str, str]:
    """Return which policy a call attaches, detaches or makes the boundary."""
    found = ((key, params.get(name)) for name, key in _KEYS.items())
    return {key: str(given[0] if isinstance(given, list) else given) for key, given in found if given}
