"""Real chains of every runbook, one for each of its cases, as the engine wrote them when they were recorded.

`python -m tests.support.recorded_chains` writes the chains of cases that have none yet. A chain that is
there is never written again: it stands for those that earlier versions left in audit logs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ringfence.engine.ports import Ports
from ringfence.engine.requests import ResponseRequest
from ringfence.engine.run import Engine
from ringfence.model.codec import canonical
from ringfence.model.errors import Refused
from ringfence.record.chain import Entry
from ringfence.record.facts import Intended
from ringfence.record.history import History
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.runbook_worlds import worlds_of
from tests.support.worlds import AUTO, LEASE, Ticking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.engine.results import ResponseResult
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step
    from ringfence.record.facts import FindingReceived
    from tests.support.runbook_worlds import Case

    Chains = Mapping[str, tuple[Entry, ...]]

FOLDER = Path(__file__).parent / "golden" / "chains"
MOST = 4
"""How often a finding comes back at most until its response is complete."""


@dataclass
class Recording:
    """The response to a case: its world, its log, and the clock that moves on."""

    case: Case
    clock: Ticking = field(default_factory=Ticking)
    log: MemoryLog = field(default_factory=MemoryLog)

    def __post_init__(self) -> None:
        self.cloud = MemoryCloud(self.case.world, self.clock, refuse=self._refuse)

    def _refuse(self, step: Step) -> None:
        if isinstance(step, self.case.refused):
            raise Refused(f"{type(step).__name__} is refused in this case")

    def run(self) -> tuple[Entry, ...]:
        """Note how all is while it is well, where the runbook does; then respond to each finding."""
        if self.case.becomes:
            self._until_done(self.case.reviewed(self.clock()))
            self.cloud.world = self.case.became
        for received in self.case.received():
            self._until_done(received)
        return self.log.all(self.case.key)

    def _until_done(self, received: FindingReceived) -> None:
        for _ in range(MOST):
            if self._respond(received).status is IncidentStatus.COMPLETE:
                return

    def _respond(self, received: FindingReceived) -> ResponseResult:
        self.clock.tick(minutes=5)
        ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        now = self.clock()
        ref = self.case.state.ref
        return Engine(ports).respond(
            ResponseRequest(
                runbook=self.case.runbook,
                ref=ref,
                attempt=f"attempt-at-{now.time().isoformat('minutes')}",
                actor="ringfence",
                until=now + LEASE,
                decision=AUTO,
                finding=received,
                choices=self.case.chosen,
            )
        )


def path_of(id_: str) -> Path:
    """Return the file of a runbook's chains."""
    return FOLDER / f"{id_}.json"


def document(chains: Chains) -> str:
    """Return the file: by case, an entry a line, with its body and the hash of the body's canonical text."""
    return "{\n" + ",\n".join(f'"{name}": [\n{_lines(chains[name])}\n]' for name in sorted(chains)) + "\n}\n"


def _lines(chain: tuple[Entry, ...]) -> str:
    plain = ({"body": json.loads(entry.body), "hash": entry.hash} for entry in chain)
    return ",\n".join(map(canonical, plain))


def read(id_: str) -> Chains:
    """Return the chains of a runbook that were recorded, as a log holds them."""
    kept = json.loads(path_of(id_).read_text("utf-8")) if path_of(id_).exists() else {}
    return {name: tuple(map(_entry, chain)) for name, chain in kept.items()}


def _entry(kept: Mapping[str, Any]) -> Entry:
    body = kept["body"]
    return Entry(body["incident"], body["seq"], canonical(body), kept["hash"])


def not_taken(runbook: Runbook, chains: Chains) -> frozenset[type[Step]]:
    """Return the steps of a runbook that none of these chains takes."""
    taken = {type(one.step) for chain in chains.values() for one in History(chain).of(Intended)}
    return frozenset(runbook.steps) - taken


def main() -> None:
    """Record the cases that have no chain yet. Say which ones these are, and which steps no case takes."""
    FOLDER.mkdir(exist_ok=True)
    for id_, runbook in CATALOGUE.items():
        kept = read(id_)
        new = {name: Recording(case).run() for name, case in worlds_of(id_).cases.items() if name not in kept}
        if new:
            path_of(id_).write_text(document({**kept, **new}), "utf-8")
            click.echo(f"{id_}: recorded the chains of {', '.join(sorted(new))}")
        if missing := not_taken(runbook, {**kept, **new}):
            names = ", ".join(sorted(one.__name__ for one in missing))
            words = "A chain that is there is not recorded again: add a case"
            click.echo(f"{id_}: no chain takes {names}. {words}")


if __name__ == "__main__":
    main()
