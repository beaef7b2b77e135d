"""Whether a glob over resources can match any resource of a kind. Only the check of a policy needs this."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product
from typing import TYPE_CHECKING

from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.subject import Ref

_MOST_WILDCARDS = 2
_REGIONS = ("eu-west-1", "us-east-1", "us-gov-west-1", "ap-southeast-2", "cn-north-1")
_PARTS = 3


def can_match(glob: str, kind: type[Ref], accounts: tuple[str, ...] = ()) -> bool:
    """Return whether any resource of a kind can match. `accounts` is the scope, if it is known.

    Ids are made from the glob: each wildcard stands for parts of the kind's example. A glob that this cannot
    judge counts as one that can match.
    """
    if "[" in glob or "?" in glob or glob.split("/", _PARTS)[-1].count("*") > _MOST_WILDCARDS:
        return True
    parts = glob.split("/", _PARTS)
    known = accounts or (parts[1] if len(parts) > 1 and parts[1].isdigit() else "0" * 12,)
    regions = (*_REGIONS, parts[2] if len(parts) > _PARTS else "") if kind.regional else (GLOBAL,)
    ids = [id_ for id_ in dict.fromkeys(_ids(glob, kind)) if kind.pattern.fullmatch(id_)]
    keys = (
        f"{kind.kind}/{account}/{region}/{id_}"
        for account, region, id_ in product(known, filter(None, regions), ids)
    )
    return any(fnmatchcase(key, glob) for key in keys)


def _ids(glob: str, kind: type[Ref]) -> Iterator[str]:
    yield kind.example
    for text in dict.fromkeys((glob.split("/", _PARTS)[-1], glob.rpartition("/")[2])):
        first, *rest = text.split("*")
        for fills in product(_fills(kind.example), repeat=len(rest)):
            yield first + "".join(fill + literal for fill, literal in zip(fills, rest, strict=True))


def _fills(example: str) -> tuple[str, ...]:
    """Return the beginnings and ends of an example, of every length, and the empty text."""
    ends = (example[at:] for at in range(len(example) + 1))
    return tuple(dict.fromkeys(("", *ends, *(example[:at] for at in range(len(example) + 1)))))
