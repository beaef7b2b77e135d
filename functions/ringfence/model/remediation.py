"""A remediation: a pure function from what was observed to the steps that remain."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.errors import Bug
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import Facet, Observed
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.model.trigger import Trigger

    Planner = Callable[[Observed, Incident], Iterator[Step]]
    Exposure = Callable[[Observed, Incident], Iterator[str]]
    Caution = Callable[[Observed], Iterator[str]]


@frozen
class Choice:
    """An option of a remediation: `name` may take one of `values`; the first is the default.

    With a `pattern`, any other text that it matches as a whole is allowed as well. `help` says what each
    value means and costs.
    """

    name: str
    values: tuple[str, ...]
    help: str
    pattern: str = ""

    def allows(self, chosen: str) -> bool:
        """Say whether the option may take this value."""
        return chosen in self.values or bool(self.pattern and re.fullmatch(self.pattern, chosen, re.ASCII))

    def allowed(self) -> str:
        """Say in words what the option may be."""
        named = ", ".join(one or '""' for one in self.values)
        return f"{named}, or anything that matches {self.pattern}" if self.pattern else f"one of {named}"


@frozen
class Remediation:
    """The declaration of one remediation and its planner.

    `optional` remediations run only where the policy enables them; `cost` says what they cost. `breaks`
    says what workloads a change can break: it stays a dry run unless the policy allows it by its id. One
    without triggers runs whenever its runbook does; any other where one of its triggers matches.
    `caution` yields why, as the subject stands, a finding leads to no more than a dry run.
    `exposure` yields, in words, what stays open even when no step remains. `review` yields what a person
    must look at before the response is complete, or, in the stage that contains, before it is contained.
    `waits` yields what somebody else has yet to do, such as a service that records in its own time: it is
    looked at again after a while, though not for ever.
    `controls` are ids of `ringfence.runbooks.compliance.table`: what it helps to be so. The requirements of
    frameworks follow from them; `references` are others.
    """

    id: str
    title: str
    subject: type[Ref]
    triggers: tuple[Trigger, ...]
    facets: tuple[type[Facet], ...]
    steps: tuple[type[Step], ...]
    references: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    optional: bool = False
    cost: str = ""
    exposure: Exposure | None = None
    review: Exposure | None = None
    breaks: str = ""
    caution: Caution | None = None
    waits: Exposure | None = None
    controls: tuple[str, ...] = ()
    planner: Planner | None = None
    """The function below the declaration, which makes itself the planner by decoration."""

    def __call__(self, planner: Planner) -> Remediation:
        """Return this declaration with its planner."""
        return replace(self, planner=planner)

    @property
    def by_default(self) -> str:
        """Say what becomes of it where the policy says nothing of it."""
        if self.optional:
            return "off"
        return "dry run" if self.breaks else "on"

    @property
    def reversible(self) -> bool:
        """Whether every step has an inverse."""
        return not any(step.irreversible for step in self.steps)

    def plan(self, observed: Observed, incident: Incident) -> tuple[Step, ...]:
        """Return the steps that remain, none where a facet could not be read.

        Raises Bug when the planner yields an undeclared one.
        """
        if self.planner is None:
            raise Bug(f"{self.id} declares no planner")
        steps = tuple(self.planner(observed, incident)) if self._sees(observed) else ()
        for step in steps:
            if type(step) not in self.steps:
                raise Bug(f"{self.id} yields {type(step).__name__}, which it does not declare")
        return steps

    def exposed(self, observed: Observed, incident: Incident) -> tuple[str, ...]:
        """Say in words what stays open, what is for a person to review included."""
        words = (*self._unread(observed, for_good=False), *self._said(self.exposure, observed, incident))
        return (*words, *self.reviews(observed, incident))

    def reviews(self, observed: Observed, incident: Incident) -> tuple[str, ...]:
        """Say in words what a person must look at."""
        return (*self._unread(observed, for_good=True), *self._said(self.review, observed, incident))

    def waiting(self, observed: Observed, incident: Incident) -> tuple[str, ...]:
        """Say in words what somebody else has yet to do."""
        return self._said(self.waits, observed, incident)

    def _said(self, words: Exposure | None, observed: Observed, incident: Incident) -> tuple[str, ...]:
        return tuple(words(observed, incident)) if words and self._sees(observed) else ()

    def _sees(self, observed: Observed) -> bool:
        return observed.unread.keys().isdisjoint(self.facets)

    def _unread(self, observed: Observed, *, for_good: bool) -> tuple[str, ...]:
        words = observed.unreadable(self.facets, for_good=for_good)
        return tuple(f"{one}, so {self.id} can be neither done nor verified" for one in words)

    def cautions(self, observed: Observed) -> tuple[str, ...]:
        """Say in words why no more than a dry run is right."""
        return tuple(self.caution(observed)) if self.caution else ()


remediation = Remediation
"""Declares the function that it decorates as the planner of a remediation."""
