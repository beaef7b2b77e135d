"""IAM statements from declared permissions: exactly these permissions, in as few statements as possible."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from aws_cdk import aws_iam as iam

from ringfence.model.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ringfence.model.call import Permission

Conditions = tuple[tuple[str, str, tuple[str, ...]], ...]
Resources = tuple[str, ...]

INLINE_LIMIT = 10_240
"""Maximum characters of all inline policies of a role, without white space.

"IAM and AWS STS quotas": https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

_PLACEHOLDER = re.compile(r"(?<!\$)\{(\w+)\}")


class Need(NamedTuple):
    """One action on one resource with conditions, and the reason if the resource is a pattern."""

    action: str
    resource: str
    conditions: Conditions
    reason: str


def resolved(
    permissions: Iterable[Permission],
    places: Mapping[str, str | Resources],
    *,
    regions: Resources = (),
) -> tuple[Need, ...]:
    """Fill in the placeholders of permissions.

    Parameters
    ----------
    permissions
        The permissions.
    places
        The values of the placeholders in resources and conditions. Several values multiply the resource
        or the condition value.
    regions
        The values of `{region}` in conditions. Empty means any region. Resources match any region, because
        `elsewhere` limits the regions of a role once.

    Raises
    ------
    InternalError
        A placeholder has no value, or a permission on every resource has no reason.

    """
    return tuple(need for permission in permissions for need in _resolved(permission, places, regions))


def elsewhere(permissions: Iterable[Permission], regions: Resources) -> tuple[iam.PolicyStatement, ...]:
    """Return the statement that denies regional actions outside these regions. None if all are allowed."""
    actions = {one.action for one in permissions if any("{region}" in where for where in one.resources)}
    if not regions or not actions:
        return ()
    outside = {"StringNotEquals": {"aws:RequestedRegion": list(regions)}}
    denied = iam.PolicyStatement(
        effect=iam.Effect.DENY, actions=sorted(actions), resources=["*"], conditions=outside
    )
    return (denied,)


def changes(action: str) -> bool:
    """Return whether an IAM action changes its resource: it neither reads nor passes it."""
    return not action.partition(":")[2].startswith(("Get", "List", "Pass"))


def document(needs: Iterable[Need]) -> iam.PolicyDocument:
    """Return a policy that allows exactly this."""
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                actions=list(actions), resources=list(resources), conditions=_block(conditions)
            )
            for actions, resources, conditions in merged(needs)
        ]
    )


def _resolved(
    permission: Permission, places: Mapping[str, str | Resources], regions: Resources
) -> Iterator[Need]:
    if "*" in permission.resources and not permission.reason:
        raise InternalError(f"{permission.action} is requested on every resource without a reason")
    for resource in permission.resources:
        conditions = tuple(_condition(*one, places, regions) for one in permission.conditions)
        for filled in _filled(resource, {"region": "*", **places}):
            yield Need(permission.action, filled, conditions, permission.reason)


def _condition(
    operator: str, key: str, values: Resources, places: Mapping[str, str | Resources], regions: Resources
) -> tuple[str, str, Resources]:
    """Choose StringLike for any region, because StringEquals takes the pattern literally."""
    anywhere = not regions and any("{region}" in value for value in values)
    filled = (one for value in values for one in _filled(value, {"region": regions or "*", **places}))
    return ("StringLike" if anywhere and operator == "StringEquals" else operator), key, tuple(filled)


def _filled(text: str, places: Mapping[str, str | Resources]) -> Resources:
    """Replace `{name}` by its values. IAM's own `${variables}` stay."""
    found = _PLACEHOLDER.search(text)
    if not found:
        return (text,)
    if found[1] not in places:
        raise InternalError(f"{text} contains {found[1]}, which is not one of {', '.join(sorted(places))}")
    given = places[found[1]]
    values = (given,) if isinstance(given, str) else given
    rest = _filled(text[found.end() :], places)
    return tuple(f"{text[: found.start()]}{value}{end}" for value in values for end in rest)


def merged(needs: Iterable[Need]) -> list[tuple[Resources, Resources, Conditions]]:
    """Merge actions on the same resources, and resources of the same actions."""
    by_action: dict[tuple[str, Conditions], set[str]] = {}
    for need in needs:
        by_action.setdefault((need.action, need.conditions), set()).add(need.resource)
    by_resources: dict[tuple[Resources, Conditions], set[str]] = {}
    for (action, conditions), resources in by_action.items():
        by_resources.setdefault((tuple(sorted(resources)), conditions), set()).add(action)
    return sorted(
        (tuple(sorted(actions)), resources, conditions)
        for (resources, conditions), actions in by_resources.items()
    )


def _block(conditions: Conditions) -> dict[str, dict[str, list[str]]]:
    block: dict[str, dict[str, list[str]]] = {}
    for operator, key, values in conditions:
        if key in block.setdefault(operator, {}):
            raise InternalError(f"two {operator} conditions on {key} in one permission")
        block[operator][key] = list(values)
    return block
