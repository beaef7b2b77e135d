"""What the laws need to know of a runbook: the worlds that it meets. Each runbook brings a file of them.

The file is `tests/support/strategies/RUNBOOK.py`, named after the runbook's id; it declares `WORLDS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from ringfence.events.config.trigger import PREFIX, identifier
from ringfence.model.rule_confirmation import ManagedRule
from ringfence.observations.logging.evaluation import Evaluation, RuleState
from ringfence.record.chain import ChainKey
from tests.support.worlds import NOON, finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from ringfence.record.facts import FindingReceived

SEEN = "Backdoor:EC2/C&CActivity.B"
"""The type of a finding that says no more than that something was seen."""
SHARED = ("evaluate-rule",)
"""Remediations that end several runbooks: they have a file of worlds of their own."""


@dataclass(frozen=True)
class Case:
    """A subject on which a runbook has something to do, and the types of the findings about it.

    `runbook` has the options on that the case is about; `choices` are its defaults unless given. Where the
    first look only notes how the subject is, `becomes` is what somebody makes of it before the findings.
    Steps of the kinds `refused` are refused.
    """

    runbook: Runbook
    state: ResourceState
    types: tuple[str, ...] = (SEEN,)
    choices: Mapping[str, str] | None = None
    becomes: tuple[Observation, ...] = ()
    refused: tuple[type[Step], ...] = ()

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

    def received(self, name: str = "f") -> tuple[FindingReceived, ...]:
        """Return a finding of each type."""
        claims = {rule.name: rule for rule in self.rules}
        return tuple(
            finding(
                f"{name}-{number}",
                type=type_,
                claim=claims.get(type_.removeprefix(PREFIX)),
                account=self.state.ref.account,
                region=self.state.ref.region,
                subjects=(self.state.ref,),
                remote_addresses=("198.51.100.7", "2001:db8::7"),
            )
            for number, type_ in enumerate(self.types, start=1)
        )


@cache
def cases_of(id_: str) -> Mapping[str, Case]:
    """Return the cases of a runbook by name; raises ModuleNotFoundError for one that brings none."""
    found: Mapping[str, Case] = import_module(f"tests.support.strategies.{id_.replace('-', '_')}").CASES
    return found
