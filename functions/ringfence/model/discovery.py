"""What a folder of declarations holds: its modules are found, never listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def modules_in(folder: Path) -> tuple[str, ...]:
    """Return the names of a folder's modules, in order; packages and `__init__` are left out.

    It looks at names alone. `pkgutil` does the same, and importing it would cost a function time.
    """
    names = (path.name.partition(".") for path in folder.iterdir())
    return tuple(sorted({name for name, _, ending in names if ending in {"py", "pyc"} and name[0] != "_"}))
