"""What of a containment was undone, as a state of the resource shows it. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.execution import Execution
from ringfence.engine.incident_start import incident_start
from ringfence.engine.prospect import Prospect
from ringfence.model.frozen import frozen
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.model.runbook import unique
from ringfence.observations.iam.principals import UserStep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.incident import Incident
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.remediation import Remediation
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from ringfence.record.history import History


@frozen
class Undone:
    """The steps that undo what was undone, and, in words, new ways in that no step closes."""

    steps: tuple[Step, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def open(self) -> tuple[str, ...]:
        """All of it in words."""
        return unique((*(step.describe() for step in self.steps), *self.words))

    def also_in(self, second: Undone) -> Undone:
        """Return what a second read shows too."""
        return Undone(
            tuple(one for one in self.steps if one in second.steps),
            tuple(one for one in self.words if one in second.words),
        )


@frozen
class Judgement:
    """Judges states of a contained resource.

    `call`: judge only the remediations that declare this call as undoing them. What somebody else undid at
    the same time must not be reported as the work of this caller. Empty: judge all.
    """

    decided: ResponseRequest
    history: History
    now: datetime
    call: str = ""

    @property
    def watched(self) -> Runbook:
        """The decided runbook with the remediations that declare what undoes them."""
        runbook = self.decided.runbook
        return runbook.narrowed(one.id for one in runbook.remediations if one.undone_by)

    @property
    def judged(self) -> tuple[Remediation, ...]:
        """The remediations that are judged."""
        return tuple(one for one in self.watched.remediations if not self.call or self._is_caused(one))

    @property
    def kinds(self) -> tuple[type[Observation], ...]:
        """What is read: for all that is watched, so that a read that shows all of it contained says so."""
        return unique(kind for stage in self.watched.stages for kind in stage.observations)

    def undone(self, seen: ResourceState) -> Undone:
        """Return what a state shows as undone or as open, which the last verification did not name."""
        return Undone(self._steps(seen), unique(self._words(seen)))

    def unclear(self, seen: ResourceState) -> tuple[str, ...]:
        """Return what is settling or cannot be read, except what the last verification could not read either.

        An organization's policy can hide a service for ever. The reason of an error can differ each time.
        """
        verified = self.history.verified
        before = (*verified.settling, *verified.refused) if verified else ()
        known = {words.partition(":")[0] for words in before}
        now = (*seen.settling(), *seen.unreadable(seen.unread, for_good=True))
        return tuple(words for words in now if words.partition(":")[0] not in known)

    def _steps(self, seen: ResourceState) -> tuple[Step, ...]:
        """Return the planned steps that did not remain at the last verification."""
        runbook = self.decided.runbook.narrowed(one.id for one in self.judged)
        request = replace(self.decided, runbook=runbook)
        start = incident_start(request, self.history, self.now)
        prospect, execution = Prospect(start, start, request.choices), Execution.of(request, start)
        verified = self.history.verified
        known = verified.remaining if verified else ()
        planned = (
            step
            for stage in runbook.stages
            for step in execution.allowed(
                prospect.plan(stage, self.history, seen).steps, containing=request.contains(stage)
            )
        )
        return unique(
            step
            for step in planned
            if not isinstance(step, LogOnlyStep) and not self._is_among(known, step.describe(), seen)
        )

    def _words(self, seen: ResourceState) -> Iterator[str]:
        """Yield new ways in and new residual risk: no step closes them, and a person must know."""
        start = incident_start(self.decided, self.history, self.now)
        incident = Prospect(start, start, self.decided.choices).incident(self.history)
        for one in self.judged:
            if seen.unread.keys().isdisjoint(one.observations):
                yield from self._risks(one, seen, incident)
                yield from self._ways(one, seen, incident)

    def _risks(self, one: Remediation, seen: ResourceState, incident: Incident) -> Iterator[str]:
        """Yield residual risk that the call caused, and reported residual risk that is still there."""
        known = self.history.verified.exposure if self.history.verified else ()
        told = self.history.broken.open if self.history.broken else ()
        for words in one.residual_risk(seen, incident) if one.residual_risk else ():
            if words in told or (self.call and not self._is_among(known, words, seen)):
                yield words

    def _ways(self, one: Remediation, seen: ResourceState, incident: Incident) -> Iterator[str]:
        """Yield new ways in. A verification of some stages does not know all words."""
        verified = self.history.verified
        if verified is not None and verified.whole:
            known = verified.open_access
            yield from (
                words for words in one.open_ways(seen, incident) if not self._is_among(known, words, seen)
            )

    def _is_among(self, known: tuple[str, ...], words: str, seen: ResourceState) -> bool:
        """Return whether words are known, also under an earlier name of a user that was renamed since."""
        if words in known:
            return True
        earlier = {one.owner for one in self.history.steps() if isinstance(one, UserStep) and one.owner}
        new = {one.id for one in seen.holders()} - earlier
        return any(words.replace(now, then) in known for now in new for then in earlier)

    def _is_caused(self, remediation: Remediation) -> bool:
        return any(
            f"{calls.service}:{name}" == self.call for calls in remediation.undone_by for name in calls.names
        )
