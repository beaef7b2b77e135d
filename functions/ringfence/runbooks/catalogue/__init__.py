"""The catalogue: every runbook, by id. For code about all runbooks; a function imports only its own."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.resource_names import runbook_ids
from ringfence.runbooks import runbook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.runbook import Runbook

_IN_ORDER = sorted(map(runbook, runbook_ids()), key=lambda one: (one.position, one.id))

CATALOGUE: Mapping[str, Runbook] = MappingProxyType({one.id: one for one in _IN_ORDER})
