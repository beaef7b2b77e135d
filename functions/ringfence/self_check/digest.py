"""The digest of a compiled policy. Every stack shows it as an output."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def policy_digest(compiled: Mapping[str, object]) -> str:
    """Return the start of the SHA-256 hash of a compiled policy.

    Examples
    --------
    >>> policy_digest({"version": 1})
    '7ea2142e7ddcdf12'
    """
    text = json.dumps(compiled, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
