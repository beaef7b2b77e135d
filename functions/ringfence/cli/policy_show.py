"""What decides about a finding or a resource, as lines for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.cli.policy_events import findings_in
from ringfence.cli.policy_resources import WHAT, resource_meant
from ringfence.engine.decisions import Told, decided
from ringfence.model.errors import BadInput
from ringfence.model.finding import Finding
from ringfence.model.kinds import kinds_of
from ringfence.model.subject import GLOBAL
from ringfence.model.suggestions import similar
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.decision import DecisionCode
from ringfence.policy.levels import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ringfence.engine.decisions import Decided
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.circumstances import Circumstances
    from ringfence.policy.decision import Decision
    from ringfence.policy.file import PolicyFile
    from ringfence.policy.policy import Policy
    from ringfence.policy.rules import Rule

SAMPLE, REGION = "1" * 12, "eu-west-1"
"""The account and the region of a made-up subject, if nothing says otherwise."""
_FILE_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".gz", ".yaml", ".yml", ".log", ".txt"})
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """One entry of the output: its rows, and the same for programs."""

    rows: tuple[str, ...]
    data: dict[str, object]


@dataclass(frozen=True)
class Shower:
    """Shows what a policy decides. `home`: the home account; empty if it is not known."""

    file: PolicyFile
    home: str
    circumstances: Circumstances

    def lines(self, what: str) -> tuple[Line, ...]:
        """Return the lines about a file with events, a resource or a finding type. Raises BadInput."""
        if _is_file(what):
            return tuple(self._of_events(Path(what)))
        if self._answering(what):
            return tuple(self._of_type(what))
        if _is_meant_as_file(what):
            raise BadInput(WHAT, "is a file that does not exist", what)
        if ref := resource_meant(what, *self._places()):
            return tuple(self._of_resource(ref))
        raise BadInput(
            WHAT,
            "must be a file, a finding type that a runbook answers, or a resource: KIND/ACCOUNT/REGION/ID, "
            "an ARN, or an id that shows its kind, such as that of an instance",
            what,
            similar(what, self._types()),
        )

    def policy(self, account: str) -> Policy:
        """Return the compiled policy. `account` is the home account unless that is known."""
        return policy_from_json(self.file.compile(self.home or account))

    def _places(self) -> tuple[Sequence[str], Sequence[str]]:
        """Return the accounts and the regions where a resource can be. Empty if they are not known."""
        scope = self.policy(SAMPLE)
        known = () if SAMPLE in scope.accounts else scope.accounts
        return (self.home,) if self.home else known, scope.regions

    def _types(self) -> Iterator[str]:
        return (type_ for one in self.file.runbooks.values() for each in one.triggers for type_ in each.types)

    def _answering(self, type_: str) -> tuple[Runbook, ...]:
        return tuple(
            one for one in self.file.runbooks.values() if any(type_ in each.types for each in one.triggers)
        )

    def _of_events(self, path: Path) -> Iterator[Line]:
        for told in findings_in(path, self.policy(SAMPLE)):
            policy = self.policy(told.finding.account)
            for one in decided(policy, self.file.runbooks.values(), told, self.circumstances):
                yield self.line(policy, one)

    def _of_type(self, type_: str) -> Iterator[Line]:
        """Yield a line for all levels of severity that have the same decision."""
        policy = self.policy(SAMPLE)
        for runbook in self._answering(type_):
            found: dict[tuple[Decision, tuple[str, ...]], tuple[Decided, list[str]]] = {}
            for level, finding in samples(runbook, policy, (type_,)):
                for one in decided(policy, (runbook,), Told(finding), self.circumstances):
                    found.setdefault((one.decision, one.remediations), (one, []))[1].append(level)
            for one, levels in found.values():
                yield self.line(policy, one, ", ".join(levels))

    def line(self, policy: Policy, one: Decided, levels: str = "") -> Line:
        """Return the line of one decision."""
        place = self.place(policy, one.decision)
        severity = f"severity {levels or format(one.finding.severity, 'g')}"
        later = (f"rule {each.shown} can lower it to {each.mode}" for each in one.cautions)
        rows = (
            f"{one.finding.type}, {severity}: {one.runbook} in mode {one.decision.mode}",
            f"  decided by    {_in_words(place, one.decision)}",
            f"  why           {one.decision.reason}",
            f"  subject       {one.ref.key}{' (an example)' if levels else ''}",
            f"  remediations  {', '.join(one.remediations) or 'none'}",
            *(f"  after a read  {words}" for words in later),
        )
        data: dict[str, object] = {
            "finding": one.finding.type,
            "severity": levels or one.finding.severity,
            "runbook": one.runbook,
            "subject": one.ref.key,
            "remediations": list(one.remediations),
            "mode": one.decision.mode.value,
            "code": one.decision.code.value,
            "rule": one.decision.rule,
            "place": place,
            "reason": one.decision.reason,
            "cautions": [{"rule": each.rule, "mode": each.mode.value} for each in one.cautions],
        }
        return Line(rows, data)

    def place(self, policy: Policy, decision: Decision) -> str:
        """Return the file and the line of the rule that decided, in words."""
        for number, rule in enumerate(policy.rules, start=1):
            if decision.rule == rule.label(number):
                return self._at(number - 1)
        return "no rule" if decision.rule in {"", "default"} else decision.rule

    def _at(self, index: int) -> str:
        origin = self.file.origins[index]
        return f"{origin.file}:{origin.line}"

    def _of_resource(self, ref: Ref) -> Iterator[Line]:
        policy = self.policy(ref.account)
        if outside := policy.outside(ref):
            yield _plain(ref, "outside", outside)
        if policy.own.contain(ref.account, ref.id, policy.accounts):
            yield _plain(ref, "protected", "it is one of Ringfence's own roles")
        for one in policy.exempt:
            if fnmatchcase(ref.key, one.subject):
                words = (
                    one.words
                    if one.holds(self.circumstances.now)
                    else f"expired on {one.expires}: {one.words}"
                )
                limits = ", ".join(one.remediations) or "every remediation"
                yield _plain(ref, "protected" if one.protected else "exempt", f"{words} ({limits})")
        for number, rule in enumerate(policy.rules, start=1):
            if _may_match(rule, ref, self.file):
                yield _plain(
                    ref, "rule", f"{self._at(number - 1)}: rule {rule.shown(number)} can set mode {rule.mode}"
                )
        yield _plain(ref, "default", f"otherwise the mode is {policy.default}")


def samples(runbook: Runbook, policy: Policy, types: Iterable[str] = ()) -> Iterator[tuple[str, Finding]]:
    """Yield made-up findings of each type and level of severity, about a subject of the runbook."""
    kind = next(iter(kinds_of(runbook.subject).values()))
    return _about(kind, runbook, policy, types)


def all_samples(runbook: Runbook, policy: Policy) -> Iterator[Finding]:
    """Yield made-up findings as `samples`, about a subject of each kind that the runbook answers for."""
    for kind in kinds_of(runbook.subject).values():
        yield from (finding for _, finding in _about(kind, runbook, policy, ()))


def _about(
    kind: type[Ref], runbook: Runbook, policy: Policy, types: Iterable[str]
) -> Iterator[tuple[str, Finding]]:
    account = policy.accounts[0]
    region = (policy.regions[0] if policy.regions else REGION) if kind.regional else GLOBAL
    ref = kind(account, region, kind.example)
    sources = _sources(runbook)
    for type_ in tuple(types) or tuple(sources):
        for level, severity in LEVELS.items():
            finding = Finding(
                sources.get(type_, ""),
                "sample",
                type_,
                severity,
                account,
                region,
                type_,
                _EPOCH,
                _EPOCH,
                subjects=(ref,),
            )
            yield level, finding


def _sources(runbook: Runbook) -> dict[str, str]:
    """Return the finding types of a runbook, each with the source of its events."""
    found: dict[str, str] = {}
    for trigger in runbook.triggers:
        sources = next((one["source"] for one in trigger.patterns() if "source" in one), ())
        source = sources[0] if isinstance(sources, list | tuple) and sources else ""
        found |= dict.fromkeys(trigger.types, source if isinstance(source, str) else "")
    return found


def _may_match(rule: Rule, ref: Ref, file: PolicyFile) -> bool:
    runbooks = [one for one in file.runbooks.values() if type(ref) in kinds_of(one.subject).values()]
    return (
        any(fnmatchcase(one.id, rule.runbook) for one in runbooks)
        and (not rule.accounts or ref.account in rule.accounts)
        and (not rule.regions or not ref.regional or ref.region in rule.regions)
        and rule.affects in {"", ref.affects or rule.affects}
    )


def _in_words(place: str, decision: Decision) -> str:
    """Return what decided. A rule of which it is not known whether it applies can lower the mode."""
    if decision.code is not DecisionCode.UNDECIDED:
        return place
    return f"what is not known. The first rule that is known to match: {place}"


def _plain(ref: Ref, what: str, words: str) -> Line:
    return Line((f"{what}: {words}",), {"subject": ref.key, "what": what, "words": words})


def _is_meant_as_file(what: str) -> bool:
    """Return whether a text that names no file looks like the name of one."""
    return what.startswith(("/", "./", "../", "~")) or Path(what).suffix in _FILE_SUFFIXES


def _is_file(what: str) -> bool:
    try:
        return Path(what).is_file()
    except (OSError, ValueError):
        return False
