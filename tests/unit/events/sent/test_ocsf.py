"""A Detection Finding of OCSF is read as a finding in Ringfence's form, and errors name OCSF's fields."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from ringfence.events.sent.form import FINDING
from ringfence.events.sent.ocsf import OCSF_FINDING, from_ocsf, is_ocsf
from ringfence.model.errors import BadInput

Json = dict[str, Any]
VERSION = "1.5.0"
INSTANCE = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0123456789abcdef0"
DETECTION: Json = {
    "activity_id": 1,
    "category_uid": 2,
    "class_uid": 2004,
    "type_uid": 200401,
    "severity_id": 4,
    "time": 1_800_000_000_123,
    "metadata": {"version": VERSION, "product": {"name": "Office IDS", "vendor_name": "Example"}},
    "finding_info": {"uid": "a-1", "title": "A beacon", "types": ["C2/Beacon"]},
    "cloud": {"provider": "AWS", "account": {"uid": "111122223333"}, "region": "eu-west-1"},
    "resources": [{"uid": INSTANCE, "type": "AWS::EC2::Instance"}],
}


def changed(path: str, value: object) -> Json:
    """Return the finding with another value at a path, or without it if the value is Ellipsis."""
    made = copy.deepcopy(DETECTION)
    *parents, last = path.split(".")
    at = made
    for name in parents:
        at = at[name]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return made


def test_the_detection_is_one_of_ocsf() -> None:
    given = get_ocsf_schema(VERSION)
    schema = OcsfJsonSchemaEmbedded(given).get_class_schema("detection_finding", profiles=["cloud"])
    Draft202012Validator(schema).validate(DETECTION)


def test_it_is_read_as_a_finding_in_the_own_form() -> None:
    assert is_ocsf(DETECTION)
    assert from_ocsf(DETECTION).value == {
        "version": 1,
        "id": "a-1",
        "product": "office-ids",
        "type": "C2/Beacon",
        "title": "A beacon",
        "severity": 7.0,
        "updated_at": "2027-01-15T08:00:00.123Z",
        "subjects": ["instance/111122223333/eu-west-1/i-0123456789abcdef0"],
        "resolved": False,
    }
    assert Draft202012Validator(OCSF_FINDING).is_valid(DETECTION)


def test_the_own_form_is_not_taken_for_ocsf() -> None:
    assert not is_ocsf(FINDING.example())


@pytest.mark.parametrize(
    ("path", "value"),
    [("activity_id", 3), ("status_id", 3), ("status_id", 4)],
)
def test_a_closed_finding_is_resolved(path: str, value: int) -> None:
    assert from_ocsf({**DETECTION, path: value}).flag("resolved")


@pytest.mark.parametrize(
    "resource",
    [
        {"uid": "i-0123456789abcdef0"},
        {"uid": "i-0123456789abcdef0", "region": "eu-west-1"},
        {"uid": INSTANCE},
    ],
)
def test_a_resource_is_named_by_its_arn_or_its_id(resource: Json) -> None:
    found = from_ocsf({**DETECTION, "resources": [resource]}).texts("subjects")
    assert found == ("instance/111122223333/eu-west-1/i-0123456789abcdef0",)


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("class_uid", 2001, "class_uid"),
        ("class_uid", "2004", "class_uid"),
        ("severity_id", 99, "severity_id"),
        ("severity_id", ..., "severity_id"),
        ("time", "yesterday", "time"),
        ("time", ..., "time"),
        ("time", 10**20, "time"),
        ("finding_info", ..., "finding_info"),
        ("finding_info.uid", "", "finding_info.uid"),
        ("finding_info.uid", "a b", "finding_info.uid"),
        ("finding_info.types", [], "finding_info.types"),
        ("finding_info.types", ["\x1b"], "finding_info.types[0]"),
        ("finding_info.title", "a\nb", "finding_info.title"),
        ("finding_info.modified_time", -1, "finding_info.modified_time"),
        ("metadata.product", {}, "metadata.product.name"),
        ("metadata.product", {"name": "***"}, "metadata.product"),
        ("count", 0, "count"),
        ("count", "7", "count"),
        ("resources", [], "resources"),
        ("resources", [{"uid": "something"}], "resources"),
        ("resources", [{"name": "x"}], "resources[0].uid"),
        ("resources", [7], "resources[0]"),
        ("cloud.account.uid", 7, "cloud.account.uid"),
    ],
)
def test_a_wrong_value_is_named_with_the_field_of_ocsf(path: str, value: object, field: str) -> None:
    given = changed(path, value)
    if path == "cloud.account.uid":
        given["resources"] = [{"uid": "i-0123456789abcdef0"}]
    with pytest.raises(BadInput) as caught:
        from_ocsf(given, "findings[0]")
    assert caught.value.field.startswith(f"findings[0].{field}")


def test_the_schema_leaves_nothing_out_that_is_read() -> None:
    for field in ("class_uid", "severity_id", "time", "metadata", "finding_info", "resources"):
        assert not Draft202012Validator(OCSF_FINDING).is_valid(changed(field, ...))


PATHS = (
    *("class_uid", "activity_id", "status_id", "severity_id", "time", "count"),
    *("metadata", "metadata.product", "metadata.product.uid", "metadata.product.name"),
    *("finding_info", "finding_info.uid", "finding_info.title", "finding_info.types"),
    *("finding_info.first_seen_time", "finding_info.modified_time"),
    *("cloud", "cloud.account", "cloud.account.uid", "cloud.region", "resources"),
)
WRONG: tuple[object, ...] = (
    [],
    {},
    [[]],
    [{}],
    "x",
    True,
    -1,
    1.5,
    10**400,
    None,
    {"uid": []},
    [{"uid": {}}],
)


@pytest.mark.parametrize("path", PATHS)
def test_whatever_a_field_is_the_finding_is_read_or_is_bad_input(path: str) -> None:
    """A sender chooses each field."""
    for value in WRONG:
        with contextlib.suppress(BadInput):
            from_ocsf(changed(path, value))


@pytest.mark.parametrize("field", ["activity_id", "status_id"])
def test_a_state_that_is_no_whole_number_is_named(field: str) -> None:
    with pytest.raises(BadInput, match=field):
        from_ocsf(changed(field, []))
