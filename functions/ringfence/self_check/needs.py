"""The permissions of a self-check: the sum of what its reads declare."""

from __future__ import annotations

from ringfence.self_check.kinds import kinds
from ringfence.self_check.orphans import PERMISSIONS as _ORPHANS
from ringfence.self_check.stacks import PERMISSIONS as _STACKS

PERMISSIONS = tuple(
    dict.fromkeys((*_STACKS, *_ORPHANS, *(one for kind in kinds().values() for one in kind.permissions)))
)
