"""KMS keys: their state, their policy and their rotation; and aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.self_check.compare import statements
from ringfence.self_check.kind import Kind, Settings

if TYPE_CHECKING:
    from ringfence.model.call import Answer, SansIO
    from ringfence.self_check.template import Resource

_MISSING = "NotFoundException"
_KEYS = ("arn:aws:kms:*:{account}:key/*",)
_GENERATED = "AWS generates the ids of keys"


def _declared(key: Resource) -> Settings:
    return {
        "state": "Enabled",
        "policy": statements(key.properties.get("KeyPolicy")),
        "rotation": key.properties.get("EnableKeyRotation"),
    }


def _read(key: Resource) -> SansIO[Settings | None]:
    id_ = {"KeyId": key.id}
    rotates = key.properties.get("EnableKeyRotation")
    answers = yield (
        Call("kms", "DescribeKey", id_, expected=(_MISSING,)),
        Call("kms", "GetKeyPolicy", {**id_, "PolicyName": "default"}, expected=(_MISSING,)),
        *((Call("kms", "GetKeyRotationStatus", id_, expected=(_MISSING,)),) if rotates else ()),
    )
    described, policy = answers[:2]
    if isinstance(described, Failed) or isinstance(policy, Failed):
        return None
    return {
        "state": described.child("KeyMetadata").text("KeyState"),
        "policy": statements(policy.text("Policy")),
        **_rotation(answers[2:]),
    }


def _rotation(answers: tuple[Answer, ...]) -> Settings:
    found = (one for one in answers if not isinstance(one, Failed))
    return {} if not answers else {"rotation": any(one.flag("KeyRotationEnabled") for one in found)}


def _alias_declared(alias: Resource) -> Settings:
    return {"key": str(alias.properties.get("TargetKeyId")).rpartition("/")[2]}


def _read_alias(alias: Resource) -> SansIO[Settings | None]:
    name = {"KeyId": str(alias.properties.get("AliasName"))}
    (found,) = yield (Call("kms", "DescribeKey", name, expected=(_MISSING,)),)
    return None if isinstance(found, Failed) else {"key": found.child("KeyMetadata").text("KeyId")}


_ALIVE = (
    "aws kms cancel-key-deletion --key-id {id} --region {region}; "
    "aws kms enable-key --key-id {id} --region {region}"
)
_DESCRIBE = Permission("kms:DescribeKey", _KEYS, reason=_GENERATED)
KINDS = (
    Kind(
        "AWS::KMS::Key",
        "key",
        (
            _DESCRIBE,
            *(
                Permission(f"kms:{name}", _KEYS, reason=_GENERATED)
                for name in ("GetKeyPolicy", "GetKeyRotationStatus")
            ),
        ),
        _declared,
        _read,
        {"state": _ALIVE},
    ),
    Kind("AWS::KMS::Alias", "key alias", (_DESCRIBE,), _alias_declared, _read_alias, {}),
)
