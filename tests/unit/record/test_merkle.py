"""The tree is RFC 6962's, and its tiles are those of C2SP's tlog-tiles, however it grew."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.record.merkle import (
    EMPTY,
    Edge,
    bundle_path,
    edge_widths,
    grown,
    hashes_in,
    leaf_hash,
    node_hash,
    root_of,
    tile_path,
)


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def naive(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(naive(leaves[:split]), naive(leaves[split:]))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 8, 255, 256, 257, 511, 512, 513, 1000])
def test_the_root_is_that_of_the_rfc(count: int) -> None:
    leaves = hashes(count)
    edge, _ = grown(Edge(), leaves)
    assert edge.size == count
    assert edge.root == naive(leaves) == root_of(leaves)


@given(st.lists(st.integers(0, 300), max_size=5))
def test_a_tree_that_grew_in_parts_is_the_same(parts: list[int]) -> None:
    leaves, edge, at = hashes(sum(parts)), Edge(), 0
    tiles: dict[str, bytes] = {}
    for part in parts:
        edge, filled = grown(edge, leaves[at : at + part])
        tiles |= filled
        at += part
    assert (edge, tiles) == grown(Edge(), leaves)


def test_the_tiles_of_a_large_tree_are_those_of_the_specifications_example() -> None:
    edge, full = grown(Edge(), hashes(70_000))
    partial = edge.tiles()
    assert len([path for path in full if path.startswith("tile/0/")]) == 273
    assert [path for path in full if path.startswith("tile/1/")] == ["tile/1/000"]
    assert {path: len(tile) // 32 for path, tile in partial.items()} == {
        "tile/0/273.p/112": 112,
        "tile/1/001.p/17": 17,
        "tile/2/000.p/1": 1,
    }
    assert [one for one in edge_widths(70_000) if one[2]] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert hashes_in(full["tile/1/000"])[3] == root_of(hashes(1024)[768:])


def test_a_tree_of_one_full_tile_has_that_tile_and_a_partial_one_above_it() -> None:
    edge, full = grown(Edge(), hashes(256))
    assert list(full) == ["tile/0/000"]
    assert edge.tiles() == {"tile/1/000.p/1": edge.root}


def test_paths_are_those_of_the_specification() -> None:
    assert tile_path(1, 1234067) == "tile/1/x001/x234/067"
    assert tile_path(0, 0, 5) == "tile/0/000.p/5"
    assert bundle_path(1000, 255) == "tile/entries/x001/000.p/255"


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert Edge().root == EMPTY == root_of([])
    assert Edge().tiles() == {}
