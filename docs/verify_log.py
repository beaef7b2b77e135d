"""Verify a copy of Ringfence's archive without Ringfence and without AWS.

Copy the archive, the log before the chains, and name the public key of its log:

    aws s3 sync s3://ARCHIVE-BUCKET/log copy/log
    aws s3 sync s3://ARCHIVE-BUCKET/chains copy/chains
    python verify_log.py copy 'NAME+ID+KEY'

It needs Python 3.11 and the package cryptography. docs/record-format.md specifies what it checks. It reads
the newest version of each object. If one was replaced, verify its first version instead. It skips entries
that were archived before there was a log.

An entry is in the log at most 45 minutes after it was written. One that was written earlier than 45 minutes
before the checkpoint must be in the log, and so must one that an entry in the log follows. Others that
are not in it are counted as newer. Nobody can tell yet whether Ringfence wrote these: a later copy will tell.

Exit code 0: sound. 1: a fault, which is named. 2: there is nothing to verify, or bad input.
"""

import argparse
import base64
import hashlib
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256
LOGGED_WITHIN = timedelta(minutes=45)
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What Python raises about data of another form: text that is nested too deeply, or half a surrogate pair."""


class Fault(Exception):
    """What is wrong with the copy."""


def must(right: object, words: str) -> None:
    """Raise Fault with these words unless something is right. Python's assert can be switched off."""
    if not right:
        raise Fault(words)


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(data).digest()


def shown(words: object) -> str:
    """Return words for a terminal, which must not obey them: whoever wrote the files chose the names."""
    return str(words).encode("unicode_escape").decode()


def root(hashes: list[bytes]) -> bytes:
    """Return the root of a tree: RFC 6962, section 2.1."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256(b"")
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return sha256(b"\x01" + root(hashes[:split]) + root(hashes[split:]))


def public_key(key: str) -> tuple[str, str, Ed25519PublicKey]:
    """Return name, id and key of a verifier key. Raises ValueError."""
    name, id_, encoded = key.split("+", 2)
    typed = base64.b64decode(encoded, validate=True)
    if typed[:1] != b"\x01" or sha256(name.encode() + b"\n" + typed)[:4].hex() != id_:
        raise ValueError("it is not an Ed25519 key with this id")
    return name, id_, Ed25519PublicKey.from_public_bytes(typed[1:])


def checkpoint(note: str, key: str) -> tuple[int, bytes, datetime]:
    """Return size, root and time of a signed checkpoint."""
    name, id_, public = public_key(key)
    text, _, signatures = note.rpartition("\n\n")
    for line in signatures.splitlines():
        _, signer, signature = line.split(" ")
        data = base64.b64decode(signature)
        if signer == name and data[:4].hex() == id_:
            try:
                public.verify(data[4:], (text + "\n").encode())
            except InvalidSignature:
                raise Fault("the checkpoint was altered: its signature does not fit") from None
            origin, size, root_hash, *more = text.split("\n")
            must(origin == name, "the checkpoint is of another log")
            (at,) = (one.removeprefix("time ") for one in more if one.startswith("time "))
            return int(size), base64.b64decode(root_hash), datetime.fromisoformat(at)
    raise Fault("the checkpoint is not signed with this key")


def leaves(log: Path, size: int) -> list[bytes]:
    """Read the leaves of a log from its bundles."""
    found: list[bytes] = []
    for number in range(-(-size // WIDTH)):
        width = min(WIDTH, size - number * WIDTH)
        digits = f"{number:03d}".zfill(-(-len(f"{number:03d}") // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        path = "/".join([f"x{one}" for one in parts[:-1]] + parts[-1:])
        file = log / "tile/entries" / (path + (f".p/{width}" if width < WIDTH else ""))
        must(file.is_file(), f"{file} is missing")
        bundle = file.read_bytes()
        while bundle:
            end = 2 + int.from_bytes(bundle[:2], "big")
            found.append(bundle[2:end])
            bundle = bundle[end:]
    return found


def read(copy: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Read the archived entries."""
    lines = (line for path in copy.glob("chains/**/*.jsonl") for line in path.read_text("utf-8").splitlines())
    return {(entry["chain"], entry["entry"]): entry for entry in map(json.loads, lines)}


def written(body: dict[str, object]) -> datetime:
    """Return when an entry says that it was written."""
    at = datetime.fromisoformat(str(body["at"]))
    must(at.tzinfo, f"{body['at']} is not a time in a known zone")
    return at


def by_name(found: list[bytes]) -> dict[tuple[str, str], bytes]:
    """Return each leaf by the chain and the number of its entry."""
    named: dict[tuple[str, str], bytes] = {}
    for number, text in enumerate(found):
        leaf = json.loads(text)
        must("entry" in leaf, f"leaf {number} is not an entry: it was removed before it was published")
        name = (leaf["chain"], leaf["entry"])
        must(named.setdefault(name, text) == text, f"{' '.join(name)}: the log has two versions of it")
    return named


def unlogged(
    archived: dict[tuple[str, str], dict[str, str]], logged: dict[tuple[str, str], bytes], at: datetime
) -> int:
    """Verify the entries, and return how many are newer than the checkpoint of this time."""
    newer, of, previous, seq, before = 0, ("", ""), "", -1, True
    for name, entry in sorted(archived.items()):
        here, body, hash_ = " ".join(name), json.loads(entry["body"]), sha256(entry["body"].encode()).hex()
        must(hash_ == entry["hash"], f"{here}: its hash does not match its body")
        if of != (name[0], body["incident"]):
            of, previous, seq, before = (name[0], body["incident"]), "", -1, True
        must((body["previous"], body["seq"]) == (previous, seq + 1), f"{here}: a gap before it")
        leaf = {"chain": name[0], "entry": name[1], "body": hash_, "hash": hash_, "mac": entry["mac"]}
        text = json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
        if name in logged:
            must(logged[name] == text, f"{here}: the log has another version of it")
            must(before, f"{here}: it is in the log, but the entry before it is not in the log")
        else:
            must(written(body) > at - LOGGED_WITHIN, f"{here}: it is not in the log")
            newer += 1
        previous, seq, before = hash_, body["seq"], name in logged
    return newer


def main(copy: Path, key: str) -> str:
    """Verify everything, and say what it was. Raises Fault."""
    size, signed, at = checkpoint((copy / "log/checkpoint").read_text("utf-8"), key)
    found = leaves(copy / "log", size)
    must(len(found) == size, f"the log has {len(found)} of {size} leaves")
    hashes = [sha256(b"\x00" + leaf) for leaf in found]
    must(root(hashes) == signed, "the leaves do not have the signed root")
    archived, logged = read(copy), by_name(found)
    newer = unlogged(archived, logged, at)
    missing = sorted(logged.keys() - archived.keys())
    must(not missing, f"in the log, but not in the archive: {missing[:5]}")
    more = f"; {newer} entries are newer than the checkpoint of {at:%Y-%m-%d %H:%M:%S} UTC" if newer else ""
    return f"{len(archived) - newer} entries and {size} leaves are sound{more}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("copy", type=Path, metavar="COPY", help="the folder with the copy of the archive")
    parser.add_argument("key", metavar="KEY", help="the log's public key: NAME+ID+KEY")
    given = parser.parse_args()
    try:
        public_key(given.key)
    except ValueError as error:
        parser.error(f"KEY: {shown(error)}")
    if not (given.copy / "log/checkpoint").is_file():
        why = "has no log/checkpoint; a deployment signs its first one within minutes"
        parser.error(f"COPY: {shown(given.copy)} {why}")
    try:
        print(shown(main(given.copy, given.key)))
    except (Fault, *UNREADABLE) as fault:
        sys.exit(f"NOT SOUND: {shown(fault)}")
