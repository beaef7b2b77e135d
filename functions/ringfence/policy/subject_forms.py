"""What somebody means who names a resource in another form than KIND/ACCOUNT/REGION/ID. Pure."""

from __future__ import annotations

from ringfence.model.arn import read_arn
from ringfence.model.kinds import every_kind
from ringfence.model.subject import GLOBAL
from ringfence.policy.lookup import closest


def meant_subject(given: str) -> str:
    """Return the resource that an ARN, an id, or a key with a wrong kind means. Empty if it is not known.

    Examples
    --------
    >>> meant_subject("i-0a1b2c3d4e5f60718")
    'instance/*/*/i-0a1b2c3d4e5f60718'
    >>> meant_subject("arn:aws:s3:::www.example.com")
    'bucket/*/*/www.example.com'
    """
    for id_, kind in every_kind().items():
        if arn := read_arn(kind, given):
            region = (arn.region or "*") if kind.regional else GLOBAL
            return f"{id_}/{arn.account or '*'}/{region}/{arn.id}"
    *place, last = given.rsplit("/", 3)
    for id_, kind in every_kind().items():
        if not kind.precedence and kind.pattern.fullmatch(last):
            return "/".join((id_, *(place[-2:] or ("*", "*")), last))
    kind_id, slash, rest = given.partition("/")
    near = closest(kind_id, every_kind())
    return f"{near}{slash}{rest}" if near and slash else ""
