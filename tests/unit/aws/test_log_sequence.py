"""Leaves that wait for a checkpoint take little space, and an item that somebody changed leads to nothing."""

from __future__ import annotations

import json
import zlib
from typing import Any, cast

import pytest

from ringfence.aws.log_sequence import LogSequence
from ringfence.record.chain import link
from ringfence.record.control import LOG_LEAVES
from ringfence.record.tlog import Leaf
from tests.support.fakes.audit_home import CONTROL
from tests.support.fakes.chains import INCIDENT, KEY, notes, stamp
from tests.support.fakes.memory_clients import MemoryDynamo
from tests.support.fakes.metered import WRITE_SIZE, size
from tests.support.fakes.seals import SEALS

FIRST = f"{LOG_LEAVES}{0:015d}"
LEAVES = tuple(
    Leaf.of(KEY.text, f"{INCIDENT}#{number:06d}", one).text
    for number, one in enumerate(SEALS.sealed(KEY, link(stamp(), None, notes(8))))
)


@pytest.fixture
def table() -> MemoryDynamo:
    return MemoryDynamo()


@pytest.fixture
def sequence(table: MemoryDynamo) -> LogSequence:
    return LogSequence(cast("Any", table), CONTROL)


def stored(table: MemoryDynamo, leaves: object) -> None:
    table.control[FIRST] = {"key": {"S": FIRST}, "leaves": leaves}


def test_eight_leaves_fit_into_one_write_unit(table: MemoryDynamo, sequence: LogSequence) -> None:
    sequence.append(LEAVES)
    assert sum(map(len, LEAVES)) > 2 * WRITE_SIZE
    assert size(table.control[FIRST]) <= WRITE_SIZE
    assert sequence.waiting(0) == LEAVES


def test_leaves_that_were_stored_as_text_are_read(table: MemoryDynamo, sequence: LogSequence) -> None:
    stored(table, {"S": json.dumps(LEAVES)})
    assert sequence.waiting(0) == LEAVES


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no leaves",
        zlib.compress(json.dumps(LEAVES).encode())[:-4],
        zlib.compress(b"[]"),
        zlib.compress(b'["a", 1]'),
        zlib.compress(b'"a"'),
        zlib.compress(b"\xff"),
        zlib.compress(b"[" * 1_000_000),
        zlib.compress(b'["' + b"a" * 4_000_000 + b'"]'),
    ],
    ids=["empty", "other bytes", "cut off", "none", "a number", "no list", "no text", "nested", "too long"],
)
def test_other_content_is_no_leaves(table: MemoryDynamo, sequence: LogSequence, content: bytes) -> None:
    stored(table, {"B": content})
    assert sequence.waiting(0) is None


def test_an_item_without_leaves_has_none(table: MemoryDynamo, sequence: LogSequence) -> None:
    stored(table, {"N": "1"})
    assert sequence.waiting(0) is None
