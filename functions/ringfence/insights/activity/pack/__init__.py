"""The shipped rules. Declarations only, in one module for each subject."""

from __future__ import annotations

from ringfence.insights.activity.pack import (
    access,
    defenses,
    destruction,
    discovery,
    identity,
    movement,
    opening,
    permissions,
    secrets,
    sharing,
)
from ringfence.insights.activity.rule import SEVERITIES, Rule

_MODULES = (
    *(access, identity, permissions, defenses, discovery),
    *(movement, secrets, sharing, opening, destruction),
)
PACK = tuple(
    sorted(
        (one for module in _MODULES for one in vars(module).values() if isinstance(one, Rule)),
        key=lambda one: -SEVERITIES[one.severity],
    )
)
"""The rules, the most severe first. Each rule of a module is one of them."""
