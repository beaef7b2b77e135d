"""A remediation: a pure function from what was observed to the steps that remain."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.model.errors import InternalError
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.model.trigger import Trigger

    Planner = Callable[[ResourceState, Incident], Iterator[Step]]
    ResidualRisk = Callable[[ResourceState, Incident], Iterator[str]]
    DowngradeReasons = Callable[[ResourceState], Iterator[str]]


@frozen
class Option:
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
        return f"{named}, or a value that matches {self.pattern}" if self.pattern else f"one of {named}"


@frozen
class Remediation:
    """The declaration of one remediation and its planner.

    `optional` remediations run only where the policy enables them; `cost` says what they cost.
    `workload_risk` says what workloads a change can break: it stays a dry run unless the policy allows it by
    its id. One without triggers runs whenever its runbook does; any other where one of its triggers matches.
    `downgrade_reasons` yields why, as the subject stands, a finding leads to no more than a dry run.
    `residual_risk` yields, in words, what stays open even when no step remains. `needs_review` yields what a
    person must look at before the response is complete, or, in the stage that contains, before it is
    contained. `pending_elsewhere` yields what somebody else has yet to do, such as a service that records in
    its own time: it is looked at again after a while, though not for ever.
    `controls` are ids of `ringfence.runbooks.compliance.table`: what it helps to be so. The requirements of
    frameworks follow from them; `references` are others.
    """

    id: str
    title: str
    subject: type[Ref]
    triggers: tuple[Trigger, ...]
    observations: tuple[type[Observation], ...]
    steps: tuple[type[Step], ...]
    references: tuple[str, ...]
    options: tuple[Option, ...] = ()
    optional: bool = False
    cost: str = ""
    residual_risk: ResidualRisk | None = None
    needs_review: ResidualRisk | None = None
    workload_risk: str = ""
    downgrade_reasons: DowngradeReasons | None = None
    pending_elsewhere: ResidualRisk | None = None
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
        return "dry run" if self.workload_risk else "on"

    def plan(self, observed: ResourceState, incident: Incident) -> tuple[Step, ...]:
        """Return the steps that remain, none where a facet could not be read.

        Raises InternalError when the planner yields an undeclared one.
        """
        if self.planner is None:
            raise InternalError(f"{self.id} declares no planner")
        steps = tuple(self.planner(observed, incident)) if self._sees(observed) else ()
        for step in steps:
            if type(step) not in self.steps:
                raise InternalError(f"{self.id} yields {type(step).__name__}, which it does not declare")
        return steps

    def residual_risks(self, observed: ResourceState, incident: Incident) -> tuple[str, ...]:
        """Say in words what stays open, what is for a person to review included."""
        words = (*self._unread(observed, for_good=False), *self._said(self.residual_risk, observed, incident))
        return (*words, *self.review_items(observed, incident))

    def review_items(self, observed: ResourceState, incident: Incident) -> tuple[str, ...]:
        """Say in words what a person must look at."""
        return (*self._unread(observed, for_good=True), *self._said(self.needs_review, observed, incident))

    def pending(self, observed: ResourceState, incident: Incident) -> tuple[str, ...]:
        """Say in words what somebody else has yet to do."""
        return self._said(self.pending_elsewhere, observed, incident)

    def _said(
        self, words: ResidualRisk | None, observed: ResourceState, incident: Incident
    ) -> tuple[str, ...]:
        return tuple(words(observed, incident)) if words and self._sees(observed) else ()

    def _sees(self, observed: ResourceState) -> bool:
        return observed.unread.keys().isdisjoint(self.observations)

    def _unread(self, observed: ResourceState, *, for_good: bool) -> tuple[str, ...]:
        words = observed.unreadable(self.observations, for_good=for_good)
        return tuple(f"{one}; {self.id} can be neither applied nor verified" for one in words)

    def reasons_to_downgrade(self, observed: ResourceState) -> tuple[str, ...]:
        """Say in words why no more than a dry run is right."""
        return tuple(self.downgrade_reasons(observed)) if self.downgrade_reasons else ()


remediation = Remediation
"""Declares the function that it decorates as the planner of a remediation."""
