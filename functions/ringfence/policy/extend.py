"""Join a policy file with the shipped policy that it extends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.policy.lookup import get, items_of, mapping_of
from ringfence.policy.schema import EXTENDS
from ringfence.policy.yaml_source import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.policy.yaml_source import Located

SHIPPED = Path(__file__).parent / "shipped"
"""The folder of the shipped policies. Functions do not need it: they read the compiled policy."""
IN_REPOSITORY = "/".join(SHIPPED.parts[-4:])
"""The same, where people find it in the repository."""


@dataclass(frozen=True)
class Origin:
    """Where a rule is: the name of its file, its line from 1, and its place among the rules of that file."""

    file: str
    line: int
    index: int


def shipped(name: str) -> Located:
    """Return a shipped policy."""
    return read_yaml((SHIPPED / f"{name}.yaml").read_text("utf-8"))


def joined(document: Located, file: str) -> tuple[Mapping[str, object], tuple[Origin, ...]]:
    """Return the whole policy, and where each of its rules is.

    The rules of the file come first, and those of the shipped policy follow. Where both set something else,
    the file decides: for each field, and within a mapping for each of its keys.
    """
    own = mapping_of(document.plain)
    name = own.get(EXTENDS)
    if not isinstance(name, str):
        return own, _origins(document, file)
    base = shipped(name)
    plain = mapping_of(base.plain)
    whole = {key: _joined(own.get(key), plain.get(key)) for key in {**plain, **own} if key != EXTENDS}
    whole["rules"] = [*items_of(own.get("rules")), *items_of(plain.get("rules"))]
    return whole, (*_origins(document, file), *_origins(base, f"{IN_REPOSITORY}/{name}.yaml"))


def _joined(own: object, base: object) -> object:
    if isinstance(own, dict) and isinstance(base, dict):
        return {**base, **own}
    return base if own is None else own


def _origins(document: Located, file: str) -> tuple[Origin, ...]:
    rules = items_of(get(document.plain, "rules"))
    lines = (document.flaw(("rules", index), "").line for index in range(len(rules)))
    return tuple(Origin(file, line, index) for index, line in enumerate(lines))
