"""The accounts of an organization, with their organizational units and tags, from AWS Organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.aws.failures import raised
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

ACTIONS = ("ListRoots", "ListOrganizationalUnitsForParent", "ListAccountsForParent", "ListTagsForResource")
"""The calls. The management account and delegated administrators may make them.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsForParent.html
"""


@frozen
class OrganizationAccount:
    """One account. `units` are the id and the path of each unit that contains it, from the root down.

    `name` is for people.
    """

    id: str
    units: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    name: str = ""


def accounts(client: Any) -> tuple[OrganizationAccount, ...]:  # noqa: ANN401 - boto's clients are made at run time
    """Return all accounts, by their ids. Raises AccessDenied and Retryable."""
    found = (one for root in _list(client, "ListRoots", "Roots") for one in _below(client, root["Id"]))
    return tuple(sorted(found, key=lambda one: one.id))


def _below(
    client: Any,  # noqa: ANN401 - likewise
    parent: str,
    units: tuple[str, ...] = (),
    path: str = "",
) -> Iterator[OrganizationAccount]:
    for account in _list(client, "ListAccountsForParent", "Accounts", ParentId=parent):
        tags = _list(client, "ListTagsForResource", "Tags", ResourceId=account["Id"])
        pairs = tuple(sorted((one["Key"], one["Value"]) for one in tags))
        yield OrganizationAccount(account["Id"], units, pairs, account.get("Name", ""))
    for unit in _list(client, "ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=parent):
        own = f"{path}/{unit['Name']}" if path else unit["Name"]
        yield from _below(client, unit["Id"], (*units, unit["Id"], own), own)


def _list(client: Any, operation: str, what: str, **given: str) -> Iterator[dict[str, str]]:  # noqa: ANN401 - likewise
    """Yield every item of a list, page after page."""
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")
    with raised(f"organizations:{operation}"):
        for page in client.get_paginator(name).paginate(**given):
            yield from page[what]
