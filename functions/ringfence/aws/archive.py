"""The archive: a versioned bucket with Object Lock. Its first versions contain every entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from ringfence.aws.archive_objects import (
    INCIDENTS_PREFIX,
    folder,
    object_key,
    place_of,
    read,
    written,
)
from ringfence.aws.audit_items import ARCHIVE_PREFIX, archive_prefix
from ringfence.aws.failures import code_of, raised
from ringfence.aws.versions import stored_in
from ringfence.model.call import Permission
from ringfence.model.resource_names import runbook_ids
from ringfence.model.times import utc_text
from ringfence.record.chain import ChainKey, Entry
from ringfence.record.integrity import Archived
from ringfence.record.seal import places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mypy_boto3_s3 import S3Client

    from ringfence.aws.archive_objects import Place
    from ringfence.aws.versions import Stored
    from ringfence.engine.ports import SideBySide

WRITE_PERMISSIONS = (
    Permission("s3:PutObject", ("{archive}/chains/*",)),
    Permission("s3:ListBucketVersions", ("{archive}",)),
    Permission("s3:GetObjectVersion", ("{archive}/chains/*",)),
)
READ_PERMISSIONS = (
    Permission("s3:ListBucketVersions", ("{archive}",)),
    Permission("s3:GetObjectVersion", ("{archive}/chains/*",)),
)
FIND_PERMISSIONS = (Permission("s3:ListBucketVersions", ("{archive}",)),)
"""The permissions for archiving and verifying, and to find the responses to an incident.

`{archive}` is the bucket's ARN. Its key is separate.
"""

FORGED_MARK = "ringfence-forged"
"""The metadata with the numbers of the entries in an object that no function of Ringfence sealed."""
_HASH, _MAC = "hash", "mac"
Found = tuple[ChainKey, str]
"""A response: its chain and its incident."""
_THERE = "PreconditionFailed"
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""


def _marks(forged: Iterable[int]) -> dict[str, str]:
    """Return an object's metadata. It is locked with the object."""
    numbers = places(tuple(forged))
    return {FORGED_MARK: numbers} if numbers else {}


@dataclass(frozen=True)
class S3Archive:
    """Writes entries once, and reads their first versions. Raises Retryable if S3 fails."""

    client: S3Client
    bucket: str

    def keep(
        self, chain: str, entries: Sequence[Entry], forged: frozenset[int] = frozenset()
    ) -> frozenset[int]:
        """Write consecutive entries of one response as one object, unless they are in it already.

        Returns the numbers of the entries that the object contains differently. The bucket's default
        retention locks the object. The key names the first entry, so the same entries in another cut are
        compared with what is there, and only the rest is written. `forged` are the numbers of entries that no
        function of Ringfence sealed. The metadata of the object names them.
        """
        first = entries[0]
        name = object_key(chain, first.incident, first.seq)
        with raised("s3:PutObject"):
            try:
                self.client.put_object(
                    Bucket=self.bucket,
                    Key=name,
                    Body=written(chain, entries).encode(),
                    ContentType="application/jsonl",
                    ChecksumAlgorithm="SHA256",
                    IfNoneMatch="*",
                    Metadata=_marks(one.seq for one in entries if one.seq in forged),
                )
            except ClientError as error:
                if code_of(error) != _THERE:
                    raise
            else:
                return frozenset()
        there = {one.seq: one for one in self._first_of(name)}
        rest = [one for one in entries if one.seq not in there]
        other = {one.seq for one in entries if one.seq in there and not _same(one, there[one.seq])}
        return frozenset(other) | (
            self.keep(chain, rest, forged) if 0 < len(rest) < len(entries) else frozenset()
        )

    def first_versions(self, key: ChainKey, incident: str, side_by_side: SideBySide) -> tuple[Archived, ...]:
        """Read the first version of every entry of a response."""
        prefixes = (folder(key.text, incident), archive_prefix(key.text, incident))
        stored = [one for prefix in prefixes for one in self._stored(prefix)]
        return self._read_all(stored, side_by_side)

    def of_incident(self, incident: str) -> tuple[ChainKey, ...]:
        """Return the responses to an incident, except for those whose entries are one object each."""
        return self._chains(incident, f"{ARCHIVE_PREFIX}{incident}/")

    def chains(self, incident: str) -> tuple[ChainKey, ...]:
        """Search the archive for the responses to an incident that the table lacks.

        Where entries were one object each, every such object is listed, because a runbook and a subject
        come before the incident in their keys. No more of these are written.
        """
        old = (f"{ARCHIVE_PREFIX}{runbook}/" for runbook in runbook_ids())
        return self._chains(incident, f"{ARCHIVE_PREFIX}{incident}/", *old)

    def _chains(self, incident: str, *prefixes: str) -> tuple[ChainKey, ...]:
        found: dict[ChainKey, None] = {}
        for prefix in prefixes:
            for stored in self._stored(prefix):
                place = place_of(stored.name)
                if place and place.incident == incident:
                    found[place.key] = None
        return tuple(found)

    def responses(self, first: str, last: str, months: Iterable[str] = ("",)) -> Iterator[Found]:
        """Yield the archived responses to the incidents from `first` to `last`.

        `first` and `last` are ids of incidents, or beginnings of them. `months` are the months between them,
        such as 202611, if not everything is to be listed. A response is yielded twice if some of its entries
        are one object each.
        """
        new = (f"{INCIDENTS_PREFIX}{month}" for month in months)
        old = (f"{ARCHIVE_PREFIX}{runbook}/" for runbook in runbook_ids())
        before: Found | None = None
        for prefix in (*new, *old):
            for stored in self._stored(prefix):
                place = place_of(stored.name)
                if place and first <= place.incident <= last and before != (place.key, place.incident):
                    before = (place.key, place.incident)
                    yield before

    def old_entries(
        self, after: str, most: int, side_by_side: SideBySide
    ) -> tuple[tuple[tuple[Place, Entry], ...], str]:
        """Read entries that are one object each, after a key, and the last key if more follow."""
        prefixes = sorted(f"{ARCHIVE_PREFIX}{runbook}/" for runbook in runbook_ids())
        names = (one for prefix in prefixes for one in self._stored(prefix, after))
        listed = tuple(islice(names, most))
        old = [
            (place, one) for one in listed if (place := place_of(one.name)) and place.alone and one.versions
        ]
        reads = [
            lambda place=place, one=one: self._get(place, one.name, one.versions[0].id) for place, one in old
        ]
        found = cast("Sequence[tuple[Entry]]", side_by_side(reads) if reads else ())
        entries = tuple((place, entry) for (place, _), (entry,) in zip(old, found, strict=True))
        return entries, listed[-1].name if len(listed) == most else ""

    def _stored(self, prefix: str, after: str = "") -> Iterator[Stored]:
        return stored_in(self.client, self.bucket, prefix, after)

    def _first_of(self, name: str) -> tuple[Archived, ...]:
        """Read the first version of one object."""
        found = [one for one in self._stored(name) if one.name == name]
        return self._read_all(found, lambda reads: [read() for read in reads])

    def _read_all(self, stored: Iterable[Stored], side_by_side: SideBySide) -> tuple[Archived, ...]:
        """Read objects of one response. If several contain an entry, the oldest is its first version."""
        oldest_first = sorted(
            (one for one in stored if one.versions and place_of(one.name)),
            key=lambda one: (one.versions[0].at, one.name),
        )
        reads = [lambda one=one: self._read(one) for one in oldest_first]
        first: dict[int, Archived] = {}
        for entries in side_by_side(reads) if reads else ():
            for one in entries if isinstance(entries, tuple) else ():
                known = first.setdefault(one.seq, one)
                if (known.body, known.hash, known.mac) != (one.body, one.hash, one.mac):
                    first[one.seq] = replace(known, versions=known.versions + one.versions)
                elif known is not one and one.markers:
                    first[one.seq] = replace(known, markers=known.markers + one.markers)
        return tuple(first[seq] for seq in sorted(first))

    def _read(self, stored: Stored) -> tuple[Archived, ...]:
        """Read an object's entries in its first version, and count the later versions that differ."""
        place = place_of(stored.name)
        if place is None:
            return ()
        first, *more = (self._get(place, stored.name, one.id) for one in stored.versions)
        later = sum(one != first for one in more)
        markers = tuple(utc_text(at) for at in stored.markers)
        return tuple(Archived(one.seq, one.body, one.hash, 1 + later, one.mac, markers) for one in first)

    def _get(self, place: Place, name: str, version: str) -> tuple[Entry, ...]:
        with raised("s3:GetObject"):
            found = self.client.get_object(Bucket=self.bucket, Key=name, VersionId=version)
            text, noted = found["Body"].read().decode(errors="replace"), found["Metadata"]
        if place.alone:
            return (Entry(place.incident, place.seq, text, noted.get(_HASH, ""), noted.get(_MAC, "")),)
        return read(place, text)


def _same(entry: Entry, archived: Archived) -> bool:
    return (entry.body, entry.hash, entry.mac) == (archived.body, archived.hash, archived.mac)
