"""An incident: what planners know in addition to the observed state."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from ringfence.model.codec import instant_text, value
from ringfence.model.errors import BadInput, InternalError
from ringfence.model.frozen import replace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ringfence.model.finding import Finding
    from ringfence.model.rule_confirmation import ManagedRule
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref


INCIDENT_ID = re.compile(r"inc-[0-9]{8}T[0-9]{6}\.[0-9]{6}-[0-9a-f]{10}")


@value
class Incident:
    """One occurrence, answered by one response per subject.

    `opened_at`: the recorded time of its start, not the current time, so that plans converge. `choices`:
    the values of the options. `past`: the recorded steps, oldest first. `since`: the earliest time that a
    finding names, if one does. `as_of`: the time of the newest finding. `types`: the types of its findings.
    `rules`: the Config rules that reported a violation. `suspects`: who made the reported calls. `looked`:
    an earlier execution that was allowed to act has read the subject. `requested`: a person requested this
    execution. `containers`: the containers that its findings are about, in words. `planned_at`: the time for
    which the plan is made. Only a plan for access that was granted until now depends on it, and only until a
    step records the result. `tried_at`: when each of the `past` steps was recorded. `named_keys`: the
    long-term access keys in its findings, if each finding names one. `refused`: the `past` steps that the
    service refused.
    """

    id: str
    opened_at: datetime
    findings: tuple[str, ...] = ()
    remote_addresses: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    past: tuple[Step, ...] = ()
    since: datetime | None = None
    as_of: datetime | None = None
    types: tuple[str, ...] = ()
    rules: tuple[ManagedRule, ...] = ()
    suspects: tuple[str, ...] = ()
    looked: bool = False
    requested: bool = False
    containers: tuple[str, ...] = ()
    planned_at: datetime | None = None
    tried_at: tuple[datetime, ...] = ()
    named_keys: tuple[str, ...] = ()
    refused: tuple[Step, ...] = ()

    @property
    def first_seen(self) -> datetime:
        """The start of the intruder's possible activity."""
        return min(self.since, self.opened_at) if self.since else self.opened_at

    @property
    def now(self) -> datetime:
        """The newest recorded time. Ages are counted up to it, never up to the clock."""
        return max(self.as_of, self.opened_at) if self.as_of else self.opened_at

    @property
    def applying_at(self) -> datetime:
        """The time for which the plan is made. No finding decides it: its times can be old, or false."""
        return self.planned_at or self.opened_at

    def last_tried(self, *kinds: type[Step]) -> datetime | None:
        """Return when a step of these classes was last recorded. None if there is none."""
        both = zip(self.past, self.tried_at, strict=False)
        return max((at for step, at in both if isinstance(step, kinds)), default=None)

    def with_findings(self, findings: Iterable[Finding]) -> Incident:
        """Return this incident with the data of its findings, each once, oldest first."""
        known = tuple(dict.fromkeys(findings))
        return replace(
            self,
            findings=tuple(dict.fromkeys(one.id for one in known)),
            remote_addresses=tuple(dict.fromkeys(at for one in known for at in one.remote_addresses)),
            since=min((one.first_seen for one in known if one.first_seen), default=None),
            as_of=max((one.updated_at for one in known), default=None),
            types=tuple(dict.fromkeys(one.type for one in known)),
            rules=tuple(dict.fromkeys(one.rule for one in known if one.rule and one.rule.name)),
            containers=tuple(dict.fromkeys(one for each in known for one in each.containers)),
            suspects=tuple(dict.fromkeys(who for one in known for who in one.suspects)),
            named_keys=_named_keys(known),
        )

    def choice(self, name: str) -> str:
        """Return the value of an option. Raises InternalError for an undeclared one."""
        for key, chosen in self.choices:
            if key == name:
                return chosen
        raise InternalError(f"there is no option {name}")


def _named_keys(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the access keys that the findings name. Empty if one of them names none."""
    each = [[ref.id for ref in one.subjects if ref.kind == "access-key"] for one in findings]
    return tuple(dict.fromkeys(id_ for ids in each for id_ in ids)) if all(each) else ()


def check_incident(text: str) -> str:
    """Return `text` if it is an incident id. Raises BadInput."""
    if not INCIDENT_ID.fullmatch(text):
        raise BadInput("incident", "must be an incident's id, inc-YYYYMMDDTHHMMSS.ffffff-xxxxxxxxxx", text)
    return text


def incident_id(opened_at: datetime, cause: str) -> str:
    """Return an incident id from time and cause, so that responses to one cause share it.

    Ids sort by the time of opening: `inc-20260131T235959.000000-0123456789`.
    """
    stamp = instant_text(opened_at).split("+")[0].replace("-", "").replace(":", "")
    return f"inc-{stamp}-{hashlib.sha256(cause.encode()).hexdigest()[:10]}"


def subject_cause(ref: Ref, reason: str) -> str:
    """Return the cause of an incident that an operator opens manually."""
    return f"{ref.key} {reason}"
