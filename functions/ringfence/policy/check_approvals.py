"""Find errors in the section `approvals` of a policy: plans that nobody can approve or veto in time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.model.person import person
from ringfence.policy.approvals import DURATION, compiled_approvals
from ringfence.policy.lookup import get, items_of, mapping_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.policy.yaml_source import Path


def approval_flaws(data: object) -> Iterator[tuple[Path, str]]:
    """Find a time to veto that ends after the approval, and more approvers than there can be."""
    given = mapping_of(get(data, "approvals"))
    yield from _people(get(given, "approvers"))
    if not all(re.fullmatch(DURATION, str(given.get(name, "1h"))) for name in ("expires", "veto-delay")):
        return
    compiled = compiled_approvals(given)
    if int(str(compiled["veto"])) >= int(str(compiled["expires"])):
        named = "veto-delay" if "veto-delay" in given else "expires"
        yield ("approvals", named), "must leave `veto-delay` shorter than `expires`"


def _people(approvers: object) -> Iterator[tuple[Path, str]]:
    """Find a number of people that the roles do not have: the members of one role count as one person."""
    count, roles = get(approvers, "count"), items_of(get(approvers, "roles"))
    people = {person(str(one)) for one in roles}
    if roles and isinstance(count, int) and len(people) < count:
        words = (
            "can never be reached: the members of one role count as one person, "
            "and `roles` names one role only"
        )
        yield ("approvals", "approvers", "count"), words
