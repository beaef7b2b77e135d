"""The ports of the engine, as protocols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.claims import Checked
    from ringfence.model.finding import Finding
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.reviews import Listed, Review
    from ringfence.model.step import Names, Step
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Permit
    from ringfence.record.chain import ChainKey, Entry, Lease, Slot
    from ringfence.record.history import History
    from ringfence.record.pauses import Pauses


class Applied(Protocol):
    """The result of an applied step."""

    @property
    def provides(self) -> Names:
        """The ids for symbols."""
        ...

    @property
    def note(self) -> str:
        """A note for the log."""
        ...

    @property
    def requests(self) -> tuple[str, ...]:
        """The service's request ids."""
        ...


class Cloud(Protocol):
    """AWS, as the engine reads and changes it."""

    def observe(
        self, ref: Ref, observations: Sequence[type[Observation]], past: tuple[Step, ...] = ()
    ) -> ResourceState:
        """Read the observations in parallel. Raises NotFound, Retryable."""
        ...

    def confirm(self, ref: Ref, finding: Finding) -> Checked:
        """Ask the source of a finding about `ref`. Raises Retryable."""
        ...

    def listed(self, account: str, region: str, review: Review) -> Listed:
        """Return the subjects of a review in one account and region. Raises Retryable."""
        ...

    def canonical_subject(self, ref: Ref, naming: Callable[[Ref], SansIO[Ref]]) -> Ref:
        """Return a subject with its canonical name. Raises Retryable."""
        ...

    def apply(self, ref: Ref, step: Step, names: Names, permit: Permit) -> Applied:
        """Make one change if the permit allows it. Raises NotFound, Refused, Retryable."""
        ...


class AuditLog(Protocol):
    """The append-only log of facts, its leases, and the items of limits."""

    def keep_share(self, share: Slot, size: int) -> None:
        """Keep the size of a group, and make room for the next containment if the share allows another one.

        Raises Retryable.
        """
        ...

    def read(self, key: ChainKey) -> History:
        """Return the entries of the newest incident, and the lease, with strong consistency."""
        ...

    def pauses(self) -> Pauses:
        """Return what is paused now, with strong consistency. `read` returns it as well. Raises Retryable."""
        ...

    def append(
        self,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot] = (),
    ) -> None:
        """Write all entries or none, if `history` is still the newest.

        `lease` replaces `history.lease` in the same transaction. Raises Conflict if another entry or lease
        was first. Entries that an earlier attempt of this write stored count as written. `slots` are used in
        the same transaction, each at a free place of its limit. Raises LimitReached if one has none.
        """
        ...


Clock = Callable[[], datetime]
"""Returns the current time in UTC."""

SideBySide = Callable[[Sequence[Callable[[], object]]], Sequence[object]]
"""Runs functions in parallel. Returns their results in order, or raises the first error."""


@frozen
class Ports:
    """The ports together."""

    cloud: Cloud
    log: AuditLog
    clock: Clock
    side_by_side: SideBySide
