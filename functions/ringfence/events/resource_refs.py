"""References to resources in events: an id, or an ARN that must match the event."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.events.fields import fit
from ringfence.model.errors import BadInput
from ringfence.model.subject import GLOBAL, REGION, KeyRef, TrailRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.subject import Ref

_PREFIXES: Mapping[type[Ref], str] = MappingProxyType({TrailRef: "cloudtrail", KeyRef: "kms"})
"""Kinds that events can name by an ARN, and their service."""
_ARN = re.compile(
    r"arn:aws[a-z-]*:(?P<service>[a-z]+):(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):[a-z]+/(?P<id>[^/]+)"
)


def ref(kind: type[Ref], field: str, given: str, account: str, region: str) -> Ref:
    """Return the reference for a text at `field`. Raises BadInput.

    An ARN contains the region of its resource, which can differ from the region of the event.
    """
    if kind in _PREFIXES and given.startswith("arn:"):
        found = _ARN.fullmatch(given)
        if not found or found["service"] != _PREFIXES[kind] or not REGION.fullmatch(found["region"]):
            raise BadInput(field, f"must be the id or ARN of {_a(kind)}", given)
        if found["account"] != account:
            raise BadInput(field, f"must be in account {account}, which the event is about", given)
        region, given = found["region"], found["id"]
    return kind(
        account,
        region if kind.regional else GLOBAL,
        fit(kind.pattern, field, given, f"the id of {_a(kind)}"),
    )


def _a(kind: type[Ref]) -> str:
    name = kind.kind.replace("-", " ")
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
