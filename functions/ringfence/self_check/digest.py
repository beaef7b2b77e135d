"""The digest of a compiled policy. Every stack shows it as an output."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_DERIVED = "own"
"""The roles of the deployment, which are in the compiled policy and not in the policy file."""


def policy_digest(compiled: Mapping[str, object]) -> str:
    """Return the start of the SHA-256 hash of a compiled policy, without what the deployment adds to it.

    Examples
    --------
    >>> policy_digest({"version": 1})
    '7ea2142e7ddcdf12'
    """
    reviewed = {name: one for name, one in compiled.items() if name != _DERIVED}
    text = json.dumps(reviewed, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
