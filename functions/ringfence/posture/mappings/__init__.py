"""One mapping a type. A file of this folder declares those of one service: it is discovered."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.discovery import ids_in, module_of
from ringfence.posture.mapping import Mapped

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def every_mapping() -> Mapping[str, Mapped]:
    """Return the mapping of each type that rules can be about, by CloudFormation's name of the type."""
    modules = (module_of(__name__, id_) for id_ in ids_in(__name__))
    of = (one for module in modules for one in vars(module).values() if isinstance(one, Mapped))
    return MappingProxyType({one.type: one for one in sorted(of, key=lambda one: one.type)})
