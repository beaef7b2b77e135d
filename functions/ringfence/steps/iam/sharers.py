"""Other incidents that need a restriction of the same user or role. A release leaves what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.iam_user import UserRef
from ringfence.model.subject import GLOBAL
from ringfence.observations.iam.access_key import AccessKey
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.denial_names import own_arn, subject_of
from ringfence.observations.iam.principals import USER, UserStep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.observations.iam.principals import Holder


class RestrictingStep(UserStep):
    """A step that restricts a user, or a role, and that incidents of several credentials can need."""


class SharedStep(RestrictingStep):
    """A step on what every incident of a user's credentials needs, such as its password.

    The user can be denied for other incidents although this one has not recorded a denial.
    """

    shows_sharers: ClassVar = (AccessKey, Denial)

    def is_shared(self, ref: Ref) -> bool:  # noqa: ARG002 - subclasses look
        """Return True: no incident is about what it changes."""
        return True

    def also_held_by(self, ref: Ref, observed: ResourceState) -> tuple[Ref, ...]:
        """Return the other subjects that the user is denied for."""
        denial = observed[Denial] if Denial in observed else Denial()
        holder = denial.holder
        if not self.is_shared(ref) or holder is None or (holder.kind, holder.name) != (USER, self.owner):
            return ()
        return denied_for(holder, denial, ref, observed)

    def may_be_shared_with(self, ref: Ref, observed: ResourceState) -> tuple[Ref, ...]:
        """Return the user and its keys, without the subject."""
        if not self.is_shared(ref):
            return ()
        return tuple(one for one in of_user(self.owner, ref, observed) if one.key != ref.key)

    def restricts_same(self, other: Step) -> bool:
        """Return whether another incident denies the same user, or changed the same."""
        if not isinstance(other, RestrictingStep) or other.owner != self.owner:
            return False
        return not isinstance(other, SharedStep) or other.target == self.target


def denied_for(
    holder: Holder, denial: Denial, ref: Ref, observed: ResourceState, own: Iterable[Step] = ()
) -> tuple[Ref, ...]:
    """Return the other subjects that a user or a role is denied for. `own` are steps for this subject."""
    others = {one.name for one in denial.inline} - denial.own(ref, own)
    subjects = (subject_of(name, holder, ref.account) for name in sorted(others))
    found = (*subjects, *_by_managed(holder, denial, ref, observed))
    return tuple(one for one in found if one is not None and one.key != ref.key)


def of_user(user: str, ref: Ref, observed: ResourceState) -> tuple[Ref, ...]:
    """Return a user and its keys."""
    keys = observed[AccessKey].keys if AccessKey in observed else ()
    named = (AccessKeyRef(ref.account, GLOBAL, key.id, user) for key in keys)
    return (UserRef(ref.account, GLOBAL, user), *named)


def _by_managed(holder: Holder, denial: Denial, ref: Ref, observed: ResourceState) -> Iterator[Ref]:
    """Yield the user and its keys that a managed policy of ours denies: its name is made of theirs."""
    for one in of_user(holder.name, ref, observed) if holder.kind == USER else ():
        managed = (*sorted(denial.attached), denial.boundary)
        if any(own_arn(one, holder, denial.document(arn)) == arn for arn in managed):
            yield one
