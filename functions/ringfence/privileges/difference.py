"""What a policy allows that another one does not. Pure.

Only the actions and resources of statements that allow are compared. Others are reported: those that deny,
and those that name what they do not allow. Conditions are not compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from re import sub
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.model.step import counted
from ringfence.posture.policies import policy_statements
from ringfence.privileges.actions import actions_of
from ringfence.privileges.present import statements_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ringfence.privileges.generate import Statement

_FEW = 3
"""Resources that are named in a line. The generated policy has all of them."""


@frozen
class Difference:
    """The actions that only the new policy allows, and those that only the old one allows.

    `unused` has actions of the old policy as they are written there. `wider` says which wildcards of it allow
    more than what is needed, and what of them is needed. `not_compared` says what was left out. An action can
    be followed by the resources on which it is meant.
    """

    added: tuple[str, ...]
    unused: tuple[str, ...]
    wider: tuple[str, ...]
    not_compared: tuple[str, ...]


@frozen
class _Allowed:
    """An action that the old policy allows on some resources. Without resources: they are not compared."""

    pattern: str
    resources: tuple[str, ...]


def difference(old: Mapping[str, object], new: Iterable[Statement]) -> Difference:
    """Compare the document of a policy with the statements of a generated one."""
    needed: dict[str, set[str]] = {}
    for one in new:
        for action in (each for text in one.actions for each in _expanded(text)):
            needed.setdefault(action, set()).update(map(_open, one.resources))
    odd: list[str] = []
    allowed = tuple(dict.fromkeys(_allowed(old, odd)))
    patterns = tuple(dict.fromkeys(one.pattern for one in allowed))
    unused = [one for one in patterns if not any(_matches(one, action) for action in needed)]
    unused += _unused_resources(allowed, needed)
    wider = (*_wider(patterns, tuple(needed)), *_wider_resources(allowed, needed))
    return Difference(tuple(_added(allowed, needed)), tuple(unused), wider, tuple(odd))


def _allowed(old: Mapping[str, object], odd: list[str]) -> Iterator[_Allowed]:
    """Yield what the statements of a policy allow. What is not compared is added to `odd`."""
    read = policy_statements(old)
    raw = [one for one in statements_of(old) if isinstance(one, Mapping)]
    for number, one in enumerate(read if isinstance(read, list) else (), start=1):
        if one["Effect"] != "Allow" or one["NotActions"]:
            odd.append(f"statement {number}: only statements that allow actions are compared")
            continue
        if one["Conditions"]:
            odd.append(f"statement {number}: its conditions are not compared")
        if "NotResource" in raw[number - 1]:
            odd.append(f"statement {number}: its resources are not compared")
        for pattern in one["Actions"]:
            yield _Allowed(pattern, tuple(one["Resources"]))


def _added(allowed: tuple[_Allowed, ...], needed: Mapping[str, set[str]]) -> Iterator[str]:
    for action, wanted in needed.items():
        ways = [one for one in allowed if _matches(one.pattern, action)]
        if not ways:
            yield action
        elif all(one.resources for one in ways):
            known = {each for one in ways for each in one.resources}
            if missing := [one for one in wanted if not any(_covers(each, one) for each in known)]:
                yield f"{action} on {_few(missing)}"


def _wider(patterns: Iterable[str], needed: tuple[str, ...]) -> Iterator[str]:
    """Yield each wildcard of which only some actions are needed, in words."""
    for pattern in patterns:
        used = [action for action in needed if _matches(pattern, action)]
        if (
            used
            and ("*" in pattern or "?" in pattern)
            and _allows_more(pattern, {one.lower() for one in used})
        ):
            yield f"{pattern}: only {', '.join(used)}"


def _wider_resources(allowed: Iterable[_Allowed], needed: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield each pattern of resources of which an action needs only some, in words."""
    for one in allowed:
        for resource in one.resources:
            for action, wanted in needed.items():
                if _matches(one.pattern, action) and not any(_covers(each, resource) for each in wanted):
                    within = [each for each in wanted if _covers(resource, each)]
                    if within:
                        yield f"{action} on {resource}: only on {_few(within)}"


def _unused_resources(allowed: Iterable[_Allowed], needed: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield the resources of an action that is needed on other resources only."""
    for one in allowed:
        wanted = {each for action, found in needed.items() if _matches(one.pattern, action) for each in found}
        for resource in one.resources if wanted else ():
            if not any(_covers(resource, each) or _covers(each, resource) for each in wanted):
                yield f"{one.pattern} on {resource}"


def _allows_more(pattern: str, used: set[str]) -> bool:
    service = pattern.partition(":")[0]
    known = {one.text.lower() for one in actions_of(service.lower()).values()}
    # A wildcard in the name of the service allows services that nothing was needed of.
    return not known or any(_matches(pattern, one) for one in known - used)


def _matches(pattern: str, action: str) -> bool:
    return fnmatchcase(action.lower(), pattern.lower().replace("[", "[[]"))


def _covers(pattern: str, resource: str) -> bool:
    """Return whether a pattern of resources allows all that another one does. `?` does not allow a `*`."""
    return pattern == resource or fnmatchcase(
        resource, _open(pattern).replace("[", "[[]").replace("?", "[!*]")
    )


def _open(resource: str) -> str:
    """Return a resource with a wildcard for each variable or placeholder, such as `${BucketName}`."""
    return sub(r"\$\{[^}]*\}", "*", resource)


def _few(resources: Iterable[str]) -> str:
    found = sorted(resources)
    named = ", ".join(found[:_FEW])
    return f"{named} and {counted(len(found) - _FEW, 'other')}" if len(found) > _FEW else named


def _expanded(text: str) -> Iterator[str]:
    """Yield the actions that a generated action stands for."""
    service, _, name = text.partition(":")
    if not name.endswith("*"):
        yield text
        return
    yield from (one.text for one in actions_of(service).values() if one.name.startswith(name[:-1]))
