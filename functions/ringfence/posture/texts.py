"""Texts in items that contain JSON, such as policies. Pure.

Owners of resources, and intruders, write them. So their nesting is limited: every function that follows the
values of an item is recursive.
"""

from __future__ import annotations

from ringfence.events.envelope import MOST_LEVELS, WHOLE, parse_json, too_deep
from ringfence.model.errors import BadInput


def json_in(text: str) -> object:
    """Return what a text contains. Raises BadInput if it is no JSON, or nested deeper than `MOST_LEVELS`."""
    found = parse_json(text)
    if too_deep(found):
        raise BadInput(WHOLE, f"is nested deeper than {MOST_LEVELS} levels")
    return found
