"""The transparency log: leaves, bundles of leaves, and signed checkpoints.

The formats are C2SP's tlog-tiles, tlog-checkpoint and signed-note. docs/record-format.md specifies them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ringfence.model.codec import canonical
from ringfence.model.errors import BadInput
from ringfence.model.frozen import frozen
from ringfence.record.chain import digest
from ringfence.record.merkle import EMPTY, WIDTH, bundle_path, grown, leaf_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ringfence.record.chain import Entry
    from ringfence.record.merkle import Edge

EVERY = timedelta(hours=1)
"""A new checkpoint is signed after this time at the latest, also without new entries."""
LATE = timedelta(hours=2)
"""A log without a new checkpoint for this time has stopped or was cut."""
ED25519 = 1
"""The type of signature in C2SP's signed-note."""
_LONGEST = 0xFFFF
_DASH = "\u2014"
_TIME = "time "
_MOST_LINES = 100
_ID, _SIGNATURE, _KEY = 4, 64, 32

Verify = Callable[[bytes, bytes], bool]
"""Whether a signature fits a message: `verify(message, signature)`."""


@frozen
class Leaf:
    """What the log says about one entry: its keys, and hashes that bind its body, hash and MAC.

    `body` is the SHA-256 of the body, because an entry of a bundle has at most 65,535 bytes.
    """

    chain: str
    entry: str
    body: str
    hash: str
    mac: str = ""

    @classmethod
    def of(cls, chain: str, sort: str, entry: Entry) -> Leaf:
        """Return the leaf of an entry under these keys of the audit table."""
        return cls(chain, sort, digest(entry.body), entry.hash, entry.mac)

    @property
    def text(self) -> str:
        """The canonical record, in ASCII."""
        return canonical(
            {
                "body": self.body,
                "chain": self.chain,
                "entry": self.entry,
                "hash": self.hash,
                "mac": self.mac,
            }
        )


def read_leaf(text: str) -> Leaf | None:
    """Read a leaf. None if it is not the record of an entry."""
    try:
        data = json.loads(text)
        fields = [data[name] for name in ("chain", "entry", "body", "hash", "mac")]
        "".join(fields).encode()  # only text that can be kept
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    leaf = Leaf(*fields)
    return leaf if leaf.text == text else None


def lost(index: int) -> str:
    """Return the leaf in place of one that was removed before it was published."""
    return canonical({"lost": index})


def packed(leaves: Iterable[str]) -> bytes:
    """Return a bundle of entries: each with its length in two bytes before it."""
    parts = []
    for leaf in leaves:
        data = leaf.encode()
        if len(data) > _LONGEST:
            raise BadInput("leaf", f"must have at most {_LONGEST} bytes", len(data))
        parts.append(len(data).to_bytes(2, "big") + data)
    return b"".join(parts)


def unpacked(bundle: bytes) -> tuple[bytes, ...]:
    """Return the entries of a bundle. Raises BadInput if it is cut."""
    found, at = [], 0
    while at < len(bundle):
        size = int.from_bytes(bundle[at : at + 2], "big")
        entry = bundle[at + 2 : at + 2 + size]
        if len(entry) < size or at + 2 > len(bundle):
            raise BadInput("bundle", f"must contain whole entries, but is cut at byte {at}")
        found.append(entry)
        at += 2 + size
    return tuple(found)


@frozen
class Growth:
    """A larger log: its edge, the leaves of its last bundle if that is partial, and the files to write."""

    edge: Edge
    last: tuple[str, ...]
    files: dict[str, bytes]


def extended(edge: Edge, last: Sequence[str], leaves: Sequence[str]) -> Growth:
    """Append leaves to a log. `last` are the leaves of its last bundle, if that is partial.

    The files depend on the leaves alone. Writing them again changes nothing.
    """
    larger, files = grown(edge, [leaf_hash(leaf.encode()) for leaf in leaves])
    unchanged = edge.tiles()
    files |= {path: tile for path, tile in larger.tiles().items() if path not in unchanged}
    waiting, first = [*last, *leaves], edge.size // WIDTH
    for start in range(0, len(waiting) if leaves else 0, WIDTH):
        part = waiting[start : start + WIDTH]
        files[bundle_path(first + start // WIDTH, len(part))] = packed(part)
    partial = larger.size % WIDTH
    return Growth(larger, tuple(waiting[len(waiting) - partial :]), files)


@frozen
class Checkpoint:
    """The state of a log: `size` leaves with the root `root`, signed at `at`."""

    origin: str
    size: int
    root: bytes
    at: datetime

    @property
    def text(self) -> str:
        """The text that is signed."""
        at = f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n{_TIME}{at}\n"

    def signed(self, key: LogKey, signature: bytes) -> str:
        """Return the note with its signature."""
        line = base64.b64encode(key.id + signature).decode()
        return f"{self.text}\n{_DASH} {key.name} {line}\n"


@frozen
class LogKey:
    """The public Ed25519 key of a log, and its name: the log's origin."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The key id, as signed-note defines it."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed).digest()[:_ID]

    @property
    def text(self) -> str:
        """The key in the form of C2SP's verifier keys: name, id and key."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(self._typed).decode()}"

    @property
    def _typed(self) -> bytes:
        return bytes([ED25519]) + self.public

    @classmethod
    def read(cls, text: str) -> LogKey:
        """Read a verifier key. Raises BadInput."""
        name, _, rest = text.strip().partition("+")
        id_, _, encoded = rest.partition("+")
        try:
            typed = base64.b64decode(encoded, validate=True)
        except ValueError:
            typed = b""
        key = cls(name, typed[1:])
        if not name or len(typed) != _KEY + 1 or typed[0] != ED25519 or key.id.hex() != id_:
            raise BadInput("log key", "must be a verifier key with Ed25519, name+id+key", text[:200])
        return key


def public_key(der: bytes) -> bytes:
    """Return the Ed25519 key in a SubjectPublicKeyInfo, RFC 8410. Raises BadInput for another kind."""
    head, key = der[:-_KEY], der[-_KEY:]
    if head != bytes.fromhex("302a300506032b6570032100"):
        raise BadInput("log key", "must be an Ed25519 key", der.hex()[:80])
    return key


def is_note(text: str) -> bool:
    r"""Return whether a text has the outer form of a signed checkpoint. It need not be one of any log.

    Examples
    --------
    >>> is_note("version: 1\n"), is_note("a log\n3\nroot\n\n\u2014 a log signature\n")
    (False, True)
    """
    body, blank, rest = text.rpartition("\n\n")
    signatures = rest.splitlines()
    return bool(blank and body and signatures) and all(one.startswith(f"{_DASH} ") for one in signatures)


def read_checkpoint(note: str, key: LogKey, verify: Verify) -> Checkpoint:
    """Read a signed checkpoint of this key's log. Raises BadInput if it is malformed or not signed by it."""
    text, blank, rest = note.rpartition("\n\n")
    if not blank:
        raise BadInput("checkpoint", "must have a signature")
    text += "\n"
    checkpoint = _read_text(text)
    if checkpoint.origin != key.name:
        raise BadInput("checkpoint", f"must be of {key.name}", checkpoint.origin)
    signatures = tuple(_signatures(rest, key))
    if not signatures or not all(verify(text.encode(), one) for one in signatures):
        raise BadInput("checkpoint", f"must be signed by {key.text}", checkpoint.size)
    return checkpoint


def _read_text(text: str) -> Checkpoint:
    try:
        origin, size, root, *more = text.removesuffix("\n").split("\n")
        given = Checkpoint(origin, int(size), base64.b64decode(root, validate=True), _time(more))
    except ValueError as error:
        raise BadInput("checkpoint", f"must have an origin, a size, a root and a time: {error}") from error
    if given.text != text or (given.size == 0 and given.root != EMPTY):
        raise BadInput("checkpoint", "must be in the canonical form", text[:200])
    return given


def _time(lines: Sequence[str]) -> datetime:
    (line,) = (one for one in lines if one.startswith(_TIME))
    return datetime.fromisoformat(line.removeprefix(_TIME))


def _signatures(lines: str, key: LogKey) -> Iterator[bytes]:
    """Yield the signatures of this key. Those of others are ignored. Raises BadInput for other lines."""
    if not lines.endswith("\n"):
        raise BadInput("checkpoint", "must end with a newline")
    for line in lines.removesuffix("\n").split("\n")[:_MOST_LINES]:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        try:
            data = base64.b64decode(encoded, validate=True)
        except ValueError:
            data = b""
        if dash != _DASH or not name or len(data) <= _ID:
            raise BadInput("checkpoint", "must have only signatures after its text", line[:200])
        if (name, data[:_ID]) == (key.name, key.id) and len(data) == _ID + _SIGNATURE:
            yield data[_ID:]
