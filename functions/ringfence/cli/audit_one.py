"""Verify the entries of one incident, and find what a verification reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from ringfence.cli.log import archive_of, find, reader_of
from ringfence.record.integrity import Fault, Wrong, with_more
from ringfence.record.integrity import verify as verify_chain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from ringfence.aws.archive import S3Archive
    from ringfence.aws.incidents import IncidentReader, Response
    from ringfence.aws.log_files import LogFiles
    from ringfence.cli.audit_sources import LogReport, Sources
    from ringfence.cli.settings import Home
    from ringfence.engine.ports import SideBySide
    from ringfence.record.integrity import ChainVerdict
    from ringfence.record.tlog import Checkpoint, LogKey


@dataclass(frozen=True)
class Verified:
    """The result for each response of an incident, and what of the log it was compared with.

    `report` is None if nothing was compared with the log. `key` is the verifier key, empty then.
    """

    chains: tuple[ChainVerdict, ...]
    report: LogReport | None = None
    key: str = ""

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint, whose signature was verified."""
        return self.report.newest if self.report else None


def verdicts_of(home: Home, incident: str, now: datetime, *, without_archive: bool) -> Verified:
    """Verify an incident. Raises BadInput for an unknown one, and Retryable."""
    from ringfence.cli.audit_responses import verified
    from ringfence.cli.audit_store import audit_store
    from ringfence.cli.audit_walk import walk_log

    reader = reader_of(home)
    archive = None if without_archive else archive_of(home)
    responses = find(reader, archive.chains if archive else None, incident, home.place)
    sources = _sources(home) if archive else None
    if sources is None:
        return Verified(tuple(_unlogged(reader, archive, responses, now)))
    with audit_store() as store:
        report = walk_log(sources, store, opened(incident), now)
        found = [verified(sources, store, one.key, incident, now, report=report) for one in responses]
    return Verified(tuple(_with_log(one, report) for one in found), report, sources.key.text)


def _unlogged(
    reader: IncidentReader, archive: S3Archive | None, responses: Sequence[Response], now: datetime
) -> Iterator[ChainVerdict]:
    """Verify responses without the log, and without the archive if there is none."""
    for one in responses:
        first = archive.first_versions(one.key, one.incident, _threads()) if archive else None
        yield verify_chain(one.key, one.incident, reader.entries(one), first, now)


def _with_log(verdict: ChainVerdict, report: LogReport) -> ChainVerdict:
    """Add what is wrong with the log. It is no fault of an entry, so the number is -1."""
    return with_more(verdict, (Fault(-1, Wrong.LOG, words) for words in report.faults[:1]))


def opened(incident: str) -> datetime:
    """Return when an incident was opened, by its id."""
    return datetime.strptime(incident[4:19], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def all_sources(home: Home, copies: Sequence[tuple[str, str]]) -> Sources:
    """Return what a verification reads. `copies` are checkpoints from elsewhere."""
    from ringfence.cli.audit_sources import Sources
    from ringfence.cli.log_key import verifier

    files = _files(home)
    key = _key(home, files)
    return Sources(reader_of(home), archive_of(home), files, key, verifier(key), copies, _threads())


def _sources(home: Home) -> Sources | None:
    """Return what to verify. None if the archive has no checkpoint, so that there is no log."""
    has_log = next(_files(home).checkpoints(), None) is not None
    return all_sources(home, ()) if has_log else None


def _files(home: Home) -> LogFiles:
    from ringfence.aws.log_files import LogFiles

    return LogFiles(cast("S3Client", home.place.client("s3")), home.archive_bucket)


def _key(home: Home, files: LogFiles) -> LogKey:
    from ringfence.aws.log_files import origin
    from ringfence.cli.log_key import log_key

    return log_key(home.log_key, origin(files.bucket, files.client.meta.region_name), home.place)


def notes_of(kept: Sequence[Path], bucket: str | None, home: Home) -> list[tuple[str, str]]:
    """Return the checkpoints in files and in a bucket, with their places. Raises BadInput, Retryable."""
    from ringfence.aws.log_files import CheckpointCopies, origin
    from ringfence.cli.audit_checkpoint import read

    notes = [(str(path), read(path)) for path in kept]
    if bucket:
        files = _files(home)
        log = origin(files.bucket, files.client.meta.region_name)
        notes += CheckpointCopies(files.client, bucket).notes(log)
    return notes


def _threads() -> SideBySide:
    from ringfence.handlers.threads import Threads

    return Threads()
