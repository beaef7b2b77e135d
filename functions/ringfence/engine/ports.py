"""What the engine needs from outside, as protocols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.reviews import Review
    from ringfence.model.rule_confirmation import ManagedRule
    from ringfence.model.step import Names, Step
    from ringfence.model.subject import Ref
    from ringfence.policy.permit import Permit
    from ringfence.record.chain import ChainKey, Entry, Lease
    from ringfence.record.history import History


class Applied(Protocol):
    """What became of a step that was applied."""

    @property
    def provides(self) -> Names:
        """The ids that symbols came to stand for."""
        ...

    @property
    def note(self) -> str:
        """A remark for the log."""
        ...

    @property
    def requests(self) -> tuple[str, ...]:
        """The service's request ids."""
        ...


class Cloud(Protocol):
    """The world that is observed and changed."""

    def observe(
        self, ref: Ref, observations: Sequence[type[Observation]], past: tuple[Step, ...] = ()
    ) -> ResourceState:
        """Read the facets, side by side. Raises NotFound, Retryable."""
        ...

    def confirm(self, ref: Ref, claim: ManagedRule) -> str:
        """Say in words why a claim about the subject does not hold; empty when it does. Raises Retryable."""
        ...

    def listed(self, account: str, region: str, review: Review) -> tuple[Ref, ...]:
        """Return the subjects that a review looks at in one account and region. Raises Retryable."""
        ...

    def canonical_subject(self, ref: Ref, naming: Callable[[Ref], SansIO[Ref]]) -> Ref:
        """Return a subject by its own name. Raises Retryable."""
        ...

    def apply(self, ref: Ref, step: Step, names: Names, permit: Permit) -> Applied:
        """Make one change, if the permit holds. Raises NotFound, Refused, Retryable."""
        ...


class AuditLog(Protocol):
    """The append-only log of facts, and the leases beside it."""

    def read(self, key: ChainKey) -> History:
        """Return the newest incident's entries and the lease, as of now (strongly consistent)."""
        ...

    def append(self, key: ChainKey, history: History, entries: Sequence[Entry], lease: Lease | None) -> None:
        """Write the entries, all or none, where `history` is still the newest.

        With `lease` given, it replaces `history.lease` in the same transaction. Raises Conflict when
        another entry or lease was first; entries of one's own that are found there count as written.
        """
        ...


Clock = Callable[[], datetime]
"""Tells the time, in UTC."""

SideBySide = Callable[[Sequence[Callable[[], object]]], Sequence[object]]
"""Runs functions at the same time and returns their results in order, or raises the first error."""


@frozen
class Ports:
    """The outside world."""

    cloud: Cloud
    log: AuditLog
    clock: Clock
    side_by_side: SideBySide
