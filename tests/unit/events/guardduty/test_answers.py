"""Findings as GetFindings answers them are read as their events are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.session import get_session

from ringfence.events.guardduty.answers import as_detail

DEPTH = 12


def model() -> StructureShape:
    shape = get_session().get_service_model("guardduty").shape_for("Finding")
    assert isinstance(shape, StructureShape)
    return shape


def filled(shape: Shape, depth: int = DEPTH) -> tuple[Any, Any]:
    """Return a value as the SDK names it and as the service does, with one item in each list."""
    if depth and isinstance(shape, StructureShape):
        found = {
            (name, member.serialization.get("name", name)): filled(member, depth - 1)
            for name, member in shape.members.items()
        }
        sdk = {names[0]: pair[0] for names, pair in found.items()}
        return sdk, {names[1]: pair[1] for names, pair in found.items()}
    if isinstance(shape, ListShape):
        pair = filled(shape.member, depth)
        return [pair[0]], [pair[1]]
    if isinstance(shape, MapShape):
        pair = filled(shape.value, depth)
        return {"AWS::S3::Bucket": pair[0]}, {"AWS::S3::Bucket": pair[1]}
    return "1", "1"


def test_every_member_of_the_model_gets_the_name_that_the_service_gives_it() -> None:
    answer, expected = filled(model())
    expected["service"]["additionalInfo"] = {"value": "1", "type": "1"}
    assert as_detail(answer) == expected


@pytest.mark.parametrize("text", ["{}", "", "[]", "not JSON", '{"sample": true}'])
def test_remarks_are_members_if_they_are_an_object(text: str) -> None:
    answer = {"Service": {"AdditionalInfo": {"Value": text, "Type": "default"}}}
    found: Any = as_detail(answer)
    sample = json.loads(text).get("sample") if text.startswith("{") else None
    assert found["service"]["additionalInfo"].get("sample") == sample


def test_times_are_texts() -> None:
    at = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    assert as_detail({"Service": {"At": at}}) == {"service": {"at": "2026-03-01T12:30:00Z"}}
