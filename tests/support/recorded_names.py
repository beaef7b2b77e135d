"""Which names the audit log may hold, with their fields: what is written today must be readable for years.

`python -m tests.support.recorded_names` writes the file anew that the tests hold the code to: read the
difference before it is committed. It is not written while something could not be read that was: what no
chain can hold after all, say of a class that was never released, a person takes out by hand.
"""

from __future__ import annotations

import re
import sys
from dataclasses import MISSING, fields
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import ringfence.record.timeline
import ringfence.runbooks.catalogue  # noqa: F401 - each runbook says what its log may name
from ringfence.model import codec
from ringfence.record.facts import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Names = Mapping[str, Mapping[str, str]]
    """By name: the fields with their types; `?` ends a field that need not have been written."""

GOLDEN = Path(__file__).parent / "golden" / "recorded_names.txt"
HEADER = (
    "# What chains that were written may hold: the names of values and their fields, `?` where a field has\n"
    "# a default. Chains are never rewritten, so nothing goes from here but what no chain can hold.\n"
)
KEEP_CLASS = (
    "{name} stands in chains that were written: without it they can be neither acted on nor released. Mark "
    'the class that it is now with `@value(recorded_as="{name}")`, which reads them and writes the same'
)
KEEP_FIELD = (
    "{name}.{field} stands in chains that were written: keep the field, or leave the class as it is and make "
    "another"
)
GIVE_DEFAULT = "{name}.{field} is not in chains that were written before it: give it a default"
_OURS, _WORD = "ringfence.", re.compile(r"[A-Za-z_]\w*")
_PLAIN = frozenset({"None", "bool", "datetime", "float", "frozenset", "int", "str", "tuple"})


def names() -> Names:
    """Return what a fact of this version can hold, directly or within what it holds."""
    known = _values()
    found: dict[str, Mapping[str, str]] = {}
    left = [Fact.__name__]
    while left:
        word = left.pop()
        for kind in known.get(word, ()):
            name = _name(kind)
            if name not in found:
                found[name] = _fields(kind)
                left += _words(" ".join(found[name].values()))
        if word not in known and word not in _PLAIN and word not in found:
            alias = _alias(word)
            if isinstance(alias, type) and issubclass(alias, Enum):
                found[word] = {f"{one}?": "one of these" for one in alias}
            else:
                left += [one for one in _words(repr(alias)) if one in known]
    return dict(sorted(found.items()))


def _values() -> Mapping[str, tuple[type[object], ...]]:
    """Return every value that can be recorded, by its own name and by those of what it is a kind of."""
    assert codec._known("nobody's name") is None, "to look for it, all is loaded that the log may name"
    found: dict[str, list[type[object]]] = {}
    for kind in codec._VALUES.values():
        for base in kind.__mro__ if kind.__module__.startswith(_OURS) else ():
            found.setdefault(base.__name__, []).append(kind)
    return {name: tuple(kinds) for name, kinds in found.items() if name != "object"}


def _name(kind: type[object]) -> str:
    """Return the recorded name of a class; one whose fields are inherited alone is called as it is."""
    return codec.recorded_name(kind) if kind in codec._NAMES else kind.__name__


def _fields(kind: type[object]) -> dict[str, str]:
    declared = fields(kind)  # type: ignore[arg-type]  # a @value
    optional = ((one, one.default is not MISSING or one.default_factory is not MISSING) for one in declared)
    return {f"{one.name}{'?' * default}": str(one.type) for one, default in optional}


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _alias(word: str) -> object:
    """Return what another name of a type stands for, wherever it is declared.

    A class of that name that no chain can hold may be loaded as well: one of a command, or of a library.
    """
    modules = [module for name, module in sys.modules.items() if name.startswith(_OURS)]
    every = [vars(module)[word] for module in modules if word in vars(module)]
    found = [
        one for one in every if not isinstance(one, type) or one.__module__.startswith((_OURS, "builtins"))
    ]
    enums = (one for one in found if isinstance(one, type) and issubclass(one, Enum))
    return next(enums, found[0])


def complaints(written: Names, now: Names) -> Iterator[str]:
    """Say what of the chains that were written this version cannot read, and what to do about it."""
    for name, old in written.items():
        if name not in now:
            yield KEEP_CLASS.format(name=name)
            continue
        had, has = ({one.removesuffix("?") for one in each} for each in (old, now[name]))
        yield from (KEEP_FIELD.format(name=name, field=one) for one in sorted(had - has))
        demanded = {one for one in now[name] if not one.endswith("?")} - old.keys()
        yield from (GIVE_DEFAULT.format(name=name, field=one) for one in sorted(demanded))


def document(now: Names) -> str:
    """Return the file."""
    return HEADER + "".join(
        f"{name}\n" + "".join(f"    {field}: {kind}\n" for field, kind in each.items())
        for name, each in now.items()
    )


def read(lines: Iterable[str]) -> Names:
    """Read the file."""
    found: dict[str, dict[str, str]] = {}
    for line in lines:
        if line.startswith("    "):
            field, _, kind = line.strip().partition(": ")
            found[next(reversed(found))][field] = kind
        elif not line.startswith("#"):
            found[line.strip()] = {}
    return found


def written() -> Names:
    """Return what chains that were written may hold."""
    return read(GOLDEN.read_text("utf-8").splitlines())


def main() -> None:
    """Write it anew; refuse where something would be lost."""
    now = names()
    if lost := list(complaints(written(), now)):
        sys.exit("\n".join(lost))
    GOLDEN.write_text(document(now), "utf-8")


if __name__ == "__main__":
    main()
