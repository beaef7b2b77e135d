"""What the rules say about a resource. Pure and total: whatever an item contains, there is a result."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.model.errors import BadInput
from ringfence.posture.expression import truth
from ringfence.posture.items import resource_of
from ringfence.posture.named import PROPERTIES
from ringfence.posture.rule import Result, Status
from ringfence.posture.values import has_unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.model.document import Document
    from ringfence.posture.rule import Resource, Rule, Scope

    Units = Mapping[str, frozenset[str]]


def results(rules: Iterable[Rule], resource: Resource, units: Units) -> Iterator[Result]:
    """Yield the result of each rule that requires something of a resource.

    Parameters
    ----------
    rules
        The rules, in the order of the results.
    resource
        The resource.
    units
        The organizational units that each account is in, by its id.

    """
    for rule in rules:
        if rule.is_about(resource.type) and in_scope(rule.scope, resource, units):
            yield result(rule, resource)


def judged(item: Document, rules: Iterable[Rule], units: Units) -> tuple[Resource, tuple[Result, ...]] | None:
    """Return the resource that an item shows, with the results of its rules. None for one that is gone.

    Raises
    ------
    BadInput
        The item cannot be judged. No other error is raised, so that no item ends a scan of the others.

    """
    try:
        resource = resource_of(item)
        return None if resource is None else (resource, tuple(results(rules, resource, units)))
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(item.at("configuration"), f"cannot be judged: {type(error).__name__}") from error


def result(rule: Rule, resource: Resource) -> Result:
    """Return what a rule says about a resource of a type that it is about.

    A resource passes only if everything that decides was read. It fails if anything that was read is wrong,
    whatever else was not read.
    """
    condition = rule.requirement(resource.type)
    wrong: list[str] = []
    unread: list[str] = []
    for violation in condition.violations(resource.properties, ()) if condition else ():
        (unread if violation.unread else wrong).append(violation.text)
    if rule.expression is not None:
        missing = [path for path in rule.expression.paths if _is_unread(resource.properties, path)]
        unread += [f"{'.'.join(path) or PROPERTIES} was not read" for path in missing]
        if not missing:
            try:
                if not truth(rule.expression, resource):
                    wrong.append(rule.expression.problem)
            except BadInput as error:
                unread.append(f"the {error.field} {error.problem}")
    if wrong:
        return Result(rule.name, resource, Status.FAILED, (*wrong, *unread))
    if unread:
        return Result(rule.name, resource, Status.NOT_ASSESSED, tuple(unread))
    return Result(rule.name, resource, Status.PASSED)


def in_scope(scope: Scope, resource: Resource, units: Units) -> bool:
    """Return whether a resource is in a scope."""
    if scope.accounts and resource.account not in scope.accounts:
        return False
    if scope.regions and resource.region not in scope.regions:
        return False
    if scope.organizational_units and not units.get(resource.account, frozenset()).intersection(
        scope.organizational_units
    ):
        return False
    return all(
        key in resource.tags and any(fnmatchcase(resource.tags[key], glob) for glob in globs)
        for key, globs in scope.tags
    )


def _is_unread(properties: object, path: tuple[str, ...]) -> bool:
    """Return whether a property was not read, or something in it: an expression can look at all of it."""
    value: object = properties
    for name in path:
        if not isinstance(value, Mapping):
            break
        value = value.get(name)
    return has_unread(value)
