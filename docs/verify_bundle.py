"""Verify a bundle of `ringfence audit export` without Ringfence and without AWS.

    python verify_bundle.py bundle.zip 'NAME+ID+KEY'

The key is that of the deployment's log. Do not take it from the bundle. It needs Python 3.11, the package
cryptography, and verify_log.py beside it. docs/record-format.md specifies what it checks. It compares
report.html, responses.csv, decisions.csv and the files in ocsf/ with the manifest only. They are computed
from the entries, and `ringfence audit verify --bundle` computes them again.

Exit code 0: sound. 1: a fault, which is named. 2: bad input.
"""

import argparse
import json
import struct
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from verify_log import UNREADABLE, WIDTH, Fault, checkpoint, must, public_key, sha256, shown

MANIFEST, CHECKPOINT, BASE = "manifest.json", "log/checkpoint", "log/base"
VIEWS = {"report.html", "responses.csv", "decisions.csv"}
MOST_BYTES = 1 << 28
"""The size of the largest file that is read."""
FAULTS = (Fault, *UNREADABLE, EOFError, struct.error, zipfile.BadZipFile, zlib.error)
Leaf = tuple[int, dict[str, str]]


class Tree:
    """The roots of the perfect subtrees of a log, the largest first, each with its height."""

    def __init__(self) -> None:
        self.roots: list[tuple[int, bytes]] = []

    def add(self, hash_: bytes, height: int = 0) -> None:
        """Append a leaf, or a whole subtree."""
        while self.roots and self.roots[-1][0] == height:
            _, left = self.roots.pop()
            hash_, height = sha256(b"\x01" + left + hash_), height + 1
        self.roots.append((height, hash_))

    @property
    def root(self) -> bytes:
        """The root of the log."""
        found = b""
        for _, left in reversed(self.roots):
            found = sha256(b"\x01" + left + found) if found else left
        return found or sha256(b"")


def path_of(kind: str, index: int, width: int) -> str:
    """Return the path of a tile, or of a bundle of leaves."""
    digits = f"{index:d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([f"x{one}" for one in parts[:-1]] + parts[-1:])
    return f"log/tile/{kind}/{name}" + (f".p/{width}" if width < WIDTH else "")


def ends(count: int, at: int, directory: bytes) -> list[bytes]:
    """Return how a zip file can end: its directory with a short end, or with the long one of ZIP64."""
    size = len(directory)
    long = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, at)
    long += struct.pack("<4sLQL", b"PK\6\7", 0, at + size, 1)
    least = [min(count, 0xFFFF), min(count, 0xFFFF), min(size, 0xFFFFFFFF), min(at, 0xFFFFFFFF)]
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *least, 0)
    short = [directory + end] if least == [count, count, size, at] else []
    return [directory + long + end, *short]


class Bundle:
    """A bundle. `used` are the names of the files that were needed."""

    def __init__(self, path: Path) -> None:
        self.bytes = path.read_bytes()
        self.zip = zipfile.ZipFile(path)
        self.names = [one.filename for one in self.zip.infolist()]
        self.used = {MANIFEST, *VIEWS}

    def read(self, name: str) -> bytes:
        """Read a file."""
        must(name in self.names, f"{name} is missing")
        must(self.zip.getinfo(name).file_size <= MOST_BYTES, f"{name} is too large")
        self.used.add(name)
        return self.zip.read(name)

    def form(self) -> None:
        """Demand that the zip file has no other byte than its files, their directory and its end.

        Some programs read only the header before each file, and others only the directory. So each header
        is compared with the directory, and each file must begin where the one before it ends.
        """
        at, directory = 0, bytearray()
        for one in self.zip.infolist():
            name, long = one.orig_filename.encode(), struct.pack("<2HQ", 1, 8, at) if one.extra else b""
            when, day = one.date_time[3:], one.date_time[:3]
            fields = struct.pack(
                "<4H3LH",
                *(0 if one.orig_filename.isascii() else 0x800, one.compress_type),
                *(when[0] << 11 | when[1] << 5 | when[2] // 2, day[0] - 1980 << 9 | day[1] << 5 | day[2]),
                *(one.CRC, one.compress_size, one.file_size, len(name)),
            )
            begin = at + 30 + len(name)
            local = b"PK\3\4" + self.bytes[at + 4 : at + 6] + fields + b"\0\0" + name
            alone = one.header_offset == at and self.bytes[at:begin] == local
            must(alone, f"other bytes before {one.filename}")
            at = begin + one.compress_size
            must(self.is_only(one, self.bytes[begin:at]), f"other bytes in {one.filename}")
            versions = bytes((one.create_version, one.create_system, one.extract_version, one.reserved))
            offset = 0xFFFFFFFF if long else one.header_offset
            more = struct.pack("<4H2L", len(long), 0, 0, one.internal_attr, one.external_attr, offset)
            directory += b"PK\1\2" + versions + fields + more + name + long
        must(self.bytes[at:] in ends(len(self.names), at, bytes(directory)), "other bytes after the files")

    def is_only(self, one: zipfile.ZipInfo, data: bytes) -> bool:
        """Return whether nothing else is in the place of a file."""
        if one.compress_type == zipfile.ZIP_STORED:
            return len(data) == one.file_size
        unpack = zlib.decompressobj(-zlib.MAX_WBITS)
        made = len(unpack.decompress(data, MOST_BYTES + 1))
        return unpack.eof and not unpack.unused_data and made == one.file_size

    def manifest(self) -> list[str]:
        """Compare the files with the manifest, and return the incidents that it names."""
        twice = [name for name, times in Counter(self.names).items() if times > 1]
        must(not twice, f"in the bundle more than once: {twice}")
        said = json.loads(self.read(MANIFEST))
        must(said["form"] == "ringfence bundle, version 1", "it is another form of bundle")
        other = sorted({*self.names} - {MANIFEST} ^ said["files"].keys())
        must(not other, f"added or removed: {other}")
        for name, digest in said["files"].items():
            must(sha256(self.read(name)).hex() == digest, f"{name} was altered")
        must(said["files"].keys() >= VIEWS, f"removed: {sorted(VIEWS - said['files'].keys())}")
        self.used = {MANIFEST, *VIEWS}
        return list(said["incidents"])

    def base(self, key: str) -> tuple[int, Tree, str]:
        """Return the size of the log before the period, its tree, and when the period begins, in words."""
        tree = Tree()
        if BASE not in self.names:
            return 0, tree, "since the log began"
        size, signed, made = checkpoint(self.read(BASE).decode(), key)
        levels = [(level, size >> 8 * level) for level in range(8) if size >> 8 * level]
        for level, count in reversed(levels):
            if width := count % WIDTH:
                tile = self.read(path_of(str(level), count // WIDTH, width))
                must(len(tile) == 32 * width, f"tile {level} was altered")
                for at in range(width):
                    tree.add(tile[32 * at : 32 * at + 32], 8 * level)
        must(tree.root == signed, "the tiles do not have the root of log/base")
        return size, tree, f"after {made:%Y-%m-%d %H:%M:%S} UTC"

    def leaves(self, first: int, size: int) -> Iterator[tuple[int, bytes]]:
        """Yield the leaves of the period, each with its number."""
        for index in range(first // WIDTH, -(-size // WIDTH)):
            width = min(WIDTH, size - index * WIDTH)
            data, found = self.read(path_of("entries", index, width)), []
            while data:
                end = 2 + int.from_bytes(data[:2], "big")
                found.append(data[2:end])
                data = data[end:]
            must(len(found) == width, f"bundle {index} of leaves was altered")
            yield from ((number, leaf) for number, leaf in enumerate(found, index * WIDTH) if number >= first)


def verify_incident(incident: str, lines: list[str], leaves: dict[tuple[str, str], Leaf]) -> int:
    """Verify the entries of an incident, and return their number."""
    chains: dict[str, list[dict[str, str]]] = {}
    for line in lines:
        entry = json.loads(line)
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        must(text == line and len(entry) == 5, f"{incident}: a line is no entry")
        chains.setdefault(entry["chain"], []).append(entry)
    for chain, entries in chains.items():
        previous = ""
        logged = [entry["entry"] for entry in entries if (chain, entry["entry"]) in leaves]
        must(logged and logged[-1] == entries[-1]["entry"], f"{incident} {chain}: its last entry was added")
        for seq, entry in enumerate(entries):
            here, body = f"{chain} {entry['entry']}", json.loads(entry["body"])
            must(entry["entry"] == f"{incident}#{seq:06d}", f"{here}: an entry before it is missing")
            hash_ = sha256(entry["body"].encode()).hex()
            must(hash_ == entry["hash"], f"{here}: its hash does not match its body")
            must((body["previous"], body["seq"]) == (previous, seq), f"{here}: it does not follow")
            must(
                (f"{body['runbook']}#{body['subject']}", body["incident"]) == (chain, incident),
                f"{here}: it belongs to another chain or incident",
            )
            number, leaf = leaves.pop((chain, entry["entry"]), (-1, None))
            if leaf is None:
                must(not entry["mac"], f"{here}: nothing proves its MAC")
            else:
                right = {
                    "chain": chain,
                    "entry": entry["entry"],
                    "body": hash_,
                    "hash": hash_,
                    "mac": entry["mac"],
                }
                must(leaf == right, f"{here}: leaf {number} has another version of it")
            previous = hash_
    return len(lines)


def main(path: Path, key: str) -> str:
    """Verify everything, and say what it was. Raises Fault."""
    bundle = Bundle(path)
    bundle.form()
    named = bundle.manifest()
    end, signed, at = checkpoint(bundle.read(CHECKPOINT).decode(), key)
    first, tree, since = bundle.base(key)
    wanted: dict[str, dict[tuple[str, str], Leaf]] = {}
    for number, text in bundle.leaves(first, end):
        tree.add(sha256(b"\x00" + text))
        leaf = json.loads(text)
        must("entry" in leaf, f"leaf {number} is no entry: it was removed before it was published")
        incident = leaf["entry"].rpartition("#")[0]
        if not named or incident in named:
            known = wanted.setdefault(incident, {}).setdefault((leaf["chain"], leaf["entry"]), (number, leaf))
            must(known[1] == leaf, f"leaf {number}: the log has two versions of it")
    must(tree.root == signed, "the leaves do not have the signed root")
    must({*named} <= wanted.keys(), "an incident that the manifest names is not in the log")
    entries = 0
    for incident, leaves in sorted(wanted.items()):
        data = bundle.read(f"chains/{incident}.jsonl")
        try:
            entries += verify_incident(incident, data.decode().splitlines(), leaves)
        except UNREADABLE as error:
            raise Fault(f"{incident}: an entry cannot be read: {error!r}") from error
        must(not leaves, f"removed, but in the log: {sorted(leaves)[:5]}")
        bundle.used.add(f"ocsf/{incident}.jsonl")
    strangers = sorted({*bundle.names} - bundle.used)
    must(not strangers, f"nothing in the log belongs to {strangers}")
    period = f"{since} until {at:%Y-%m-%d %H:%M:%S} UTC"
    scope = f", but only of {', '.join(named)}" if named else ""
    made = "The page, the tables and the events of OCSF are as in the manifest, and were not computed again"
    sound = f"Sound entries: {entries}. None is missing: the bundle contains everything {period}{scope}"
    return f"{sound}. {made}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="the zip file")
    parser.add_argument("key", metavar="KEY", help="the log's public key: NAME+ID+KEY")
    given = parser.parse_args()
    try:
        public_key(given.key)
    except ValueError as error:
        parser.error(f"KEY: {shown(error)}")
    if not zipfile.is_zipfile(given.bundle):
        parser.error(f"BUNDLE: {shown(given.bundle)} is no zip file")
    try:
        print(shown(main(given.bundle, given.key)))
    except FAULTS as fault:
        sys.exit(f"NOT SOUND: {shown(fault)}")
