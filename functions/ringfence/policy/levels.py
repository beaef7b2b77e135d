"""The levels of severity that policies and rules name.

A function imports them, so this module must not need JSON Schema.
"""

from __future__ import annotations

from types import MappingProxyType

LEVELS = MappingProxyType({"low": 1.0, "medium": 4.0, "high": 7.0, "critical": 9.0})
"""The lowest severity of each level of GuardDuty."""
