"""Manual controls as JSON, in which the function of scheduled scans reads them. Pure.

The digests of files of evidence were compared when the rule files were read, if the files were beside them.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ringfence.model.document import Document
from ringfence.model.errors import BadInput
from ringfence.posture.manual import Evidence, ManualControl

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = 1


def manual_to_json(controls: Iterable[ManualControl]) -> dict[str, object]:
    """Return manual controls as JSON."""
    return {"version": VERSION, "manual_controls": [_control(one) for one in controls]}


def manual_from_json(given: object) -> tuple[ManualControl, ...]:
    """Return the manual controls in JSON that `manual_to_json` made. Raises BadInput for any other."""
    document = Document.of(given)
    if document.integer("version") != VERSION:
        raise BadInput("version", f"must be {VERSION}", document.value.get("version"))
    return tuple(map(_control_of, document.children("manual_controls")))


def _control(one: ManualControl) -> dict[str, object]:
    return {
        "name": one.name,
        "title": one.title,
        "owner": one.owner,
        "evidence": _evidence(one.evidence) if one.evidence else None,
        "severity": one.severity,
        "controls": list(one.controls),
        "supports": {framework: list(numbers) for framework, numbers in one.supports},
    }


def _evidence(one: Evidence) -> dict[str, str | bool]:
    days = {"made": one.made.isoformat(), "expires": one.expires.isoformat()}
    return {"words": one.words, "file": one.file, "sha256": one.sha256, "compared": one.compared, **days}


def _control_of(given: Document) -> ManualControl:
    supports = given.child("supports")
    return ManualControl(
        given.text("name"),
        given.text("title"),
        given.text("owner"),
        _evidence_of(given.child("evidence")) if given.value.get("evidence") else None,
        given.text("severity"),
        given.texts("controls"),
        tuple((framework, supports.texts(framework)) for framework in supports.value),
    )


def _evidence_of(given: Document) -> Evidence:
    return Evidence(
        given.optional_text("words") or "",
        given.optional_text("file") or "",
        given.optional_text("sha256") or "",
        _day(given, "made"),
        _day(given, "expires"),
        given.flag("compared"),
    )


def _day(given: Document, name: str) -> date:
    try:
        return date.fromisoformat(given.text(name))
    except ValueError as error:
        raise BadInput(given.at(name), "must be a date", given.text(name)) from error
