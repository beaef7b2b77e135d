"""Find what is valid in `protected` and `exempt` and still probably not meant. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.model.step import counted
from ringfence.policy.lookup import get, items_of, mapping_of
from ringfence.policy.yaml_source import field_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from ringfence.policy.yaml_source import Located, Path

_FIELDS = ("protected", "exempt")
"""The lists. What is protected is also exempt."""
_SOON = 30
"""An entry that expires within so many days is reported."""
_NAMED = ("iam-user", "iam-role", "bucket")
"""The kinds of resources that people name."""
_SPECIAL = frozenset("*?[")
"""The characters that make a name a glob."""
_OF_AWS = ("aws-reserved/", "aws-service-role/")
"""The paths of roles that only AWS creates."""


def entry_warnings(document: Located, today: date) -> Iterator[tuple[Path, str]]:
    """Find entries without any effect, those that lose it soon, and those that match too much."""
    yield from _expiry(document.plain, today)
    yield from _chosen(document.plain)
    yield from _repeated(document)


def _expiry(data: object, today: date) -> Iterator[tuple[Path, str]]:
    for field in ("protected", "exempt"):
        for index, entry in enumerate(items_of(get(data, field))):
            expires = get(entry, "expires")
            if not isinstance(expires, str) or not expires:
                continue
            left = (today.fromisoformat(expires) - today).days
            if left < 0:
                yield (field, index, "expires"), "is over: the entry has no effect any more"
            elif left <= _SOON:
                yield (
                    (field, index, "expires"),
                    f"is in {counted(left, 'day')}: the entry then has no effect any more",
                )


def _chosen(data: object) -> Iterator[tuple[Path, str]]:
    """Find exemptions of names that an intruder can give to a new resource.

    Ids of other kinds are AWS's. Only AWS creates roles below some paths.
    """
    for field in ("protected", "exempt"):
        for index, entry in enumerate(items_of(get(data, field))):
            kind, _, rest = str(get(entry, "subject")).partition("/")
            name = rest.split("/", 2)[-1]
            is_open = not _SPECIAL.isdisjoint(name) and not name.startswith(_OF_AWS)
            if is_open and any(fnmatchcase(one, kind) for one in _NAMED):
                words = (
                    "matches names that somebody who may create such a resource can choose, and Ringfence "
                    "then leaves it unchanged: give exact names"
                )
                yield (field, index, "subject"), words


def _repeated(document: Located) -> Iterator[tuple[Path, str]]:
    """Find entries that say no more than an earlier one, or than one in `protected`."""
    entries = [
        ((field, index), mapping_of(entry))
        for field in _FIELDS
        for index, entry in enumerate(items_of(get(document.plain, field)))
    ]
    for number, (path, entry) in enumerate(entries):
        for place, other in entries[:number]:
            if _says(other, entry):
                yield path, f"has no effect: {field_of(document.in_file(place))} says the same"
                break


def _says(other: Mapping[str, object], entry: Mapping[str, object]) -> bool:
    """Return whether an entry covers everything that another one covers, and for as long. False in doubt."""
    until, theirs = str(entry.get("expires", "")), str(other.get("expires", ""))
    named, wanted = (frozenset(map(str, items_of(one.get("remediations")))) for one in (entry, other))
    return (
        other.get("subject") == entry.get("subject")
        and other.get("runbook", "*") in {"*", entry.get("runbook", "*")}
        and (not wanted or (bool(named) and named <= wanted))
        and (not theirs or (bool(until) and until <= theirs))
    )
