"""IAM in ministack: managed denials, quotas, protected roles, the password policy, other credentials."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from ringfence.local.hooks import mount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.local.hooks.mount import Handler, Response

_ALL = {"Effect": "Deny", "Action": "*", "Resource": "*"}
# The quarantine policies deny long lists of actions that change with each version. These are three of them.
_SOME = {
    "Effect": "Deny",
    "Action": ["iam:CreateUser", "iam:CreateAccessKey", "ec2:RunInstances"],
    "Resource": "*",
}
_MANAGED_DENIALS = {
    "AWSDenyAll": _ALL,
    "AWSCompromisedKeyQuarantineV2": _SOME,
    "AWSCompromisedKeyQuarantineV3": _SOME,
}
_ONLY_IN_MOTO = re.compile(r"(Upload|Get|List|Update|Delete)(SSHPublicKeys?|SigningCertificates?)$")
_PROTECTED_PATHS = ("/aws-service-role/", "/aws-reserved/")
_CHANGES = frozenset(
    action.format(kind)
    for kind in ("User", "Role")
    for action in ("Put{}Policy", "Delete{}Policy", "Attach{}Policy", "Detach{}Policy")
) | {"PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"}
# Characters without white space: IAM and AWS STS quotas, "IAM and STS character limits".
_QUOTA = {"PutUserPolicy": 2048, "PutRolePolicy": 10240}
_MOST_ATTACHED = 10
"""The default quota of managed policies of a user or role: "IAM and AWS STS quotas"."""


def install() -> None:
    """Fix what ministack gets wrong. Each function below describes one error."""
    from ministack import app as gateway
    from ministack.services import iam

    for name, statement in _MANAGED_DENIALS.items():  # ministack's AWSDenyAll denies nothing
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        record = iam._make_aws_managed_record(name, document, description=name)
        iam._aws_managed_policies[record["Arn"]] = record
    gateway.SERVICE_HANDLERS["iam"] = _handler(gateway.SERVICE_HANDLERS["iam"])


def _handler(ministack: Handler) -> Handler:
    moto = mount.handler("iam")

    async def handle(*request: Any) -> Response:
        body = mount.Request(*request).body or b""
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        if _ONLY_IN_MOTO.match(form.get("Action", "")):
            _copy_user(form.get("UserName", ""))
            return await moto(*request)
        if form.get("Action") == "ListServiceSpecificCredentials":
            return _no_service_specific_credentials()
        if form.get("Action") == "UpdateAccountPasswordPolicy":
            _forget_password_policy()
        return _unknown(form) or _refused(form) or await ministack(*request)

    return handle


def _unknown(form: dict[str, str]) -> Response | None:
    """A missing user: ministack returns an empty list of keys instead of an error."""
    from ministack.services import iam

    name = form.get("UserName", "")
    if form.get("Action") != "ListAccessKeys" or not name or name in iam._users:
        return None
    return _error(404, "NoSuchEntity", f"The user with name {name} cannot be found.")


def _forget_password_policy() -> None:
    """An update replaces the whole policy. ministack keeps values that the update does not include."""
    from ministack.services import iam

    iam._account_password_policy.pop("policy", None)


def _no_service_specific_credentials() -> Response:
    """Service-specific credentials: neither emulator has them, so the list is always empty."""
    body = (
        '<ListServiceSpecificCredentialsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        "<ListServiceSpecificCredentialsResult><ServiceSpecificCredentials/><IsTruncated>false</IsTruncated>"
        "</ListServiceSpecificCredentialsResult><ResponseMetadata><RequestId>local</RequestId>"
        "</ResponseMetadata></ListServiceSpecificCredentialsResponse>"
    )
    return 200, {"Content-Type": "text/xml"}, body.encode()


def _copy_user(name: str) -> None:
    """SSH keys and signing certificates: only moto has them, and it must know their users."""
    from ministack.core.responses import get_account_id
    from ministack.services import iam
    from moto.iam.models import iam_backends

    users = iam_backends[get_account_id()]["aws"]
    if name in iam._users and name not in users.users:
        users.create_user(region_name="us-east-1", user_name=name)


def _refused(form: dict[str, str]) -> Response | None:
    """Policies of users and roles: ministack has no quotas and allows changes to protected roles."""
    from ministack.services import iam

    action = form.get("Action", "")
    if action not in _CHANGES:
        return None
    kind = "User" if "User" in action else "Role"
    name = form.get(f"{kind}Name", "")
    found = (iam._users if kind == "User" else iam._roles).get(name) or {}
    if found.get("Path", "/").startswith(_PROTECTED_PATHS):
        return _error(
            400,
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{name}' - "
            "this role is only modifiable by AWS",
        )
    if action in _QUOTA:
        inline = iam._user_inline_policies.get(name) if kind == "User" else found.get("InlinePolicies")
        return _too_long(form, inline or {}, f"{kind.lower()} {name}")
    attached = found.get("AttachedPolicies") or []
    if not action.startswith("Attach") or form.get("PolicyArn") in attached or len(attached) < _MOST_ATTACHED:
        return None
    return _error(409, "LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind}: {_MOST_ATTACHED}")


def _too_long(form: dict[str, str], inline: Mapping[str, object], whose: str) -> Response | None:
    documents = [document for policy, document in inline.items() if policy != form.get("PolicyName")]
    most = _QUOTA[form["Action"]]
    if sum(map(_size, [*documents, form.get("PolicyDocument", "")])) <= most:
        return None
    return _error(409, "LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {whose}")


def _size(document: object) -> int:
    text = document if isinstance(document, str) else json.dumps(document)
    return len(re.sub(r"\s", "", text))


def _error(status: int, code: str, message: str) -> Response:
    body = (
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{message}</Message></Error><RequestId>local</RequestId></ErrorResponse>"
    )
    return status, {"Content-Type": "text/xml"}, body.encode()
