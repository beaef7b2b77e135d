"""What a principal is denied: by inline policy, by an attached one, or by its permissions boundary."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, ClassVar, Self

from ringfence.model.answers import document
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import canonical, value
from ringfence.model.errors import NotFound
from ringfence.model.kinds.role_session import RoleSessionRef
from ringfence.model.observation import Observation
from ringfence.model.resource_names import UNKNOWN_HOME
from ringfence.observations.iam.denial_names import (
    INSTANCES,
    MOST_OTHERS,
    NAME,
    PolicyStep,
    known_names,
    names_beside,
    own_arn,
    own_prefix,
)
from ringfence.observations.iam.emergency import emergency_reasons, holder_refs, is_operator
from ringfence.observations.iam.identity import ROLES
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY, OWN_POLICIES, policy_of
from ringfence.observations.iam.principals import (
    FINDING_HOLDERS,
    ROLE,
    USER,
    USERS,
    Holder,
    asked_user,
    current_name,
    get_holder,
    holder_in,
    known_user,
    name_of,
    role_id,
)
from ringfence.observations.iam.reach import DENY_ALL, Reach, reach_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ringfence.model.call import Answer
    from ringfence.model.resource_names import Home
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


@value
class Policy:
    """A policy of ours: an inline one by its name, a managed one by its ARN; the document as text."""

    name: str
    document: str


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
    operator : bool
        Whether the policy for Ringfence's operators is attached.

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
    operator: bool = False

    permissions: ClassVar = (
        *FINDING_HOLDERS,
        Permission("iam:GetUserPolicy", (USERS,)),
        *(Permission(f"iam:List{what}", (USERS,)) for what in ("AttachedUserPolicies", "UserPolicies")),
        *(Permission(f"iam:List{what}", (ROLES,)) for what in ("AttachedRolePolicies", "RolePolicies")),
        Permission("iam:GetRolePolicy", (ROLES,)),
        *(Permission(f"iam:{action}", (OWN_POLICIES,)) for action in ("GetPolicy", "GetPolicyVersion")),
    )

    @classmethod
    def read(cls, ref: Ref, past: tuple[Step, ...]) -> SansIO[Self]:
        """Read the holder and the denials for this subject in one round trip.

        Other denials and managed policies take up to two more. A key's owner is asked for first. What the
        report calls the user or the role is tried, and it is looked for by its id where that is another.
        """
        if isinstance(ref, RoleSessionRef):
            kind, answers = ROLE, (yield from _of_role(ref, past))
        else:
            kind, answers = USER, (yield from _of_user(ref, past))
        if not answers:
            return cls()
        holder = holder_in(answers[0], kind)
        if holder is None:
            raise NotFound(f"{kind} {_called(ref, past)} does not exist, under this name or another one")
        boundary = document(answers[0]).child(kind.capitalize()).optional_child("PermissionsBoundary")
        bound = boundary.optional_text("PermissionsBoundaryArn") or ""
        attached = frozenset(_attached(answers[1], ref.account))
        names = known_names(kind, ref, past)
        others = tuple(_others(answers[2], names))
        reads = tuple(_get_inline(kind, holder.name, one) for one in others)
        policies, found = yield from _further({*attached, bound, *_made(past)}, ref.account, reads)
        inline = (*_inline(names, answers[3:]), *_inline(others, found))
        ordered = tuple(sorted(inline, key=lambda one: one.name))
        return cls(holder, ordered, attached, bound, policies, is_operator(answers[1], ref.account))

    def holders(self, ref: Ref) -> tuple[Ref, ...]:
        """Return the user or the role, by its name and with its path."""
        return holder_refs(self.holder, ref.account) if self.holder else ()

    def cautions(self, ref: Ref, home: Home = UNKNOWN_HOME) -> tuple[str, ...]:
        """Return why the user or role may be needed in an emergency.

        The policies of operators exist in the home account only. In another one, anybody who may create
        policies can choose their names. Anybody who may create roles can name one like a role of another
        `cdk bootstrap`.
        """
        if self.holder is None:
            return ()
        operator = self.operator and ref.account == (home.account or ref.account)
        return emergency_reasons(self.holder, ref.account, home.qualifier, operator=operator)

    def reaches(self, among: Collection[str] | None = None) -> frozenset[Reach]:
        """Return whom every denial in force reaches, or only those with these names and ARNs."""
        found = {one.name: reach_of(one.document) for one in self.inline}
        found |= {arn: self._of_managed(arn, boundary=False) for arn in self.attached}
        reached = [one for name, one in found.items() if among is None or name in among]
        if among is None or self.boundary in among:
            reached.append(self._of_managed(self.boundary, boundary=True))
        return frozenset(one for one in reached if one)

    def covers(self, wanted: Reach, among: Collection[str] | None = None) -> bool:
        """Return whether a denial in force, or one of those with these names, reaches at least these."""
        return any(one.covers(wanted) for one in self.reaches(among))

    def own(self, ref: Ref, past: Iterable[Step]) -> frozenset[str]:
        """Return the names and ARNs of the denials for this subject.

        Each subject has its own, so that a release of one takes nothing from another. `past` names those of
        older versions.
        """
        if self.holder is None:
            return frozenset()
        steps = tuple(past)
        names = known_names(self.holder.kind, ref, steps)
        beside = names_beside(ref, {one.name: one.document for one in self.inline})
        made = {one.name for one in self.policies if own_arn(ref, self.holder, one.document) == one.name}
        return frozenset({*names, *beside, *made, *_made(steps)})

    def document(self, name: str) -> str:
        """Return a policy of ours by its name or ARN; empty if there is none."""
        found = (one.document for one in (*self.inline, *self.policies) if one.name == name)
        return next(found, "")

    def _of_managed(self, arn: str, *, boundary: bool) -> Reach | None:
        return Reach() if arn == DENY_ALL else reach_of(self.document(arn), boundary=boundary)


def _of_role(ref: RoleSessionRef, past: tuple[Step, ...]) -> SansIO[tuple[Answer, ...]]:
    """Read the role that the report names, or else the one with the id of the session's role."""
    if ref.role:
        answers = yield _reads(ROLE, ref.role, ref, past)
        role = holder_in(answers[0], ROLE)
        if role is not None and role.id == role_id(ref):
            return answers
    kind, name = yield from name_of(RoleSessionRef(ref.account, ref.region, ref.id))
    return (yield _reads(kind, name, ref, past))


def _of_user(ref: Ref, past: tuple[Step, ...]) -> SansIO[tuple[Answer, ...]]:
    """Read the user that is known by its name, or else the one with the known id. Empty if it is nobody's."""
    known = yield from asked_user(ref, past)
    if not known.name:
        return ()
    answers = yield _reads(USER, known.name, ref, past)
    name = yield from current_name(known, answers[0])
    return answers if name == known.name else (yield _reads(USER, name, ref, past))


def _called(ref: Ref, past: tuple[Step, ...]) -> str:
    known = known_user(ref, past)
    return f"{known.name} ({known.id})" if known.id else known.name or ref.id


def _reads(kind: str, name: str, ref: Ref, past: tuple[Step, ...]) -> tuple[Call, ...]:
    what = kind.capitalize()
    by_name: dict[str, object] = {f"{what}Name": name}
    return (
        get_holder(kind, name),
        Call("iam", f"ListAttached{what}Policies", by_name, pages=True, expected=NO_SUCH_ENTITY),
        Call("iam", f"List{what}Policies", by_name, pages=True, expected=NO_SUCH_ENTITY),
        *(_get_inline(kind, name, policy) for policy in known_names(kind, ref, past)),
    )


def _get_inline(kind: str, name: str, policy: str) -> Call:
    what = kind.capitalize()
    by_name = {f"{what}Name": name, "PolicyName": policy}
    return Call("iam", f"Get{what}Policy", by_name, expected=NO_SUCH_ENTITY)


def _others(listed: Answer, known: tuple[str, ...]) -> Iterator[str]:
    """Yield the names of the denials of other subjects. Those of instances are in another format."""
    if isinstance(listed, Failed):
        return
    ours = (one for one in listed.texts("PolicyNames") if one == NAME or one.startswith(f"{NAME}-"))
    yield from islice(
        (one for one in ours if one not in known and not one.startswith(INSTANCES)), MOST_OTHERS
    )


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
        if arn == DENY_ALL or arn.startswith(own_prefix(account)):
            yield arn


def _made(past: Iterable[Step]) -> Iterator[str]:
    return (step.managed for step in past if isinstance(step, PolicyStep))


def _further(
    arns: set[str], account: str, reads: tuple[Call, ...]
) -> SansIO[tuple[tuple[Policy, ...], tuple[Answer, ...]]]:
    """Read the default version of our managed policies, which is in force, and make other reads beside."""
    ours = sorted(arn for arn in arns if arn.startswith(own_prefix(account)))
    if not ours and not reads:
        return (), ()
    answers = yield (
        *(Call("iam", "GetPolicy", {"PolicyArn": arn}, expected=NO_SUCH_ENTITY) for arn in ours),
        *reads,
    )
    described, beside = answers[: len(ours)], tuple(answers[len(ours) :])
    there = [
        (arn, answer.child("Policy").text("DefaultVersionId"))
        for arn, answer in zip(ours, described, strict=True)
        if not isinstance(answer, Failed)
    ]
    if not there:
        return (), beside
    versions = yield tuple(
        Call("iam", "GetPolicyVersion", {"PolicyArn": arn, "VersionId": version}, expected=NO_SUCH_ENTITY)
        for arn, version in there
    )
    policies = tuple(
        Policy(arn, canonical(dict(version.child("PolicyVersion").child("Document").value)))
        for (arn, _), version in zip(there, versions, strict=True)
        if not isinstance(version, Failed)
    )
    return policies, beside
