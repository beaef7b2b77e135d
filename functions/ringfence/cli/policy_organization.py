"""The section `organization` of a policy file, as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringfence.aws.organization import OrganizationAccount


def section(accounts: Iterable[OrganizationAccount], now: datetime) -> str:
    """Return the section in YAML, with the time of the list.

    All texts are JSON strings, which YAML reads as they are, so the name of a unit or the value
    of a tag adds no line.
    """
    return "\n".join(
        (f"# AWS Organizations, {now:%Y-%m-%d %H:%M} UTC", "organization:", *_lines(accounts), "")
    )


def _lines(accounts: Iterable[OrganizationAccount]) -> Iterator[str]:
    empty = True
    for one in accounts:
        empty = False
        yield f"  {json.dumps(one.id)}:"
        if one.name:
            yield f"    name: {json.dumps(one.name)}"
        yield f"    units: {json.dumps(list(one.units))}"
        yield f"    tags: {json.dumps(dict(one.tags))}"
    if empty:
        yield "  {}"
