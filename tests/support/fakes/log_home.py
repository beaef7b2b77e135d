"""The archive and the transparency log in memory, put together as the functions are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from ringfence.aws.archive import S3Archive
from ringfence.aws.audit_items import CHAIN, ENTRY, to_item
from ringfence.aws.incidents import IncidentReader
from ringfence.aws.log_files import CheckpointCopies, LogFiles, origin
from ringfence.aws.log_sequence import LogSequence
from ringfence.aws.log_signer import KmsSigner
from ringfence.handlers.archive import Archiving
from ringfence.handlers.checkpoints import Publishing
from tests.support.fakes.audit_home import ARCHIVE, AUDIT, CONTROL, REGION, in_turn
from tests.support.fakes.memory_clients import Calls, Clock, MemoryDynamo, MemoryKms, MemoryS3
from tests.support.fakes.stream import record_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mypy_boto3_s3 import S3Client

    from ringfence.aws.notice import Topic
    from ringfence.handlers.stream import Answer, Record
    from ringfence.record.chain import ChainKey, Entry
    from ringfence.record.notices import Notice
    from ringfence.record.tlog import Checkpoint

ORIGIN = origin(ARCHIVE, REGION)
COPIES = "copies"


class Told:
    """A topic that keeps what people are told."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def publish(self, notice: Notice) -> None:
        self.notices.append(notice)


class LogHome:
    """A home account: its tables, its bucket, its key, and the functions that archive and publish."""

    def __init__(self) -> None:
        self.calls, self.clock, self.told = Calls(), Clock(), Told()
        self.s3, self.dynamo = MemoryS3(self.calls, self.clock), MemoryDynamo(self.calls)
        self.other_account = MemoryS3(self.calls, self.clock)
        self.kms = MemoryKms(self.calls)
        s3, topic = cast("Any", self.s3), cast("Topic", self.told)
        self.archive = S3Archive(s3, ARCHIVE)
        self.files = LogFiles(s3, ARCHIVE)
        self.sequence = LogSequence(cast("Any", self.dynamo), CONTROL)
        self.signer = KmsSigner(cast("Any", self.kms), "the key", ORIGIN)
        self.reader = IncidentReader(cast("Any", self.dynamo), AUDIT)
        self.copies = CheckpointCopies(cast("Any", self.other_account), COPIES)
        self.archiving = Archiving(self.archive, self.sequence, topic)
        self.publishing = Publishing(
            self.archive, self.sequence, self.files, self.signer, self.copies, topic, self.clock, in_turn
        )

    def store(self, key: ChainKey, *entries: Entry) -> None:
        """Write entries to the audit table."""
        for one in entries:
            item = cast("Any", to_item(key, one))
            self.dynamo.audit[item[CHAIN]["S"], item[ENTRY]["S"]] = item

    def write(self, key: ChainKey, *entries: Entry) -> Answer:
        """Write entries to the audit table, and let the stream deliver them in one batch."""
        self.store(key, *entries)
        return self.deliver([record_of(key, one) for one in entries])

    def deliver(self, records: Sequence[Record]) -> Answer:
        """Deliver a batch of the stream."""
        return self.archiving.work({"Records": list(records)})

    def publish(self) -> Checkpoint | None:
        """Let the schedule fire."""
        return self.publishing.work()


def in_bucket(s3: S3Client, at: datetime) -> LogHome:
    """Return a home account whose archive and log are in a bucket of moto. Its clock shows `at`."""
    made, archive = LogHome(), S3Archive(s3, ARCHIVE)
    made.clock.now = at
    made.archiving = replace(made.archiving, archive=archive)
    made.publishing = replace(made.publishing, archive=archive, files=LogFiles(s3, ARCHIVE))
    return made
