"""Find regions in a policy that nobody knows, and values that a list names twice. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.policy.lookup import get, items_of, mapping_of, meant
from ringfence.policy.regions import REGIONS
from ringfence.policy.schema import HOME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.policy.yaml_source import Path

_UNKNOWN = "is not a region that this version of Ringfence knows"
_REPEATED = "repeats an earlier item of its list"
_JUDGED_ELSEWHERE = frozenset({("rules",), ("exempt",), ("protected",)})
"""The lists whose repeated items have warnings that say which item says the same."""
_PARTS = 3
"""The slashes in a resource's key before the id. An id can contain more."""


def list_warnings(data: object, home: str) -> Iterator[tuple[Path, str]]:
    """Find unknown regions and repeated items. `home` is the home account, if it is known."""
    yield from _regions(data)
    yield from _repeated(data, (), home)


def _regions(data: object) -> Iterator[tuple[Path, str]]:
    lists: list[tuple[Path, list[object]]] = [
        (("scope", "regions"), items_of(get(get(data, "scope"), "regions")))
    ]
    for index, rule in enumerate(items_of(get(data, "rules"))):
        lists.append((("rules", index, "regions"), items_of(get(rule, "regions"))))
    for path, regions in lists:
        for number, one in enumerate(regions):
            if isinstance(one, str) and one not in REGIONS:
                yield (*path, number), f"{_UNKNOWN}{meant(one, sorted(REGIONS))}"
    for path, glob in _subjects(data):
        region = _region_of(glob)
        if not any(fnmatchcase(one, region) for one in REGIONS):
            hint = "" if "*" in region or "?" in region else meant(region, sorted(REGIONS))
            yield path, f"names {region}, which {_UNKNOWN}{hint}"


def _subjects(data: object) -> Iterator[tuple[Path, str]]:
    """Yield each glob over resources, with its path."""
    for field in ("exempt", "protected"):
        for index, entry in enumerate(items_of(get(data, field))):
            yield (field, index, "subject"), str(get(entry, "subject"))
    for index, entry in enumerate(items_of(get(data, "senders"))):
        for number, glob in enumerate(items_of(get(entry, "subjects"))):
            yield ("senders", index, "subjects", number), str(glob)


def _region_of(glob: str) -> str:
    """Return what a glob over resources says of the region. `*` if a wildcard can stand for several parts."""
    parts = glob.split("/", _PARTS)
    whole = len(parts) > _PARTS and not any("[" in one for one in parts[:_PARTS])
    return parts[2] if whole else "*"


def _repeated(data: object, at: Path, home: str) -> Iterator[tuple[Path, str]]:
    for key, value in mapping_of(data).items():
        yield from _repeated(value, (*at, key), home)
    seen: list[object] = []
    for number, item in enumerate(items_of(data)):
        same = home if home and item == HOME and at[-1:] == ("accounts",) else item
        if same in seen and at not in _JUDGED_ELSEWHERE:
            yield (*at, number), _REPEATED
        seen.append(same)
        yield from _repeated(item, (*at, number), home)
