"""What follows from the answer of an event's source. Pure.

| answer | before the first change | after changes without an answer |
| --- | --- | --- |
| confirmed | the decision stands; the finding is taken from its source | recorded |
| refuted | nothing is changed; a person is notified at once | a person decides; later stages do not begin |
| absent | as refuted, and asked again for two minutes | asked again; refuted if it stays so |
| unknown | containment goes on, marked as unconfirmed | asked again for an hour |
| unknown, of another product | a person approves | asked again for an hour |
| blinded | the policy decides: a dry run by default; a person is notified at once | a person decides |
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ringfence.model.claims import ImportedFinding, SourceAnswer, Verdict
from ringfence.model.frozen import replace
from ringfence.policy.decision import UNCHECKED, Decision, DecisionCode, Mode

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.engine.requests import ResponseRequest
    from ringfence.model.claims import Checked
    from ringfence.record.history import History

ABSENT_FOR = timedelta(minutes=2)
"""How long a finding is asked for that its source does not have. AWS documents no order between a finding's
event and the moment from which GetFindings returns it.
"""


class SeverityLowered(Exception):
    """The source has a lower severity than the one by which the policy decided. Nothing was recorded."""

    def __init__(self, severity: float) -> None:
        super().__init__(f"the source has severity {severity:g}")
        self.severity = severity


def with_answer(request: ResponseRequest, checked: Checked | None) -> ResponseRequest:
    """Return the request as its source leaves it. A request by a person has a person as its source.

    Raises SeverityLowered if the policy must decide again.
    """
    finding, decision = request.finding, request.decision
    if checked is None or finding is None or decision is None or not decision.mode.observes:
        return request
    answer = checked.answer
    foreign = finding.finding.account != request.ref.account
    if answer.verdict is Verdict.UNKNOWN and foreign:
        # Somebody who makes up an event can name an account that nobody can ask.
        answer = replace(answer, verdict=Verdict.BLINDED)
    if checked.finding is not None:
        if checked.finding.severity < finding.finding.severity:
            raise SeverityLowered(checked.finding.severity)
        request = replace(request, finding=replace(finding, finding=checked.finding))
    return replace(request, decision=_decision(request, decision, answer), source=answer)


def _decision(request: ResponseRequest, given: Decision, answer: SourceAnswer) -> Decision:
    claim = request.finding.finding.claim if request.finding else None
    if answer.verdict.denies:
        rule = claim is not None and claim.waits
        code = DecisionCode.UNCONFIRMED if rule else DecisionCode.REFUTED
        return Decision(Mode.NOTIFY, answer.reason, given.rule, code)
    # Only an answer gives a finding of another product a higher mode.
    imported = isinstance(claim, ImportedFinding) and answer.verdict is not Verdict.CONFIRMED
    highest = UNCHECKED if imported else Mode.AUTO
    if answer.verdict is Verdict.BLINDED:
        highest = highest.at_most(request.unconfirmable)
    cap = given.mode.at_most(highest)
    if cap is given.mode:
        return given
    code = DecisionCode.BLINDED if answer.verdict is Verdict.BLINDED else DecisionCode.UNCONFIRMED
    return Decision(cap, answer.reason, given.rule, code)


def asks_again(request: ResponseRequest, history: History, now: datetime) -> tuple[str, ...]:
    """Return why the source is asked again, if it does not have the finding yet."""
    if request.source is None or request.source.verdict is not Verdict.ABSENT or request.finding is None:
        return ()
    if request.decision is None or request.decision.code is not DecisionCode.REFUTED:
        return ()
    from ringfence.record.facts import DecisionMade

    first = next(
        (
            entry.at
            for entry, fact in history.facts
            if isinstance(fact, DecisionMade)
            and fact.finding == request.finding.finding.id
            and fact.source is not None
            and fact.source.verdict is Verdict.ABSENT
        ),
        now,
    )
    return () if now >= first + ABSENT_FOR else (request.source.reason,)
