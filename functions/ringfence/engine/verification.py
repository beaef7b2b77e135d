"""The result of a verification: what remains, what settles, what needs review. Pure."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.runbook import unique
from ringfence.record.facts import Verified

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, timedelta

    from ringfence.model.errors import NotFound
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Runbook, Stage
    from ringfence.model.step import Step
    from ringfence.record.facts import Fact
    from ringfence.record.status import IncidentStatus


@frozen
class SecondLook:
    """The last read. `unclear`: what is unknown, by stage. `secondary`: the same of best-effort steps.

    `asks`: the source of a finding that was acted on has not answered yet. `left`: the changes that still
    matter if the resource is gone, in words. `due`: the first time at which a read shows something that is
    unknown now; None if no time is known.
    """

    resource: ResourceState | NotFound
    at: datetime
    unclear: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secondary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asks: bool = False
    left: tuple[str, ...] = ()
    due: datetime | None = None


@frozen
class Conclusion:
    """The conclusion of a request.

    `facts` are the facts to record. `again`: what can be retried or read again, in words. `continues`:
    later stages remain and must not wait for the first. `waits`: a late record was read, or an AWS service
    has work to do. `within`: after this time a read shows something that is unknown now.
    """

    status: IncidentStatus
    reason: str
    facts: tuple[Fact, ...] = ()
    verified: Verified | None = None
    again: tuple[str, ...] = ()
    continues: bool = False
    waits: bool = False
    within: timedelta | None = None


@frozen
class Verification:
    """The findings of a verification.

    `stages` are the stages that ran: all, or the first. By stage, `remaining` are the steps it would take
    now, without permanently refused ones, and `unclear` is unknown. `secondary` is unknown too, but of steps
    on which containment does not depend. `held` is why a part of the containment is held back: it is not
    contained, and a person must review it. `waiting` is the work of AWS services, `overdue` the part of it
    that took too long.
    """

    runbook: Runbook
    stages: tuple[Stage, ...]
    seen: ResourceState
    incident: Incident
    remaining: Mapping[str, tuple[Step, ...]]
    unclear: Mapping[str, tuple[str, ...]]
    refused: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    overdue: tuple[str, ...] = ()
    secondary: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether every stage ran."""
        return self.stages == self.runbook.stages

    @property
    def again(self) -> tuple[str, ...]:
        """Return what can be retried or read again."""
        return (*self._left, *self._still, *self._unseen)

    @property
    def _unseen(self) -> tuple[str, ...]:
        """Return what containment must see and AWS refuses to show. It is tried again all the same."""
        if not self.runbook.evidence_follows:
            return ()
        return self.seen.unreadable(self.stages[0].observations, for_good=True)

    @property
    def only_waits(self) -> bool:
        """Whether only AWS services have work left."""
        return bool(self.waiting) and not self.again

    @property
    def verified(self) -> Verified:
        """The fact to record."""
        containing = self.runbook.containing
        whole = self.runbook.has_containment_stage and set(containing) <= set(self.stages)
        ways = unique(words for one in self.stages for words in one.open_ways(self.seen, self.incident))
        contained = all(self._is_done(one) and not self._reviews(one) for one in containing if whole)
        found = (words for stage in self.stages for words in self._reviews(stage))
        reviews = unique((*self.held, *found))
        exposed = tuple(
            words for stage in self.stages for words in stage.residual_risks(self.seen, self.incident)
        )
        return Verified(
            contained=whole and contained and not (self.held or ways),
            complete=self.whole
            and all(map(self._is_done, self.stages))
            and not (reviews or self.waiting or self.secondary or ways),
            remaining=self._left,
            settling=(*self._still, *self.waiting),
            refused=(*self.refused, *self.seen.unreadable(self.seen.unread, for_good=True)),
            exposure=unique((*ways, *exposed, *self.overdue)),
            judged=whole or bool(self.held),
            review=reviews,
            whole=self.whole,
            remediations=self.runbook.ids,
            waiting=self.waiting,
            open_access=ways,
        )

    def is_stuck(self, hopeless: Collection[str]) -> bool:
        """Return whether everything left of the first stage is `hopeless`, by the targets of its steps."""
        first = self.stages[0]
        return not self._settling(first) and all(step.target in hopeless for step in self.remaining[first.id])

    @property
    def _left(self) -> tuple[str, ...]:
        return tuple(step.describe() for steps in self.remaining.values() for step in steps)

    @property
    def _still(self) -> tuple[str, ...]:
        settling = (words for stage in self.stages for words in self._settling(stage))
        return unique((*settling, *self.secondary))

    def _is_done(self, stage: Stage) -> bool:
        return not self.remaining[stage.id] and not self._settling(stage)

    def _settling(self, stage: Stage) -> tuple[str, ...]:
        """Return what settles or is unknown in a stage."""
        return (*self.unclear.get(stage.id, ()), *self.seen.of(stage.observations).settling())

    def _reviews(self, stage: Stage) -> tuple[str, ...]:
        return stage.review_items(self.seen, self.incident)
