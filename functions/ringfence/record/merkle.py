"""The Merkle tree of the transparency log: RFC 6962 hashes, kept in the tiles of C2SP's tlog-tiles.

https://www.rfc-editor.org/rfc/rfc6962#section-2.1 and https://c2sp.org/tlog-tiles
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH = 256
"""The hashes of a full tile, and the entries of a full bundle."""
EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""
HASH_SIZE = 32


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a tree with these leaf hashes."""
    return _folded(_perfect(hashes)) if hashes else EMPTY


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return the path of a tile of hashes. `width` is below 256 for a partial tile."""
    return _path(f"tile/{level}", index, width)


def bundle_path(index: int, width: int = WIDTH) -> str:
    """Return the path of a bundle of entries."""
    return _path("tile/entries", index, width)


@frozen
class Edge:
    """The right edge of a tree: for each level, the hashes of its last tile, which is not full.

    `levels[0]` contains leaf hashes. Each hash of a higher level is the root of a full tile below it.
    """

    levels: tuple[tuple[bytes, ...], ...] = ()

    @property
    def size(self) -> int:
        """The number of leaves."""
        return sum(len(hashes) * WIDTH**level for level, hashes in enumerate(self.levels))

    @property
    def root(self) -> bytes:
        """The root of the whole tree."""
        parts = [part for hashes in reversed(self.levels) for part in _perfect(hashes)]
        return _folded(parts) if parts else EMPTY

    def tiles(self) -> dict[str, bytes]:
        """Return the partial tiles by path."""
        return {
            tile_path(level, self.size // WIDTH ** (level + 1), len(hashes)): b"".join(hashes)
            for level, hashes in enumerate(self.levels)
            if hashes
        }


def edge_widths(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield level, index and width of each last tile that a tree of `size` leaves has, lowest level first.

    The width is 0 where the last tile of a level is full.
    """
    level = 0
    while size >> (8 * level):
        yield level, size // WIDTH ** (level + 1), size // WIDTH**level % WIDTH
        level += 1


def grown(edge: Edge, leaf_hashes: Sequence[bytes]) -> tuple[Edge, dict[str, bytes]]:
    """Append leaves. Return the new edge, and the full tiles that this completes, by path."""
    levels = [list(hashes) for hashes in edge.levels]
    filled: dict[str, bytes] = {}
    size = edge.size
    for one in leaf_hashes:
        size += 1
        level, pushed = 0, one
        while True:
            if level == len(levels):
                levels.append([])
            levels[level].append(pushed)
            if len(levels[level]) < WIDTH:
                break
            filled[tile_path(level, size // WIDTH ** (level + 1) - 1)] = b"".join(levels[level])
            pushed, levels[level] = root_of(levels[level]), []
            level += 1
    return Edge(tuple(tuple(hashes) for hashes in levels)), filled


def hashes_in(tile: bytes) -> tuple[bytes, ...]:
    """Return the hashes of a tile."""
    return tuple(tile[start : start + HASH_SIZE] for start in range(0, len(tile), HASH_SIZE))


def _path(folder: str, index: int, width: int) -> str:
    digits = f"{index:d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    partial = f".p/{width}" if width < WIDTH else ""
    return "/".join((folder, *(f"x{part}" for part in parts[:-1]), parts[-1])) + partial


def _perfect(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the roots of the perfect subtrees of some nodes, the largest first."""
    parts, start = [], 0
    while start < len(hashes):
        width = 1 << ((len(hashes) - start).bit_length() - 1)
        level = list(hashes[start : start + width])
        while len(level) > 1:
            level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
        parts.append(level[0])
        start += width
    return parts


def _folded(parts: Sequence[bytes]) -> bytes:
    """Return the root above perfect subtrees, the largest first."""
    *rest, root = parts
    for left in reversed(rest):
        root = node_hash(left, root)
    return root
