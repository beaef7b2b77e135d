"""What the laws need to know of a runbook: the worlds that it meets. Each runbook brings a file of them.

The file is `tests/support/strategies/RUNBOOK.py`, named after the runbook's id; it declares `WORLDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ringfence.events.config.names import identifier
from ringfence.handlers.reviews import finding_of
from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.model.rule_confirmation import PREFIX, ManagedRule
from ringfence.observations.logging.evaluation import Evaluation, RuleState
from ringfence.record.chain import ChainKey
from ringfence.record.facts import FindingReceived
from tests.support.strategies.once import set_of
from tests.support.worlds import NOON, finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from hypothesis.vendor.pretty import RepresentationPrinter

    from ringfence.model.observation import Observation
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.model.symbol import Symbol

    Reads = Iterable[tuple[Ref, tuple[Step, ...]]]

SEEN = "Backdoor:EC2/C&CActivity.B"
"""The type of a finding that says no more than that something was seen."""
SHARED = ("evaluate-rule",)
"""Remediations that end several runbooks: they have a file of worlds of their own."""


@dataclass(frozen=True)
class Case:
    """A subject on which a runbook has something to do, and the types of the findings about it.

    `runbook` has the options on that the case is about; `choices` are its defaults unless given. Where the
    first look only notes how the subject is, `becomes` is what somebody makes of it before the findings.
    Steps of the kinds `refused` are refused. `changes` is false where people are only told.
    """

    runbook: Runbook
    state: ResourceState
    types: tuple[str, ...] = (SEEN,)
    choices: Mapping[str, str] | None = None
    becomes: tuple[Observation, ...] = ()
    refused: tuple[type[Step], ...] = ()
    changes: bool = True

    @property
    def key(self) -> ChainKey:
        """The key of its chain."""
        return ChainKey(self.runbook.id, self.state.ref.key)

    @property
    def chosen(self) -> tuple[tuple[str, str], ...]:
        """The options in force."""
        return self.runbook.choose(self.choices or {})

    @property
    def rules(self) -> tuple[ManagedRule, ...]:
        """The rules of AWS Config that judged."""
        names = (one.removeprefix(PREFIX) for one in self.types if one.startswith(PREFIX))
        return tuple(ManagedRule(name, identifier(name), self.state.ref.region) for name in names)

    @property
    def world(self) -> ResourceState:
        """The subject, and those rules as AWS Config has them."""
        return self.state.with_observation(Evaluation(tuple(RuleState(rule, NOON) for rule in self.rules)))

    @property
    def became(self) -> ResourceState:
        """The subject once somebody made something else of it."""
        return self.world.updated(ResourceState(self.state.ref, {type(one): one for one in self.becomes}))

    def reviewed(self, now: datetime) -> FindingReceived:
        """Return what a scheduled review reports: that it is time to look."""
        assert self.runbook.review
        return FindingReceived(finding_of(self.runbook.review, self.state.ref, now))

    def received(self, first: str = "f-1") -> tuple[FindingReceived, ...]:
        """Return a finding of each type; `first` is the id of the first."""
        claims = {rule.name: rule for rule in self.rules}
        return tuple(
            finding(
                first if number == 1 else f"{first}-{number}",
                type=type_,
                claim=claims.get(type_.removeprefix(PREFIX)),
                account=self.state.ref.account,
                region=self.state.ref.region,
                subjects=(self.state.ref,),
                remote_addresses=("198.51.100.7", "2001:db8::7"),
            )
            for number, type_ in enumerate(self.types, start=1)
        )


Situation = tuple[ResourceState, Incident]
"""A subject, and what is known of the incident."""


Situations = Callable[..., SearchStrategy[Situation]]
"""Draws situations in which the subject is seen through the given observations, or through every one.

`settled=True`: nothing is under way.
"""


def everything(state: ResourceState, names: Mapping[Symbol, str]) -> object:  # noqa: ARG001 - named by nothing
    """Compare all that is observed."""
    return state


@dataclass(frozen=True, repr=False)
class Worlds:
    """The worlds of a runbook: what it may meet, and how it is told that an undo gave it back.

    `runbook` has the remediations that these are the worlds of. `steps` returns examples of every class of
    step, and of their inverses; `reads` subjects and earlier steps with which an observation is read in
    every way, unless it is one `with_many_ways`. `also_reads` are more of these, with too many ways: each
    answer is given otherwise once. `comparable` reduces a state to what an undo restores.
    `pinned` are situations in which a law did not hold once.
    """

    runbook: Runbook
    cases: Mapping[str, Case]
    situations: Situations
    steps: Callable[[], Iterable[Step]]
    reads: Callable[[type[Observation]], Reads]
    comparable: Callable[[ResourceState, Mapping[Symbol, str]], object] = everything
    with_many_ways: tuple[type[Observation], ...] = ()
    also_reads: Callable[[type[Observation]], Reads] = lambda _: ()
    pinned: tuple[Situation, ...] = ()

    def __repr__(self) -> str:
        """Keep reports of failures short."""
        return f"the worlds of {self.runbook.id}"

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:  # noqa: ARG002, FBT001 - Hypothesis calls it so
        """Keep Hypothesis's reports short too. It prints the fields of data classes otherwise.

        A text that is too long is a warning, and hence an error in place of the counterexample.
        """
        printer.text(repr(self))

    @property
    def options(self) -> SearchStrategy[frozenset[str]]:
        """Any of its optional remediations."""
        return set_of(tuple(one.id for one in self.runbook.remediations if one.optional))

    def of(self, id_: str) -> Runbook:
        """Return the runbook narrowed to one of its remediations."""
        return self.runbook.narrowed((id_,))


def own(runbook: Runbook) -> Runbook:
    """Return a runbook without what ends several of them."""
    return runbook.narrowed(id_ for id_ in runbook.ids if id_ not in SHARED)


def independent(
    states: Callable[..., SearchStrategy[ResourceState]], incidents: Callable[[], SearchStrategy[Incident]]
) -> Situations:
    """Combine any state, drawn by its observations, with any incident; nothing is ever under way."""

    @cache
    def situations(*kinds: type[Observation], settled: bool = False) -> SearchStrategy[Situation]:  # noqa: ARG001 - so it is
        return st.tuples(states(*kinds), incidents())

    return situations


def of(*refs: Ref) -> Callable[[type[Observation]], Reads]:
    """Read every observation of each of these subjects, before anything was done."""
    return lambda _: ((ref, ()) for ref in refs)


def by_observations(
    states: Callable[[], SearchStrategy[ResourceState]],
) -> Callable[..., SearchStrategy[ResourceState]]:
    """Have states that are drawn as a whole seen through the observations that are asked for."""
    return cache(lambda *kinds: states().map(lambda state: seen_through(state, kinds)))


def seen_through(state: ResourceState, kinds: Sequence[type[Observation]]) -> ResourceState:
    """Return a state as it is seen through some observations, or through every one."""
    kept = {
        kind: observation for kind, observation in state.observations.items() if not kinds or kind in kinds
    }
    return ResourceState(state.ref, kept)


@cache
def worlds_of(id_: str) -> Worlds:
    """Return the worlds of a runbook; raises ModuleNotFoundError for one that brings none."""
    module = import_module(f"tests.support.strategies.{id_.replace('-', '_')}")
    found = module.WORLDS
    assert isinstance(found, Worlds)
    if id_ not in SHARED:
        show_every_observation(found, module.__name__)
    return found


def show_every_observation(worlds: Worlds, module: str) -> None:
    """Require that a case shows each observation. Otherwise every law of the runbook fails, and slowly."""
    shown = {kind for case in worlds.cases.values() for kind in case.world.observations}
    missing = [one.__name__ for one in worlds.runbook.observations if one not in shown]
    assert not missing, (
        f"{module} does not contain {', '.join(missing)}: add it to the state of a case and to the states "
        "that the strategy draws"
    )
