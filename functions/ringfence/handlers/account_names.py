"""The names of accounts for notices: those in the policy's section `organization`."""

from __future__ import annotations

import json
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringfence.handlers.wiring import CODE, POLICY
from ringfence.model.document import Document

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def account_names() -> Mapping[str, str]:
    """Return the name of each account that has one. Empty outside of a deployment."""
    path = CODE / POLICY
    if not path.exists():
        return MappingProxyType({})
    facts = Document.of(json.loads(path.read_text("utf-8"))).optional_child("organization")
    named = {account: facts.child(account).optional_text("name") for account in facts.value}
    return MappingProxyType({account: name for account, name in named.items() if name})
