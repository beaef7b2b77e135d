"""The one way anything is ever run: observe, decide, record, change, look again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.attempt import Attempt, is_routine
from ringfence.engine.execution import Execution
from ringfence.engine.incident_start import downgrade, incident_start
from ringfence.engine.requests import IncidentStatus, ResponseResult
from ringfence.model.errors import Conflict, InternalError, NotFound, Refused
from ringfence.model.frozen import frozen
from ringfence.model.observation import ResourceState
from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import ChainKey
from ringfence.record.facts import DecisionMade
from ringfence.record.history import History

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ringfence.engine.execution import Ports
    from ringfence.engine.incident_start import IncidentStart
    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.step import Step

ATTEMPTS = 5
"""How often an order is begun anew when others were faster."""

QUIET = (Mode.OFF, Mode.NOTIFY)
"""Modes in which nothing is observed, planned or changed."""


def is_at_rest(history: History) -> bool:
    """Say whether nothing of an incident is under way: whatever was to be carried out was put right."""
    return all(history.remediated.values()) and not history.open_intents


def may_act(attempt: str, history: History) -> bool:
    """Say whether an execution recorded, in the newest incident, a decision that allowed it changes."""
    return any(
        isinstance(fact, DecisionMade) and fact.decision.mode is Mode.AUTO
        for entry, fact in history.facts
        if entry.attempt == attempt
    )


def has_ended(history: History, observed: ResourceState | NotFound) -> bool:
    """Say whether the newest incident ended by itself: it is complete, or its subject was gone and is."""
    if history.released_at is not None:
        return False
    return history.completed_at is not None if history.closed_at is None else isinstance(observed, NotFound)


@frozen
class Engine:
    """Runs orders. Holds no state of its own: all of it is in the log and in the world."""

    ports: Ports

    def respond(self, order: ResponseRequest) -> ResponseResult:
        """Carry out an order up to verification.

        Raises Retryable when it must be tried again, NotFound when a person named a subject that does not
        exist, BadInput when nothing is recorded to go on with, InternalError when a step
        contradicted itself: what is known by then is recorded.
        """
        order = replace(order, runbook=order.runbook.on(order.ref))
        for _ in range(ATTEMPTS - 1):
            try:
                return self._respond(order)
            except Conflict:
                continue
        return self._respond(order)

    def _respond(self, order: ResponseRequest) -> ResponseResult:
        key = ChainKey(order.runbook.id, order.ref.key)
        history, observed, doubt = self._look(order, key)
        if (
            order.request
            and not history.entries
            and isinstance(observed, ResourceState)
            and observed.absent()
        ):
            observed = NotFound(
                f"nor was any ever noted in {order.ref.region} of account {order.ref.account}"
            )
        order = downgrade(order, observed, doubt)
        if order.watchdog and not may_act(order.watchdog, history):
            return ResponseResult(
                IncidentStatus.JOINED, history.incident, "what it stands behind was not begun"
            )
        now = self.ports.clock()
        response = self._begin(order, key, incident_start(order, history, now))
        if response.start.outdated:
            return response.report(IncidentStatus.JOINED, "it is about what was over before")
        if is_routine(order) and is_at_rest(response.start.history) and not response.finds(observed):
            return response.report(
                IncidentStatus.COMPLETE, "a routine look found nothing to do, and is not recorded"
            )
        response = self._rejoined(response, history, observed, now)
        begun = response.start
        if begun.decision.mode in QUIET:
            return response.record()
        if begun.decision.mode is Mode.AUTO and history.lease.held(now, order.attempt):
            return response.join()
        if not order.runbook.has_containment_stage and begun.history.entries:
            # Later stages are looked at where earlier steps point to; containment needs no such clues.
            observed = self._observe(order, begun.history.steps())
        return self._carry_out(response, history, observed, now)

    def _carry_out(
        self, response: Attempt, history: History, observed: ResourceState | NotFound, now: datetime
    ) -> ResponseResult:
        if isinstance(observed, NotFound):
            return response.close(observed)
        if response.start.decision.mode is Mode.AUTO:
            self._check_agreed(response, history, observed, now)
            return response.act(observed)
        if response.order.request:
            response.preview = self._preview(response.order, history, observed, now)
        return response.dry_run(observed)

    def _rejoined(
        self, response: Attempt, history: History, observed: ResourceState | NotFound, now: datetime
    ) -> Attempt:
        """Let what finds nothing to do join an incident that ended by itself, rather than open another."""
        if not response.start.is_new or not has_ended(history, observed) or response.finds(observed):
            return response
        order = response.order
        return self._begin(order, response.execution.key, incident_start(order, history, now, finds=False))

    def _preview(
        self, order: ResponseRequest, history: History, observed: ResourceState, now: datetime
    ) -> IncidentStart:
        """Return what a person's order would open or join if it was carried out."""
        run = replace(order, decision=Decision(Mode.AUTO, ""))
        begun = self._begin(run, ChainKey(order.runbook.id, order.ref.key), incident_start(run, history, now))
        return self._rejoined(begun, history, observed, now).start

    def _check_agreed(
        self, response: Attempt, history: History, observed: ResourceState, now: datetime
    ) -> None:
        """Raise Refused, on the record, where the plan is no longer the one that a person agreed to."""
        order, agreed = response.order, response.order.agreed
        if agreed is None:
            return
        from ringfence.engine.plan_binding import as_refused, difference, is_same, started_plan

        if not response.start.is_new and started_plan(history, order.actor, (agreed.digest,)):
            return
        refused = as_refused(order)
        look = self._begin(refused, response.execution.key, incident_start(refused, history, now))
        meant = self._preview(order, history, observed, now)
        plan = response.first(observed)
        look.preview = replace(meant, opened_at=agreed.as_of)
        if is_same(agreed.digest, look.first(observed), plan):
            return
        look.preview = meant
        look.dry_run(observed)
        raise Refused(difference(history, (agreed.digest,), plan))

    def _begin(self, order: ResponseRequest, key: ChainKey, begun: IncidentStart) -> Attempt:
        session = Execution(
            self.ports, key, order.ref, begun.incident, order.actor, order.attempt, begun.history
        )
        return Attempt(order, begun, session)

    def _look(self, order: ResponseRequest, key: ChainKey) -> tuple[History, ResourceState | NotFound, str]:
        """Read the incident, observe the subject and confirm the claim, side by side: the first round trip.

        A finding that nothing is done about needs no look at its subject.
        """
        quiet = order.decision is not None and order.decision.mode in QUIET and not is_routine(order)
        claim = order.finding.finding.claim if order.finding and not quiet else None

        def observe() -> ResourceState | NotFound:
            return ResourceState(order.ref) if quiet else self._observe(order)

        jobs: list[Callable[[], object]] = [lambda: self.ports.log.read(key), observe]
        if claim:
            jobs.append(lambda: self.ports.cloud.confirm(order.ref, claim))
        history, observed, *doubts = self.ports.side_by_side(jobs)
        if not isinstance(history, History) or not isinstance(observed, ResourceState | NotFound):
            raise InternalError("what was read side by side came back as something else")
        return history, observed, "".join(str(one) for one in doubts)

    def _observe(self, order: ResponseRequest, past: tuple[Step, ...] = ()) -> ResourceState | NotFound:
        try:
            return self.ports.cloud.observe(order.ref, order.runbook.stages[0].observations, past)
        except NotFound as gone:
            return gone
