"""How each type of resource is read and judged. Each module declares `KINDS`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ringfence.model.discovery import ids_in, module_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.self_check.kind import Kind


@cache
def kinds() -> Mapping[str, Kind]:
    """Return every kind by its CloudFormation type."""
    modules = (module_of(__name__, id_) for id_ in ids_in(__name__))
    return {kind.type: kind for module in modules if module for kind in module.KINDS}
