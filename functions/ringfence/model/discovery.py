"""Declarations that are found in their folder instead of being listed.

A module is found by its name and imported when it is asked for; what a file holds is never read otherwise.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_ROOT = "ringfence"


def ids_in(package: str) -> tuple[str, ...]:
    """Return the ids that the modules of a package bear, in order, and import none of them.

    `access_key.py` bears `access-key`. Packages and `__init__` bear none. `pkgutil` finds the same, and
    importing it would cost a function time.
    """
    found = {name for name, ending in _names(package) if ending in {"py", "pyc"}}
    return tuple(sorted(name.replace("_", "-") for name in found))


def folders_in(package: str) -> tuple[str, ...]:
    """Return the names of the packages in a package, in order, and import none of them."""
    return tuple(sorted(name for name, ending in _names(package) if not ending))


def _names(package: str) -> Iterator[tuple[str, str]]:
    """Yield what lies in a package's folder, as names and endings, without `__init__` and caches."""
    folder = Path(__file__).parents[1].joinpath(*package.removeprefix(f"{_ROOT}.").split("."))
    for path in folder.iterdir():
        name, _, ending = path.name.partition(".")
        if not name.startswith("_"):
            yield name, ending


def module_of(package: str, id_: str) -> ModuleType | None:
    """Import the module of a package that bears an id; None where none does."""
    name = f"{package}.{id_.replace('-', '_')}"
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None
