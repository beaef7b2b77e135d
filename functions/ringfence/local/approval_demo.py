"""The approval demo without its output: a plan waits for a person, who reads it and approves it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.local.demo import GIVE_UP, Scene
from ringfence.policy.decision import Mode
from ringfence.record.approval_facts import ApprovalRequested
from ringfence.record.approvals import approvals
from ringfence.record.facts import Closed, Intended
from ringfence.record.notices import notice
from ringfence.record.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.local.findings import InstanceFinding
    from ringfence.record.notices import Notice
    from ringfence.record.timeline import Row

ASK_FIRST = {"name": "ask first", "mode": Mode.APPROVE.value}
CODE = Path(__file__).parents[2]
"""The folder of the package."""


class ApprovalScene(Scene):
    """Servers in a deployment whose policy asks people."""

    def ask(self, finding: InstanceFinding) -> Iterator[Row]:
        """Send a finding and yield each new entry of the log until people are asked."""
        self.deployment.send(finding)
        seen = 0
        for history in self.deployment.histories(self.estate.web.ref, GIVE_UP):
            rows = timeline(history.entries)
            yield from rows[seen:]
            seen = len(rows)
            if history.of(ApprovalRequested):
                return

    @property
    def notice(self) -> Notice | None:
        """What people are notified of."""
        history = self.deployment.history(self.estate.web.ref)
        if not history.of(ApprovalRequested):
            return None
        last = next(entry.seq for entry, fact in history.facts if isinstance(fact, ApprovalRequested))
        return notice(history.entries[: last + 1])

    @property
    def changed(self) -> bool:
        """Whether Ringfence has changed anything."""
        return bool(self.deployment.history(self.estate.web.ref).of(Intended))

    def commands(self) -> tuple[tuple[str, ...], ...]:
        """Return what the person types: to see the plan, and to approve exactly this plan."""
        history = self.deployment.history(self.estate.web.ref)
        plan = approvals(history.entries)[-1].asked.digest
        return (
            ("approvals", history.incident),
            ("approve", history.incident, "--plan", plan, "--reason", "it talks to a known server"),
        )

    def types(self, *words: str) -> str:
        """Run `ringfence` as a person does. Raises RuntimeError with its output if it fails."""
        given = self.deployment.local.environment() | {"PYTHONPATH": str(CODE)}
        done = subprocess.run(  # noqa: S603 - our own command, with our own words
            [sys.executable, "-m", "ringfence.cli.main", *words],
            env={**os.environ, **given},
            capture_output=True,
            text=True,
            timeout=GIVE_UP,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"ringfence {words[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def carried_out(self, seen: int) -> Iterator[Row]:
        """Yield each entry of the log after the first `seen`, until the end or the timeout."""
        for history in self.deployment.histories(self.estate.web.ref, GIVE_UP):
            rows = timeline(history.entries)
            yield from rows[seen:]
            seen = max(seen, len(rows))
            if (history.verified and history.verified.complete) or history.last(Closed):
                return
