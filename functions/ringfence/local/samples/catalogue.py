"""One sample event of each trigger of the catalogue. Nothing lists them: the declarations do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from ringfence.events.config.trigger import ConfigTrigger
from ringfence.events.dispatch import findings
from ringfence.events.envelope import NotForUs
from ringfence.local.samples.of_trigger import samples
from ringfence.model.kinds.account import AccountRef
from ringfence.model.reviews import ReviewTrigger
from ringfence.model.runbook import Deferred

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.model.trigger import Trigger

Json = dict[str, Any]
_UNSAFE = re.compile(r"[^A-Za-z0-9.]+")


@dataclass(frozen=True)
class Sample:
    """One event, and what it is a sample of: a type of a trigger of a runbook. `subject` is in the event.

    An event that comes in another way has no runbook, and its own `file`.
    """

    runbook: str
    type: str
    subject: Ref
    event: Json
    file: str = ""

    @property
    def name(self) -> str:
        """The name of its file: the runbook, and the type of the finding."""
        return self.file or f"{self.runbook}/{_UNSAFE.sub('-', self.type).strip('-')}.json"


def samples_of(runbooks: Iterable[Runbook], types: str = "", *, every_type: bool = False) -> Iterator[Sample]:
    """Yield a sample of each trigger that events deliver. A scheduled review has none.

    Parameters
    ----------
    runbooks
        The runbooks whose triggers are meant.
    types
        A pattern for the types of findings, such as `Backdoor:EC2/*`. Each type that matches has a sample.
    every_type
        Yield a sample of each type of each trigger, not only of the first one.
    """
    for runbook in runbooks:
        names: set[str] = set()
        for trigger in runbook.triggers:
            found = (one for type_ in trigger.types for one in _samples(runbook, trigger, type_, types))
            for one in found:
                if one.name not in names:
                    names.add(one.name)
                    yield one
                if not (every_type or types):
                    break


def _samples(runbook: Runbook, trigger: Trigger, type_: str, wanted: str) -> Iterator[Sample]:
    """Yield the sample of one type of a trigger, if it is wanted and the source can tell of a subject."""
    if isinstance(trigger, ReviewTrigger) or (wanted and not fnmatchcase(type_, wanted)):
        return
    kinds = subjects_of(runbook, trigger)
    events = (event for kind in kinds for event in samples(trigger, type_, kind))
    found = ((event, ref) for event in events if (ref := _subject(trigger, event, kinds)))
    for event, ref in found:
        yield Sample(runbook.id, type_, ref, event)
        return


def subjects_of(runbook: Runbook, trigger: Trigger) -> tuple[type[Ref], ...]:
    """Return the kinds of subject that the remediations of a trigger are for.

    A rule of AWS Config about the account stands for each subject that the review lists.
    """
    declaring = [one.id for one in runbook.remediations if trigger in one.triggers]
    kinds = tuple(kind for id_ in declaring for kind in taken(runbook, id_))
    kinds = kinds or ((runbook.subject,) if trigger in runbook.notified_by else ())
    return (*kinds, AccountRef) if runbook.review and isinstance(trigger, ConfigTrigger) else kinds


def taken(runbook: Runbook, id_: str) -> tuple[type[Ref], ...]:
    """Return the kinds of subject that a remediation is for, in any stage of the runbook."""
    (declared,) = {one.subject for one in runbook.remediations if one.id == id_}
    members = [one for stage in runbook.stages for one in stage.members if one.id == id_]
    narrowed = [one.only for one in members if isinstance(one, Deferred)]
    return tuple(kind for only in narrowed for kind in only or (declared,)) or (declared,)


def _subject(trigger: Trigger, event: Json, kinds: tuple[type[Ref], ...]) -> Ref | None:
    """Return the subject of an event, if the trigger takes it and it is of one of the kinds."""
    found = findings(event)
    taken_ = () if isinstance(found, NotForUs) else tuple(filter(trigger.matches, found))
    return next((ref for one in taken_ for ref in one.subjects if isinstance(ref, kinds)), None)
