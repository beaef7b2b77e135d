"""The grants of access control lists in items. Pure.

AWS Config writes the list of a bucket as JSON in a text. A grantee is the name of one of S3's groups, or a
mapping with the id of an account. The form is that of
https://docs.aws.amazon.com/securityhub/latest/userguide/asff-resourcedetails-awss3.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.posture.mapping import Computed
from ringfence.posture.texts import json_in
from ringfence.posture.values import UNREAD

if TYPE_CHECKING:
    from ringfence.posture.mapping import Item


def grants(property_: str, field: str) -> Computed:
    """Return the property for the grants of a list, which is in a field of an item.

    The property is a list. A grant has `Grantee`, the name of a group or the id of an account, and
    `Permission`.
    """
    part, name = field.split(".")
    return Computed(property_, ("Grantee", "Permission"), partial(_grants, part, name), (part, name))


def _grants(part: str, name: str, item: Item) -> object:
    """Return the grants, or UNREAD if the item has none that can be read."""
    inside = item.get(part)
    given = inside.get(name) if isinstance(inside, Mapping) else None
    if isinstance(given, str):
        try:
            given = json_in(given)
        except BadInput:
            return UNREAD
    listed = given.get("grantList") if isinstance(given, Mapping) else None
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        return UNREAD
    found = [_grant(one) for one in listed]
    return UNREAD if None in found else found


def _grant(given: object) -> dict[str, str] | None:
    """Return a grant. None for what is none: what was not understood must not pass."""
    if not isinstance(given, Mapping):
        return None
    grantee, permission = given.get("grantee"), given.get("permission")
    name = grantee.get("id") if isinstance(grantee, Mapping) else grantee
    if not isinstance(name, str) or not isinstance(permission, str):
        return None
    return {"Grantee": name, "Permission": permission}
