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


@pytest.mark.parametrize("kind", ["user", "role"])
def test_a_user_or_a_role_has_ten_attached_policies_at_most(
    iam: Any, unique: str, refusal: Callable[..., str], kind: str
) -> None:
    if kind == "user":
        iam.create_user(UserName=unique)
        attach, detach, whose = iam.attach_user_policy, iam.detach_user_policy, {"UserName": unique}
    else:
        iam.create_role(RoleName=unique, AssumeRolePolicyDocument=EMPTY_TRUST)
        attach, detach, whose = iam.attach_role_policy, iam.detach_role_policy, {"RoleName": unique}
    made = [
        iam.create_policy(PolicyName=f"{unique}-{number}", PolicyDocument=policy(100))["Policy"]["Arn"]
        for number in range(11)
    ]
    for arn in made[:10]:
        attach(PolicyArn=arn, **whose)
    attach(PolicyArn=made[0], **whose)
    assert refusal(attach, PolicyArn=made[10], **whose) == "LimitExceeded"
    detach(PolicyArn=made[0], **whose)
    attach(PolicyArn=made[10], **whose)


@pytest.mark.parametrize("path", ["/aws-service-role/ec2.amazonaws.com/", "/aws-reserved/sso.amazonaws.com/"])
def test_the_policies_of_protected_roles_cannot_be_changed(
    iam: Any, unique: str, refusal: Callable[..., str], path: str
) -> None:
    iam.create_role(RoleName=unique, Path=path, AssumeRolePolicyDocument=EMPTY_TRUST)
    deny_all = "arn:aws:iam::aws:policy/AWSDenyAll"
    changes = (
        (iam.put_role_policy, {"PolicyName": "deny", "PolicyDocument": policy(100)}),
        (iam.attach_role_policy, {"PolicyArn": deny_all}),
        (iam.put_role_permissions_boundary, {"PermissionsBoundary": deny_all}),
    )
    codes = {refusal(change, RoleName=unique, **parameters) for change, parameters in changes}
    assert codes == {"UnmodifiableEntity"}


def test_ssh_keys_of_a_user_can_be_made_inactive(iam: Any, unique: str) -> None:
    iam.create_user(UserName=unique)
    key = iam.upload_ssh_public_key(UserName=unique, SSHPublicKeyBody=KEY)["SSHPublicKey"]["SSHPublicKeyId"]
    iam.update_ssh_public_key(UserName=unique, SSHPublicKeyId=key, Status="Inactive")
    (listed,) = iam.list_ssh_public_keys(UserName=unique)["SSHPublicKeys"]
    assert (listed["SSHPublicKeyId"], listed["Status"]) == (key, "Inactive")


def test_nobody_has_service_specific_credentials(iam: Any, unique: str) -> None:
    iam.create_user(UserName=unique)
    assert iam.list_service_specific_credentials(UserName=unique)["ServiceSpecificCredentials"] == []


def test_an_update_of_the_password_policy_says_all_of_it(iam: Any) -> None:
    """What is left out falls back to its default."""
    iam.update_account_password_policy(MinimumPasswordLength=14, MaxPasswordAge=90, RequireSymbols=True)
    iam.update_account_password_policy(MinimumPasswordLength=8, PasswordReusePrevention=3)
    found = iam.get_account_password_policy()["PasswordPolicy"]
    assert (found["MinimumPasswordLength"], found["PasswordReusePrevention"]) == (8, 3)
    assert "MaxPasswordAge" not in found
    assert not found["RequireSymbols"]
    iam.delete_account_password_policy()


def test_the_keys_of_a_user_who_does_not_exist_cannot_be_listed(
    iam: Any, unique: str, refusal: Callable[..., str]
) -> None:
    assert refusal(iam.list_access_keys, UserName=unique) == "NoSuchEntity"
    iam.create_user(UserName=unique)
    assert iam.list_access_keys(UserName=unique)["AccessKeyMetadata"] == []
