"""What two policies decide differently, as lines for people and for programs."""

from __future__ import annotations

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

MOST_TYPES = 5
"""The finding types that a line shows."""


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
    rows = (
        f"{one.finding.type}, severity {one.finding.severity:g}: {one.runbook} {one.was} -> {one.now}",
        f"  finding       {one.finding.id}",
        f"  why           {one.reason}",
        f"  subject       {one.ref.key}",
        f"  remediations  {', '.join(ids)}",
    )
    data: dict[str, object] = {"id": one.finding.id, "finding": one.finding.type, "runbook": one.runbook}
    data |= {"severity": one.finding.severity, "subject": one.ref.key, "remediations": ids}
    return Line(rows, {**data, "old": one.was.value, "new": one.now.value, "reason": one.reason})


def _of_types(old: PolicyFile, new: PolicyFile, home: str) -> tuple[Line, ...]:
    """Return one line for all finding types of a runbook that change in the same way."""
    before, after = (policy_from_json(one.compile(home or SAMPLE)) for one in (old, new))
    levels: dict[tuple[str, str, str, str, str], list[str]] = {}
    for runbook in new.runbooks.values():
        for level, finding in samples(runbook, after):
            for one in differences(before, after, (runbook,), Told(finding), at_its_time(finding)):
                key = (runbook.id, one.was.value, one.now.value, one.reason, finding.type)
                found = levels.setdefault(key, [])
                found.extend((level,) if level not in found else ())
    groups: dict[tuple[str, str, str, str, str], list[str]] = {}
    for (runbook_id, was, now, reason, type_), severities in levels.items():
        groups.setdefault((runbook_id, was, now, reason, ", ".join(severities)), []).append(type_)
    return tuple(_group(key, types) for key, types in groups.items())


def _group(key: tuple[str, str, str, str, str], types: list[str]) -> Line:
    runbook, old, new, reason, severities = key
    more = f" and {len(types) - MOST_TYPES} more" if len(types) > MOST_TYPES else ""
    rows = (
        f"{runbook}, severity {severities}: {old} -> {new}",
        f"  why           {reason}",
        f"  findings      {', '.join(types[:MOST_TYPES])}{more}",
    )
    data: dict[str, object] = {"runbook": runbook, "severities": severities.split(", "), "old": old}
    return Line(rows, {**data, "new": new, "reason": reason, "findings": types})
