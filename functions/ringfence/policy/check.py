"""Find all errors of a policy at once."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.model.kinds import every_kind, kinds_of
from ringfence.model.rule_confirmation import PREFIX, RULE_NAME, RULE_NAME_WORDS
from ringfence.model.subject import GLOBAL
from ringfence.policy.check_approvals import approval_flaws
from ringfence.policy.check_mappings import mapping_flaws
from ringfence.policy.check_rules import expiry_flaws, finding_types, rule_flaws, scope_flaws
from ringfence.policy.check_senders import sender_flaws
from ringfence.policy.globs import can_match
from ringfence.policy.lookup import get, items_of, mapping_of, meant
from ringfence.policy.outputs import output_flaws
from ringfence.policy.schema import HOME, SCHEMA
from ringfence.policy.shape import shape_flaws
from ringfence.policy.subject_forms import meant_subject
from ringfence.policy.sweeps import sweep_flaws

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref
    from ringfence.policy.outputs import Outputs
    from ringfence.policy.yaml_source import Flaw, Located, Path


_SLASHES = 3
"""The slashes in a resource's key before the id. An id can contain more."""


def flaws_of(
    document: Located,
    runbooks: Mapping[str, Runbook],
    home: str = "",
    outputs: Outputs | None = None,
) -> tuple[Flaw, ...]:
    """Return the errors of a policy, in line order.

    `home`: the home account, if known. `outputs`: the options of each output. None: they are not checked.
    """
    found = problems_of(document, runbooks, home, outputs)
    return tuple(sorted({document.flaw(path, problem) for path, problem in found}))


def problems_of(
    document: Located, runbooks: Mapping[str, Runbook], home: str, outputs: Outputs | None
) -> frozenset[tuple[Path, str]]:
    """Return the errors of a policy by their paths. The parameters are those of `flaws_of`."""
    return frozenset(
        one
        for check in (
            shape_flaws(SCHEMA, document.plain),
            _names(document.plain, runbooks),
            scope_flaws(document.plain, home),
            sender_flaws(
                document.plain, runbooks, partial(_no_subject, accounts=_accounts(document.plain)), home
            ),
            mapping_flaws(document.plain, runbooks),
            approval_flaws(document.plain),
            output_flaws(document.plain, outputs) if outputs is not None else (),
            sweep_flaws(document.plain),
        )
        for one in check
    )


def _names(data: object, runbooks: Mapping[str, Runbook]) -> Iterator[tuple[Path, str]]:
    """Find unknown names. A rule or option with an unknown name would never apply."""
    yield from rule_flaws(data, runbooks)
    yield from _exempt(data, runbooks)
    yield from _protected(data, runbooks)
    yield from _config_rules(data, finding_types(runbooks.values()))
    for id_, settings in mapping_of(get(data, "runbooks")).items():
        if id_ in runbooks:
            yield from _choices(("runbooks", id_), settings, runbooks[id_])
        else:
            yield (
                ("runbooks", id_),
                f"is not a runbook{meant(id_, runbooks)}; the runbooks are {', '.join(runbooks)}",
            )


def _config_rules(data: object, types: frozenset[str]) -> Iterator[tuple[Path, str]]:
    """Find names that no rule can have, and managed rules that no runbook answers."""
    known = sorted(name.removeprefix(PREFIX) for name in types if name.startswith(PREFIX))
    for rule, managed in mapping_of(get(data, "config-rules")).items():
        path = ("config-rules", rule)
        if not RULE_NAME.fullmatch(rule):
            yield path, f"is not {RULE_NAME_WORDS}"
        elif rule in known:
            yield path, "is the name of a managed rule already, and needs no entry"
        elif isinstance(managed, str) and known and managed not in known:
            words = f"must be a managed rule that a runbook answers{meant(managed, known)}"
            yield path, f"{words}: one of {', '.join(known)}"


def _exempt(data: object, runbooks: Mapping[str, Runbook]) -> Iterator[tuple[Path, str]]:
    for index, exempt in enumerate(items_of(get(data, "exempt"))):
        glob = get(exempt, "runbook")
        named = [one for id_, one in runbooks.items() if not isinstance(glob, str) or fnmatchcase(id_, glob)]
        if not named:
            words = f"matches no runbook{meant(str(glob), runbooks)}; the runbooks are {', '.join(runbooks)}"
            yield ("exempt", index, "runbook"), words
        yield from expiry_flaws(("exempt", index), exempt)
        wanted = items_of(get(exempt, "remediations"))
        subject = get(exempt, "subject")
        theirs = [one for one in named if not wanted or any(id_ in wanted for id_ in one.ids)]
        accounts = _accounts(data)
        if problem := _no_subject(subject, accounts) or _not_theirs(subject, theirs, wanted):
            yield ("exempt", index, "subject"), problem
        known = {id_ for one in named for id_ in one.ids}
        for number, id_ in enumerate(wanted):
            if named and isinstance(id_, str) and id_ not in known:
                yield ("exempt", index, "remediations", number), "is not a remediation of these runbooks"


def _protected(data: object, runbooks: Mapping[str, Runbook]) -> Iterator[tuple[Path, str]]:
    for index, one in enumerate(items_of(get(data, "protected"))):
        subject = get(one, "subject")
        problem = _no_subject(subject, _accounts(data)) or _not_theirs(subject, list(runbooks.values()), [])
        if problem:
            yield ("protected", index, "subject"), problem
        yield from expiry_flaws(("protected", index), one)


def _accounts(data: object) -> tuple[str, ...]:
    """Return the accounts of the scope as far as they are known. Empty if one of them is the home account."""
    named = tuple(map(str, items_of(get(get(data, "scope"), "accounts"))))
    return () if HOME in named else named


def _no_subject(glob: object, accounts: tuple[str, ...]) -> str:
    """Return why a glob matches no resource. Empty if it can match one."""
    if not isinstance(glob, str):
        return ""
    given = glob.partition("/")[0]
    kinds = [one for id_, one in every_kind().items() if fnmatchcase(id_, given)]
    if not kinds:
        near = meant_subject(glob)
        hint = f" (did you mean {near}?)" if near else ""
        words = f"does not start with a kind of resource{hint}; a resource is KIND/ACCOUNT/REGION/ID"
        return f"{words}, and the kinds are {', '.join(every_kind())}"
    whole = "*" in glob or glob.count("/") >= _SLASHES
    if not whole:
        return "matches no resource; a resource is KIND/ACCOUNT/REGION/ID"
    if any(can_match(glob, kind, accounts) for kind in kinds):
        return ""
    forms = "; ".join(dict.fromkeys(kind.form for kind in kinds))
    return (
        f"can never match; a resource is KIND/ACCOUNT/REGION/ID, the account is in scope, and ID is {forms}"
    )


def _not_theirs(glob: object, runbooks: list[Runbook], wanted: list[object]) -> str:
    """Return why none of these runbooks acts on the resources of a glob. Empty if one can.

    An exemption of a holder, such as a user, covers what it holds, such as its access keys.
    """
    if not isinstance(glob, str) or not runbooks:
        return ""
    theirs: dict[str, None] = {}
    for runbook in runbooks:
        for kind, ref in kinds_of(runbook.subject).items():
            if _acts_on(runbook, ref, wanted):
                theirs |= dict.fromkeys(filter(None, (kind, ref.holder)))
    if any(fnmatchcase(kind, glob.partition("/")[0]) for kind in theirs):
        return ""
    return f"is not a kind of these runbooks and remediations; their kinds are {', '.join(theirs)}"


def _acts_on(runbook: Runbook, kind: type[Ref], wanted: list[object]) -> bool:
    """Return whether any of the remediations, or of all, is for this kind of resource."""
    sample = kind("0" * 12, GLOBAL, kind.example)
    return not wanted or any(id_ in wanted for id_ in runbook.on(sample).ids)


def _choices(path: Path, settings: object, runbook: Runbook) -> Iterator[tuple[Path, str]]:
    for index, id_ in enumerate(items_of(get(settings, "enable"))):
        if isinstance(id_, str):
            try:
                runbook.chosen((id_,))
            except BadInput as error:
                yield (*path, "enable", index), f"is not a remediation of this runbook: {error.problem}"
    for index, id_ in enumerate(items_of(get(settings, "allow"))):
        if not any(one.id == id_ and one.workload_risk for one in runbook.remediations):
            breaking = ", ".join(one.id for one in runbook.remediations if one.workload_risk) or "nothing"
            yield (
                (*path, "allow", index),
                f"is not a remediation that needs `allow`; these need it: {breaking}",
            )
    yield from _also(path, settings, runbook)
    for name, value in mapping_of(get(settings, "options")).items():
        if isinstance(value, str):
            try:
                runbook.choose({name: value})
            except BadInput as error:
                yield (*path, "options", name), error.problem


def _also(path: Path, settings: object, runbook: Runbook) -> Iterator[tuple[Path, str]]:
    answers, off = runbook.answers_by_type(), {one.id for one in runbook.remediations if one.optional}
    for index, id_ in enumerate(items_of(get(settings, "also"))):
        if id_ not in answers:
            known = ", ".join(answers) or "none"
            yield (
                (*path, "also", index),
                f"is not a remediation that findings select; these are: {known}",
            )
        elif id_ in off and id_ not in items_of(get(settings, "enable")):
            yield (*path, "also", index), "is off by default; list it in `enable` too"
