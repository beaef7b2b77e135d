"""Verify a copy of Ringfence's archive without Ringfence and without AWS.

Copy the archive, and name the public key of its log:

    aws s3 sync s3://ARCHIVE-BUCKET copy
    python verify_log.py copy 'NAME+ID+KEY'

It needs Python 3.11 and the package cryptography. docs/record-format.md specifies what it checks. It reads
the newest version of each object. If one was replaced, verify its first version instead. It skips entries
that were archived before there was a log.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(data).digest()


def root(hashes: list[bytes]) -> bytes:
    """Return the root of a tree: RFC 6962, section 2.1."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256(b"")
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return sha256(b"\x01" + root(hashes[:split]) + root(hashes[split:]))


def checkpoint(note: str, key: str) -> tuple[int, bytes]:
    """Return size and root of a signed checkpoint. Raises InvalidSignature or AssertionError."""
    name, id_, encoded = key.split("+", 2)
    typed = base64.b64decode(encoded)
    assert typed[:1] == b"\x01", "the key is not an Ed25519 key"
    assert sha256(name.encode() + b"\n" + typed)[:4].hex() == id_, "the key has another id"
    text, signatures = note.rsplit("\n\n", 1)
    for line in signatures.splitlines():
        _, signer, signature = line.split(" ")
        data = base64.b64decode(signature)
        if signer == name and data[:4].hex() == id_:
            Ed25519PublicKey.from_public_bytes(typed[1:]).verify(data[4:], (text + "\n").encode())
            origin, size, root_hash, *_ = text.split("\n")
            assert origin == name, "the checkpoint is of another log"
            return int(size), base64.b64decode(root_hash)
    raise AssertionError("the checkpoint is not signed with this key")


def leaves(log: Path, size: int) -> list[bytes]:
    """Read the leaves of a log from its bundles."""
    found: list[bytes] = []
    for number in range(-(-size // WIDTH)):
        width = min(WIDTH, size - number * WIDTH)
        digits = f"{number:03d}".zfill(-(-len(f"{number:03d}") // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        path = "/".join([f"x{one}" for one in parts[:-1]] + parts[-1:])
        bundle = (log / "tile/entries" / (path + (f".p/{width}" if width < WIDTH else ""))).read_bytes()
        while bundle:
            end = 2 + int.from_bytes(bundle[:2], "big")
            found.append(bundle[2:end])
            bundle = bundle[end:]
    return found


def main(copy: Path, key: str) -> None:
    """Verify everything, and say what it was."""
    size, signed = checkpoint((copy / "log/checkpoint").read_text("utf-8"), key)
    found = leaves(copy / "log", size)
    assert len(found) == size, f"the log has {len(found)} of {size} leaves"
    assert root([sha256(b"\x00" + leaf) for leaf in found]) == signed, (
        "the leaves do not have the signed root"
    )
    logged, archived = set(found), {}
    for path in sorted(copy.glob("chains/**/*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            entry = json.loads(line)
            archived[entry["chain"], entry["entry"]] = entry
    before = None
    for (chain, name), entry in sorted(archived.items()):
        body, hash_ = json.loads(entry["body"]), sha256(entry["body"].encode()).hex()
        assert hash_ == entry["hash"], f"{chain} {name}: its hash does not match its body"
        follows = before if before and before[0] == (chain, body["incident"]) else ((), "", -1)
        assert (body["previous"], body["seq"]) == (follows[1], follows[2] + 1), (
            f"{chain} {name}: a gap before it"
        )
        leaf = {"chain": chain, "entry": name, "body": hash_, "hash": entry["hash"], "mac": entry["mac"]}
        text = json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        assert text.encode() in logged, f"{chain} {name}: it is not in the log"
        before = ((chain, body["incident"]), hash_, body["seq"])
    missing = {(leaf["chain"], leaf["entry"]) for leaf in map(json.loads, found)} - archived.keys()
    assert not missing, f"in the log, but not in the archive: {sorted(missing)[:5]}"
    print(f"{len(archived)} entries and {size} leaves are sound")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
