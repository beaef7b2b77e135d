"""Find errors in the rules of a policy: what could never match, and what means nothing."""

from __future__ import annotations

import re
from datetime import date
from fnmatch import fnmatchcase
from itertools import chain
from typing import TYPE_CHECKING

from ringfence.model.told_sources import TOLD, any_told
from ringfence.policy.compile_rule import severities
from ringfence.policy.decision import Mode
from ringfence.policy.levels import LEVELS
from ringfence.policy.lookup import get, items_of, mapping_of, meant
from ringfence.policy.schema import DATE, HOME, LOOK_FIELDS
from ringfence.policy.windows import zones

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ringfence.model.runbook import Runbook
    from ringfence.policy.yaml_source import Path

_SEPARATOR = re.compile("[:/]")
"""What ends the purpose, and then the resource, in a finding type such as Backdoor:EC2/C&CActivity.B."""


def rule_flaws(data: object, runbooks: Mapping[str, Runbook]) -> Iterator[tuple[Path, str]]:
    """Find names in rules that nothing has, and ranges and dates that contain nothing."""
    types = finding_types(runbooks.values())
    for index, rule in enumerate(items_of(get(data, "rules"))):
        path = ("rules", index)
        named = named_by(rule, runbooks)
        if not named:
            hint = meant(str(get(rule, "runbook")), runbooks)
            yield (*path, "runbook"), f"matches no runbook{hint}; the runbooks are {', '.join(runbooks)}"
        if not (
            _may_match(get(rule, "finding"), types)
            or _is_open_ended(rule, runbooks)
            or _names_told_sources(rule, named)
        ):
            hint = _meant_type(str(get(rule, "finding")), types)
            yield (*path, "finding"), f"matches no finding type that any runbook answers{hint}"
        yield from _remediations(path, rule, named)
        yield from _sources(path, rule, named)
        yield from _severity(path, get(rule, "severity"))
        yield from _looks(path, rule, named)
        for number, window in enumerate(items_of(get(rule, "during"))):
            yield from _window((*path, "during", number), window)


def named_by(rule: object, runbooks: Mapping[str, Runbook]) -> tuple[Runbook, ...]:
    """Return the runbooks that a rule names. All of them if it names none."""
    glob = get(rule, "runbook")
    return tuple(one for id_, one in runbooks.items() if not isinstance(glob, str) or fnmatchcase(id_, glob))


def finding_types(runbooks: Iterable[Runbook]) -> frozenset[str]:
    """Return every finding type that some of these runbooks answer."""
    triggers = (trigger for runbook in runbooks for trigger in runbook.triggers)
    return frozenset(name for trigger in triggers for name in trigger.types)


def event_sources(runbooks: Iterable[Runbook]) -> frozenset[str]:
    """Return the sources of the events that some of these runbooks answer, by a rule or by `mappings`."""
    known = tuple(runbooks)
    told = TOLD if any(one.can_be_mapped for one in known) else frozenset()
    patterns = chain.from_iterable(trigger.patterns() for runbook in known for trigger in runbook.triggers)
    sources = (source for one in patterns for source in _listed(one.get("source")))
    return told | {source for source in sources if isinstance(source, str)}


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else list(value) if isinstance(value, tuple) else []


def _may_match(glob: object, types: frozenset[str]) -> bool:
    return not isinstance(glob, str) or not types or any(fnmatchcase(name, glob) for name in types)


def _meant_type(glob: str, types: Iterable[str]) -> str:
    """Return a suggestion in words: a type, or for a glob also a glob such as `Backdoor:EC2/*`."""
    known = tuple(types)
    if not any(character in glob for character in "*?["):
        return meant(glob, known)
    starts = {name[: place.end()] for name in known for place in _SEPARATOR.finditer(name)}
    return meant(glob, sorted({f"{start}*" for start in starts}))


def _is_open_ended(rule: object, runbooks: Mapping[str, Runbook]) -> bool:
    """Return whether a rule names a runbook that also answers types that nobody has reviewed."""
    if not isinstance(get(rule, "runbook"), str):
        return False
    return any(
        getattr(trigger, "open_ended", False) for one in named_by(rule, runbooks) for trigger in one.triggers
    )


def _names_told_sources(rule: object, named: Iterable[Runbook]) -> bool:
    """Return whether a rule names sources whose types of findings nobody has declared."""
    globs = [one for one in items_of(get(rule, "sources")) if isinstance(one, str)]
    return any_told(globs) and any(one.can_be_mapped for one in named)


def _remediations(path: Path, rule: object, named: Iterable[Runbook]) -> Iterator[tuple[Path, str]]:
    known = tuple(dict.fromkeys(id_ for one in named for id_ in one.ids))
    for number, id_ in enumerate(items_of(get(rule, "remediations"))):
        if known and isinstance(id_, str) and id_ not in known:
            words = f"is not a remediation of these runbooks{meant(id_, known)}"
            yield (*path, "remediations", number), words


def _sources(path: Path, rule: object, named: Iterable[Runbook]) -> Iterator[tuple[Path, str]]:
    known = event_sources(named)
    for number, glob in enumerate(items_of(get(rule, "sources"))):
        if known and isinstance(glob, str) and not any(fnmatchcase(one, glob) for one in known):
            words = f"matches no source of events of these runbooks{meant(glob, known)}"
            yield (*path, "sources", number), f"{words}; their sources are {', '.join(sorted(known))}"


def _severity(path: Path, severity: object) -> Iterator[tuple[Path, str]]:
    given = mapping_of(severity).values()
    if all((isinstance(one, int | float) and not isinstance(one, bool)) or _is_level(one) for one in given):
        lowest, highest = severities(severity) if given else (0, 0)
        if lowest > highest:
            yield (*path, "severity"), "matches nothing: `to` is below `from`"


def _looks(path: Path, rule: object, named: Sequence[Runbook]) -> Iterator[tuple[Path, str]]:
    """Find rules of caution that match nothing, or that would keep the plan itself from being made.

    A tag must never hide a finding: everybody who may tag the resource can write it.
    """
    used = [name for name in LOOK_FIELDS if name in mapping_of(rule)]
    if not used:
        return
    if named and not any(one.traits for one in named):
        yield (*path, used[0]), "matches nothing: these runbooks do not read it"
    mode = get(rule, "mode")
    if mode in {Mode.OFF.value, Mode.NOTIFY.value}:
        words = f"with {used[0]} must be {Mode.DRY_RUN} or higher, so that nothing is hidden"
        yield (*path, "mode"), words
    elif mode == Mode.AUTO.value:
        yield (
            (*path, "mode"),
            f"with {used[0]} must be lower than auto: such a rule only makes decisions cautious",
        )


def _is_level(value: object) -> bool:
    return isinstance(value, str) and value in LEVELS


def _window(path: Path, window: object) -> Iterator[tuple[Path, str]]:
    zone = get(window, "zone")
    if isinstance(zone, str) and zone not in zones():
        yield (*path, "zone"), f"is not a time zone{meant(zone, zones())}"
    for number, hours in enumerate(items_of(get(window, "hours"))):
        start, _, end = str(hours).partition("-")
        if start == end:
            yield (*path, "hours", number), "is empty: it ends when it starts"
    for number, day in enumerate(items_of(get(window, "holidays"))):
        if _is_no_day(day):
            yield (*path, "holidays", number), "is not a day of the calendar"


def _is_no_day(text: object) -> bool:
    """Return whether a date has the right form and is no day of the calendar."""
    if not isinstance(text, str) or not re.fullmatch(DATE, text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return True
    return False


def expiry_flaws(path: Path, entry: object) -> Iterator[tuple[Path, str]]:
    """Find a date of expiry that is no day."""
    expires = get(entry, "expires")
    if _is_no_day(expires):
        yield (*path, "expires"), "is not a day of the calendar"


def scope_flaws(data: object, home: str) -> Iterator[tuple[Path, str]]:
    """Find rules for accounts and regions outside the scope, as far as the home account is known."""
    named = set(map(str, items_of(get(get(data, "scope"), "accounts"))))
    accounts = {home if one == HOME and home else one for one in named}
    regions = items_of(get(get(data, "scope"), "regions"))
    for index, rule in enumerate(items_of(get(data, "rules"))):
        for number, one in enumerate(items_of(get(rule, "accounts"))):
            unknown = not home and (one == HOME or HOME in named)
            told = named and isinstance(one, str) and not unknown
            if told and (home if one == HOME else one) not in accounts:
                yield ("rules", index, "accounts", number), "is not in the policy's scope"
        for number, one in enumerate(items_of(get(rule, "regions"))):
            if regions and isinstance(one, str) and one not in regions:
                yield ("rules", index, "regions", number), "is not in the policy's scope"
