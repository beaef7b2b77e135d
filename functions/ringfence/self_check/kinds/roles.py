"""IAM roles: who may assume them, and what they may do; and managed policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.self_check.compare import statements
from ringfence.self_check.kind import Kind, Settings

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.self_check.template import Resource

_MISSING = "NoSuchEntity"
_ROLES = ("arn:aws:iam::{account}:role/ringfence-*",)
_POLICIES = ("arn:aws:iam::{account}:policy/ringfence-*",)


def _declared(role: Resource) -> Settings:
    given = role.properties.get("Policies")
    inline = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    attached = role.properties.get("ManagedPolicyArns")
    return {
        "trust": statements(role.properties.get("AssumeRolePolicyDocument")),
        "permissions boundary": role.properties.get("PermissionsBoundary"),
        "attached policies": tuple(map(str, attached)) if isinstance(attached, list) else (),
        "policies": {str(one.get("PolicyName")): statements(one.get("PolicyDocument")) for one in inline},
    }


def _read(role: Resource) -> SansIO[Settings | None]:
    name = {"RoleName": role.id}
    found, listed, attached = yield (
        Call("iam", "GetRole", name, expected=(_MISSING,)),
        Call("iam", "ListRolePolicies", name, pages=True, expected=(_MISSING,)),
        Call("iam", "ListAttachedRolePolicies", name, pages=True, expected=(_MISSING,)),
    )
    if isinstance(found, Failed) or isinstance(listed, Failed) or isinstance(attached, Failed):
        return None
    names = listed.texts("PolicyNames")
    documents = yield tuple(
        Call("iam", "GetRolePolicy", {**name, "PolicyName": one}, expected=(_MISSING,)) for one in names
    )
    inline = {
        one: statements(answer.value.get("PolicyDocument"))
        for one, answer in zip(names, documents, strict=True)
        if not isinstance(answer, Failed)
    }
    shown = found.child("Role")
    return {
        "trust": statements(shown.value.get("AssumeRolePolicyDocument")),
        "permissions boundary": shown.optional_child("PermissionsBoundary").optional_text(
            "PermissionsBoundaryArn"
        ),
        "attached policies": tuple(one.text("PolicyArn") for one in attached.children("AttachedPolicies")),
        "policies": inline,
    }


def _policy_declared(policy: Resource) -> Settings:
    return {"document": statements(policy.properties.get("PolicyDocument"))}


def _read_policy(policy: Resource) -> SansIO[Settings | None]:
    arn = {"PolicyArn": policy.id}
    (found,) = yield (Call("iam", "GetPolicy", arn, expected=(_MISSING,)),)
    if isinstance(found, Failed):
        return None
    version = found.child("Policy").text("DefaultVersionId")
    (document,) = yield (
        Call("iam", "GetPolicyVersion", {**arn, "VersionId": version}, expected=(_MISSING,)),
    )
    if isinstance(document, Failed):
        return None
    return {"document": statements(document.child("PolicyVersion").value.get("Document"))}


KINDS = (
    Kind(
        "AWS::IAM::Role",
        "role",
        tuple(
            Permission(f"iam:{name}", _ROLES)
            for name in ("GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies")
        ),
        _declared,
        _read,
        {},
    ),
    Kind(
        "AWS::IAM::ManagedPolicy",
        "policy",
        tuple(Permission(f"iam:{name}", _POLICIES) for name in ("GetPolicy", "GetPolicyVersion")),
        _policy_declared,
        _read_policy,
        {},
    ),
)
