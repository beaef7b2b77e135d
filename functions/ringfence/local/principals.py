"""Test credentials: a user with two keys, its sessions, and a role that it assumes.

The caller passes the clients, as a function from a service's name and credentials to a boto3 client.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.local.process import LocalAws

WORKS = "works"
RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "sts:AssumeRole"], "Resource": "*"}],
}


@dataclass(frozen=True)
class Credentials:
    """An access key with its secret, and the token of a session. `principal` is `AROA…:name`."""

    key: str
    secret: str
    token: str | None = None
    principal: str = ""

    @classmethod
    def of(cls, answer: Mapping[str, Any], principal: str = "") -> Self:
        """Create them from a response of IAM or STS."""
        token = answer.get("SessionToken")
        return cls(answer["AccessKeyId"], answer["SecretAccessKey"], token, principal)


@dataclass(frozen=True)
class KeyHolder:
    """A user with two keys who may list buckets and assume one role with the same permission."""

    account: str
    name: str
    role: str
    leaked: Credentials
    other: Credentials

    @property
    def ref(self) -> AccessKeyRef:
        """The leaked key."""
        return AccessKeyRef(self.account, GLOBAL, self.leaked.key)

    def session_ref(self, session: Credentials) -> RoleSessionRef:
        """Return a session of the role."""
        return RoleSessionRef(self.account, GLOBAL, session.principal, self.role)


@dataclass(frozen=True)
class Principals:
    """Creates and uses credentials in one account of the local AWS."""

    local: LocalAws

    def holder(self, name: str) -> KeyHolder:
        """Create the user, its keys and its role."""
        iam, account = self.local.client("iam"), self.local.account
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(RIGHTS))
        leaked, other = (Credentials.of(iam.create_access_key(UserName=name)["AccessKey"]) for _ in range(2))
        role = f"{name}-reports"
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:user/{name}"}}
        document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(document))
        iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=json.dumps(RIGHTS))
        return KeyHolder(account, name, role, leaked, other)

    def session(self, key: Credentials) -> Credentials:
        """Start a session of the user itself."""
        return Credentials.of(self.client("sts", key, GLOBAL).get_session_token()["Credentials"])

    def assume(self, key: Credentials, role: str, name: str) -> Credentials:
        """Start a session of a role."""
        arn = f"arn:aws:iam::{self.local.account}:role/{role}"
        answer = self.client("sts", key, GLOBAL).assume_role(RoleArn=arn, RoleSessionName=name)
        return Credentials.of(answer["Credentials"], answer["AssumedRoleUser"]["AssumedRoleId"])

    def tried(self, credentials: Credentials) -> str:
        """Return the result of a call with these credentials: `WORKS`, or the error code."""
        try:
            self.client("s3", credentials).list_buckets()
        except ClientError as error:
            return f"refused: {error.response['Error']['Code']}"
        return WORKS

    def status(self, holder: KeyHolder, key: Credentials) -> str:
        """Return a key's status as IAM shows it."""
        listed = self.local.client("iam").list_access_keys(UserName=holder.name)["AccessKeyMetadata"]
        return next(str(one["Status"]) for one in listed if one["AccessKeyId"] == key.key)

    def policies(self, holder: KeyHolder) -> dict[str, tuple[str, ...]]:
        """Return the names of all inline policies of the user and of its role."""
        iam = self.local.client("iam")
        return {
            "user": tuple(iam.list_user_policies(UserName=holder.name)["PolicyNames"]),
            "role": tuple(iam.list_role_policies(RoleName=holder.role)["PolicyNames"]),
        }

    def client(self, service: str, credentials: Credentials, region: str | None = None) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        """Make a boto3 client that calls with these credentials."""
        return self.local.client(
            service,
            region=region,
            aws_access_key_id=credentials.key,
            aws_secret_access_key=credentials.secret,
            aws_session_token=credentials.token,
        )
