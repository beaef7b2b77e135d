"""Inline policies of a role, as steps write and delete them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, SansIO
from ringfence.model.errors import Refused
from ringfence.model.step import Done
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.call import Answer
    from ringfence.observations.iam.identity import Role

_NOT_EDITABLE = ("LimitExceeded", "UnmodifiableEntity")
"""IAM's refusals: the role's inline policies are full, or the role is AWS's own."""


def put_role_policy(role: Role, name: str, document: Mapping[str, object]) -> SansIO[Done]:
    """Write an inline policy of a role; refused where they are full, or the role is AWS's own."""
    (answer,) = yield (
        Call(
            "iam",
            "PutRolePolicy",
            {"RoleName": role.name, "PolicyName": name, "PolicyDocument": json.dumps(document)},
            expected=(*NO_SUCH_ENTITY, *_NOT_EDITABLE),
        ),
    )
    accept(answer, not_found=NO_SUCH_ENTITY, refused=_NOT_EDITABLE)
    return Done()


def delete_role_policy(role: Role, name: str) -> SansIO[Done]:
    """Delete an inline policy of a role; one that is not there any more is what was wanted."""
    (answer,) = yield (deletion(role, name),)
    return Done(note="" if was_there(answer) else "it no longer existed")


def delete_role_policies(role: Role, names: Iterable[str]) -> SansIO[None]:
    """Delete inline policies of a role side by side."""
    calls = tuple(deletion(role, name) for name in names)
    for answer in (yield calls) if calls else ():
        was_there(answer)


def deletion(role: Role, name: str) -> Call:
    """Return the call that deletes an inline policy of a role."""
    return Call(
        "iam",
        "DeleteRolePolicy",
        {"RoleName": role.name, "PolicyName": name},
        expected=(*NO_SUCH_ENTITY, *_NOT_EDITABLE),
    )


def was_there(answer: Answer) -> bool:
    """Return whether a deleted policy existed. Raises Refused."""
    if isinstance(answer, Failed) and answer.code not in NO_SUCH_ENTITY:
        raise Refused(f"{answer.code}: {answer.message}")
    return not isinstance(answer, Failed)
