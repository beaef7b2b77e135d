"""Steps on permissions boundaries: the last way to deny, where no policy can be added."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.codec import value
from ringfence.model.step import Done, State
from ringfence.model.symbol import Ready
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.denial_names import PolicyStep, denies
from ringfence.observations.iam.instance_denials import NO_SUCH_ENTITY, OWN_POLICIES
from ringfence.observations.iam.reach import DENY_ALL
from ringfence.steps.iam.denial import REFUSED, HolderStep, on_both, removed
from ringfence.steps.iam.denial_policies import EXISTS, UNUSED

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names
    from ringfence.model.symbol import Symbol
    from ringfence.observations.iam.principals import Holder


class _BoundaryStep(HolderStep, PolicyStep):
    """What setting and restoring have in common. ARNs, empty for no boundary."""

    holder: Holder
    before: str
    after: str

    @property
    def managed(self) -> str:
        """The policy."""
        return self.after

    @property
    def target(self) -> str:
        """The boundary."""
        return f"{self.holder.kind}/{self.holder.id}/boundary"

    def apply(self, names: Names) -> SansIO[Done]:  # noqa: ARG002 - the ARN is known beforehand
        """Put the boundary, or delete it if there was none."""
        if self.after:
            put = {"PermissionsBoundary": self.after}
            (answer,) = yield (self.call("Put{}PermissionsBoundary", put),)
            accept(answer, not_found=NO_SUCH_ENTITY, refused=REFUSED)
            return Done()
        (answer,) = yield (self.call("Delete{}PermissionsBoundary", {}),)
        return removed(answer)

    def state(self, observed: ResourceState) -> State:
        """Compare the boundary."""
        seen = self.seen(observed)
        if seen is None:
            return State.GONE
        if seen.boundary == self.after:
            return State.AFTER
        return State.BEFORE if seen.boundary == self.before else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Replace the boundary."""
        return observed.with_observation(replace(observed[Denial], boundary=self.after))

    def actual(self, observed: ResourceState) -> str:
        """Return the current value as text."""
        return observed[Denial].boundary or "none"

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return self.before or "none", self.after or "none"


@value
class SetDenyBoundary(_BoundaryStep):
    """Deny with the permissions boundary. The old boundary is recorded.

    Attributes
    ----------
    holder : Holder
        The user or role.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html
    """

    holder: Holder
    before: str
    after: str

    permissions: ClassVar = on_both(
        "Put{}PermissionsBoundary", ("ArnLike", "iam:PermissionsBoundary", (DENY_ALL, OWN_POLICIES))
    )

    @property
    def requires(self) -> tuple[Symbol, ...]:
        """A policy of ours must exist."""
        return () if self.after == DENY_ALL else (Ready(EXISTS, self.after),)

    def describe(self) -> str:
        """Describe the change."""
        return f"deny {self.holder.key} with permissions boundary {self.after}"


@value
class RestoreBoundary(_BoundaryStep):
    """Put back the boundary that was there, or none.

    References
    ----------
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html
    """

    holder: Holder
    before: str
    after: str

    permissions: ClassVar = (*on_both("Put{}PermissionsBoundary"), *on_both("Delete{}PermissionsBoundary"))
    inverse_type: ClassVar = SetDenyBoundary

    def misfit(self) -> str:
        """Replace only a boundary that Ringfence denies with."""
        return "" if denies(self.before) else f"boundary {self.before} is not a denial of Ringfence"

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """Return the symbol of the unused policy."""
        return (Ready(UNUSED, self.before),)

    def describe(self) -> str:
        """Describe the change."""
        return f"restore the permissions boundary of {self.holder.key}: {self.after or 'none'}"


SetDenyBoundary.inverse_type = RestoreBoundary
