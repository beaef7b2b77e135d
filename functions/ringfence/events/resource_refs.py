"""References to resources in events: an id, or an ARN that must match the event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.fields import fit
from ringfence.model.arn import read_arn
from ringfence.model.errors import BadInput
from ringfence.model.subject import GLOBAL, REGION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.subject import Ref


def ref(kind: type[Ref], field: str, given: str, account: str, region: str) -> Ref:
    """Return the reference for a text at `field`. Raises BadInput.

    An ARN contains the region of its resource, which can differ from the region of the event. The account can
    differ only if an organization can own the resource.
    """
    if kind.arn_form and given.startswith("arn:"):
        arn = read_arn(kind, given)
        if arn is None or not REGION.fullmatch(arn.region or region):
            raise BadInput(field, f"must be the id or ARN of {_a(kind)}", given)
        if arn.account and kind.of_organization:
            account = arn.account
        if arn.account not in {"", account}:
            raise BadInput(field, f"must be in account {account}, which the event is about", given)
        region, given = arn.region or region, arn.id
    return kind(
        account,
        region if kind.regional else GLOBAL,
        fit(kind.pattern, field, given, f"the id of {_a(kind)}"),
    )


def reason_of_organization(subjects: Iterable[Ref], account: str) -> str:
    """Return why a resource of another account leads to a notification. Empty if there is none."""
    owners = sorted({one.account for one in subjects} - {account})
    if not owners:
        return ""
    return (
        f"it belongs to account {', '.join(owners)} and to the organization: Ringfence changes nothing "
        f"because of an event in account {account}; a person must restore it in that account, or as the "
        "organization's administrator"
    )


def _a(kind: type[Ref]) -> str:
    name = kind.kind.replace("-", " ")
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
