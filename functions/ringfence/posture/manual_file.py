"""Read the manual controls of a rule file, and find all their errors. Pure but for the digest of evidence."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING

from ringfence.policy.lookup import get, items_of, mapping_of, meant
from ringfence.posture.manual import Evidence, ManualControl
from ringfence.posture.schema import MANUAL
from ringfence.posture.values import shown
from ringfence.runbooks.compliance import FRAMEWORKS
from ringfence.runbooks.compliance.whole import WHOLE, is_requirement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path as FilePath

    from ringfence.policy.yaml_source import Path

_EVIDENCE = ("evidence", "evidence_file", "sha256", "date", "expires")


def controls_in(data: object, folder: FilePath) -> Iterator[ManualControl]:
    """Yield the manual controls of a file in a folder that has no flaws."""
    for given in map(mapping_of, items_of(get(data, MANUAL))):
        name = _text(given, "name")
        yield ManualControl(
            name,
            _text(given, "title") or name.replace("-", " "),
            _text(given, "owner"),
            _evidence(given, folder),
            _text(given, "severity") or "medium",
            _texts(given.get("controls")),
            tuple((of, _texts(numbers)) for of, numbers in mapping_of(given.get("requirements")).items()),
        )


def control_flaws(
    data: object, folder: FilePath, controls: Collection[str], taken: Mapping[str, str]
) -> Iterator[tuple[Path, str]]:
    """Yield what is wrong with the manual controls of a file whose shape is valid.

    Parameters
    ----------
    data
        The file.
    folder
        The folder of the file. Files of evidence are in it, or elsewhere.
    controls
        The ids of controls.
    taken
        The places of rules and manual controls before them, by name.

    """
    names = dict(taken)
    for index, given in enumerate(map(mapping_of, items_of(get(data, MANUAL)))):
        path: Path = (MANUAL, index)
        name = _text(given, "name")
        if name in names:
            yield (*path, "name"), f"is also the name of {names[name]}"
        names.setdefault(name, "another manual control")
        for at, one in enumerate(_texts(given.get("controls"))):
            if one not in controls:
                yield (*path, "controls", at), f"is no control{meant(one, controls)}"
        yield from (((*path, *at), words) for at, words in _requirement_flaws(given))
        yield from (((*path, at), words) for at, words in _evidence_flaws(given, folder))


def control_notes(data: object, folder: FilePath) -> Iterator[tuple[Path, str]]:
    """Yield what is valid and must be known: files of evidence whose digest was not compared."""
    for index, given in enumerate(map(mapping_of, items_of(get(data, MANUAL)))):
        name = _text(given, "evidence_file")
        if name and _digest(name, folder) is None:
            words = f"is not compared with its digest: no file {shown(name)} beside the rules can be read"
            yield (MANUAL, index, "evidence_file"), words


def _requirement_flaws(given: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
    known = {one.id: one for one in FRAMEWORKS}
    for of, numbers in mapping_of(given.get("requirements")).items():
        if of not in known:
            yield ("requirements", of), f"is no framework{meant(of, known)}"
            continue
        whole = WHOLE.get(of, ())
        for at, number in enumerate(_texts(numbers)):
            if not is_requirement(of, number):
                words = f"is no requirement of {known[of].name}{meant(number, whole)}"
                yield ("requirements", of, at), words


def _evidence_flaws(given: Mapping[str, object], folder: FilePath) -> Iterator[tuple[str, str]]:
    if not any(name in given for name in _EVIDENCE):
        return
    if not _text(given, "evidence") and not _text(given, "evidence_file"):
        yield next(name for name in _EVIDENCE if name in given), "needs `evidence` or `evidence_file`"
    for one, other in (("evidence_file", "sha256"), ("sha256", "evidence_file")):
        if one in given and other not in given:
            yield one, f"needs `{other}`"
    dates = {name: _date(given, name) for name in ("date", "expires")}
    for name, at in dates.items():
        if name not in given:
            yield next(one for one in _EVIDENCE if one in given), f"needs `{name}`"
        elif at is None:
            yield name, "must be a date such as 2026-09-30"
    made, expires = dates["date"], dates["expires"]
    if made and expires and expires < made:
        yield "expires", f"must not be before `date`, {made}"
    yield from _digest_flaws(given, folder)


def _digest_flaws(given: Mapping[str, object], folder: FilePath) -> Iterator[tuple[str, str]]:
    """Compare the digest with the file, if it is beside the rules. It can also be kept elsewhere."""
    name, digest = _text(given, "evidence_file"), _text(given, "sha256")
    found = _digest(name, folder) if name and digest else None
    if found is not None and found != digest:
        yield "sha256", f"is not that of the file {name}, which is {found}"


def _digest(name: str, folder: FilePath) -> str | None:
    """Return the digest of a file beside the rules. None if there is no such file, or it cannot be read.

    The author of a rule file may not be allowed to read other files. So no file outside the folder is read.
    """
    try:
        path = (folder / name).resolve()
        if not (path.is_relative_to(folder.resolve()) and path.is_file()):
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError, RuntimeError):  # Python 3.11 raises the last for links that form a loop
        return None


def _evidence(given: Mapping[str, object], folder: FilePath) -> Evidence | None:
    made, expires = _date(given, "date"), _date(given, "expires")
    if made is None or expires is None:
        return None
    words = " ".join(_text(given, "evidence").split())
    name, digest = _text(given, "evidence_file"), _text(given, "sha256")
    return Evidence(words, name, digest, made, expires, bool(name) and _digest(name, folder) == digest)


def _date(given: Mapping[str, object], name: str) -> date | None:
    text = _text(given, name)
    try:
        return date.fromisoformat(text) if len(text) == len("2026-09-30") else None
    except ValueError:
        return None


def _text(given: Mapping[str, object], name: str) -> str:
    found = given.get(name)
    return found if isinstance(found, str) else ""


def _texts(given: object) -> tuple[str, ...]:
    return tuple(one for one in items_of(given) if isinstance(one, str))
