"""What the policy permits now of a containment that was undone. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.unconfirmed import refutation
from ringfence.model.frozen import frozen
from ringfence.model.runbook import unique
from ringfence.policy.selection import portions
from ringfence.record.facts import DecisionMade, FindingReceived

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ringfence.engine.recheck_results import RecheckRequest
    from ringfence.model.finding import Finding
    from ringfence.record.history import History


@frozen
class Permitted:
    """The remediations that the policy permits now. `ends`: it permits not even a notification."""

    ids: tuple[str, ...] = ()
    reason: str = ""
    ends: bool = False


def permitted(request: RecheckRequest, history: History) -> Permitted:
    """Return which remediations the policy permits for the findings that led to the containment."""
    if outside := request.policy.outside(request.ref):
        return Permitted(reason=outside, ends=True)
    if refuted := refutation(history):
        return Permitted(reason=f"the finding was refuted: {refuted}")
    acted_on = {made.finding for made in history.of(DecisionMade) if made.decision.mode.changes}
    versions: dict[str, list[Finding]] = {}
    for one in history.of(FindingReceived):
        versions.setdefault(one.finding.id, []).append(one.finding)
    findings = [_decisive(some) for id_, some in versions.items() if id_ in acted_on]
    if not findings:
        return Permitted(reason="a person requested the containment, and no finding permits another one")
    shares = [
        share
        for finding in findings
        for share in portions(
            request.policy, request.runbook, finding, request.ref, request.execution.circumstances
        )
    ]
    ids = unique(id_ for one in shares if one.decision.mode.changes for id_ in one.runbook.ids)
    reasons = unique(one.decision.reason for one in shares if not one.decision.mode.changes)
    return Permitted(ids, "; ".join(reasons), ends=not any(one.decision.mode.records for one in shares))


def _decisive(versions: Iterable[Finding]) -> Finding:
    """Return the version of a finding that decides: the newest one.

    Others can change a copy that its source has not confirmed. It counts only if there is nothing else, and
    then the most severe one does.
    """
    found = tuple(versions)
    told = tuple(one for one in found if not one.copied)
    return told[-1] if told else max(found, key=lambda one: one.severity)
