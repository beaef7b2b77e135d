"""Profiles of owners: named sets of rules and controls, in the files of rules. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen
from ringfence.policy.lookup import get, items_of, meant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ringfence.policy.yaml_source import Path
    from ringfence.posture.rule import Rule

PROFILES = "profiles"


@frozen
class Profile:
    """A set of rules: those that it names, and those that name one of its controls.

    Parameters
    ----------
    name
        Lower case with hyphens. It is the value of `ringfence scan --profile`.
    title
        One line for people.
    controls
        Ids of controls.
    rules
        Names of rules.
    framework
        The id of a framework: what supports one of its requirements belongs to the profile.

    """

    name: str
    title: str = ""
    controls: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    framework: str = ""

    def has(self, rule: Rule) -> bool:
        """Return whether a rule belongs to it."""
        named = rule.name in self.rules or self.framework in dict(rule.supports)
        return named or not set(self.controls).isdisjoint(rule.controls)


def profiles_in(data: object) -> Iterator[Profile]:
    """Yield the profiles of a file whose shape is valid."""
    for given in items_of(get(data, PROFILES)):
        name = str(get(given, "name") or "")
        title = str(get(given, "title") or name.replace("-", " "))
        yield Profile(name, title, _texts(get(given, "controls")), _texts(get(given, "rules")))


def profile_flaws(
    data: object, controls: Collection[str], rules: Collection[str], taken: Collection[str]
) -> Iterator[tuple[Path, str]]:
    """Yield what is wrong with the profiles of a file.

    Parameters
    ----------
    data
        The file.
    controls, rules
        The ids of controls and the names of rules that there are.
    taken
        The names of frameworks and of profiles before them.

    """
    known = {"controls": ("control", controls), "rules": ("rule", rules)}
    names = set(taken)
    for index, given in enumerate(items_of(get(data, PROFILES))):
        path: Path = (PROFILES, index)
        name = get(given, "name")
        if name in names:
            yield (*path, "name"), "is the name of a framework or of another profile"
        names.add(str(name))
        for field, (what, ids) in known.items():
            for at, one in enumerate(_texts(get(given, field))):
                if one not in ids:
                    yield (*path, field, at), f"is no {what}{meant(one, ids)}"
        if not get(given, "controls") and not get(given, "rules"):
            yield path, "must have `controls` or `rules`"


def _texts(given: object) -> tuple[str, ...]:
    return tuple(one for one in items_of(given) if isinstance(one, str))
