"""The permissions of a self-check: the sum of what its reads declare."""

from __future__ import annotations

from ringfence.self_check.kinds import kinds
from ringfence.self_check.orphans import PERMISSIONS as _ORPHANS
from ringfence.self_check.services import PERMISSIONS as _SERVICES
from ringfence.self_check.stacks import PERMISSIONS as _STACKS

_KINDS = (one for kind in kinds().values() for one in kind.permissions)
PERMISSIONS = tuple(dict.fromkeys((*_STACKS, *_ORPHANS, *_SERVICES, *_KINDS)))
