"""Archive new entries of the audit table, and append them to the log. Every other change is tampering."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ringfence.aws.log_sequence import MOST_CHAINS, Position
from ringfence.handlers.logs import logger
from ringfence.handlers.metrics import arrived, emit
from ringfence.handlers.stream import INSERT, Change
from ringfence.handlers.tampering import alarm
from ringfence.model.errors import RingfenceError
from ringfence.model.resource_names import ARCHIVE
from ringfence.record.chain import HEARTBEAT, ChainKey, digest
from ringfence.record.measures import UNSEALED, Measure
from ringfence.record.seal import Origin
from ringfence.record.tlog import Leaf
from ringfence.record.untrusted import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ringfence.aws.archive import S3Archive
    from ringfence.aws.log_sequence import LogSequence
    from ringfence.aws.notice import Topic
    from ringfence.handlers.stream import Answer, Event
    from ringfence.record.chain import Entry
    from ringfence.record.seal import SealKeys

OTHER = "the archive has another version of a new entry"
FORGED = "an entry was written that no function of Ringfence sealed: its MAC is wrong"


class Seals(Protocol):
    """The keys of the seals."""

    @property
    def labels(self) -> frozenset[str]:
        """The labels of all keys of this deployment, derived or not."""
        ...

    def keys(self) -> SealKeys:
        """Return the keys. Derive them unless that was done before."""
        ...


@dataclass
class Run:
    """Consecutive new entries of one response, and their places in the batch."""

    chain: str
    entries: list[Entry]
    places: list[int]

    @property
    def incident(self) -> str:
        """The incident."""
        return self.entries[0].incident

    @property
    def end(self) -> Position:
        """The position of the chain once these entries are in the log."""
        return Position(self.incident, self.entries[-1].seq)

    def follows(self, at: Position) -> bool:
        """Return whether these are the entries that come next in their chain."""
        first = self.entries[0].seq
        if self.incident == at.incident:
            return first == at.last + 1
        return first == 0 and self.incident > at.incident


@dataclass
class Batch:
    """What a part of a batch leads to: leaves, positions of chains before and after, and what is wrong."""

    leaves: list[str] = field(default_factory=list)
    moved: dict[str, tuple[Position, Position]] = field(default_factory=dict)
    wrong: dict[int, str] = field(default_factory=dict)

    def add(self, run: Run, entries: Iterable[Entry]) -> None:
        """Append the leaves of some of a run's entries."""
        self.leaves += [Leaf.of(run.chain, f"{one.incident}#{one.seq:06d}", one).text for one in entries]

    def move(self, run: Run) -> None:
        """Move the chain to the end of a run."""
        self.moved[run.chain] = (self.moved[run.chain][0], run.end)


@dataclass(frozen=True)
class Archiving:
    """Archives new entries, appends them to the transparency log, and raises the tamper alarm.

    An entry is archived before it is in the log, and in the log before the batch is done. A batch that is
    delivered again, also in other parts, finds what was done and does the rest.

    An entry with a wrong MAC is archived with a mark, logged and reported: it is evidence, and the entries
    after it do not wait. A batch that is delivered again reports it again. Without a key, and without
    `seals`, MACs are not checked.
    """

    archive: S3Archive
    sequence: LogSequence
    topic: Topic
    seals: Seals | None = None

    def work(self, event: Event) -> Answer:
        """Handle a batch. Returns the record at which the stream must continue after a failure.

        Unexpected errors are raised: the function fails, and its alarm rings.
        """
        changes = [Change.of(record) for record in event["Records"]]
        for start in range(0, len(changes), MOST_CHAINS):
            part = changes[start : start + MOST_CHAINS]
            done = self._part(part)
            if done < len(part):
                number = event["Records"][start + done]["dynamodb"]["SequenceNumber"]
                return {"batchItemFailures": [{"itemIdentifier": number}]}
        return {"batchItemFailures": []}

    def _part(self, changes: Sequence[Change]) -> int:
        """Handle some changes together. If that fails, handle them one by one. Return how many are done."""
        try:
            self._handle(changes)
        except RingfenceError:
            for done, change in enumerate(changes):
                try:
                    self._handle([change])
                except RingfenceError as error:
                    logger().warning(
                        "begin again here",
                        extra={"chain": change.chain, "entry": change.sort, "error": str(error)},
                    )
                    return done
        return len(changes)

    def _handle(self, changes: Sequence[Change]) -> None:
        """Archive the entries, append them in one transaction, and report tampering."""
        batch = Batch()
        for run in _runs(changes):
            if run.chain not in batch.moved:
                position = self.sequence.position(run.chain)
                batch.moved[run.chain] = (position, position)
            self._keep(run, batch)
        moved = {chain: both for chain, both in batch.moved.items() if both[0] != both[1]}
        if batch.leaves or moved:
            self.sequence.append(batch.leaves, moved)
        for place, change in enumerate(changes):
            if words := batch.wrong.get(place) or _tampering(change):
                incident = change.sort.rpartition("#")[0]
                details = (f"chain {plain(change.chain)}, entry {plain(change.sort)}",)
                alarm(self.topic, words, details, change.chain, incident)
            elif change.chain.startswith(f"{HEARTBEAT}#"):
                arrived(ARCHIVE)

    def _keep(self, run: Run, batch: Batch) -> None:
        at = batch.moved[run.chain][1]
        if not run.follows(at):
            self._compare(run, at, batch)
            return
        forged = self._forged(run)
        other = self.archive.keep(run.chain, run.entries, forged)
        _note(run, batch, lambda entry: entry.seq in other)
        _note(run, batch, lambda entry: entry.seq in forged, FORGED)
        batch.add(run, run.entries)
        batch.move(run)

    def _compare(self, run: Run, at: Position, batch: Batch) -> None:
        """Archive what is not archived yet, and append what is not known to be in the log."""
        runbook, _, subject = run.chain.partition("#")
        found = self.archive.first_versions(ChainKey(runbook, subject), run.incident, _in_turn)
        archived = {one.seq: (one.body, one.hash, one.mac) for one in found}
        new = [one for one in run.entries if one.seq not in archived]
        forged = self._forged(run)
        for entry in new:
            self.archive.keep(run.chain, [entry], forged)
        _note(run, batch, lambda one: archived.get(one.seq, _content(one)) != _content(one))
        _note(
            run, batch, lambda one: one.seq in forged, FORGED
        )  # an earlier attempt may have reported nothing
        logged = at.last if at.incident == run.incident else -1
        batch.add(
            run,
            (
                one
                for one in run.entries
                if one in new or (archived[one.seq] == _content(one) and one.seq > logged)
            ),
        )
        missing = [seq for seq in range(run.entries[0].seq) if seq not in archived]
        if missing:
            words = f"{_several(missing)} not archived before a later entry"
            batch.wrong.setdefault(run.places[0], words)
        elif at.incident <= run.incident and run.end.last > logged:
            batch.move(run)

    def _forged(self, run: Run) -> frozenset[int]:
        """Return the numbers of the entries whose MAC is wrong. Count those that have none."""
        keys = self.seals.keys() if self.seals else None
        if self.seals is None or keys is None or not keys.keys:
            return frozenset()
        key = ChainKey(*run.chain.split("#", 1))
        origins = {one.seq: keys.origin(key, one, self.seals.labels) for one in run.entries}
        if unsealed := sum(one is Origin.UNSEALED for one in origins.values()):
            emit((Measure(UNSEALED, unsealed),))
        return frozenset(seq for seq, origin in origins.items() if origin is Origin.FORGED)


def _runs(changes: Sequence[Change]) -> list[Run]:
    """Gather consecutive new entries of each response. Other changes separate nothing."""
    runs: list[Run] = []
    open_: dict[tuple[str, str], Run] = {}
    for place, change in enumerate(changes):
        entry = change.entry
        if change.kind != INSERT or entry is None:
            continue
        run = open_.get((change.chain, entry.incident))
        if run is None or entry.seq != run.end.last + 1:
            run = open_[change.chain, entry.incident] = Run(change.chain, [], [])
            runs.append(run)
        run.entries.append(entry)
        run.places.append(place)
    return runs


def _note(run: Run, batch: Batch, differs: Callable[[Entry], bool], words: str = OTHER) -> None:
    batch.wrong |= {
        place: words for place, entry in zip(run.places, run.entries, strict=True) if differs(entry)
    }


def _tampering(change: Change) -> str:
    """Return what is wrong with a change in words, or nothing."""
    if change.kind != INSERT:
        return f"an entry was changed after it was written ({change.kind})"
    if change.entry is None:
        return "an item was written that is not a valid entry"
    if digest(change.entry.body) != change.entry.hash:
        return "an entry was written with a hash that does not match its body"
    return ""


def _content(entry: Entry) -> tuple[str, str, str]:
    return entry.body, entry.hash, entry.mac


def _several(numbers: Sequence[int]) -> str:
    first, last = numbers[0], numbers[-1]
    return f"entry {first} was" if first == last else f"entries {first} to {last} were"


def _in_turn(reads: Sequence[Callable[[], object]]) -> list[object]:
    return [read() for read in reads]
