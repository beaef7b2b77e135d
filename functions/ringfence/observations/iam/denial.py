"""What a principal is denied: by inline policy, by an attached one, or by its permissions boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import canonical, value
from ringfence.model.errors import NotFound
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.observation import Observation
from ringfence.model.step import Step
from ringfence.observations.iam.identity import NO_SUCH_ENTITY, ROLES, policy_of
from ringfence.observations.iam.principals import (
    FINDING_HOLDERS,
    ROLE,
    USERS,
    Holder,
    get_holder,
    holder_in,
    name_of,
    role_id,
)
from ringfence.observations.iam.reach import DENY_ALL, Reach, reach_of, short_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Answer
    from ringfence.model.subject import Ref

NAME = "ringfence-deny"
"""The inline policy on a user, or on a whole role."""
PATH = "/ringfence/"
OWN_POLICIES = "arn:aws:iam::{account}:policy/ringfence/*"


@value
class Policy:
    """A policy of ours: an inline one by its name, a managed one by its ARN; the document as text."""

    name: str
    document: str


class PolicyStep(Step):
    """A step that records a managed policy of ours: where to look once it is attached nowhere."""

    arn: str


@value
class Denial(Observation):
    """Who holds the principal's permissions, and what of it is denied.

    Attributes
    ----------
    holder : Holder or None
        The user or role; None if there is nobody to deny.
    inline : tuple of Policy
        Inline policies, each with its name and its document.
    attached : frozenset of str
        ARNs of attached policies: those of Ringfence and `AWSDenyAll` alone.
    boundary : str
        ARN of the permissions boundary; empty for none.
    policies : tuple of Policy
        Managed policies of Ringfence that exist.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
    """

    holder: Holder | None = None
    inline: tuple[Policy, ...] = ()
    attached: frozenset[str] = frozenset()
    boundary: str = ""
    policies: tuple[Policy, ...] = ()

    permissions: ClassVar = (
        *FINDING_HOLDERS,
        *(Permission(f"iam:{action}", (USERS,)) for action in ("GetUser", "GetUserPolicy")),
        Permission("iam:ListAttachedUserPolicies", (USERS,)),
        *(Permission(f"iam:{action}", (ROLES,)) for action in ("GetRolePolicy", "ListAttachedRolePolicies")),
        *(Permission(f"iam:{action}", (OWN_POLICIES,)) for action in ("GetPolicy", "GetPolicyVersion")),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Read the holder, its denials and its attached policies in one round trip; ours then in two more.

        A key's owner is asked for first. What the report calls the role is tried, and the role looked
        for by its id where it is another.
        """
        hint = ref.role if isinstance(ref, RoleSessionRef) else ""
        kind, name = (ROLE, hint) if hint else (yield from name_of(ref, past))
        if not name:
            return cls()
        answers = yield _reads(kind, name, ref)
        if hint and not _is_role(answers[0], ref):
            kind, name = yield from name_of(RoleSessionRef(ref.account, ref.region, ref.id))
            answers = yield _reads(kind, name, ref)
        holder = holder_in(answers[0], kind)
        if holder is None:
            raise NotFound(f"{kind} {name} does not exist")
        boundary = document(answers[0]).child(kind.capitalize()).optional_child("PermissionsBoundary")
        bound = boundary.optional_text("PermissionsBoundaryArn") or ""
        attached = frozenset(_attached(answers[1], ref.account))
        policies = yield from _policies({*attached, bound, *_made(past)}, ref.account)
        inline = tuple(_inline(inline_names(kind, ref), answers[2:]))
        return cls(holder, inline, attached, bound, policies)

    def reaches(self) -> frozenset[Reach]:
        """Return whom every denial in force reaches."""
        found = [reach_of(one.document) for one in self.inline]
        found.extend(self._of_managed(arn, boundary=False) for arn in self.attached)
        found.append(self._of_managed(self.boundary, boundary=True))
        return frozenset(one for one in found if one)

    def covers(self, wanted: Reach) -> bool:
        """Return whether a denial in force reaches at least these."""
        return any(one.covers(wanted) for one in self.reaches())

    def document(self, name: str) -> str:
        """Return a policy of ours by its name or ARN; empty if there is none."""
        found = (one.document for one in (*self.inline, *self.policies) if one.name == name)
        return next(found, "")

    def _of_managed(self, arn: str, *, boundary: bool) -> Reach | None:
        return Reach() if arn == DENY_ALL else reach_of(self.document(arn), boundary=boundary)


def inline_name(reach: Reach) -> str:
    """Name the inline policy: one on each user, one on each role as a whole, and one for each session.

    A session's name is of letters that a policy's may have; the digest keeps apart what only differs in
    case. 128 characters at most.
    """
    if not reach.userid:
        return NAME
    session = reach.userid.partition(":")[2]
    kept = "".join(char if char.isascii() else "_" for char in session)
    return f"{NAME}-session-{kept}-{short_digest(reach.userid)}"


def inline_names(kind: str, ref: Ref) -> tuple[str, ...]:
    """Return the names of the inline policies that may concern a principal."""
    of_session = (inline_name(Reach(userid=ref.id)),) if isinstance(ref, RoleSessionRef) else ()
    return (NAME, *(of_session if kind == ROLE else ()))


def own_arn(account: str, holder: Holder, document: str) -> str:
    """Return the ARN of our managed policy for a holder; another document is another policy."""
    return f"{_own(account)}deny-{holder.name}-{short_digest(document)}"


def _own(account: str) -> str:
    return f"arn:aws:iam::{account}:policy{PATH}"


def _reads(kind: str, name: str, ref: Ref) -> tuple[Call, ...]:
    what = kind.capitalize()
    by_name: dict[str, object] = {f"{what}Name": name}
    return (
        get_holder(kind, name),
        Call("iam", f"ListAttached{what}Policies", by_name, pages=True, expected=NO_SUCH_ENTITY),
        *(
            Call("iam", f"Get{what}Policy", {**by_name, "PolicyName": policy}, expected=NO_SUCH_ENTITY)
            for policy in inline_names(kind, ref)
        ),
    )


def _is_role(answer: Answer, ref: Ref) -> bool:
    role = holder_in(answer, ROLE)
    return role is not None and role.id == role_id(ref)


def _inline(names: tuple[str, ...], answers: tuple[Answer, ...]) -> Iterator[Policy]:
    for name, answer in zip(names, answers, strict=True):
        if not isinstance(answer, Failed):
            found = policy_of(answer)
            yield Policy(name, "{}" if found is None else canonical(found))


def _attached(answer: Answer, account: str) -> Iterator[str]:
    if isinstance(answer, Failed):
        return
    for one in answer.children("AttachedPolicies"):
        arn = one.text("PolicyArn")
        if arn == DENY_ALL or arn.startswith(_own(account)):
            yield arn


def _made(past: tuple[Step, ...]) -> Iterator[str]:
    return (step.arn for step in past if isinstance(step, PolicyStep))


def _policies(arns: set[str], account: str) -> SansIO[tuple[Policy, ...]]:
    """Read the default version of our managed policies, which is in force."""
    ours = sorted(arn for arn in arns if arn.startswith(_own(account)))
    if not ours:
        return ()
    described = yield tuple(
        Call("iam", "GetPolicy", {"PolicyArn": arn}, expected=NO_SUCH_ENTITY) for arn in ours
    )
    there = [
        (arn, answer.child("Policy").text("DefaultVersionId"))
        for arn, answer in zip(ours, described, strict=True)
        if not isinstance(answer, Failed)
    ]
    if not there:
        return ()
    versions = yield tuple(
        Call("iam", "GetPolicyVersion", {"PolicyArn": arn, "VersionId": version}, expected=NO_SUCH_ENTITY)
        for arn, version in there
    )
    return tuple(
        Policy(arn, canonical(dict(version.child("PolicyVersion").child("Document").value)))
        for (arn, _), version in zip(there, versions, strict=True)
        if not isinstance(version, Failed)
    )
