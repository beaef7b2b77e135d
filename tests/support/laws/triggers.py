"""Law 4: every type that a trigger names can reach a remediation that declares the trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.config.trigger import ConfigTrigger
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.model.kinds.account import AccountRef
from ringfence.model.reviews import ReviewTrigger
from ringfence.model.runbook import Deferred
from tests.support.delivery import Delivery
from tests.support.sample_events import samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.model.trigger import Trigger

Kinds = tuple["type[Ref]", ...]


def taken(runbook: Runbook, id_: str) -> Kinds:
    """Return the kinds of subject that a remediation is for, in any stage of the runbook."""
    (declared,) = {one.subject for one in runbook.remediations if one.id == id_}
    members = [one for stage in runbook.stages for one in stage.members if one.id == id_]
    narrowed = [one.only for one in members if isinstance(one, Deferred)]
    return tuple(kind for only in narrowed for kind in only or (declared,)) or (declared,)


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
    declaring = [one.id for one in runbook.remediations if trigger in one.triggers]
    kinds = tuple(kind for id_ in declaring for kind in taken(runbook, id_))
    kinds = kinds or ((runbook.subject,) if trigger in runbook.notified_by else ())
    if runbook.review and isinstance(trigger, ConfigTrigger):
        kinds = (*kinds, AccountRef)  # stands for each subject that the review lists
    return tuple(one for one in trigger.types if not reached(trigger, one, kinds))
