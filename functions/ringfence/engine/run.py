"""The one way anything is ever run: observe, decide, record, change, look again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.attempt import Response, is_routine
from ringfence.engine.execution import Session
from ringfence.engine.incident_start import careful, opening
from ringfence.engine.requests import Report, Status
from ringfence.model.errors import Bug, Conflict, Gone, Refused
from ringfence.model.frozen import frozen
from ringfence.model.observation import Observed
from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import ChainKey
from ringfence.record.facts import DecisionMade
from ringfence.record.history import History

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ringfence.engine.execution import Ports
    from ringfence.engine.incident_start import Opening
    from ringfence.engine.requests import Order
    from ringfence.model.step import Step

ATTEMPTS = 5
"""How often an order is begun anew when others were faster."""

QUIET = (Mode.OFF, Mode.NOTIFY)
"""Modes in which nothing is observed, planned or changed."""


def is_at_rest(history: History) -> bool:
    """Say whether nothing of an incident is under way: whatever was to be carried out was put right."""
    return all(history.put_right.values()) and not history.open_intents


def may_act(attempt: str, history: History) -> bool:
    """Say whether an execution recorded, in the newest incident, a decision that allowed it changes."""
    return any(
        isinstance(fact, DecisionMade) and fact.decision.mode is Mode.AUTO
        for entry, fact in history.facts
        if entry.attempt == attempt
    )


def has_ended(history: History, observed: Observed | Gone) -> bool:
    """Say whether the newest incident ended by itself: it is complete, or its subject was gone and is."""
    if history.released_at is not None:
        return False
    return history.completed_at is not None if history.closed_at is None else isinstance(observed, Gone)


@frozen
class Engine:
    """Runs orders. Holds no state of its own: all of it is in the log and in the world."""

    ports: Ports

    def respond(self, order: Order) -> Report:
        """Carry out an order up to verification.

        Raises Retryable when it must be tried again, Gone when a person named a subject that does not
        exist, BadInput when nothing is recorded to go on with, Bug when a step contradicted itself: what
        is known by then is recorded.
        """
        order = replace(order, runbook=order.runbook.on(order.ref))
        for _ in range(ATTEMPTS - 1):
            try:
                return self._respond(order)
            except Conflict:
                continue
        return self._respond(order)

    def _respond(self, order: Order) -> Report:
        key = ChainKey(order.runbook.id, order.ref.key)
        history, observed, doubt = self._look(order, key)
        if order.request and not history.entries and isinstance(observed, Observed) and observed.absent():
            observed = Gone(f"nor was any ever noted in {order.ref.region} of account {order.ref.account}")
        order = careful(order, observed, doubt)
        if order.behind and not may_act(order.behind, history):
            return Report(Status.JOINED, history.incident, "what it stands behind was not begun")
        now = self.ports.clock()
        response = self._begin(order, key, opening(order, history, now))
        if response.begun.stale:
            return response.report(Status.JOINED, "it is about what was over before")
        if is_routine(order) and is_at_rest(response.begun.history) and not response.finds(observed):
            return response.report(Status.COMPLETE, "a routine look found nothing to do, and is not recorded")
        response = self._rejoined(response, history, observed, now)
        begun = response.begun
        if begun.decision.mode in QUIET:
            return response.record()
        if begun.decision.mode is Mode.AUTO and history.lease.held(now, order.attempt):
            return response.join()
        if not order.runbook.contains and begun.history.entries:
            # Later stages are looked at where earlier steps point to; containment needs no such clues.
            observed = self._observe(order, begun.history.steps())
        return self._carry_out(response, history, observed, now)

    def _carry_out(
        self, response: Response, history: History, observed: Observed | Gone, now: datetime
    ) -> Report:
        if isinstance(observed, Gone):
            return response.close(observed)
        if response.begun.decision.mode is Mode.AUTO:
            self._check_agreed(response, history, observed, now)
            return response.act(observed)
        if response.order.request:
            response.meant = self._meant(response.order, history, observed, now)
        return response.dry_run(observed)

    def _rejoined(
        self, response: Response, history: History, observed: Observed | Gone, now: datetime
    ) -> Response:
        """Let what finds nothing to do join an incident that ended by itself, rather than open another."""
        if not response.begun.is_new or not has_ended(history, observed) or response.finds(observed):
            return response
        order = response.order
        return self._begin(order, response.session.key, opening(order, history, now, finds=False))

    def _meant(self, order: Order, history: History, observed: Observed, now: datetime) -> Opening:
        """Return what a person's order would open or join if it was carried out."""
        run = replace(order, decision=Decision(Mode.AUTO, ""))
        begun = self._begin(run, ChainKey(order.runbook.id, order.ref.key), opening(run, history, now))
        return self._rejoined(begun, history, observed, now).begun

    def _check_agreed(self, response: Response, history: History, observed: Observed, now: datetime) -> None:
        """Raise Refused, on the record, where the plan is no longer the one that a person agreed to."""
        order, agreed = response.order, response.order.agreed
        if agreed is None:
            return
        from ringfence.engine.plan_binding import as_refused, begun, difference, is_same

        if not response.begun.is_new and begun(history, order.actor, (agreed.digest,)):
            return
        refused = as_refused(order)
        look = self._begin(refused, response.session.key, opening(refused, history, now))
        meant = self._meant(order, history, observed, now)
        plan = response.first(observed)
        look.meant = replace(meant, opened_at=agreed.as_of)
        if is_same(agreed.digest, look.first(observed), plan):
            return
        look.meant = meant
        look.dry_run(observed)
        raise Refused(difference(history, (agreed.digest,), plan))

    def _begin(self, order: Order, key: ChainKey, begun: Opening) -> Response:
        session = Session(
            self.ports, key, order.ref, begun.incident, order.actor, order.attempt, begun.history
        )
        return Response(order, begun, session)

    def _look(self, order: Order, key: ChainKey) -> tuple[History, Observed | Gone, str]:
        """Read the incident, observe the subject and confirm the claim, side by side: the first round trip.

        A finding that nothing is done about needs no look at its subject.
        """
        quiet = order.decision is not None and order.decision.mode in QUIET and not is_routine(order)
        claim = order.finding.finding.claim if order.finding and not quiet else None

        def observe() -> Observed | Gone:
            return Observed(order.ref) if quiet else self._observe(order)

        jobs: list[Callable[[], object]] = [lambda: self.ports.log.read(key), observe]
        if claim:
            jobs.append(lambda: self.ports.cloud.confirm(order.ref, claim))
        history, observed, *doubts = self.ports.side_by_side(jobs)
        if not isinstance(history, History) or not isinstance(observed, Observed | Gone):
            raise Bug("what was read side by side came back as something else")
        return history, observed, "".join(str(one) for one in doubts)

    def _observe(self, order: Order, past: tuple[Step, ...] = ()) -> Observed | Gone:
        try:
            return self.ports.cloud.observe(order.ref, order.runbook.stages[0].facets, past)
        except Gone as gone:
            return gone
