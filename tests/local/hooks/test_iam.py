"""IAM of the local AWS has the denials, quotas and credentials that containing a principal depends on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

EMPTY_TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
KEY = "ssh-rsa " + "A" * 100


def policy(size: int) -> str:
    """Give a valid policy document of exactly `size` characters without white space."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": ""}]}
    document["Statement"][0]["Resource"] = "a" * (size - len(json.dumps(document).replace(" ", "")))  # type: ignore[index]
    return json.dumps(document)


@pytest.mark.parametrize(
    ("name", "denies"),
    [
        ("AWSDenyAll", ["*"]),
        ("AWSCompromisedKeyQuarantineV2", ["iam:CreateAccessKey"]),
        ("AWSCompromisedKeyQuarantineV3", ["iam:CreateAccessKey"]),
    ],
)
def test_managed_denials_deny(iam: Any, unique: str, name: str, denies: list[str]) -> None:
    arn = f"arn:aws:iam::aws:policy/{name}"
    iam.create_user(UserName=unique)
    iam.attach_user_policy(UserName=unique, PolicyArn=arn)
    attached = iam.list_attached_user_policies(UserName=unique)["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [arn]
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    (statement,) = version["Statement"]
    assert statement["Effect"] == "Deny"
    assert set(denies) <= set(statement["Action"])


@pytest.mark.parametrize(("kind", "quota"), [("user", 2048), ("role", 10240)])
def test_inline_policies_have_a_quota(
    iam: Any, unique: str, refusal: Callable[..., str], kind: str, quota: int
) -> None:
    if kind == "user":
        iam.create_user(UserName=unique)
        put, whose = iam.put_user_policy, {"UserName": unique}
    else:
        iam.create_role(RoleName=unique, AssumeRolePolicyDocument=EMPTY_TRUST)
        put, whose = iam.put_role_policy, {"RoleName": unique}
    put(PolicyName="full", PolicyDocument=policy(quota), **whose)
    assert refusal(put, PolicyName="more", PolicyDocument=policy(100), **whose) == "LimitExceeded"
    put(PolicyName="full", PolicyDocument=policy(quota - 100), **whose)
    put(PolicyName="more", PolicyDocument=policy(100), **whose)


@pytest.mark.parametrize("path", ["/aws-service-role/ec2.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"])
def test_protected_roles_take_no_inline_policy(
    iam: Any, unique: str, refusal: Callable[..., str], path: str
) -> None:
    iam.create_role(RoleName=unique, Path=path, AssumeRolePolicyDocument=EMPTY_TRUST)
    code = refusal(iam.put_role_policy, RoleName=unique, PolicyName="deny", PolicyDocument=policy(100))
    assert code == "UnmodifiableEntity"


def test_ssh_keys_of_a_user_can_be_made_inactive(iam: Any, unique: str) -> None:
    iam.create_user(UserName=unique)
    key = iam.upload_ssh_public_key(UserName=unique, SSHPublicKeyBody=KEY)["SSHPublicKey"]["SSHPublicKeyId"]
    iam.update_ssh_public_key(UserName=unique, SSHPublicKeyId=key, Status="Inactive")
    (listed,) = iam.list_ssh_public_keys(UserName=unique)["SSHPublicKeys"]
    assert (listed["SSHPublicKeyId"], listed["Status"]) == (key, "Inactive")


def test_nobody_has_service_specific_credentials(iam: Any, unique: str) -> None:
    iam.create_user(UserName=unique)
    assert iam.list_service_specific_credentials(UserName=unique)["ServiceSpecificCredentials"] == []
