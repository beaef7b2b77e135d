"""Compiled manual controls are the same as in the files."""

from __future__ import annotations

import json
from datetime import date

import pytest

from ringfence.model.errors import BadInput
from ringfence.posture.compiled_manual import manual_from_json, manual_to_json
from ringfence.posture.manual import Evidence, ManualControl

WHOLE = ManualControl(
    "restores-are-tested",
    "Restores are tested",
    "ops@example.com",
    Evidence("minutes", "restore.pdf", "0" * 64, date(2026, 7, 1), date(2027, 7, 1), compared=True),
    "critical",
    ("backups",),
    (("soc2", ("A1.3", "CC7.5")), ("hipaa", ("164.308(a)(7)(ii)(D)",))),
)
FILE_ONLY = ManualControl(
    "vendors", "Vendors", "buy@example.com", Evidence("", "v.pdf", "1" * 64, date.min, date.max)
)
WITHOUT = ManualControl("training", "Training", "hr@example.com")


def test_controls_with_and_without_evidence_are_read_back() -> None:
    given = (WHOLE, FILE_ONLY, WITHOUT)
    assert manual_from_json(json.loads(json.dumps(manual_to_json(given)))) == given


@pytest.mark.parametrize(
    ("path", "value"), [(("evidence", "expires"), "soon"), (("owner",), 1), (("supports",), [])]
)
def test_what_was_not_compiled_is_refused(path: tuple[str, ...], value: object) -> None:
    given = json.loads(json.dumps(manual_to_json((WHOLE,))))
    place = given["manual_controls"][0]
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(BadInput):
        manual_from_json(given)
    with pytest.raises(BadInput):
        manual_from_json({"version": 2})
