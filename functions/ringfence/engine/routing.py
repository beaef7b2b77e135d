"""Which runbooks answer an event, as their EventBridge rules would deliver it. Pure.

A finding that no trigger matches can still have a runbook, by the policy's `mappings`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.engine.canonical_subject import stands_for_listed
from ringfence.events.access_analyzer.trigger import answered
from ringfence.events.config.names import with_own_names
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.events.security_hub.told import names_of
from ringfence.model.document import Document
from ringfence.model.told_sources import ACCESS_ANALYZER, SECURITY_HUB
from ringfence.policy.mappings import REPORTS, chosen, route

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ringfence.model.finding import Finding
    from ringfence.model.runbook import Runbook
    from ringfence.policy.mappings import Mapped


def answering(
    event: object,
    runbooks: Mapping[str, Runbook],
    names: Mapping[str, str],
    mappings: Iterable[Mapped] = (),
) -> tuple[str, ...] | NotForUs:
    """Return the ids of the runbooks that answer an event of any source, or why there is none.

    Parameters
    ----------
    event
        The event as EventBridge delivers it. Raises BadInput for one that should be a finding and is invalid.
    runbooks
        The runbooks by their ids.
    names
        The policy's `config-rules`: an owner's name of a rule, and the name of the managed rule.
    mappings
        The policy's `mappings`.

    """
    found = findings(event)
    if isinstance(found, NotForUs):
        return found
    told = with_own_names(found, names)
    ids = tuple(id_ for id_, one in runbooks.items() if any(one.answers(finding) for finding in told))
    if reason := sent_to(product_of(event, told[0]), told[0], mappings, runbooks.values()):
        return (reason,) if isinstance(reason, str) else reason
    return ids or NotForUs(f"no runbook answers findings of type {' or '.join(one.type for one in told)}")


def product_of(event: object, finding: Finding) -> tuple[str, ...]:
    """Return the names of the product that found it. Empty if the finding is of no other product."""
    if finding.source == ACCESS_ANALYZER:
        return ("access-analyzer",)
    if finding.source == SECURITY_HUB:
        return names_of(Document.of(event))
    if finding.sent:
        return (Document.of(event).child("detail").child("finding").text("product"),)
    return ()


def sent_to(
    product: tuple[str, ...], finding: Finding, mappings: Iterable[Mapped], runbooks: Iterable[Runbook]
) -> str | NotForUs | None:
    """Return the runbook for a finding of a product with these names, or why there is none.

    None: it is of no other product, or remediations answer it and no entry of the policy is about it. A
    finding is reported if it is about no resource that its runbook handles, so that a person learns of it.
    """
    if not product:
        return None
    decide = chosen if _is_remediated(finding, runbooks) else route
    found = decide(mappings, product, finding.type, finding.severity)
    if found is None:
        return None
    if not found.runbook:
        return NotForUs(found.reason)
    handles = any(_handles(one, finding) for one in runbooks if one.id == found.runbook)
    return found.runbook if handles else REPORTS


def _handles(runbook: Runbook, finding: Finding) -> bool:
    """Return whether a runbook handles one of the resources of a finding."""
    return any(
        isinstance(ref, runbook.subject) or stands_for_listed(ref, finding, runbook)
        for ref in finding.subjects
    )


def _is_remediated(finding: Finding, runbooks: Iterable[Runbook]) -> bool:
    """Return whether remediations answer a finding of another product about one of its resources."""
    if finding.source == ACCESS_ANALYZER:
        return answered(finding.type, finding.subjects)
    return finding.sent is not None and any(
        runbook.answers(finding) and any(isinstance(ref, runbook.subject) for ref in finding.resources)
        for runbook in runbooks
    )
