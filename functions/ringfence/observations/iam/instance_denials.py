"""The denials of instances' role sessions: what they are called, and what they say.

Each instance has its own policy on a role, because IAM has no conditional write: two executions that add to
one policy would lose an entry. Its name says until when it is kept at least. After that, the instance's
credentials have long expired, and the policy can be removed if the role has no space for another one.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, SansIO
from ringfence.model.codec import canonical, value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ringfence.model.call import Answer
    from ringfence.observations.iam.identity import Role

OWN_PATH = "/ringfence/"
"""The path of all managed policies of Ringfence."""
OWN_POLICIES = "arn:aws:iam::{account}:policy/ringfence/*"
NO_SUCH_ENTITY = ("NoSuchEntity",)
_FORMAT = "%Y%m%dT%H%MZ"
_INLINE = re.compile(r"ringfence-deny-(i-[0-9a-f]{8,17})(?:-until-([0-9]{8}T[0-9]{4}Z))?")
_MANAGED = re.compile(r"deny-(i-[0-9a-f]{8,17})-until-([0-9]{8}T[0-9]{4}Z)-([A-Z0-9]{4,32})")


@value
class InstanceDenial:
    """A policy that denies one instance's sessions of a role everything.

    `until`: it is kept at least until then; None for one of an older version. `managed`: it is an attached
    managed policy, and not an inline policy.
    """

    instance_id: str
    until: datetime | None = None
    managed: bool = False

    @property
    def inline_name(self) -> str:
        """The name of the inline policy."""
        return f"ringfence-deny-{self.instance_id}" + (f"-until-{_stamp(self.until)}" if self.until else "")

    def arn(self, account: str, role: Role) -> str:
        """Return the ARN of the managed policy."""
        stamp = _stamp(self.until) if self.until else ""
        return f"arn:aws:iam::{account}:policy{OWN_PATH}deny-{self.instance_id}-until-{stamp}-{role.id}"

    def is_over(self, now: datetime) -> bool:
        """Return whether the policy can be removed."""
        return self.until is not None and self.until <= now


def inline_denials(names: Iterable[str]) -> Iterator[InstanceDenial]:
    """Yield the denials among the names of a role's inline policies."""
    for name in names:
        if found := _INLINE.fullmatch(name):
            until = _instant(found[2]) if found[2] else None
            if until or not found[2]:
                yield InstanceDenial(found[1], until)


def managed_denials(arns: Iterable[str], account: str, role: Role) -> Iterator[InstanceDenial]:
    """Yield the denials among the ARNs of a role's attached policies."""
    prefix = f"arn:aws:iam::{account}:policy{OWN_PATH}"
    for arn in arns:
        found = _MANAGED.fullmatch(arn.removeprefix(prefix)) if arn.startswith(prefix) else None
        if found and found[3] == role.id and (until := _instant(found[2])):
            yield InstanceDenial(found[1], until, managed=True)


def in_order(found: Iterable[InstanceDenial]) -> tuple[InstanceDenial, ...]:
    """Return denials in an order that is always the same."""
    return tuple(sorted(found, key=lambda one: (one.managed, one.inline_name)))


def denial(role: Role, instance_id: str) -> dict[str, object]:
    """Return the document. `aws:userid` of a session is the role's id and the session's name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "RingfenceDenyInstance",
                "Effect": "Deny",
                "Action": "*",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:userid": f"{role.id}:{instance_id}"}},
            }
        ],
    }


def policy_of(answer: Answer, field: str = "PolicyDocument") -> Mapping[str, object] | None:
    """Return the document in an answer of GetRolePolicy; None if there is none or it is no object."""
    if isinstance(answer, Failed):
        return None
    found = answer.value.get(field)
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return None
    return found if isinstance(found, dict) else None


def list_policies(role: Role) -> tuple[Call, ...]:
    """Return the calls that list what a role's inline and attached policies are called."""
    by_name: dict[str, object] = {"RoleName": role.name}
    return tuple(
        Call("iam", operation, by_name, pages=True, expected=NO_SUCH_ENTITY)
        for operation in ("ListRolePolicies", "ListAttachedRolePolicies")
    )


def listed(account: str, role: Role, inline: Answer, attached: Answer) -> frozenset[InstanceDenial]:
    """Return the denials in the answers of `list_policies`."""
    names = () if isinstance(inline, Failed) else inline.texts("PolicyNames")
    policies = () if isinstance(attached, Failed) else attached.children("AttachedPolicies")
    arns = [one.text("PolicyArn") for one in policies]
    return frozenset((*inline_denials(names), *managed_denials(arns, account, role)))


def in_force(
    account: str, instance_id: str, found: Sequence[tuple[Role, InstanceDenial]]
) -> SansIO[frozenset[tuple[Role, InstanceDenial]]]:
    """Read the documents of the denials of one instance. Return those that say what they should.

    The version of a managed policy that is in force takes another round trip.
    """
    if not found:
        return frozenset()
    answers = yield tuple(_read(account, role, one) for role, one in found)
    both = list(zip(found, answers, strict=True))
    wanted = {role: canonical(denial(role, instance_id)) for role, _ in found}
    good = {(role, one) for (role, one), answer in both if not one.managed and _says(answer, wanted[role])}
    versions = [
        (role, one, answer.child("Policy").text("DefaultVersionId"))
        for (role, one), answer in both
        if one.managed and not isinstance(answer, Failed)
    ]
    if versions:
        documents = yield tuple(_version(one.arn(account, role), name) for role, one, name in versions)
        good |= {
            (role, one)
            for (role, one, _), answer in zip(versions, documents, strict=True)
            if not isinstance(answer, Failed)
            and _says(answer.child("PolicyVersion"), wanted[role], "Document")
        }
    return frozenset(good)


def _read(account: str, role: Role, one: InstanceDenial) -> Call:
    if one.managed:
        return Call("iam", "GetPolicy", {"PolicyArn": one.arn(account, role)}, expected=NO_SUCH_ENTITY)
    by_name = {"RoleName": role.name, "PolicyName": one.inline_name}
    return Call("iam", "GetRolePolicy", by_name, expected=NO_SUCH_ENTITY)


def _version(arn: str, name: str) -> Call:
    return Call("iam", "GetPolicyVersion", {"PolicyArn": arn, "VersionId": name}, expected=NO_SUCH_ENTITY)


def _says(answer: Answer, wanted: str, field: str = "PolicyDocument") -> bool:
    document = policy_of(answer, field)
    return document is not None and canonical(document) == wanted


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime(_FORMAT)


def _instant(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
