"""The catalogue: every runbook, by id. For code about all runbooks; a function imports only its own."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.resource_names import RUNBOOKS
from ringfence.runbooks import runbook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.runbook import Runbook

CATALOGUE: Mapping[str, Runbook] = MappingProxyType({id_: runbook(id_) for id_ in RUNBOOKS})
