"""The list of a role's revocations, as steps change it.

IAM has no conditional write, so a change reads the list directly before it writes it. An entry that is lost
between two writers is found when its incident is verified again, and written again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.errors import Refused
from ringfence.observations.iam.identity import get_role_policy
from ringfence.observations.iam.revocation_list import LIST, in_order, listed_in, newest, revocation_list
from ringfence.observations.iam.revocations import revocation_in, revocation_name
from ringfence.steps.iam.role_policies import delete_role_policies, deletion, put_role_policy, was_there

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ringfence.model.call import SansIO
    from ringfence.observations.iam.identity import Role
    from ringfence.observations.iam.revocations import Revocation


def remove_revocation(role: Role, one: Revocation) -> SansIO[bool]:
    """Delete a revocation's own policy, and take it from the list. Return whether it was in either."""
    deleted, answer = yield (deletion(role, _name(one)), get_role_policy(role, LIST))
    there, listed = was_there(deleted), listed_in(answer)
    if one not in listed:
        return there
    if left := listed - {one}:
        yield from put_role_policy(role, LIST, revocation_list(left))
    else:
        yield from delete_role_policies(role, (LIST,))
    return True


def move_to_list(role: Role, merged: Sequence[Revocation], over: Iterable[Revocation]) -> SansIO[int]:
    """Move revocations from their own policies to the list, without those that are over. Return how many.

    A policy that a release deleted meanwhile is not written again. The policies are read before the list: one
    that somebody else moved is then in the list that is read.
    """
    answers = yield tuple(get_role_policy(role, _name(one)) for one in merged)
    there = in_order(
        one for one, answer in zip(merged, answers, strict=True) if revocation_in(_name(one), answer)
    )
    if not there:
        return 0
    count = len(there)
    (answer,) = yield (get_role_policy(role, LIST),)
    document = revocation_list(newest((listed_in(answer).difference(over)).union(there)))
    try:
        yield from put_role_policy(role, LIST, document)
    except Refused:
        half = count // 2
        if not half:
            raise
        # There is no space for the list. The later policies also deny what the older ones do.
        yield from delete_role_policies(role, map(_name, there[:half]))
        there = there[half:]
        yield from put_role_policy(role, LIST, document)
    yield from delete_role_policies(role, map(_name, there))
    return count


def _name(one: Revocation) -> str:
    return revocation_name(one.instant, one.holder)
