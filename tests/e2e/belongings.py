"""What a user has beside access keys: a password, other keys and certificates, policies, a boundary."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from ringfence.local.principals import KeyHolder

INLINE, ATTACHED = 2048, 10
"""What a user has room for: characters of inline policies, and attached ones.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""
ALLOW_ALL = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True)
class Belongings:
    """One user's, given and looked at by the owner of the account."""

    iam: Any
    name: str

    @classmethod
    def of(cls, iam: Any, holder: KeyHolder) -> Belongings:  # noqa: ANN401 - boto3's clients are made at run time
        return cls(iam, holder.name)

    def give_password(self) -> None:
        self.iam.create_login_profile(UserName=self.name, Password="Correct-Horse-7-Battery")

    def must_choose_a_password(self) -> bool:
        profile = self.iam.get_login_profile(UserName=self.name)["LoginProfile"]
        return bool(profile["PasswordResetRequired"])

    def give_ssh_key(self, status: str, number: int) -> None:
        body = f"ssh-rsa AAAAB3NzaC1yc2E={number}"
        made = self.iam.upload_ssh_public_key(UserName=self.name, SSHPublicKeyBody=body)["SSHPublicKey"]
        id_ = made["SSHPublicKeyId"]
        self.iam.update_ssh_public_key(UserName=self.name, SSHPublicKeyId=id_, Status=status)

    def give_certificate(self) -> None:
        self.iam.upload_signing_certificate(UserName=self.name, CertificateBody=_certificate(self.name))

    def statuses(self) -> list[str]:
        """Return the status of each SSH key, then of each certificate, in the order of their ids."""
        keys = self.iam.list_ssh_public_keys(UserName=self.name)["SSHPublicKeys"]
        certificates = self.iam.list_signing_certificates(UserName=self.name)["Certificates"]
        found = [(one["SSHPublicKeyId"], one["Status"]) for one in keys]
        return [status for _, status in sorted(found)] + [one["Status"] for one in certificates]

    def fill_inline(self) -> None:
        """Leave no room for another inline policy."""
        names = self.iam.list_user_policies(UserName=self.name)["PolicyNames"]
        read = (self.iam.get_user_policy(UserName=self.name, PolicyName=one) for one in names)
        taken = sum(len(json.dumps(one["PolicyDocument"]).replace(" ", "")) for one in read)
        # A user may be denied what nobody is called.
        deny = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "arn:aws:s3:::"}
        statement = {"Version": "2012-10-17", "Statement": [deny]}
        room = INLINE - taken - len(json.dumps(statement).replace(" ", ""))
        deny["Resource"] += "x" * room
        self.iam.put_user_policy(UserName=self.name, PolicyName="long", PolicyDocument=json.dumps(statement))

    def fill_attached(self) -> None:
        """Attach as many policies as can be."""
        deny = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
        for number in range(ATTACHED):
            made = self.iam.create_policy(PolicyName=f"{self.name}-{number}", PolicyDocument=text)
            self.iam.attach_user_policy(UserName=self.name, PolicyArn=made["Policy"]["Arn"])

    def bound(self, arn: str) -> None:
        self.iam.put_user_permissions_boundary(UserName=self.name, PermissionsBoundary=arn)

    def boundary(self) -> str:
        user = self.iam.get_user(UserName=self.name)["User"]
        return str(user.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""))

    def attached(self) -> set[str]:
        found = self.iam.list_attached_user_policies(UserName=self.name)["AttachedPolicies"]
        return {str(one["PolicyArn"]) for one in found}

    def made_for_it(self) -> list[str]:
        """Return the managed policies that were made to deny the user."""
        found = self.iam.list_policies(Scope="Local", PathPrefix="/ringfence/")["Policies"]
        return [one["Arn"] for one in found if f"deny-{self.name}-" in one["Arn"]]


def _certificate(name: str) -> str:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()
