"""What a policy does with each remediation, and what the remediations changed in a period."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ringfence.model.codec import recorded_name
from ringfence.policy.decision import Mode
from ringfence.record.facts import RELEASE, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ringfence.model.runbook import Runbook
    from ringfence.policy.circumstances import Circumstances
    from ringfence.policy.file import PolicyFile
    from ringfence.record.chain import Entry
    from ringfence.record.summary import Line
    from ringfence.runbooks.compliance import Means

UNKNOWN = "unknown"
"""The word for the mode of a remediation for which no finding could be made up."""
MOST_NAMED = 3
"""Incidents of a remediation that are named. All are counted."""
Key = tuple[str, str]
"""The ids of a runbook and of its remediation."""


@dataclass
class Evidence:
    """The changes of a remediation in a period: their number, their incidents, and the newest one."""

    changes: int = 0
    incidents: dict[str, None] = field(default_factory=dict)
    last: datetime | None = None

    def as_json(self) -> dict[str, object]:
        """Return it as JSON data."""
        last = self.last.isoformat() if self.last else None
        return {"changes": self.changes, "incidents": list(self.incidents), "last": last}

    @property
    def words(self) -> str:
        """The evidence in words."""
        from ringfence.model.step import counted

        if not self.changes or self.last is None:
            return "no change in the period"
        named = list(self.incidents)[-MOST_NAMED:]
        more = f" and {len(self.incidents) - len(named)} more" if len(self.incidents) > len(named) else ""
        return (
            f"{counted(self.changes, 'change')}, the last on {self.last:%Y-%m-%d}: {', '.join(named)}{more}"
        )


@dataclass(frozen=True)
class Known:
    """What is known of the remediations. None: it was not asked for."""

    modes: Mapping[Key, Mode | None] | None = None
    changed: Mapping[Key, Evidence] | None = None

    def mode(self, one: Means) -> str | None:
        """Return the highest mode of the policy. None if no policy was given."""
        if self.modes is None:
            return None
        found = self.modes.get((one.runbook, one.remediation.id), Mode.OFF)
        return found.value if found else UNKNOWN

    def evidence(self, one: Means) -> Evidence | None:
        """Return the changes of the period. None if no period was given."""
        if self.changed is None:
            return None
        return self.changed.get((one.runbook, one.remediation.id), Evidence())


def highest_modes(file: PolicyFile, home: str, circumstances: Circumstances) -> dict[Key, Mode | None]:
    """Return the highest mode that a policy has for each remediation that is enabled.

    Each type of finding that a runbook answers is tried at each level of severity, about one resource of
    each kind in one account. A rule about other resources can set another mode: `ringfence policy show` says
    which. The mode is None if no finding could be made up for a remediation.
    """
    from ringfence.cli.policy_show import SAMPLE, Shower, all_samples
    from ringfence.engine.decisions import Told, decided

    policy = Shower(file, home, circumstances).policy(SAMPLE)
    found: dict[Key, Mode | None] = {}
    for runbook in file.runbooks.values():
        chosen, _ = policy.settings(runbook)
        found |= {(runbook.id, id_): None for id_ in chosen.ids}
        for finding in all_samples(runbook, policy):
            for one in decided(policy, (runbook,), Told(finding), circumstances):
                for id_ in one.remediations:
                    key, mode = (one.runbook, id_), one.decision.mode
                    before = found.get(key)
                    if before is None or before.freedom < mode.freedom:
                        found[key] = mode
    return found


def evidence(responses: Iterable[Sequence[Entry]], runbooks: Mapping[str, Runbook]) -> dict[Key, Evidence]:
    """Return what the remediations changed. A change counts for each remediation that can make such a step.

    Parameters
    ----------
    responses
        The entries of each response of the period.
    runbooks
        The catalogue.

    """
    makers = _makers(runbooks)
    found: dict[Key, Evidence] = {}
    for entries in responses:
        for line, step in _applied(entries):
            runbook = line.body.optional_text("runbook") or ""
            for id_ in makers.get((runbook, step), ()):
                one = found.setdefault((runbook, id_), Evidence())
                one.changes += 1
                one.incidents[line.entry.incident] = None
                one.last = max(line.at, one.last or line.at)
    return found


def _makers(runbooks: Mapping[str, Runbook]) -> dict[Key, tuple[str, ...]]:
    """Return the remediations of a runbook that can make a step, by the step's recorded name."""
    makers: dict[Key, tuple[str, ...]] = {}
    for runbook in runbooks.values():
        for remediation in runbook.remediations:
            for step in remediation.steps:
                key = (runbook.id, recorded_name(step))
                makers[key] = (*makers.get(key, ()), remediation.id)
    return makers


def _applied(entries: Sequence[Entry]) -> Iterator[tuple[Line, str]]:
    """Yield each change that was made, with the recorded name of its step. A release is left out."""
    from ringfence.record.summary import line

    begun: dict[str, str] = {}
    for one in map(line, entries):
        intent = one.fact.optional_text("intent") or "" if one.kind in {"Intended", "Outcome"} else ""
        if one.kind == "Intended" and one.fact.optional_text("stage") != RELEASE:
            begun[intent] = str(one.fact.optional_child("step").value.get("$") or "")
        elif one.kind == "Outcome" and one.fact.optional_text("result") == Result.APPLIED and intent in begun:
            yield one, begun.pop(intent)
