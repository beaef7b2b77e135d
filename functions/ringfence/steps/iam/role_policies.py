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
    from collections.abc import Mapping

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
    """Delete an inline policy of a role."""
    (answer,) = yield (
        Call(
            "iam",
            "DeleteRolePolicy",
            {"RoleName": role.name, "PolicyName": name},
            expected=(*NO_SUCH_ENTITY, *_NOT_EDITABLE),
        ),
    )
    if isinstance(answer, Failed) and answer.code not in NO_SUCH_ENTITY:
        raise Refused(f"{answer.code}: {answer.message}")
    return Done(note="it no longer existed" if isinstance(answer, Failed) else "")
