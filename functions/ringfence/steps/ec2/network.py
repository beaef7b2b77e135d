"""The step on the security groups of an interface."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ringfence.model.answers import accept
from ringfence.model.call import Call, Failed, Permission, SansIO
from ringfence.model.codec import value
from ringfence.model.errors import Refused, Retryable
from ringfence.model.step import Done, State, Step
from ringfence.model.symbol import QuarantineGroup, Ready, Symbol, TransitionGroup
from ringfence.observations.ec2.network import QUARANTINE, TRANSITION, Group, Interface, Network
from ringfence.steps.ec2.own_groups import SYMBOLS, id_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Names


@value
class SetSecurityGroups(Step):
    """Set the security groups of one interface, all at once.

    Attributes
    ----------
    interface_id : str
        The interface, such as `eni-0123456789abcdef0`.
    vpc_id : str
        Its VPC.

    References
    ----------
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html
    """

    interface_id: str
    vpc_id: str
    before: frozenset[Group]
    after: frozenset[Group]

    observation: ClassVar = Network
    permissions: ClassVar = (
        Permission(
            "ec2:ModifyNetworkInterfaceAttribute",
            # A group can be shared with this account, and its ARN names its owner. A release gives it back.
            # https://docs.aws.amazon.com/vpc/latest/userguide/security-group-sharing.html
            (
                "arn:aws:ec2:{region}:{account}:network-interface/*",
                "arn:aws:ec2:{region}:*:security-group/*",
            ),
        ),
    )
    _GONE: ClassVar = ("InvalidNetworkInterfaceID.NotFound",)
    _NO_GROUP: ClassVar = ("InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound")
    _REFUSED: ClassVar = (*_NO_GROUP, "OperationNotPermitted")

    @property
    def target(self) -> str:
        """The interface's groups."""
        return f"network-interface/{self.interface_id}/groups"

    @property
    def _opens(self) -> bool:
        """Whether this moves the interface to the transition group, on its way to quarantine."""
        return self.after == {TransitionGroup(self.vpc_id)}

    @property
    def best_effort(self) -> bool:
        """Cutting tracked flows must not stand in the way of isolation."""
        return self._opens

    @property
    def requires(self) -> tuple[Symbol, ...]:
        """The quarantine group must allow nothing, before an interface is opened on the way there too."""
        if self._opens:
            return (Ready(f"{TRANSITION}-open", self.vpc_id), Ready(f"{QUARANTINE}-empty", self.vpc_id))
        return tuple(
            Ready(f"{QUARANTINE}-empty", group.vpc_id)
            for group in sorted(self.after, key=str)
            if isinstance(group, QuarantineGroup)
        )

    @property
    def runs_after(self) -> tuple[Symbol, ...]:
        """Where tracked flows are cut, quarantine comes after."""
        return () if self._opens else self._untracked

    @property
    def provides(self) -> tuple[Symbol, ...]:
        """In the transition group, flows that talk stop being tracked."""
        return self._untracked if self._opens else ()

    @property
    def _untracked(self) -> tuple[Symbol, ...]:
        return (Ready("untracked", self.interface_id),)

    def apply(self, names: Names) -> SansIO[Done]:
        """Replace the groups. One of ours may have been made a moment ago, and not be shown everywhere yet.

        https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
        """
        if not self.after:
            raise Refused(f"the security groups of {self.interface_id} before the isolation are not known")
        groups = sorted(id_of(names, group) for group in self.after)
        (answer,) = yield (
            Call(
                "ec2",
                "ModifyNetworkInterfaceAttribute",
                {"NetworkInterfaceId": self.interface_id, "Groups": groups},
                expected=(*self._GONE, *self._REFUSED),
            ),
        )
        ours = any(not isinstance(group, str) for group in self.after)
        if ours and isinstance(answer, Failed) and answer.code in self._NO_GROUP:
            raise Retryable(f"{answer.code}: {answer.message}")
        accept(answer, not_found=self._GONE, refused=self._REFUSED)
        return Done(note=f"in {', '.join(groups)}")  # the log shows which groups these are

    def state(self, observed: ResourceState) -> State:
        """Compare the interface's groups."""
        interface = next((one for one in observed[Network].interfaces if one.id == self.interface_id), None)
        if interface is None:
            return State.GONE
        if interface.groups == self.after:
            return State.AFTER
        outside = outside_transition(observed[Network], interface)
        return State.BEFORE if outside in (frozenset(), self.before) else State.DRIFTED

    def effect(self, observed: ResourceState) -> ResourceState:
        """Replace the groups."""
        seen = observed[Network]
        return observed.with_observation(
            replace(
                seen,
                interfaces=tuple(
                    replace(one, groups=self.after) if one.id == self.interface_id else one
                    for one in seen.interfaces
                ),
            )
        )

    def actual(self, observed: ResourceState) -> str:
        """Return the current value as text."""
        groups = [one.groups for one in observed[Network].interfaces if one.id == self.interface_id]
        return ", ".join(_shown(groups[0])) or "none" if groups else "no such interface"

    def describe(self) -> str:
        """Describe the change."""
        return f"move {self.interface_id} to {', '.join(_shown(self.after))}"

    def misfit(self) -> str:
        """Give back groups only to an interface that Ringfence moved to one of its groups."""
        if any(isinstance(group, str) for group in self.before) or not self.before:
            return f"{self.interface_id} was not moved to a group of Ringfence"
        opens = any(isinstance(group, TransitionGroup) for group in self.after)
        return f"{self.interface_id} was in Ringfence's transition group before" if opens else ""

    def diff(self) -> tuple[str, str]:
        """Return the values before and after."""
        return ", ".join(_shown(self.before)) or "none", ", ".join(_shown(self.after)) or "none"


def groups_to_restore(network: Network, interface: Interface, past: Iterable[Step]) -> frozenset[Group]:
    """Return the groups that a release gives back to an interface. Empty if they are not known.

    An interface in the transition group is on its way to quarantine. A release must not put it there again,
    because that group allows everything. The recorded step into that group knows the groups before.
    """
    outside = outside_transition(network, interface)
    if outside or not interface.groups:
        return outside
    moved = [one for one in past if isinstance(one, SetSecurityGroups) and one.interface_id == interface.id]
    known = (one.before for one in reversed(moved) if one.after == {TransitionGroup(interface.vpc_id)})
    return next(known, frozenset())


def outside_transition(network: Network, interface: Interface) -> frozenset[Group]:
    """Return the groups of an interface without the transition group, whose rules may have drifted."""
    ours = {one.id for one in network.groups if one.ours and one.role == TRANSITION}
    return interface.groups - {TransitionGroup(interface.vpc_id), *ours}


def _shown(groups: frozenset[Group]) -> list[str]:
    return sorted(
        group if isinstance(group, str) else f"the {_role(group)} group of {group.vpc_id}" for group in groups
    )


def _role(group: QuarantineGroup | TransitionGroup) -> str:
    return next(role for role, kind in SYMBOLS.items() if isinstance(group, kind))
