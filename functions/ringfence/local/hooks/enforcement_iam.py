"""Condition keys of IAM, which ministack lacks.

Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access
Management (IAM)".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = {"PolicyArn": "iam:PolicyARN", "PermissionsBoundary": "iam:PermissionsBoundary"}
"""The condition key of each parameter."""


def context(params: Mapping[str, Any]) -> dict[str, str]:
    """Return the policy that a call attaches, detaches or sets as boundary."""
    found = ((key, params.get(name)) for name, key in _KEYS.items())
    return {key: str(given[0] if isinstance(given, list) else given) for key, given in found if given}
