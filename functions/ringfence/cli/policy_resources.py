"""The resource that a person means offline: by its key, its ARN, or an id that shows its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.arn import read_arn
from ringfence.model.errors import BadInput
from ringfence.model.kinds import every_kind, parse_key
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.model.subject import Ref

WHAT = "FINDING|RESOURCE"
_SLASHES = 3
"""In a key, KIND/ACCOUNT/REGION/ID."""


def resource_meant(text: str, accounts: Sequence[str], regions: Sequence[str]) -> Ref | None:
    """Return the resource that a text means. None if it has no form of a resource.

    An account that the text does not name is the one of `accounts`, if there is only one. So is the region.
    Raises BadInput if one of them stays unknown, and for a wrong key.
    """
    if text.startswith("arn:"):
        return _of_arn(text, accounts, regions)
    for kind in every_kind().values():
        if not kind.precedence and kind.pattern.fullmatch(text):
            return _placed(kind, "", "", text, accounts, regions)
    return parse_key(text) if text.count("/") >= _SLASHES else None


def _of_arn(text: str, accounts: Sequence[str], regions: Sequence[str]) -> Ref:
    for kind in every_kind().values():
        if arn := read_arn(kind, text):
            return _placed(kind, arn.account, arn.region, arn.id, accounts, regions)
    forms = sorted({one.arn_form for one in every_kind().values() if one.arn_form})
    raise BadInput(WHAT, f"is not an ARN that Ringfence knows: {', '.join(forms)}", text)


def _placed(  # noqa: PLR0913, PLR0917 - what a text says, and where the rest is
    kind: type[Ref], account: str, region: str, id_: str, accounts: Sequence[str], regions: Sequence[str]
) -> Ref:
    account = account or _only(accounts)
    region = (region or _only(regions)) if kind.regional else GLOBAL
    if account and region:
        return kind(account, region, id_)
    unknown = " and ".join(filter(None, ("" if account else "account", "" if region else "region")))
    key = f"{kind.kind}/{account or 'ACCOUNT'}/{region or 'REGION'}/{id_}"
    raise BadInput(WHAT, f"does not say in which {unknown} the resource is: use {key}", id_)


def _only(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ""
