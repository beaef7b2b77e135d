"""The function's code with a catalogue of a given size: real remediations, and others beside them.

A catalogue grows by other runbooks, by later stages of the same runbook, or by remediations of the first
stage that answer other findings.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from benchmarks.environment import POLICY, ROOT
from benchmarks.events import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OURS = "contain-instance"
FIRST = "isolate-instance"
LATER = ("protect-termination", "keep-volumes", "snapshot-volumes", "tag-instance")
SMALLEST = 1 + len(LATER)
IN_A_RUNBOOK = 5
"""How many remediations each other runbook has."""


NOT_DEPLOYED = ("cli", "local")
"""The rooms that are not in the bundle."""


class Way(StrEnum):
    """Where the others stand."""

    RUNBOOKS = "other runbooks"
    STAGES = "later stages"
    TRIGGERS = "other triggers"


_STEP = '''"""One more change."""

from ringfence.model.codec import value
from ringfence.steps.ec2.lifecycle import StopInstance


@value
class {cls}(StopInstance):
    """Change one more thing."""
'''
_REMEDIATION = '''"""One more remediation."""

from ringfence.events.cloudtrail.trigger.calls import recorded
from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.remediation import Option, remediation
from ringfence.model.kinds.instance import InstanceRef
from ringfence.observations.ec2.lifecycle import Lifecycle
from ringfence.steps.{name} import {cls}


@remediation(
    id="{id}",
    title="One more",
    subject=InstanceRef,
    triggers=({trigger},),
    observations=(Lifecycle,),
    steps=({cls},),
    references=(),
    options=(Option("{id}", ("this", "that"), "this or that"),),
)
def {name}(instance, incident):
    """Change nothing."""
    yield from ()
'''
_RUNBOOK = '''"""A runbook."""

from ringfence.model.runbook import Runbook
from ringfence.model.kinds.instance import InstanceRef
from ringfence.runbooks import stage

{constant} = Runbook(
    id="{id}",
    title="A runbook",
    subject=InstanceRef,
    stages=(
{stages}
    ),
)
'''
_COMPILE = """
import json, sys
from ringfence.policy.file import PolicyFile
from ringfence.runbooks.catalogue import CATALOGUE
of = len({id_ for runbook in CATALOGUE.values() for id_ in runbook.ids})
assert of == int(sys.argv[1]), of
json.dump(PolicyFile(json.loads(sys.argv[2]), CATALOGUE).compile(sys.argv[3]), sys.stdout)
"""


@dataclass(frozen=True)
class Code:
    """A copy of the functions' code, with a catalogue of `size` remediations written into it."""

    root: Path
    size: int
    way: Way

    @classmethod
    def written(cls, root: Path, size: int, way: Way) -> Self:
        """Copy the code and write the catalogue, and the policy that is compiled from it."""
        left_out = shutil.ignore_patterns(*NOT_DEPLOYED, "__pycache__")
        shutil.copytree(ROOT / "functions", root, ignore=left_out)
        code = cls(root, size, way)
        code._write_catalogue()
        code._write("policy.json", code._compiled())
        return code

    def _write_catalogue(self) -> None:
        for real in self._modules("ringfence/runbooks"):
            real.unlink()
        more = [f"grown-{number}" for number in range(self.size - SMALLEST)]
        for id_ in more:
            self._remediation(id_)
        beside = [more[at : at + IN_A_RUNBOOK] for at in range(0, len(more), IN_A_RUNBOOK)]
        others = {f"other-{number}": ids for number, ids in enumerate(beside)}
        for id_, ids in others.items() if self.way is Way.RUNBOOKS else ():
            self._runbook(id_, ids)
        first = [FIRST, *(more if self.way is Way.TRIGGERS else ())]
        self._runbook(OURS, first, LATER, *([more] if self.way is Way.STAGES and more else ()))

    def _remediation(self, id_: str) -> None:
        words = {"id": id_, "name": _name(id_), "cls": id_.title().replace("-", "")}
        trigger = f'recorded("ec2", "{words["cls"]}")' if self.way is Way.TRIGGERS else "COMPROMISED_INSTANCE"
        self._write(f"ringfence/steps/{words['name']}.py", _STEP.format(**words))
        self._write(
            f"ringfence/remediations/{words['name']}.py", _REMEDIATION.format(**words, trigger=trigger)
        )

    def _runbook(self, id_: str, *stages: Sequence[str]) -> None:
        lines = [
            f'        stage("stage-{number}", "A stage", {", ".join(map(json.dumps, ids))}),'
            for number, ids in enumerate(stages)
        ]
        text = _RUNBOOK.format(id=id_, constant=_name(id_).upper(), stages="\n".join(lines))
        self._write(f"ringfence/runbooks/{_name(id_)}.py", text)

    def _modules(self, folder: str) -> list[Path]:
        return [one for one in (self.root / folder).glob("*.py") if one.stem != "__init__"]

    def _compiled(self) -> str:
        return subprocess.run(
            [sys.executable, "-c", _COMPILE, str(self.size), json.dumps(POLICY), ACCOUNT],
            env={"PYTHONPATH": str(self.root)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout

    def _write(self, path: str, text: str) -> None:
        (self.root / path).write_text(text, "utf-8")


def _name(id_: str) -> str:
    return id_.replace("-", "_")
