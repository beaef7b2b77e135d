"""Whether a bucket is public, and through what: S3's own meaning of the word; in doubt it is.

"The meaning of public":
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
S3 takes a policy for public unless each statement that allows anything is for fixed values of a principal, or
on condition of one. A fixed value has neither wildcard nor policy variable. What denies is not taken into
account: only an evaluation of every request could show that a denial leaves nothing public.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.observations.s3.conditions import is_fixed, limits
from ringfence.observations.s3.documents import parsed, statements, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

_ACCOUNT = re.compile(r"[0-9]{12}|arn:aws[a-z-]*:(?:iam|sts)::(?P<account>[0-9]{12}):.+")
_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(?:saml|oidc)-provider/.+")

SHOWN = 5
"""How many actions of a statement are named to a person."""


@frozen
class Opening:
    """A statement that lets anyone in. `sid` may be empty; `number` counts statements from one."""

    number: int
    sid: str
    actions: tuple[str, ...]

    def words(self) -> str:
        """Name the statement and what it allows, shortened: anybody may have written it."""
        name = f"statement {self.number}" + (f" ({_shown(self.sid)})" if self.sid else "")
        named = [_shown(one) for one in self.actions]
        listed = ", ".join(named[:SHOWN]) or "actions that cannot be parsed"
        more = " and more" if len(named) > SHOWN else ""
        return f"{name} of the bucket policy allows anyone {listed}{more}"


def openings(text: str) -> tuple[Opening, ...]:
    """Return what of a bucket policy makes it public.

    One opening without actions stands for what is not understood.
    """
    if not text:
        return ()
    document = parsed(text)
    if document is None:
        return (Opening(0, "", ()),)
    return tuple(_openings(list(statements(document))))


def _openings(found: list[object]) -> Iterator[Opening]:
    for number, statement in enumerate(found, start=1):
        if not isinstance(statement, Mapping):
            yield Opening(number, "", ())
        elif statement.get("Effect") != "Deny" and is_public(statement):
            actions = statement.get("Action")
            without = tuple(f"everything except {one}" for one in texts(statement.get("NotAction", [])))
            sid = statement.get("Sid")
            shown = without if actions is None else texts(actions)
            yield Opening(number, sid if isinstance(sid, str) else "", shown)


def is_public(statement: Mapping[str, object]) -> bool:
    """Return whether a statement that allows something allows it to anyone."""
    if "NotPrincipal" in statement or "Principal" not in statement:
        return True
    return not (_are_fixed(statement["Principal"]) or limits(statement.get("Condition")))


def _are_fixed(principal: object) -> bool:
    if not isinstance(principal, Mapping) or not principal:
        return False
    return all(
        bool(texts(named)) and all(_is_somebody(kind, one) for one in texts(named))
        for kind, named in principal.items()
    )


def _is_somebody(kind: str, named: str) -> bool:
    """Return whether S3 counts a principal as fixed. It does not count web identity providers."""
    if not named or not is_fixed(named):
        return False
    return bool(_ARN.fullmatch(named)) if kind == "Federated" else kind in {"AWS", "Service", "CanonicalUser"}


def others(text: str, account: str) -> tuple[str, ...]:
    """Return the fixed principals of other accounts that a policy lets in, sorted.

    While S3 restricts a public bucket they are shut out as well.
    """
    document = parsed(text) if text else None
    found: set[str] = set()
    for statement in statements(document) if document else ():
        if isinstance(statement, Mapping) and statement.get("Effect") == "Allow":
            principal = statement.get("Principal")
            named = texts(principal.get("AWS", [])) if isinstance(principal, Mapping) else ()
            found.update(one for one in named if _is_other(one, account))
    return tuple(sorted(found))


def _is_other(named: str, account: str) -> bool:
    known = _ACCOUNT.fullmatch(named)
    return bool(known) and (known["account"] or named) != account if known else False


def _shown(text: str) -> str:
    return ascii(text)[1:-1][:64]
