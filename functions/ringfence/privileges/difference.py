"""What a policy allows that another one does not. Pure.

Only the actions of statements that allow are compared. Others are reported: those that deny, and those that
name what they do not allow.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.posture.policies import policy_statements
from ringfence.privileges.actions import actions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@frozen
class Difference:
    """The actions that only the new policy allows, and those that only the old one allows.

    `unused` has actions of the old policy as they are written there. `wider` says which wildcards of it allow
    more than what is needed, and what of them is needed. `not_compared` says what was left out.
    """

    added: tuple[str, ...]
    unused: tuple[str, ...]
    wider: tuple[str, ...]
    not_compared: tuple[str, ...]


def difference(old: object, new: Iterable[str]) -> Difference:
    """Compare the document of a policy with the actions of a generated one."""
    needed = tuple(dict.fromkeys(action for one in new for action in _expanded(one)))
    patterns: list[str] = []
    odd: list[str] = []
    statements = policy_statements(old)
    for number, one in enumerate(statements if isinstance(statements, list) else (), start=1):
        if one["Effect"] != "Allow" or one["NotActions"]:
            odd.append(f"statement {number}: only statements that allow actions are compared")
        else:
            patterns += one["Actions"]
    added = (one for one in needed if not any(_matches(pattern, one) for pattern in patterns))
    unused = (one for one in dict.fromkeys(patterns) if not any(_matches(one, action) for action in needed))
    wider = tuple(_wider(dict.fromkeys(patterns), needed))
    return Difference(tuple(added), tuple(unused), wider, tuple(odd))


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


def _allows_more(pattern: str, used: set[str]) -> bool:
    service = pattern.partition(":")[0]
    known = {one.text.lower() for one in actions_of(service.lower()).values()}
    # A wildcard in the name of the service allows services that nothing was needed of.
    return not known or any(_matches(pattern, one) for one in known - used)


def _matches(pattern: str, action: str) -> bool:
    return fnmatchcase(action.lower(), pattern.lower().replace("[", "[[]"))


def _expanded(text: str) -> Iterator[str]:
    """Yield the actions that a generated action stands for."""
    service, _, name = text.partition(":")
    if not name.endswith("*"):
        yield text
        return
    yield from (one.text for one in actions_of(service).values() if one.name.startswith(name[:-1]))
