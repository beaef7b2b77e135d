"""Find the errors of a policy's `mappings`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.policy.lookup import get, items_of, mapping_of, meant
from ringfence.policy.mappings import NOTIFY, OFF
from ringfence.policy.schema import MAPPING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.model.runbook import Runbook
    from ringfence.policy.yaml_source import Path


def mapping_flaws(data: object, runbooks: Mapping[str, Runbook]) -> Iterator[tuple[Path, str]]:
    """Find entries that lead to no runbook, and entries that an earlier one covers."""
    seen: dict[tuple[object, object], int] = {}
    for index, entry in enumerate(items_of(get(data, "mappings"))):
        given, path = mapping_of(entry), ("mappings", index)
        id_ = given.get("runbook")
        if isinstance(id_, str) and id_ not in {*runbooks, NOTIFY, OFF}:
            words = f"is not a runbook{meant(id_, runbooks)}; it must be {NOTIFY}, {OFF} or one of "
            yield (*path, "runbook"), words + ", ".join(runbooks)
        elif isinstance(id_, str) and id_ in runbooks and not runbooks[id_].can_be_mapped:
            words = f"must not be {id_}: its remediations answer single types of findings, and not this one"
            yield (*path, "runbook"), words
        if id_ in {NOTIFY, OFF} and "mode" in given:
            yield (*path, "mode"), f"has no effect: {id_} changes nothing"
        if given.keys() - mapping_of(MAPPING["properties"]):
            continue  # a misspelled field is named already, and what the entry is about is not known
        key = (given.get("product"), given.get("finding", "*"))
        if key in seen:
            yield path, f"is never reached: entry {seen[key] + 1} has the same product and finding"
        seen.setdefault(key, index)
