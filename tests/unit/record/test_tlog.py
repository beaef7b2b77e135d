"""Leaves, bundles and signed checkpoints of the transparency log."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.errors import BadInput
from ringfence.record.merkle import EMPTY, Edge, leaf_hash, root_of
from ringfence.record.tlog import (
    Checkpoint,
    Leaf,
    LogKey,
    extended,
    lost,
    packed,
    public_key,
    read_checkpoint,
    read_leaf,
    unpacked,
)
from tests.support.fakes.chains import INCIDENT, KEY, contained

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = PRIVATE.public_key().public_bytes_raw()
NAME = "archive.s3.eu-west-1.amazonaws.com/log"
LOG_KEY = LogKey(NAME, PUBLIC)
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
CHECKPOINT = Checkpoint(NAME, 3, root_of([bytes(32)] * 3), AT)
NOTE = CHECKPOINT.signed(LOG_KEY, PRIVATE.sign(CHECKPOINT.text.encode()))


def verify(message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(PUBLIC).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def test_a_checkpoint_is_a_signed_note() -> None:
    body, _, signature = NOTE.rpartition("\n\n")
    assert body.splitlines() == [
        NAME,
        "3",
        base64.b64encode(CHECKPOINT.root).decode(),
        "time 2026-11-30T12:00:00Z",
    ]
    dash, name, encoded = signature.split()
    assert (dash, name) == ("\u2014", NAME)
    assert len(base64.b64decode(encoded)) == 4 + 64
    assert read_checkpoint(NOTE, LOG_KEY, verify) == CHECKPOINT


def test_the_key_id_of_the_specification_is_that_of_the_go_library() -> None:
    """The verifier key of Go's checksum database, https://sum.golang.org."""
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert LogKey.read(text).text == text


@pytest.mark.parametrize("text", ["", "a+b", "a+00000000+AAAA", LOG_KEY.text.replace("+", "+0", 1), "a+b+!"])
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="log key"):
        LogKey.read(text)


def test_an_unknown_signature_is_ignored() -> None:
    other = "\u2014 witness.example " + base64.b64encode(bytes(68)).decode() + "\n"
    assert read_checkpoint(NOTE + other, LOG_KEY, verify) == CHECKPOINT
    assert read_checkpoint(NOTE.replace("\n\n", "\n\n" + other), LOG_KEY, verify) == CHECKPOINT


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        NOTE.replace("\n3\n", "\n4\n"),
        NOTE.replace("\n3\n", "\n03\n"),
        NOTE.replace("time 2026", "time 2025"),
        NOTE.replace("time 2026-11-30T12:00:00Z\n", ""),
        NOTE.replace(NAME, "another.log"),
        NOTE.rpartition("\u2014")[0],
        NOTE.replace("\u2014", "-"),
    ],
)
def test_what_is_not_signed_or_malformed_is_refused(note: str) -> None:
    with pytest.raises(BadInput, match="checkpoint"):
        read_checkpoint(note, LOG_KEY, verify)


@given(st.data())
def test_no_changed_character_of_a_checkpoint_is_accepted_as_another_one(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(NOTE) - 1))
    changed = NOTE[:at] + data.draw(st.characters(codec="utf-8")) + NOTE[at + 1 :]
    try:
        assert read_checkpoint(changed, LOG_KEY, verify) == CHECKPOINT
    except BadInput:
        assert changed != NOTE


def test_a_leaf_binds_keys_body_hash_and_mac() -> None:
    entry = contained()[0]
    leaf = Leaf.of(KEY.text, f"{INCIDENT}#000000", entry)
    assert read_leaf(leaf.text) == leaf
    others = (replace(entry, body=entry.body + " "), replace(entry, hash="0" * 64), replace(entry, mac="m"))
    assert all(Leaf.of(KEY.text, f"{INCIDENT}#000000", one) != leaf for one in others)


@pytest.mark.parametrize("text", ["", "[]", lost(3), '{"chain":1}', "null"])
def test_what_is_no_leaf_of_an_entry_is_none(text: str) -> None:
    assert read_leaf(text) is None


@given(st.lists(st.text(max_size=50), max_size=20))
def test_bundles_are_read_as_they_were_written(leaves: list[str]) -> None:
    assert unpacked(packed(leaves)) == tuple(one.encode() for one in leaves)


@pytest.mark.parametrize("bundle", [b"\0", b"\0\3ab", packed(["a"]) + b"\1"])
def test_a_cut_bundle_is_refused(bundle: bytes) -> None:
    with pytest.raises(BadInput, match="is cut at byte"):
        unpacked(bundle)


def test_a_leaf_that_is_too_long_for_a_bundle_is_refused() -> None:
    with pytest.raises(BadInput, match="at most 65535 bytes"):
        packed(["x" * 65536])


@given(st.lists(st.integers(0, 300), max_size=4))
def test_a_log_that_grew_in_parts_has_the_same_files(parts: list[int]) -> None:
    """Those of the sizes in between are partial files, which the later ones contain."""
    leaves = [f"leaf {number}" for number in range(sum(parts))]
    edge, at = Edge(), 0
    last: tuple[str, ...] = ()
    files: dict[str, bytes] = {}
    for part in parts:
        growth = extended(edge, last, leaves[at : at + part])
        edge, last, at = growth.edge, growth.last, at + part
        files |= growth.files
        assert last == tuple(leaves[at - at % 256 : at])
    whole = extended(Edge(), (), leaves)
    assert (edge, last) == (whole.edge, whole.last)
    assert files.items() >= whole.files.items()
    assert all(".p/" in path for path in files.keys() - whole.files.keys())
    assert edge.root == root_of([leaf_hash(one.encode()) for one in leaves])


def test_a_log_without_new_leaves_has_no_new_files() -> None:
    growth = extended(Edge(), (), [f"leaf {number}" for number in range(5)])
    assert extended(growth.edge, growth.last, ()).files == {}
    assert Edge().root == EMPTY


def test_the_public_key_of_kms_is_read() -> None:
    key = PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public_key(key) == PUBLIC
    with pytest.raises(BadInput, match="Ed25519"):
        public_key(b"\1" + key)
