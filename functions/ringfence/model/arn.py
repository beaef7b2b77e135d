"""Write and read the ARNs of resources, as their kinds declare them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from ringfence.model.subject import Ref

_PARTS = {
    "{partition}": r"aws[a-z-]*",
    "{region}": r"(?P<region>[a-z0-9-]+)",
    "{account}": r"(?P<account>[0-9]{12})",
    "{path}": r"(?:.+/)?",
    "{id}": r"(?P<id>[^/]+)",
}
"""The pattern of each part of `Ref.arn_form`. The reference itself checks the id."""


@frozen
class Arn:
    """The parts of an ARN. `region` and `account` are empty if ARNs of this kind have none."""

    region: str
    account: str
    id: str


def read_arn(kind: type[Ref], text: str) -> Arn | None:
    """Read the ARN of a resource of one kind; None for anything else.

    Examples
    --------
    >>> from ringfence.model.kinds.bucket import BucketRef
    >>> read_arn(BucketRef, "arn:aws:s3:::reports").id
    'reports'
    """
    form = kind.arn_form
    found = _pattern(form, slashes=kind.id_has_slashes).fullmatch(text) if form else None
    if not found:
        return None
    parts = found.groupdict()
    return Arn(parts.get("region", ""), parts.get("account", ""), found["id"])


@cache
def _pattern(form: str, *, slashes: bool) -> re.Pattern[str]:
    known = {**_PARTS, "{id}": r"(?P<id>.+)"} if slashes else _PARTS
    parts = re.split(r"({[a-z]+})", form)
    return re.compile("".join(known.get(one) or re.escape(one) for one in parts))
