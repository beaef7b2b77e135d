"""A remediation: a pure function from the resource state to the remaining steps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringfence.model.errors import InternalError
from ringfence.model.frozen import frozen, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ringfence.model.incident import Incident
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import RecordedCalls, Ref
    from ringfence.model.trigger import Trigger

    Planner = Callable[[ResourceState, Incident], Iterator[Step]]
    ResidualRisk = Callable[[ResourceState, Incident], Iterator[str]]
    DowngradeReasons = Callable[[ResourceState, Incident], Iterator[str]]
    Scopes = Callable[[ResourceState], Iterator[str]]


@frozen
class Option:
    """An option of a remediation. The policy or an operator sets it.

    Attributes
    ----------
    name : str
        The name in the policy, in lower case with hyphens.
    values : tuple of str
        The values that are allowed. The first is the default.
    help : str
        What each value means and costs.
    pattern : str
        A regular expression. Any other value that it matches as a whole is allowed as well.

    Examples
    --------
    >>> days = Option("grace-days", ("14",), "days between notice and change", pattern="[0-9]{1,2}")
    >>> days.allows("30"), days.allows("a month")
    (True, False)
    """

    name: str
    values: tuple[str, ...]
    help: str
    pattern: str = ""

    def allows(self, chosen: str) -> bool:
        """Return whether the option can have this value."""
        return chosen in self.values or bool(self.pattern and re.fullmatch(self.pattern, chosen, re.ASCII))

    def allowed(self) -> str:
        """Return the allowed values in words."""
        named = ", ".join(one or '""' for one in self.values)
        return f"{named}, or a value that matches {self.pattern}" if self.pattern else f"one of {named}"


@frozen
class Remediation:
    """The declaration of one remediation and its planner.

    Attributes
    ----------
    id : str
        The name of its file, with hyphens.
    title : str
        What it does, as a heading.
    subject : type of Ref
        The kind of subject, or a base class of several kinds.
    triggers : tuple of Trigger
        The findings that it answers. Without triggers it runs whenever its runbook runs.
    observations : tuple of types of Observation
        What the planner reads.
    steps : tuple of types of Step
        The classes of step that the planner may yield.
    references : tuple of str
        Controls, standards or techniques, for the documentation.
    countermeasures : tuple of str
        Ids of techniques in `ringfence.model.d3fend`. The documentation and OCSF name them.
    options : tuple of Option
        What the policy or an operator can choose.
    optional : bool
        Whether it runs only where the policy enables it.
    cost : str
        What it costs, for the documentation.
    residual_risk : function of ResourceState and Incident
        Yields the residual risk after all steps.
    needs_review : function of ResourceState and Incident
        Yields what a person must check before the response is complete, or contained.
    open_access : function of ResourceState and Incident
        Yields the known ways that are still open to the intruder. Nothing is contained while there is one.
        It also receives states with unread observations, because what is unknown can be open.
    workload_risk : str
        What workload it can break. It stays a dry run until the policy allows it by its id.
    downgrade_reasons : function of ResourceState and Incident
        Yields why a finding on this subject leads to a dry run of this remediation at most. Only those of a
        first stage are asked.
    held_together : tuple of str
        Ids of remediations that stay a dry run together with this one.
    interrupts : bool
        Whether it takes its subject out of service, so that its workload stops. It counts against the limits
        of the policy, as a remediation with a `workload_risk` does.
    scopes : function of ResourceState
        Yields the scopes of limits that the first stage shows, such as
        `auto-scaling-group/ACCOUNT/REGION/NAME`.
    pending_elsewhere : function of ResourceState and Incident
        Yields what an AWS service has yet to do. The subject is read again later, a limited number of times.
    contains : bool
        Whether the subject can be called contained once this has nothing left to do in the containment stage.
        False if it only helps.
    controls : tuple of str
        Ids in `ringfence.runbooks.compliance.table`. The requirements of frameworks follow from them.
    undone_by : tuple of RecordedCalls
        The calls, by CloudTrail's names, that can undo its changes while an incident is contained. After
        such a call on a name that the incident recorded, Ringfence verifies the containment again. A
        remediation without such calls is no part of this verification.
    planner : function of ResourceState and Incident
        The decorated function. It yields the steps that remain, and nothing where none remain.

    Examples
    --------
    >>> from ringfence.model.kinds.instance import InstanceRef
    >>> @remediation(
    ...     id="leave-alone",
    ...     title="Leave an instance alone",
    ...     subject=InstanceRef,
    ...     triggers=(),
    ...     observations=(),
    ...     steps=(),
    ...     references=(),
    ... )
    ... def leave_alone(instance, incident):
    ...     yield from ()
    >>> leave_alone.by_default
    'on'
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
    open_access: ResidualRisk | None = None
    workload_risk: str = ""
    downgrade_reasons: DowngradeReasons | None = None
    held_together: tuple[str, ...] = ()
    interrupts: bool = False
    scopes: Scopes | None = None
    pending_elsewhere: ResidualRisk | None = None
    controls: tuple[str, ...] = ()
    undone_by: tuple[RecordedCalls, ...] = ()
    contains: bool = True
    countermeasures: tuple[str, ...] = ()
    planner: Planner | None = None

    def __call__(self, planner: Planner) -> Remediation:
        """Return this declaration with its planner."""
        return replace(self, planner=planner)

    @property
    def by_default(self) -> str:
        """The default: `on`, `off` or `dry run`."""
        if self.optional:
            return "off"
        return "dry run" if self.workload_risk else "on"

    @property
    def can_break(self) -> bool:
        """Whether it can break a workload, so that it counts against limits."""
        return self.interrupts or bool(self.workload_risk)

    def plan(self, observed: ResourceState, incident: Incident) -> tuple[Step, ...]:
        """Return the steps that remain. Empty if an observation could not be read.

        Raises
        ------
        InternalError
            If there is no planner, or if it yields a step that is not declared.
        """
        if self.planner is None:
            raise InternalError(f"{self.id} declares no planner")
        steps = tuple(self.planner(observed, incident)) if self._sees(observed) else ()
        for step in steps:
            if type(step) not in self.steps:
                raise InternalError(f"{self.id} yields {type(step).__name__}, which it does not declare")
        return steps

    def residual_risks(self, observed: ResourceState, incident: Incident) -> tuple[str, ...]:
        """Return the residual risk in words, including what a person must review."""
        words = (*self._unread(observed, for_good=False), *self._said(self.residual_risk, observed, incident))
        return (*words, *self.review_items(observed, incident))

    def open_ways(self, observed: ResourceState, incident: Incident) -> tuple[str, ...]:
        """Return the known ways that are still open to the intruder."""
        return tuple(self.open_access(observed, incident)) if self.open_access else ()

    def review_items(self, observed: ResourceState, incident: Incident) -> tuple[str, ...]:
        """Return what a person must review."""
        return (*self._unread(observed, for_good=True), *self._said(self.needs_review, observed, incident))

    def pending(self, observed: ResourceState, incident: Incident) -> tuple[str, ...]:
        """Return what an AWS service has yet to do."""
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

    def reasons_to_downgrade(self, observed: ResourceState, incident: Incident) -> tuple[str, ...]:
        """Return the reasons for a dry run."""
        if not self.downgrade_reasons:
            return ()
        unread = (*self._unread(observed, for_good=False), *self._unread(observed, for_good=True))
        return unread or tuple(self.downgrade_reasons(observed, incident))


remediation = Remediation
"""Declares the decorated function as the planner of a remediation."""
