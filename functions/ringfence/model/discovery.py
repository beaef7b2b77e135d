"""Find declarations in their folder instead of a list.

A module is found by its name and imported on demand. No file is read otherwise.
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
    """Return the ids of a package's modules in order, without importing them.

    `access_key.py` has the id `access-key`. Packages and `__init__` have none. `pkgutil` finds the same,
    and its import would cost a function time.
    """
    found = {name for name, ending in _names(package) if ending in {"py", "pyc"}}
    return tuple(sorted(name.replace("_", "-") for name in found))


def folders_in(package: str) -> tuple[str, ...]:
    """Return the names of the packages in a package in order, without importing them."""
    return tuple(sorted(name for name, ending in _names(package) if not ending))


def _names(package: str) -> Iterator[tuple[str, str]]:
    """Yield the names and endings of a package's files, without `__init__` and caches."""
    folder = Path(__file__).parents[1].joinpath(*package.removeprefix(f"{_ROOT}.").split("."))
    for path in folder.iterdir():
        name, _, ending = path.name.partition(".")
        if not name.startswith("_"):
            yield name, ending


def module_of(package: str, id_: str) -> ModuleType | None:
    """Import the module of a package for an id. None if there is none."""
    name = f"{package}.{id_.replace('-', '_')}"
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None
