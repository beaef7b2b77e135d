"""Remediations that no deployment shows, and why: every other one has a test that is marked as showing it.

Such a test, `@pytest.mark.shows("remediation-id")`, goes from an event, or a person's wish, through the
deployed functions to the changed resource.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_SHOWN: Mapping[str, str] = MappingProxyType({})
"""By id: what the local AWS lacks for it."""
