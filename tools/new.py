"""Write the skeletons of a remediation and of what it needs: `make new REMEDIATION=… [RUNBOOK=… KIND=…]`.

The docstrings of a skeleton say what to fill in. The tool never overwrites a file: an existing kind or
runbook stays unchanged.
"""

from __future__ import annotations

import argparse
import re
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from ringfence.model.kinds import kind_of, kinds_of
from ringfence.runbooks.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
SKELETONS = Path(__file__).parent / "skeletons"
_EXAMPLE = "make new REMEDIATION=make-snapshot-private RUNBOOK=harden-snapshot KIND=snapshot"
_SIMILAR = 0.85
"""From this similarity on, up to 1, the id of a new runbook is taken for a misspelled one."""
_ID = re.compile(r"[a-z]+(?:-[a-z0-9]+)*")


def names(remediation: str, runbook: str, kind: str) -> dict[str, str]:
    """Return the value of each placeholder in the skeletons. Raises ValueError for an invalid id."""
    for one in (remediation, runbook, kind):
        if not _ID.fullmatch(one):
            raise ValueError(f"{one!r} is not a valid id: use lower-case words with hyphens between them")
    return {
        "remediation": remediation,
        "function": remediation.replace("-", "_"),
        "name": _camel(remediation),
        "runbook": runbook,
        "runbook_module": runbook.replace("-", "_"),
        "constant": runbook.replace("-", "_").upper(),
        "kind": kind,
        "kind_module": kind.replace("-", "_"),
        "kind_class": f"{_camel(kind)}Ref",
    }


def _camel(id_: str) -> str:
    return "".join(word.capitalize() for word in id_.split("-"))


def skeletons(root: Path, given: dict[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield each file with its skeleton: the remediation always, the others where they do not exist."""
    package, worlds = root / "functions/ringfence", root / "tests/support/strategies"
    yield package / f"remediations/{given['function']}.py", "remediation"
    for path, skeleton in (
        (package / f"model/kinds/{given['kind_module']}.py", "kind"),
        (package / f"runbooks/{given['runbook_module']}.py", "runbook"),
        (worlds / f"{given['runbook_module']}.py", "worlds"),
    ):
        if not path.exists():
            yield path, skeleton


def write(root: Path, given: dict[str, str]) -> tuple[Path, ...]:
    """Write the skeletons. Raises FileExistsError, before anything is written, if the remediation exists."""
    wanted = tuple(skeletons(root, given))
    for path, _ in wanted:
        if path.exists():
            raise FileExistsError(f"{path.relative_to(root)} exists and is not written over")
    for path, skeleton in wanted:
        text = (SKELETONS / f"{skeleton}.py.txt").read_text("utf-8")
        path.write_text(text.format_map(given), "utf-8")
    return tuple(path for path, _ in wanted)


def check(runbook: str, kind: str, *, new_runbook: bool) -> None:
    """Check that the runbook and the kind fit together. Raises ValueError.

    A runbook that does not exist is created. If its id resembles that of an existing one, `new_runbook` must
    say that this is meant.
    """
    if found := CATALOGUE.get(runbook):
        known = kind_of(kind)
        if known and not issubclass(known, found.subject):
            kinds = ", ".join(kinds_of(found.subject))
            raise ValueError(f"KIND={kind} does not fit {runbook}, which acts on: {kinds}")
        return
    close = get_close_matches(runbook, tuple(CATALOGUE), 1, _SIMILAR)
    if close and not new_runbook:
        raise ValueError(
            f"There is no runbook {runbook}. Did you mean {close[0]}? To create {runbook}, add NEW_RUNBOOK=1"
        )


def main(arguments: Sequence[str]) -> None:
    """Write the skeletons and say where."""
    parser = argparse.ArgumentParser(prog="make new", description=__doc__)
    for name in ("remediation", "runbook", "kind"):
        parser.add_argument(name)
    parser.add_argument("--new-runbook", action="store_true", help="The runbook is meant to be a new one.")
    given = parser.parse_args(arguments)
    words = {name: getattr(given, name) for name in ("remediation", "runbook", "kind")}
    if missing := [name.upper() for name, value in words.items() if not value]:
        sys.exit(f"make new needs {', '.join(missing)}, for example {_EXAMPLE}")
    try:
        values = names(given.remediation, given.runbook, given.kind)
        check(given.runbook, given.kind, new_runbook=given.new_runbook)
        written = write(ROOT, values)
    except (FileExistsError, ValueError) as error:
        sys.exit(str(error))
    hint = "Fill in each TODO and follow the steps in CONTRIBUTING.md, under Start with skeletons."
    sys.stdout.write("\n".join((*(str(path.relative_to(ROOT)) for path in written), hint, "")))


if __name__ == "__main__":
    main(sys.argv[1:])
