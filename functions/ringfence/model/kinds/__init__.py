"""One file for each kind of resource. Its name is the id: `access_key.py` declares `access-key`.

No list contains the kinds. Code with an id imports that kind only. Code for all kinds reads the folder, and
containment does not wait for that.
"""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.model.codec import load_on_demand
from ringfence.model.discovery import ids_in, module_of
from ringfence.model.errors import BadInput, InternalError
from ringfence.model.subject import GLOBAL, Ref

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID = re.compile(r"[a-z]+(?:-[a-z0-9]+)*")
_PARTS = 3
"""The parts of a resource's key after its kind: account, region and id."""


def kind_of(id_: str) -> type[Ref] | None:
    """Import one kind. None if there is no such kind."""
    if not _ID.fullmatch(id_):
        return None
    module = module_of(__name__, id_)
    if module is None:
        return None
    declared = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Ref) and one.__module__ == module.__name__
    ]
    if [one.kind for one in declared] != [id_]:
        raise InternalError(f"{module.__name__} does not declare {id_} and nothing else")
    return declared[0]


@load_on_demand
@cache
def every_kind() -> Mapping[str, type[Ref]]:
    """Import every kind. Kinds with recognizable ids come first, then by id."""
    found = filter(None, map(kind_of, ids_in(__name__)))
    ordered = sorted(found, key=lambda one: (one.precedence, one.kind))
    return MappingProxyType({one.kind: one for one in ordered})


def kinds_of(family: type[Ref]) -> Mapping[str, type[Ref]]:
    """Return the kinds of a family, such as `NetworkRef`. A kind is a family of one."""
    return {id_: one for id_, one in every_kind().items() if issubclass(one, family)}


def ref_of(family: type[Ref], account: str, region: str, id_: str, kind: str = "") -> Ref:
    """Return the reference for an id from a person: of the given kind, or of the first kind that matches.

    Global resources need no region. Raises BadInput that says in words what matches.
    """
    kinds = kinds_of(family)
    if kind and kind not in kinds:
        raise BadInput("kind", f"must be one of {', '.join(kinds)}", kind)
    fitting = [kinds[kind]] if kind else [one for one in kinds.values() if one.pattern.fullmatch(id_)]
    if not fitting:
        *forms, last = (one.form for one in kinds.values())
        raise BadInput(family.kind, f"must be {'; '.join(forms)}{'; or ' if forms else ''}{last}", id_)
    (meant, *_) = fitting
    return meant(account, region if meant.regional else GLOBAL, id_)


def parse_key(key: str) -> Ref:
    """Convert `kind/account/region/id` to a reference. Raises BadInput."""
    id_, _, rest = key.partition("/")
    parts = rest.split("/", _PARTS - 1)
    kind = kind_of(id_)
    if kind is None or len(parts) != _PARTS:
        from ringfence.model.suggestions import similar  # only now: a function that contains needs none

        known = sorted(every_kind())
        problem = f"must be KIND/ACCOUNT/REGION/ID with a kind of {', '.join(known)}"
        raise BadInput("subject", problem, key, "" if kind else similar(id_, known))
    return kind(*parts)
