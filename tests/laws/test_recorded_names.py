"""What stands in a chain stays readable: names and fields of what the log holds were reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.model.codec import decode, encode, value
from tests.support.fakes.chains import LockDoor
from tests.support.recorded_names import GOLDEN, complaints, document, names, read, written

if TYPE_CHECKING:
    from tests.support.recorded_names import Names

WRITTEN: Names = {"Lock": {"door": "str", "turns?": "int"}}


def test_chains_that_were_written_are_read_by_this_version() -> None:
    found = list(complaints(written(), names()))
    assert not found, "\n".join(found)


def test_what_this_version_writes_was_reviewed() -> None:
    """Where it differs for a reason: `python -m tests.support.recorded_names`, and read what has changed."""
    assert document(names()) == GOLDEN.read_text("utf-8"), "run python -m tests.support.recorded_names"


@pytest.mark.parametrize(
    "name",
    [
        "Verified",  # a fact
        "SetSecurityGroups",  # a step
        "WithdrawDenial",  # an inverse
        "RecordTrailBaseline",  # a note
        "TrailOptions",  # within a step
        "BasicSelector",  # within it, by the name of a union
        "QuarantineGroup",  # likewise
        "ManagedRule",  # within a finding
        "Mode",  # a word that is read back as one of several
    ],
)
def test_whatever_a_fact_can_hold_is_among_them(name: str) -> None:
    assert name in names()


def test_what_is_only_observed_is_not_among_them() -> None:
    assert "Network" not in names()
    assert LockDoor.__name__ not in names(), "a step of these tests is nothing that is deployed"


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (WRITTEN, []),
        ({**WRITTEN, "Key": {"teeth": "int"}}, []),
        ({"Lock": {"door": "str", "turns?": "int", "by?": "str"}}, []),
        ({"Bolt": {"door": "str"}}, ["Lock stands in chains"]),
        ({"Lock": {"door": "str"}}, ["Lock.turns stands in chains"]),
        ({"Lock": {"gate": "str", "turns?": "int"}}, ["Lock.door stands", "Lock.gate is not in chains"]),
        ({"Lock": {"door": "str", "turns": "int"}}, ["Lock.turns is not in chains"]),
    ],
)
def test_what_could_not_be_read_is_named_with_what_to_do(now: Names, says: list[str]) -> None:
    found = list(complaints(WRITTEN, now))
    assert len(found) == len(says)
    assert all(one.startswith(words) for one, words in zip(found, says, strict=True))


def test_the_file_is_read_as_it_was_written() -> None:
    assert read(document(names()).splitlines()) == names()


def test_a_class_of_the_old_name_reads_what_was_written_and_does_what_the_new_one_does() -> None:
    @value
    class TurnKey(LockDoor):
        """As it was called."""

    as_written = {**_plain(LockDoor("front", "open", "shut")), "$": "TurnKey"}
    read_back = decode(as_written)
    assert isinstance(read_back, LockDoor)
    assert read_back.describe() == "turn the key of front"
    assert encode(read_back) == as_written
    assert TurnKey("front", "open", "shut") == read_back


def _plain(step: LockDoor) -> dict[str, object]:
    encoded = encode(step)
    assert isinstance(encoded, dict)
    return encoded
