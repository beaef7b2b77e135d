"""Steps that deny a user, a role or one session everything: by inline policy, attached policy or boundary."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Self, cast

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.frozen import frozen
from ringfence.model.step import Done, State
from ringfence.model.symbol import Ready
from ringfence.observations.iam.access_key import AccessKey
from ringfence.observations.iam.denial import Denial, Policy
from ringfence.observations.iam.denial_names import NAME, InlineStep, PolicyStep, denies
from ringfence.observations.iam.identity import ROLES
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY, OWN_POLICIES
from ringfence.observations.iam.principals import ROLE, USER, USERS, Holder
from ringfence.observations.iam.reach import DENY_ALL, Reach, described, only_denies, reach_of
from ringfence.steps.iam.denial_policies import EXISTS, UNUSED
from ringfence.steps.iam.sharers import RestrictingStep, denied_for, of_user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names, Step
    from ringfence.model.subject import Ref
    from ringfence.model.symbol import Symbol

REFUSED = ("InvalidInput", "LimitExceeded", "PolicyNotAttachable", "UnmodifiableEntity")
"""IAM's refusals: a quota is full, or the role is AWS's own."""


def innocent(holder: Holder, reach: Reach | None) -> str:
    """Return in words who else a denial reaches. Empty for sessions of an instance, which nobody else has."""
    if reach is None or (reach.userid and not reach.before):
        return ""
    if reach.userid:
        name = reach.userid.partition(":")[2]
        return (
            f"the name {name} is free text of the caller who assumes {holder.key}: everybody who uses it "
            "loses the sessions issued so far and can start new ones"
        )
    if reach.before:
        return f"all sessions of {holder.key} issued so far end, also those that its owner started"
    what = (
        "every workload and person with this role" if holder.kind == ROLE else "its owner and its workloads"
    )
    return f"{what} lose all access until a release"


def on_both(action: str, *conditions: tuple[str, str, tuple[str, ...]]) -> tuple[Permission, ...]:
    """Return an action on users and the same on roles; `{}` stands for either."""
    kinds = (("User", USERS), ("Role", ROLES))
    return tuple(Permission(f"iam:{action.format(kind)}", (arns,), conditions) for kind, arns in kinds)


@frozen
class _OnHolder:
    """The field of `located`."""

    holder: Holder


class HolderStep(RestrictingStep):
    """A step on a user or a role."""

    holder: Holder

    observation: ClassVar = Denial
    survives_subject: ClassVar = True
    shows_sharers: ClassVar = (AccessKey,)

    @property
    def owner(self) -> str:
        """The user, unless it is a role."""
        return self.holder.name if self.holder.kind == USER else ""

    @property
    def owner_id(self) -> str:
        """The user's unique id, unless it is a role."""
        return self.holder.id if self.holder.kind == USER else ""

    def seen(self, observed: ResourceState) -> Denial | None:
        """Return the observation of this holder. None if it was deleted, or recreated under its name."""
        denial = observed[Denial]
        return denial if denial.holder and denial.holder.id == self.holder.id else None

    def located(self, observed: ResourceState) -> Self:
        """Return the step on the holder with its name of now."""
        denial = self.seen(observed)
        known = cast("_OnHolder", self)
        if denial is None or denial.holder is None:
            return self
        return cast("Self", replace(known, holder=denial.holder))

    def also_held_by(self, ref: Ref, observed: ResourceState) -> tuple[Ref, ...]:
        """Return the other subjects that this holder is denied for."""
        denial = self.seen(observed)
        if denial is None:
            return ()
        return denied_for(self.holder, denial, ref, observed, (self,))

    def may_be_shared_with(self, ref: Ref, observed: ResourceState) -> tuple[Ref, ...]:
        """Return the user and its keys, without the subject. The sessions of a role are known to nobody."""
        if self.holder.kind != USER:
            return ()
        return tuple(one for one in of_user(self.holder.name, ref, observed) if one.key != ref.key)

    def restricts_same(self, other: Step) -> bool:
        """Return whether it denies the same user or role."""
        return isinstance(other, HolderStep) and other.holder.id == self.holder.id

    def call(self, action: str, parameters: Mapping[str, object]) -> Call:
        """Return a call on the holder; `{}` in the action stands for User or Role."""
        kind = self.holder.kind.capitalize()
        by_name = {f"{kind}Name": self.holder.name, **parameters}
        return Call("iam", action.format(kind), by_name, expected=(*NO_SUCH_ENTITY, *REFUSED))


class _InlineStep(HolderStep, InlineStep):
    """What putting and taking back have in common. Documents are canonical texts, empty for none."""

    holder: Holder
    name: str
    before: str
    after: str

    @property
    def target(self) -> str:
        """The inline policy."""
        return f"{self.holder.kind}/{self.holder.id}/policy/{self.name}"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Put the document. Delete the policy if there is no document."""
        if self.after:
            put = {"PolicyName": self.name, "PolicyDocument": self.after}
            (answer,) = yield (self.call("Put{}Policy", put),)
            accept(answer, not_found=NO_SUCH_ENTITY, refused=REFUSED)
            return Done()
        (answer,) = yield (self.call("Delete{}Policy", {"PolicyName": self.name}),)
        return removed(answer)

    def state(self, observed: ResourceState) -> State:
        """Compare the document, word for word."""
        seen = self.seen(observed)
        if seen is None:
            return State.GONE
        now = seen.document(self.name)
        if now == self.after:
            return State.AFTER
        return State.BEFORE if now == self.before else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Add or remove the policy."""
        denial = observed[Denial]
        kept = tuple(one for one in denial.inline if one.name != self.name)
        made = (Policy(self.name, self.after),) if self.after else ()
        inline = tuple(sorted((*kept, *made), key=lambda one: one.name))
        return observed.with_observation(replace(denial, inline=inline))

    def actual(self, observed: ResourceState) -> str:
        """Return the current value as text."""
        return described(observed[Denial].document(self.name))

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return described(self.before), described(self.after)


@value
class PutDenial(_InlineStep):
    """Deny all access with an inline policy of the user or role.

    Attributes
    ----------
    holder : Holder
        The user or role.
    name : str
        The name of the inline policy.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
    """

    holder: Holder
    name: str
    before: str
    after: str

    permissions: ClassVar = on_both("Put{}Policy")

    def describe(self) -> str:
        """Describe the change."""
        return f"deny {self.holder.key} with inline policy {self.name}: {described(self.after)}"

    def side_effects(self) -> str:
        """Return who else is denied."""
        return innocent(self.holder, reach_of(self.after))


@value
class WithdrawDenial(_InlineStep):
    """Delete the inline policy, or restore the one that it replaced.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPolicy.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
    """

    holder: Holder
    name: str
    before: str
    after: str

    permissions: ClassVar = (*on_both("Put{}Policy"), *on_both("Delete{}Policy"))
    inverse_type: ClassVar = PutDenial

    def misfit(self) -> str:
        """Take away only a denial of ours, and put back only what denies."""
        if not self.name.startswith(NAME) or reach_of(self.before) is None:
            return f"inline policy {self.name} is not a denial of Ringfence"
        return "" if only_denies(self.after) else "the policy before it does not only deny"

    def describe(self) -> str:
        """Describe the change."""
        return f"restore inline policy {self.name} of {self.holder.key}: it denies {described(self.after)}"


PutDenial.inverse_type = WithdrawDenial

_THESE = (("ArnLike", "iam:PolicyARN", (DENY_ALL, OWN_POLICIES)),)


class _AttachmentStep(HolderStep, PolicyStep):
    """What attaching and detaching have in common."""

    holder: Holder
    arn: str
    before: bool
    after: bool

    @property
    def managed(self) -> str:
        """The policy."""
        return self.arn

    @property
    def target(self) -> str:
        """The attachment."""
        return f"{self.holder.kind}/{self.holder.id}/attached/{self.arn}"

    def state(self, observed: ResourceState) -> State:
        """Return AFTER if the policy is attached."""
        seen = self.seen(observed)
        if seen is None:
            return State.GONE
        return State.AFTER if (self.arn in seen.attached) == self.after else State.BEFORE

    def effect(self, observed: ResourceState) -> ResourceState:
        """Attach it or detach it."""
        denial = observed[Denial]
        attached = denial.attached | {self.arn} if self.after else denial.attached - {self.arn}
        return observed.with_observation(replace(denial, attached=attached))

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        before, after = ("attached" if one else "not attached" for one in (self.before, self.after))
        return before, after


@value
class AttachDenial(_AttachmentStep):
    """Deny with an attached managed policy, if the inline policies are full.

    Attributes
    ----------
    holder : Holder
        The user or role.
    arn : str
        ARN of the managed policy.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
    """

    holder: Holder
    arn: str
    before: bool
    after: bool

    permissions: ClassVar = on_both("Attach{}Policy", *_THESE)

    @property
    def requires(self) -> tuple[Symbol, ...]:
        """A policy of ours must exist."""
        return () if self.arn == DENY_ALL else (Ready(EXISTS, self.arn),)

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - the ARN is known beforehand
        """Attach it."""
        (answer,) = yield (self.call("Attach{}Policy", {"PolicyArn": self.arn}),)
        accept(answer, not_found=NO_SUCH_ENTITY, refused=REFUSED)
        return Done()

    def describe(self) -> str:
        """Describe the change."""
        return f"attach {self.arn} to {self.holder.key} to deny it"


@value
class DetachDenial(_AttachmentStep):
    """Detach the managed policy.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachUserPolicy.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html
    """

    holder: Holder
    arn: str
    before: bool
    after: bool

    permissions: ClassVar = on_both("Detach{}Policy", *_THESE)
    inverse_type: ClassVar = AttachDenial

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """Return the symbol of the unused policy."""
        return (Ready(UNUSED, self.arn),)

    def misfit(self) -> str:
        """Detach only a policy that Ringfence denies with."""
        return "" if denies(self.arn) else f"{self.arn} is not a denial of Ringfence"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - relies on no symbol
        """Detach it; what is not attached any more is what was wanted."""
        (answer,) = yield (self.call("Detach{}Policy", {"PolicyArn": self.arn}),)
        return removed(answer)

    def describe(self) -> str:
        """Describe the change."""
        return f"detach {self.arn} from {self.holder.key}"


AttachDenial.inverse_type = DetachDenial


def removed(answer: Failed | object) -> Done:
    """Return how a removal ended: what was not there any more is what was wanted; raises Refused."""
    if isinstance(answer, Failed) and answer.code not in NO_SUCH_ENTITY:
        accept(answer, refused=(answer.code,))
    return Done(note="it no longer existed" if isinstance(answer, Failed) else "")
