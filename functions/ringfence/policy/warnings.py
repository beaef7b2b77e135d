"""Find what is valid in a policy and still probably not meant: rules and entries without any effect. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.model.resource_names import ACTIVITY, SCANS, function_role
from ringfence.model.rule_confirmation import PREFIX
from ringfence.model.told_sources import any_told
from ringfence.policy.check_rules import finding_types
from ringfence.policy.compiled import policy_from_json
from ringfence.policy.decision import UNCHECKED, Mode
from ringfence.policy.entry_warnings import entry_warnings
from ringfence.policy.evaluation import UNDECIDED
from ringfence.policy.list_warnings import list_warnings
from ringfence.policy.lookup import get, items_of
from ringfence.policy.schema import HOME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from ringfence.model.runbook import Runbook
    from ringfence.policy.file import PolicyFile
    from ringfence.policy.policy import Policy
    from ringfence.policy.rules import Rule
    from ringfence.policy.yaml_source import Flaw, Located, Path

_ANY_HOME = "0" * 12


def warnings_of(document: Located, file: PolicyFile, today: date, home: str = "") -> tuple[Flaw, ...]:
    """Return the warnings about a valid policy file, in line order.

    Parameters
    ----------
    document : Located
        The file.
    file : PolicyFile
        The same file, joined with the shipped policy that it extends.
    today : date
        The current day in UTC.
    home : str
        The home account, 12 digits. Empty if it is not known.
    """
    policy = policy_from_json(file.compile(home or _ANY_HOME))
    own = len(items_of(get(document.plain, "rules")))
    checks = (
        _unreachable(policy, own, file.runbooks, document),
        _names(policy, own),
        _held(policy, own, file.runbooks),
        entry_warnings(document, today),
        list_warnings(document.plain, home),
        _unknown(policy, own),
        _default(policy),
        _unchecked(policy),
        _unsent(policy, file.runbooks),
    )
    return tuple(sorted({document.flaw(path, words) for check in checks for path, words in check}))


def _unreachable(
    policy: Policy, own: int, runbooks: Mapping[str, Runbook], document: Located
) -> Iterator[tuple[Path, str]]:
    """Find rules that never decide, because another rule before them matches all that they match."""
    for index, rule in enumerate(policy.rules[:own]):
        for before, other in enumerate(policy.rules[:index]):
            if covers(other, rule, runbooks):
                _, number = document.in_file(("rules", before))
                shown = f"rule {other.shown(int(number) + 1)}"
                same = covers(rule, other, runbooks)
                words = f"repeats {shown}" if same else f"never decides: {shown} before it matches all of it"
                yield ("rules", index), words
                break


def covers(wide: Rule, narrow: Rule, runbooks: Mapping[str, Runbook]) -> bool:
    """Return whether a rule matches everything that another one matches.

    It is False in doubt. A rule of caution covers nothing, because it does not decide alone.
    """
    return (
        wide.look is None
        and _covers_globs(wide, narrow, runbooks)
        and wide.min_severity <= narrow.min_severity
        and wide.max_severity >= narrow.max_severity
        and _within(narrow.accounts, wide.accounts)
        and _within(narrow.regions, wide.regions)
        and _within(narrow.remediations, wide.remediations)
        and _within(narrow.sources, wide.sources)
        and wide.affects in {"", narrow.affects}
        and wide.units in {(), narrow.units}
        and frozenset(wide.account_tags) <= frozenset(narrow.account_tags)
        and wide.during in {(), narrow.during}
    )


def _covers_globs(wide: Rule, narrow: Rule, runbooks: Mapping[str, Runbook]) -> bool:
    named = [one for id_, one in runbooks.items() if fnmatchcase(id_, narrow.runbook)]
    if not all(fnmatchcase(one.id, wide.runbook) for one in named):
        return False
    if wide.finding in {"*", narrow.finding}:
        return True
    if any_told(narrow.sources):
        return False
    types = [name for name in finding_types(named) if fnmatchcase(name, narrow.finding)]
    return bool(types) and all(fnmatchcase(name, wide.finding) for name in types)


def _within(narrow: tuple[str, ...], wide: tuple[str, ...]) -> bool:
    """Return whether a list allows no more than another one. An empty list allows everything."""
    return not wide or (bool(narrow) and frozenset(narrow) <= frozenset(wide))


def _names(policy: Policy, own: int) -> Iterator[tuple[Path, str]]:
    seen: set[str] = set()
    for index, rule in enumerate(policy.rules[:own]):
        if rule.name in seen:
            yield (
                ("rules", index, "name"),
                "names an earlier rule too: decisions do not show which one decided",
            )
        seen |= {rule.name} if rule.name else set()


def _held(policy: Policy, own: int, runbooks: Mapping[str, Runbook]) -> Iterator[tuple[Path, str]]:
    """Find rules that name remediations which `allow` does not list, and which so stay dry runs."""
    held = {id_ for runbook, settings in policy.runbooks if runbook in runbooks for id_ in settings.kept_dry}
    for index, rule in enumerate(policy.rules[:own]):
        for number, id_ in enumerate(rule.remediations):
            if rule.mode is Mode.AUTO and id_ in held:
                words = "stays a dry run: it can break a workload, and no `allow` of its runbook lists it"
                yield ("rules", index, "remediations", number), words


def _unknown(policy: Policy, own: int) -> Iterator[tuple[Path, str]]:
    """Find conditions on the organization, about accounts of which `organization` says nothing."""
    known = {one.account for one in policy.organization}
    for index, rule in enumerate(policy.rules[:own]):
        missing = [one for one in rule.accounts or policy.accounts if one not in known]
        if missing and (rule.units or rule.account_tags):
            first = HOME if missing[0] == _ANY_HOME else missing[0]
            words = (
                f"depends on accounts of which `organization` says nothing, such as {first}: "
                f"their mode is at most {UNDECIDED}. To write that section: ringfence policy organization"
            )
            yield ("rules", index), words


def _default(policy: Policy) -> Iterator[tuple[Path, str]]:
    if policy.default.changes:
        yield (
            ("default",),
            "changes by itself whatever no rule names, types that are new to Ringfence as well",
        )


def _unchecked(policy: Policy) -> Iterator[tuple[Path, str]]:
    """Find the role of the rules for activity, if its findings can change something without a person.

    Callers choose what their calls name, and a caller without valid credentials can fail to sign in as
    anybody.
    """
    role = f":role/{function_role(ACTIVITY)}"
    for index, one in enumerate(policy.senders):
        if one.role.endswith(role) and one.mode.freedom > UNCHECKED.freedom:
            words = (
                "lets recorded calls change resources without a person: Ringfence does not check them at "
                f"CloudTrail, and a call can name another user. The highest mode should be {UNCHECKED}"
            )
            yield ("senders", index, "mode"), words


def _unsent(policy: Policy, runbooks: Mapping[str, Runbook]) -> Iterator[tuple[Path, str]]:
    """Find the role of scheduled scans, if its entry has none of the types that scans send."""
    role = f":role/{function_role(SCANS)}"
    for index, one in enumerate(policy.senders):
        answering = (each for id_, each in runbooks.items() if not one.runbooks or id_ in one.runbooks)
        sent = (name for name in finding_types(answering) if name.startswith(PREFIX))
        if one.role.endswith(role) and not any(map(one.has_type, sent)):
            words = (
                f"accepts no finding of scans: they send types such as {PREFIX}s3-bucket-versioning-enabled, "
                "and the `types` and `runbooks` of the entry match none of these"
            )
            yield ("senders", index), words
