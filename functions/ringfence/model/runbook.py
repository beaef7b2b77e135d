"""A runbook: stages of remediations for one kind of subject. It is deployed as a unit."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ringfence.model.call import Permission, SansIO
    from ringfence.model.finding import Finding
    from ringfence.model.incident import Incident
    from ringfence.model.observation import Observation, ResourceState, Sized
    from ringfence.model.remediation import Option, Remediation
    from ringfence.model.reviews import Review
    from ringfence.model.step import Step
    from ringfence.model.subject import RecordedCalls, Ref
    from ringfence.model.trigger import Trigger


T = TypeVar("T")
MOST_PARTS = 64
"""How many parts of a runbook are kept. A person can request any of them."""


@frozen
class Deferred:
    """A remediation by its id, so that a function imports it only when its stage is planned.

    Attributes
    ----------
    id : str
        The id of the remediation.
    load : function of str
        Imports it.
    only : tuple of types of Ref
        The kinds of subject that it is for in its stage; empty for every kind.
    """

    id: str
    load: Callable[[str], Remediation]
    only: tuple[type[Ref], ...] = ()


@frozen
class Stage:
    """Remediations that run side by side. The next stage waits for them.

    Attributes
    ----------
    id : str
        In lower case with hyphens.
    title : str
        What the stage does, as a heading.
    members : tuple of Remediation or Deferred
        The remediations.
    contains : bool
        Whether nothing is contained before this stage is done. The first stage always contains.
    """

    id: str
    title: str
    members: tuple[Remediation | Deferred, ...]
    contains: bool = False

    @cached_property
    def remediations(self) -> tuple[Remediation, ...]:
        """The remediations, loaded."""
        return tuple(one.load(one.id) if isinstance(one, Deferred) else one for one in self.members)

    def on(self, ref: Ref) -> Stage:
        """Return this stage with the remediations that are for such a subject."""
        members = (
            one
            for one in self.members
            if not isinstance(one, Deferred) or not one.only or isinstance(ref, one.only)
        )
        return replace(self, members=tuple(members))

    @property
    def observations(self) -> tuple[type[Observation], ...]:
        """Every observation that the stage reads, each once."""
        return unique(
            observation for remediation in self.remediations for observation in remediation.observations
        )

    def plan(self, observed: ResourceState, incident: Incident) -> tuple[Step, ...]:
        """Return the steps that remain, each once."""
        return unique(step for one in self.remediations for step in one.plan(observed, incident))

    def residual_risks(self, observed: ResourceState, incident: Incident) -> tuple[str, ...]:
        """Return the residual risk in words."""
        return unique(words for one in self.remediations for words in one.residual_risks(observed, incident))

    def review_items(self, observed: ResourceState, incident: Incident) -> tuple[str, ...]:
        """Return what a person must review."""
        return unique(words for one in self.remediations for words in one.review_items(observed, incident))

    def open_ways(self, observed: ResourceState, incident: Incident) -> tuple[str, ...]:
        """Return the known ways that are still open to the intruder."""
        return unique(words for one in self.remediations for words in one.open_ways(observed, incident))

    def pending(self, observed: ResourceState, incident: Incident) -> tuple[str, ...]:
        """Return what an AWS service has yet to do."""
        return unique(words for one in self.remediations for words in one.pending(observed, incident))

    def held(
        self, observed: ResourceState, incident: Incident, begun: frozenset[type[Step]] = frozenset()
    ) -> dict[str, str]:
        """Return the remediations that must stay a dry run, and the reasons. They can be of any stage.

        A remediation is not held back if it makes steps of a kind that was `begun`.
        """
        found: dict[str, str] = {}
        for one in self.remediations:
            if not begun.isdisjoint(one.steps):
                continue
            if reasons := one.reasons_to_downgrade(observed, incident):
                found |= dict.fromkeys((one.id, *one.held_together), "; ".join(reasons))
        return found

    def breaking(self, observed: ResourceState, incident: Incident) -> tuple[Remediation, ...]:
        """Return the remediations that have something to do and can break a workload."""
        return tuple(one for one in self.remediations if one.can_break and one.plan(observed, incident))


@frozen
class Runbook:
    """What is done for one kind of subject: stages of remediations. It is the unit that is deployed.

    Attributes
    ----------
    id : str
        The name of its file, with hyphens.
    title : str
        What it is for, as a heading.
    subject : type of Ref
        The kind of subject, or a base class of several kinds.
    stages : tuple of Stage
        In order. The first one contains.
    containment_stage : str
        The id of the stage that contains; empty for the first. It is set where this is a part of a runbook.
    closes_when_complete : bool
        Whether its incidents close when nothing is left to do. A later finding then starts a new incident.
    review : Review or None
        A scheduled search for subjects that no event reports.
    position : int
        Its position in the list of runbooks. Runbooks with equal positions are sorted by id.
    canonical_subject : function of Ref or None
        Finds the subject's own name, where reports use another, so that one subject has one incident.
    notified_by : tuple of Trigger
        Findings about its subjects that only lead to a notification, whatever the remediations answer.
    verified_every : str
        How often open contained incidents are verified again, as an expression of EventBridge Scheduler.
    traits : tuple of types of Observation
        What the policy's rules of caution can match on. It is read with the first stage if a rule needs it.
    sizes : tuple of (str, type of Sized)
        How large the groups of the subject are, by the scope of the limit on their share. They are read after
        the containment, and no plan depends on them.
    members : function, or None
        Imports the review that lists the target groups of all subjects of an account and region, for the
        limits on target groups.
    provides_for : str
        The id of the runbook that uses what this one creates, and that keeps its ids. Empty: this one.
    """

    id: str
    title: str
    subject: type[Ref]
    stages: tuple[Stage, ...]
    containment_stage: str = ""
    closes_when_complete: bool = False
    review: Review | None = None
    position: int = 100
    canonical_subject: Callable[[Ref], SansIO[Ref]] | None = None
    verified_every: str = "rate(1 hour)"
    notified_by: tuple[Trigger, ...] = ()
    traits: tuple[type[Observation], ...] = ()
    sizes: tuple[tuple[str, type[Sized]], ...] = ()
    members: Callable[[], Review] | None = None
    provides_for: str = ""

    @property
    def has_containment_stage(self) -> bool:
        """Whether the containment stage is among its stages, with a remediation that contains."""
        if not self.stages or self.stages[0].id != (self.containment_stage or self.stages[0].id):
            return False
        return any(one.contains for one in self.stages[0].remediations)

    @property
    def evidence_follows(self) -> bool:
        """Whether later stages, for example evidence and identity, must not wait for the first.

        The later stages of a compliance runbook judge the first, so they wait.
        """
        return len(self.stages) > 1 and not self.closes_when_complete

    @property
    def containing(self) -> tuple[Stage, ...]:
        """The stages before whose end nothing is contained."""
        return tuple(one for one in self.stages if one.members and (one.contains or one is self.stages[0]))

    @cached_property
    def remediations(self) -> tuple[Remediation, ...]:
        """Every remediation, in the order of the stages, each once."""
        return unique(one for stage in self.stages for one in stage.remediations)

    @cached_property
    def _by_kind(self) -> dict[type[Ref], Runbook]:
        """The runbooks that `on` has returned."""
        return {}

    @cached_property
    def _by_ids(self) -> dict[frozenset[str], Runbook]:
        """The runbooks that `narrowed` has returned."""
        return {}

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The id of every remediation, without loading it, each once."""
        return unique(one.id for stage in self.stages for one in stage.members)

    @property
    def options(self) -> tuple[Option, ...]:
        """Every option that the remediations declare."""
        return unique(choice for one in self.remediations for choice in one.options)

    @cached_property
    def triggers(self) -> tuple[Trigger, ...]:
        """Every trigger, each once."""
        of_remediations = (trigger for one in self.remediations for trigger in one.triggers)
        return unique((*of_remediations, *self.notified_by))

    @property
    def observations(self) -> tuple[type[Observation], ...]:
        """Every observation that any stage reads."""
        return unique(observation for stage in self.stages for observation in stage.observations)

    @property
    def undone_by(self) -> tuple[RecordedCalls, ...]:
        """The calls that can undo what the remediations changed, each once."""
        return unique(calls for one in self.remediations for calls in one.undone_by)

    @property
    def steps(self) -> tuple[type[Step], ...]:
        """Every class of step."""
        return unique(step for one in self.remediations for step in one.steps)

    @property
    def inverses(self) -> tuple[type[Step], ...]:
        """Every class of step that a release can apply."""
        return unique(step.inverse_type or step for step in self.steps if not step.irreversible)

    def patterns(self) -> tuple[Mapping[str, object], ...]:
        """Return the EventBridge patterns of its triggers, without those that the intake delivers."""
        from ringfence.model.trigger import (
            joined,
        )  # only used at synthesis, so containment does not wait for it

        own = (one for one in self.triggers if not getattr(one, "by_intake", False))
        return tuple(pattern for trigger in joined(own) for pattern in trigger.patterns())

    def answers_by_type(self) -> dict[str, tuple[str, ...]]:
        """Return the finding types of each remediation with triggers, by its id.

        Empty if all of them answer the same, because there is nothing to select.
        """
        triggered = [one for one in self.remediations if one.triggers]
        if len({one.triggers for one in triggered}) <= 1:
            return {}
        return {
            one.id: unique(name for trigger in (*one.triggers, *self.notified_by) for name in trigger.types)
            for one in triggered
        }

    @property
    def can_be_mapped(self) -> bool:
        """Whether it can answer findings of other products: it must not need their types."""
        return not self.answers_by_type()

    @property
    def asks_security_hub(self) -> bool:
        """Whether it checks claims of findings of other products. A report of a finding changes nothing."""
        return self.can_be_mapped and self.subject.kind != "finding"

    def permissions(self) -> tuple[Permission, ...]:
        """Return the permissions of a response."""
        from ringfence.model.claims import ImportedFinding  # only used at synthesis, like the patterns

        return unique(
            (
                *needs(*self.observations, *self.traits, *self.steps, *(size for _, size in self.sizes)),
                *(need for one in self.triggers for need in one.permissions),
                *(ImportedFinding.permissions if self.asks_security_hub else ()),
                *(self.review.permissions if self.review else ()),
                *(self.members().permissions if self.members else ()),
            )
        )

    def release_permissions(self) -> tuple[Permission, ...]:
        """Return the permissions of a release."""
        return needs(*self.observations, *self.inverses)

    def answers(self, finding: Finding) -> bool:
        """Return whether any trigger matches."""
        ones = (one for stage in self.stages for one in stage.remediations)
        return any(trigger.matches(finding) for one in ones for trigger in one.triggers) or any(
            trigger.matches(finding) for trigger in self.notified_by
        )

    def chosen(self, enabled: Iterable[str], only: Iterable[str] = ()) -> Runbook:
        """Return this runbook with the optional remediations in `enabled`, limited to `only` if given.

        Raises BadInput for an unknown id.
        """
        wanted = tuple(enabled)
        self._check(wanted)
        narrowed = tuple(only)
        return self.narrowed(
            narrowed or (one.id for one in self.remediations if not one.optional or one.id in wanted)
        )

    def on(self, ref: Ref) -> Runbook:
        """Return this runbook with the remediations for a subject, without loading any. All stages stay.

        Subjects of one kind get the same object, so that what it has computed is not computed again.
        """
        kind = type(ref)
        if kind not in self._by_kind:
            self._by_kind[kind] = replace(self, stages=tuple(stage.on(ref) for stage in self.stages))
        return self._by_kind[kind]

    def narrowed(self, ids: Iterable[str]) -> Runbook:
        """Return this runbook with these remediations only, without loading any. Raises BadInput.

        The same remediations give the same object.
        """
        wanted = frozenset(ids)
        if wanted not in self._by_ids:
            if len(self._by_ids) >= MOST_PARTS:
                self._by_ids.clear()
            self._by_ids[wanted] = self._narrowed(wanted)
        return self._by_ids[wanted]

    def _narrowed(self, wanted: frozenset[str]) -> Runbook:
        self._check(wanted)
        stages = (
            replace(stage, members=tuple(one for one in stage.members if one.id in wanted))
            for stage in self.stages
        )
        kept = tuple(stage for stage in stages if stage.members)
        return replace(self, stages=kept, containment_stage=self.containment_stage or self.stages[0].id)

    def _check(self, ids: Iterable[str]) -> None:
        known = self.ids
        for unknown in sorted(frozenset(ids) - frozenset(known)):
            raise BadInput(
                "remediation", f"{self.id} has {', '.join(known)}", unknown, _similar(unknown, known)
            )

    def choose(self, given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """Return a value for every option: the given one or the default. Raises BadInput."""
        options = {choice.name: choice for choice in self.options}
        for name, chosen in given.items():
            if name not in options:
                known = ", ".join(sorted(options)) or "none"
                problem = f"is not an option of {self.id}; its options are {known}"
                raise BadInput(f"options.{name}", problem, hint=_similar(name, options))
            if not options[name].allows(chosen):
                raise BadInput(f"options.{name}", f"must be {options[name].allowed()}", chosen)
        return tuple((name, given.get(name, choice.values[0])) for name, choice in sorted(options.items()))


def _similar(given: str, names: Iterable[str]) -> str:
    from ringfence.model.suggestions import similar  # only now: a function that contains needs none

    return similar(given, names)


def unique(items: Iterable[T]) -> tuple[T, ...]:
    """Return the items in order, each once."""
    return tuple(dict.fromkeys(items))


def needs(*sources: type[Observation | Step]) -> tuple[Permission, ...]:
    """Return the permissions of these observations and steps."""
    return unique(need for source in sources for need in source.permissions)
