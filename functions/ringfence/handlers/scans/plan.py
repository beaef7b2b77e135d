"""What a scheduled scan judges and where, and the ports of its function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ringfence.model.frozen import frozen, replace
from ringfence.model.place import Place
from ringfence.posture.reach import Wanted
from ringfence.posture.values import EVERYWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from ringfence.policy.policy import Policy
    from ringfence.posture.manual import ManualControl
    from ringfence.posture.rule import Rule
    from ringfence.record.scans import PlaceResults, ScanHistory


class Memory(Protocol):
    """What scans keep in the control table. Each method raises Retryable."""

    def places(self, places: Iterable[Place]) -> Mapping[Place, PlaceResults]:
        """Return what is kept of each place, if there is something."""
        ...

    def history(self) -> ScanHistory:
        """Return the history."""
        ...

    def keep(self, place: Place, results: PlaceResults, at: datetime) -> None:
        """Keep the results of a place."""
        ...

    def keep_history(self, history: ScanHistory, at: datetime) -> None:
        """Keep the history."""
        ...


class Files(Protocol):
    """The bucket of the scans. Each method raises Retryable."""

    def lines(self, name: str, fill: Callable[[Callable[[str], None]], bool]) -> None:
        """Write a file whose lines `fill` writes one by one. Nothing is kept if it returns False."""
        ...

    def text(self, name: str, text: str) -> None:
        """Write a file of JSON."""
        ...


@frozen
class ScanPlan:
    """What each scan judges, and where.

    Attributes
    ----------
    rules : tuple of Rule
        The rules.
    digest : str
        Their digest.
    policy : Policy
        The policy: its scope, its organizational units, and who may send findings.
    regions : tuple of str
        The regions of the scope, or that of the deployment.
    points : float
        How many points the score may fall before people are notified.
    sender : str
        The role of the function. The policy's `senders` can name it.
    manual : tuple of ManualControl
        The manual controls. Each counts as one result.
    """

    rules: tuple[Rule, ...]
    digest: str
    policy: Policy
    regions: tuple[str, ...]
    points: float
    sender: str
    manual: tuple[ManualControl, ...] = ()

    def wanted(self, scan: str) -> Wanted:
        """Return what a scan judges."""
        units = {one.account: frozenset(one.units) for one in self.policy.organization}
        return Wanted(scan, self.digest, self.rules, self.regions, units)

    @property
    def places(self) -> tuple[Place, ...]:
        """The accounts and regions with a type that some rule is about. Global types are a place."""
        wanted = self.wanted("")
        return tuple(
            Place(account, region)
            for account in self.policy.accounts
            for region in (*self.regions, EVERYWHERE)
            if wanted.types(region)
        )


def narrowed(wanted: Wanted, types: Iterable[str]) -> Wanted:
    """Return what a scan judges of some types only."""
    some = frozenset(types)
    about = (
        replace(one, resource_types=tuple(type_ for type_ in one.resource_types if type_ in some))
        for one in wanted.rules
    )
    return replace(wanted, rules=tuple(one for one in about if one.resource_types))
