"""What two policies decide differently, as lines for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringfence.cli.policy_events import findings_in
from ringfence.cli.policy_show import SAMPLE, Line, samples
from ringfence.engine.decisions import Told, at_its_time, differences
from ringfence.policy.compiled import policy_from_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ringfence.engine.decisions import Difference
    from ringfence.policy.file import PolicyFile
    from ringfence.policy.policy import Policy

MOST_NAMED = 5
"""The finding types, or the remediations, that a line shows."""


def different_lines(old: PolicyFile, new: PolicyFile, events: Sequence[Path], home: str) -> tuple[Line, ...]:
    """Return the differences in events, or in all known finding types if there are no events."""
    if events:
        found = (one for path in events for one in _in_events(old, new, path, home))
        return tuple(_of_finding(ids) for ids in _together(found))
    return _of_types(old, new, home)


def _in_events(old: PolicyFile, new: PolicyFile, path: Path, home: str) -> Iterator[Difference]:
    compiled: dict[str, tuple[Policy, Policy]] = {}
    for told in findings_in(path, policy_from_json(new.compile(home or SAMPLE))):
        account = home or told.finding.account
        if account not in compiled:
            before, after = (policy_from_json(one.compile(account)) for one in (old, new))
            compiled[account] = (before, after)
        yield from differences(*compiled[account], new.runbooks.values(), told, at_its_time(told.finding))


def _together(found: Iterable[Difference]) -> Iterator[tuple[Difference, ...]]:
    """Join the remediations of one subject that change in the same way."""
    groups: dict[tuple[object, ...], list[Difference]] = {}
    for one in found:
        key = (one.finding.id, one.runbook, one.ref, one.was, one.now, one.reason)
        groups.setdefault(key, []).append(one)
    return (tuple(one) for one in groups.values())


def _of_finding(found: tuple[Difference, ...]) -> Line:
    one, ids = found[0], [each.remediation for each in found]
    named = one.runbook if one.whole else _part(one.runbook, ids)
    rows = (
        f"{one.finding.type}, severity {one.finding.severity:g}: {named} {one.was} -> {one.now}",
        f"  finding       {one.finding.id}",
        f"  why           {one.reason}",
        f"  subject       {one.ref.key}",
        f"  remediations  {', '.join(ids)}",
    )
    data: dict[str, object] = {"id": one.finding.id, "finding": one.finding.type, "runbook": one.runbook}
    data |= {"severity": one.finding.severity, "subject": one.ref.key, "remediations": ids}
    return Line(rows, {**data, "old": one.was.value, "new": one.now.value, "reason": one.reason})


def _of_types(old: PolicyFile, new: PolicyFile, home: str) -> tuple[Line, ...]:
    """Return one line for all finding types for which a runbook changes in the same way.

    If only some of its remediations change, the line names them.
    """
    before, after = (policy_from_json(one.compile(home or SAMPLE)) for one in (old, new))
    levels: dict[tuple[_Change, str], list[str]] = {}
    for runbook in new.runbooks.values():
        for level, finding in samples(runbook, after):
            found = differences(before, after, (runbook,), Told(finding), at_its_time(finding))
            for same in _together(found):
                severities = levels.setdefault((_change(same), finding.type), [])
                severities.extend((level,) if level not in severities else ())
    groups: dict[tuple[_Change, str], list[str]] = {}
    for (change, type_), severities in levels.items():
        groups.setdefault((change, ", ".join(severities)), []).append(type_)
    return tuple(_group(change, severities, types) for (change, severities), types in groups.items())


@dataclass(frozen=True)
class _Change:
    """How the mode of a runbook changes, or of some of its remediations. None are named: of all."""

    runbook: str
    remediations: tuple[str, ...]
    old: str
    new: str
    reason: str


def _change(found: tuple[Difference, ...]) -> _Change:
    one = found[0]
    ids = () if one.whole else tuple(each.remediation for each in found)
    return _Change(one.runbook, ids, one.was.value, one.now.value, one.reason)


def _part(runbook: str, ids: Sequence[str]) -> str:
    return f"{_first(ids)} of {runbook}"


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


def _group(change: _Change, severities: str, types: list[str]) -> Line:
    named = _part(change.runbook, change.remediations) if change.remediations else change.runbook
    rows = (
        f"{named}, severity {severities}: {change.old} -> {change.new}",
        f"  why           {change.reason}",
        f"  findings      {_first(types)}",
    )
    data: dict[str, object] = {"runbook": change.runbook, "severities": severities.split(", ")}
    data |= {"remediations": list(change.remediations)} if change.remediations else {}
    return Line(
        rows,
        {**data, "old": change.old, "new": change.new, "reason": change.reason, "findings": types},
    )
