"""Read the ARNs of a finding as references to resources. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.arn import read_arn
from ringfence.model.errors import BadInput
from ringfence.model.kinds import every_kind
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.model.subject import Ref

MOST = 10
"""The ARNs of one finding that are read."""


def refs_of_arns(arns: Iterable[str], account: str, region: str) -> tuple[Ref, ...]:
    """Return the resources of which Ringfence has a kind, each once.

    A resource of another account than the finding's is left out: who may import findings in one account has
    no say about another one.
    """
    return tuple(dict.fromkeys(ref for arn in tuple(arns)[:MOST] for ref in _first(arn, account, region)))


def _first(arn: str, account: str, region: str) -> Iterator[Ref]:
    for kind in every_kind().values():
        found = read_arn(kind, arn)
        if found is None or found.account not in {"", account}:
            continue
        try:
            yield kind(account, (found.region or region) if kind.regional else GLOBAL, found.id)
        except BadInput:
            continue
        return
