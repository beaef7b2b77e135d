"""Law 4: every type that a trigger names can reach a remediation that declares the trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.local.samples.catalogue import subjects_of
from ringfence.local.samples.of_trigger import samples
from ringfence.model.reviews import ReviewTrigger
from tests.support.delivery import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.model.trigger import Trigger

Kinds = tuple["type[Ref]", ...]


def reached(trigger: Trigger, type_: str, kinds: Kinds) -> bool:
    """Say whether some event of the type is delivered once and tells of a subject of such a kind."""
    rules = Delivery(trigger)
    return any(
        rules.count(event) == 1 and any(isinstance(ref, kinds) for ref in told(trigger, event))
        for kind in kinds
        for event in samples(trigger, type_, kind)
    )


def told(trigger: Trigger, event: dict[str, object]) -> Iterator[Ref]:
    found = findings(event)
    for finding in () if isinstance(found, NotForUs) else found:
        if trigger.matches(finding):
            yield from finding.subjects


def unreached(runbook: Runbook, trigger: Trigger) -> tuple[str, ...]:
    """Return the types by which a trigger never reaches any remediation of the runbook that declares it."""
    if isinstance(trigger, ReviewTrigger):
        return tuple(one for one in trigger.types if runbook.review is None or one != runbook.review.type)
    kinds = subjects_of(runbook, trigger)
    return tuple(one for one in trigger.types if not reached(trigger, one, kinds))
