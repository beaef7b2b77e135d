"""Decide about recorded events with a policy: what would have been done. Pure, without AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.offline import OfflineDecisions, elsewhere
from ringfence.engine.routing import sent_to
from ringfence.events.config.names import with_own_names
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.model.frozen import frozen
from ringfence.policy.circumstances import Circumstances

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ringfence.engine.offline import Answer
    from ringfence.model.finding import Finding
    from ringfence.policy.decision import DecisionCode, Mode


@frozen
class Replayed:
    """One decision about one resource: some remediations of a runbook, and their mode.

    Attributes
    ----------
    at : datetime
        The time of the finding. Time windows and expiry dates of the policy are judged at this time.
    source, finding, account, region : str
        The service, the type and the place of the finding.
    severity : float
        0 to 10, on GuardDuty's scale.
    runbook : str
        The id of the runbook.
    subject : str
        The key of the resource: KIND/ACCOUNT/REGION/ID.
    remediations : tuple of str
        The ids of the remediations.
    mode : Mode
        What Ringfence may do.
    code : DecisionCode
        The reason, for programs.
    rule : str
        The name of the policy rule that decided. Empty: no rule did.
    reason : str
        The reason, for people.
    """

    at: datetime
    source: str
    finding: str
    severity: float
    account: str
    region: str
    runbook: str
    subject: str
    remediations: tuple[str, ...]
    mode: Mode
    code: DecisionCode
    rule: str
    reason: str

    @property
    def day(self) -> str:
        """The day in UTC, such as 2026-11-30."""
        return f"{self.at:%Y-%m-%d}"


def read_findings(event: object, digest: str = "") -> tuple[Finding, ...] | NotForUs:
    """Return the findings of an event, or why it is not for Ringfence. Raises BadInput.

    `digest`: that of the event, if it is known.
    """
    found = findings(event, digest)
    if isinstance(found, NotForUs):
        return found
    reason = elsewhere(found)
    return NotForUs(reason) if reason else found


def decisions(
    found: Iterable[Finding], offline: OfflineDecisions, product: tuple[str, ...] = ()
) -> Iterator[Replayed]:
    """Yield every decision about the findings of one event.

    Parameters
    ----------
    found : iterable of Finding
        The findings, as `read_findings` returns them.
    offline : OfflineDecisions
        The policy.
    product : tuple of str
        The names of the product that found them, if it is one that the policy's `mappings` can name.
    """
    for answer in answers(found, offline, product):
        yield from replayed(answer)


def answers(
    found: Iterable[Finding], offline: OfflineDecisions, product: tuple[str, ...] = ()
) -> Iterator[Answer]:
    """Yield what each runbook does about the findings of one event."""
    for finding in with_own_names(found, offline.own_names()):
        mappings = offline.compiled(finding).mappings
        to = sent_to(product, finding, mappings, offline.runbooks.values())
        if not isinstance(to, NotForUs):
            yield from offline.answers(finding, Circumstances(finding.updated_at), to or "")


def replayed(answer: Answer) -> Iterator[Replayed]:
    """Yield the decisions of an answer."""
    finding = answer.finding
    for ref, portion in answer.decisions:
        decision = portion.decision
        yield Replayed(
            finding.updated_at,
            finding.source,
            finding.type,
            finding.severity,
            ref.account,
            ref.region,
            answer.runbook.id,
            ref.key,
            portion.runbook.ids,
            decision.mode,
            decision.code,
            decision.rule,
            decision.reason,
        )
