"""A sent finding: the form is read strictly, and its JSON Schema says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from ringfence.events.sent.form import FINDING, finding_of, subjects_of
from ringfence.model.errors import BadInput
from ringfence.model.kinds.access_key import AccessKeyRef
from ringfence.model.kinds.instance import InstanceRef
from ringfence.model.subject import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = Draft202012Validator(FINDING.schema(), format_checker=FormatChecker())
ACCOUNT = "111122223333"
INSTANCE = InstanceRef(ACCOUNT, "eu-west-1", "i-0123456789abcdef0")
ODD: tuple[tuple[str, object], ...] = (
    ("version", 2),
    ("version", True),
    ("version", "1"),
    ("id", ""),
    ("id", "a" * 201),
    ("id", "../x\n"),
    ("product", "Office IDS"),
    ("type", None),
    ("type", "a" * 121),
    ("title", "two\nlines"),
    ("title", "\x1b[2J"),
    ("severity", 10.1),
    ("severity", -1),
    ("severity", "8"),
    ("severity", True),
    ("highest_mode", "xdry-run"),
    ("highest_mode", "dry-run-x"),
    ("highest_mode", "off"),
    ("updated_at", "2027-01-31"),
    ("updated_at", "2027-01-31T23:59:59"),
    ("updated_at", "2027-02-30T23:59:59Z"),
    ("updated_at", 1_800_000_000),
    ("subjects", []),
    ("subjects", "instance/111122223333/eu-west-1/i-0123456789abcdef0"),
    ("subjects", [INSTANCE.key] * 2),
    ("subjects", [7]),
    ("count", 0),
    ("count", 1.5),
    ("resolved", "no"),
    ("sample", 1),
)


def made(**changed: object) -> dict[str, object]:
    return {**FINDING.example(), **changed}


def test_the_example_is_a_finding_with_and_without_what_is_not_required() -> None:
    for whole in (True, False):
        example = FINDING.example(whole=whole)
        assert finding_of(example).value == example
        assert SCHEMA.is_valid(example)


@pytest.mark.parametrize(("field", "value"), ODD)
def test_a_wrong_value_is_named_with_its_field(field: str, value: object) -> None:
    with pytest.raises(BadInput) as caught:
        finding_of(made(**{field: value}), "findings[3]")
    assert caught.value.field.startswith(f"findings[3].{field}")
    assert not SCHEMA.is_valid(made(**{field: value})) or value == "2027-02-30T23:59:59Z"


@pytest.mark.parametrize("field", [one.name for one in FINDING.fields if one.required])
def test_a_required_field_is_required(field: str) -> None:
    given = {name: value for name, value in made().items() if name != field}
    with pytest.raises(BadInput, match=f"{field}: is required"):
        finding_of(given)
    assert not SCHEMA.is_valid(given)


def test_who_sends_it_is_no_field() -> None:
    with pytest.raises(BadInput, match="sender: is not a known field"):
        finding_of(made(sender="arn:aws:iam::111122223333:role/ids"))


def test_the_name_of_an_unknown_field_is_shown_without_what_a_terminal_obeys() -> None:
    with pytest.raises(BadInput) as caught:
        finding_of(made(**{"\x1b[2J" + "a" * 200: 1}))
    assert str(caught.value).isprintable()
    assert len(caught.value.field) <= 90


@pytest.mark.parametrize(
    "key",
    [
        "castle/111122223333/eu-west-1/x",
        "finding/111122223333/eu-west-1/C2/Beacon/x",
        "instance/111122223333/eu-west-1/i-1",
        "instance/111122223333/mars/i-0123456789abcdef0",
        "access-key/111122223333/eu-west-1/AKIAIOSFODNN7EXAMPLE",
        "instance/444455556666/eu-west-1/i-0123456789abcdef0",
    ],
)
def test_a_subject_is_a_resource_of_the_account_of_the_first_one(key: str) -> None:
    with pytest.raises(BadInput) as caught:
        finding_of(made(subjects=[INSTANCE.key, key]))
    assert (caught.value.field, caught.value.value) == ("subjects[1]", key)


def test_subjects_become_references() -> None:
    key = AccessKeyRef(ACCOUNT, GLOBAL, "AKIAIOSFODNN7EXAMPLE")
    assert subjects_of(finding_of(made(subjects=[INSTANCE.key, key.key]))) == (INSTANCE, key)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=10), one, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([one.name for one in FINDING.fields]), JSON, max_size=4))
def test_what_the_reader_accepts_the_schema_accepts(changed: Mapping[str, object]) -> None:
    given_ = made(**changed)
    try:
        finding_of(given_)
    except BadInput as error:
        wrong = str(error)
    else:
        wrong = ""
    assert wrong or SCHEMA.is_valid(given_)
    assert wrong.isprintable()
