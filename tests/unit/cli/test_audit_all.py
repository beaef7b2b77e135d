"""`ringfence audit verify --all`: what an intruder changed in table, archive and log is named."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.aws.archive_objects import object_key
from ringfence.aws.audit_items import CHAIN, ENTRY, to_item
from ringfence.cli.audit_files import walk_files
from ringfence.cli.audit_responses import walk_responses
from ringfence.cli.audit_sources import Period, Sources
from ringfence.cli.audit_store import audit_store
from ringfence.cli.audit_walk import walk_log
from ringfence.model.codec import canonical
from ringfence.model.incident import incident_id
from ringfence.record.chain import ChainKey, Entry, Stamp, digest, link
from ringfence.record.control import EMPTIED, LOG_LEAVES
from tests.support.effort import examples
from tests.support.fakes.audit_home import ARCHIVE, in_turn
from tests.support.fakes.chains import KEY, notes
from tests.support.fakes.log_home import ORIGIN, LogHome
from tests.support.fakes.memory_clients import START

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.cli.audit_sources import LogReport
    from ringfence.record.integrity import ChainVerdict

OTHER = ChainKey("another", "instance/1")
FIRST, SECOND = incident_id(START, "a"), incident_id(START + timedelta(hours=2), "b")


def chain(key: ChainKey, incident: str, at: datetime, count: int) -> tuple[Entry, ...]:
    return link(Stamp(key, incident, "ringfence", "attempt", at), None, notes(count))


def home() -> LogHome:
    """Two responses, several checkpoints, and one that is copied to another account."""
    made = LogHome()
    entries = chain(KEY, FIRST, made.clock(), 5)
    made.write(KEY, *entries[:3])
    made.publish()
    made.clock.wait(minutes=10)
    made.write(KEY, *entries[3:])
    made.publish()
    made.clock.wait(hours=1, minutes=50)
    made.write(OTHER, *chain(OTHER, SECOND, made.clock(), 4))
    made.publish()
    made.clock.wait(hours=1)
    made.publish()
    made.clock.wait(minutes=20)
    return made


@dataclass(frozen=True)
class Found:
    """The result of a verification of everything."""

    verdicts: tuple[ChainVerdict, ...]
    report: LogReport

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong, and nobody tried."""
        remarks = any(one.remarks for one in self.verdicts) or self.report.remarks
        return all(one.sound for one in self.verdicts) and not self.report.faults and not remarks

    @property
    def words(self) -> str:
        """All that is said."""
        said = [f"{one.incident} {one.claim} {one.faults} {one.remarks}" for one in self.verdicts]
        return "\n".join((*said, *self.report.faults, *self.report.remarks))


def sources(made: LogHome, *, copies: bool = True) -> Sources:
    key = made.signer.key
    notes_ = tuple(made.copies.notes(ORIGIN)) if copies else ()
    return Sources(made.reader, made.archive, made.files, key, made.signer.verify, notes_, in_turn)


def verified(made: LogHome, period: Period | None = None, *, copies: bool = True) -> Found:
    period, now = period or Period(), made.clock()
    with audit_store() as store:
        given = sources(made, copies=copies)
        report = walk_log(given, store, period.since, now)
        walk_files(given, store, report, now)
        return Found(tuple(walk_responses(given, store, period, report, now)), report)


def test_an_untouched_log_is_sound_and_says_what_it_covers() -> None:
    found = verified(home())
    assert found.sound, found.words
    assert [(one.incident, one.entries, one.archived) for one in found.verdicts] == [
        (FIRST, 5, 5),
        (SECOND, 4, 4),
    ]
    assert (found.report.first, found.report.size, found.report.checkpoints) == (0, 9, 4)


def test_a_period_covers_its_incidents_and_the_log_from_then_on() -> None:
    made = home()
    made.clock.wait(minutes=30)
    made.publish()
    found = verified(made, Period(since=START + timedelta(hours=1, minutes=50)))
    assert found.sound, found.words
    assert [one.incident for one in found.verdicts] == [SECOND]
    assert (found.report.first, found.report.size) == (5, 9)
    found = verified(made, Period(until=START + timedelta(hours=1)))
    assert [one.incident for one in found.verdicts] == [FIRST]


def test_entries_of_the_last_minutes_may_wait_for_archive_and_log() -> None:
    made = home()
    third = incident_id(made.clock(), "c")
    made.write(KEY, *chain(KEY, third, made.clock(), 2))
    made.store(OTHER, *chain(OTHER, third, made.clock(), 2))
    assert verified(made).sound
    made.clock.wait(minutes=20)
    found = verified(made)
    assert "entry 0 is not archived: it was written 20 minutes ago" in found.words
    made.clock.wait(minutes=30)
    assert "it is in the archive, but not in the transparency log" in verified(made).words


def test_a_chain_that_was_rewritten_end_to_end_while_nothing_was_archived_is_named() -> None:
    made = home()
    third = incident_id(made.clock(), "c")
    previous = ""
    for entry in chain(KEY, third, made.clock(), 4):
        body = entry.body.replace('"actor":"ringfence"', '"actor":"scapegoat"')
        body = body.replace(f'"previous":"{entry.previous}"', f'"previous":"{previous}"')
        previous = digest(body)
        made.store(KEY, Entry(third, entry.seq, body, previous))
    made.clock.wait(minutes=16)
    found = verified(made)
    assert (
        f"{third} VERIFICATION FAILED: entry 0 is not archived: it was written 16 minutes ago" in found.words
    )


def test_an_incident_that_was_deleted_from_the_table_is_named() -> None:
    made = home()
    for at in [at for at in made.dynamo.audit if at[1].startswith(FIRST)]:
        made.dynamo.audit.pop(at)
    found = verified(made)
    assert f"{FIRST} VERIFICATION FAILED: entry 0 is removed" in found.words


def test_an_incident_that_was_deleted_from_the_table_and_the_archive_is_named() -> None:
    made = home()
    for at in [at for at in made.dynamo.audit if at[1].startswith(FIRST)]:
        made.dynamo.audit.pop(at)
    for name in [name for name in made.s3.objects if FIRST in name]:
        made.s3.objects.pop(name)
    found = verified(made)
    assert (
        f"{FIRST} VERIFICATION FAILED: entry 0 is removed: it is leaf 0 of the log, and not in" in found.words
    )


def test_the_tail_of_a_chain_that_was_cut_everywhere_but_in_the_log_is_named() -> None:
    made = home()
    made.dynamo.audit.pop((KEY.text, f"{FIRST}#000004"))
    name = object_key(KEY.text, FIRST, 3)
    (version,) = made.s3.objects[name]
    version["Body"] = version["Body"].splitlines(keepends=True)[0]
    assert "entry 4 is removed: it is leaf 4 of the log" in verified(made).words


def rolled_back(made: LogHome) -> None:
    """Take everything away that came after the second checkpoint, as if it had never been."""
    made.s3.objects["log/checkpoint"] = made.s3.objects["log/checkpoint"][:2]
    kept = (
        "log/tile/0/000.p/3",
        "log/tile/0/000.p/5",
        "log/tile/entries/000.p/3",
        "log/tile/entries/000.p/5",
    )
    for name in list(made.s3.objects):
        if name.startswith(("log/tile", f"chains/{SECOND}")) and name not in kept:
            made.s3.objects.pop(name)
    for at in [at for at in made.dynamo.audit if at[1].startswith(SECOND)]:
        made.dynamo.audit.pop(at)


def test_a_log_that_was_rolled_back_is_found_by_time_and_by_a_copy() -> None:
    made = home()
    rolled_back(made)
    assert "no later one was signed" in verified(made, copies=False).words
    assert "the log was cut: the copy" in verified(made).words


def test_a_fork_is_found() -> None:
    """Somebody who controls the home account signs another history; a copy of the true one is elsewhere."""
    made, other = home(), LogHome()
    other.write(KEY, *chain(KEY, FIRST, START + timedelta(seconds=1), 3))
    other.publish()
    made.other_account.objects |= {f"x{name}": kept for name, kept in made.other_account.objects.items()}
    forged = other.files.checkpoint(next(other.files.checkpoints()))
    made.other_account.put_object(Key=f"ringfence/{ORIGIN}/forged", Body=forged.encode())
    found = verified(made)
    assert "the log was forked: 3 entries have different roots" in found.words


def test_a_stranger_s_checkpoint_is_named() -> None:
    made = home()
    made.files.put_checkpoint("not a checkpoint\n")
    assert "is not a checkpoint of the log" in verified(made).words


@pytest.mark.parametrize("month", [{}, {"month": {"S": "2025-01"}}])
def test_an_incident_that_no_list_shows_any_more_is_named(month: dict[str, Any]) -> None:
    """The index contains the items with a month. Everything else of the entry stays as it was written."""
    made = home()
    at = KEY.text, f"{FIRST}#000000"
    item: Any = made.dynamo.audit[at]
    made.dynamo.audit[at] = {name: one for name, one in item.items() if name != "month"} | month
    found = verified(made)
    assert f"the table has another month for {KEY.text}, {FIRST}#000000" in found.words
    assert len(found.report.faults) == 1


def test_an_entry_that_lists_show_as_a_first_one_is_named() -> None:
    made = home()
    at = KEY.text, f"{FIRST}#000003"
    made.dynamo.audit[at] = {**made.dynamo.audit[at], "month": {"S": "2026-11"}}
    assert f"the table has another month for {KEY.text}, {FIRST}#000003" in verified(made).words


def test_items_that_are_no_entries_are_named() -> None:
    made = home()
    made.dynamo.audit["forged", "entry"] = {CHAIN: {"S": "forged"}, ENTRY: {"S": "entry"}}
    assert "the table has an item that is not an entry: forged, entry" in verified(made).words


def test_a_forged_chain_without_an_index_entry_is_named() -> None:
    made = home()
    made.store(KEY, *chain(KEY, FIRST.replace("inc-2026", "inc-2025"), START, 3)[1:])
    assert "entry 0 is missing" in verified(made).words


def test_an_archive_without_a_log_is_named() -> None:
    made = home()
    for name in [name for name in made.s3.objects if name.startswith("log/")]:
        made.s3.objects.pop(name)
    found = verified(made, copies=False)
    assert "the archive has no checkpoint of the log" in found.words
    assert "it is in the archive, but not in the transparency log" in found.words


# What an intruder with every right could do to what is stored, also where a lock would keep them from it.

Alteration = "Callable[[LogHome, st.DataObject], object]"


def other_bytes(data: st.DataObject, old: bytes) -> bytes:
    """Change, cut, lengthen or replace bytes."""
    at = data.draw(st.integers(0, max(0, len(old) - 1)))
    new = data.draw(
        st.one_of(
            st.integers(0, 255).map(lambda one: old[:at] + bytes([one]) + old[at + 1 :]),
            st.just(old[:at]),
            st.just(old + b"x"),
            st.binary(max_size=70),
        )
    )
    return new if new != old else old + b"y"


def table_text(made: LogHome, data: st.DataObject) -> None:
    at = data.draw(st.sampled_from(sorted(made.dynamo.audit)))
    item = made.dynamo.audit[at]
    name = data.draw(st.sampled_from(["body", "hash", "mac"]))
    old = item.get(name, {"S": ""})["S"]
    made.dynamo.audit[at] = {**item, name: {"S": other_bytes(data, old.encode()).decode(errors="replace")}}


def table_listing(made: LogHome, data: st.DataObject) -> None:
    """Change or remove what does not belong to the entry, but decides which lists show it."""
    at = data.draw(st.sampled_from(sorted(made.dynamo.audit)))
    item: Any = dict(made.dynamo.audit[at])
    name, kind = data.draw(st.sampled_from([("month", "S"), ("incident", "S"), ("seq", "N")]))
    old = item.pop(name, None)
    new = data.draw(st.none() | st.sampled_from(["2026-10", "2026-12", "7", ""]))
    if new is not None or old is None:
        item[name] = {kind: new or "2027-01"}
    made.dynamo.audit[at] = item


def table_removal(made: LogHome, data: st.DataObject) -> None:
    made.dynamo.audit.pop(data.draw(st.sampled_from(sorted(made.dynamo.audit))))


def table_tail(made: LogHome, data: st.DataObject) -> None:
    """Cut the end of a chain."""
    of, first = data.draw(st.sampled_from(sorted(made.dynamo.audit)))
    for at in [at for at in made.dynamo.audit if at[0] == of and at[1] >= first]:
        made.dynamo.audit.pop(at)


def table_rewrite(made: LogHome, data: st.DataObject) -> None:
    """Rewrite a chain from an entry on, consistently."""
    of, first = data.draw(st.sampled_from(sorted(made.dynamo.audit)))
    actor, previous = data.draw(st.text("abc", min_size=1)), None
    for at in sorted(at for at in made.dynamo.audit if at[0] == of and at[1] >= first):
        item: Any = made.dynamo.audit[at]
        body = item["body"]["S"].replace('"actor":"ringfence"', f'"actor":"{actor}"')
        if previous is not None:
            body = canonical({**json.loads(body), "previous": previous})
        previous = digest(body)
        made.dynamo.audit[at] = {**item, "body": {"S": body}, "hash": {"S": previous}}


def table_extra(made: LogHome, data: st.DataObject) -> None:
    """Append a forged entry that was written an hour ago."""
    seq = data.draw(st.integers(5, 9))
    forged = chain(KEY, FIRST, START, seq + 1)[seq]
    item: Any = to_item(KEY, forged)
    made.dynamo.audit[KEY.text, item[ENTRY]["S"]] = item


def table_move(made: LogHome, data: st.DataObject) -> None:
    """Put an entry under another key."""
    at = data.draw(st.sampled_from(sorted(made.dynamo.audit)))
    to = data.draw(st.sampled_from([("another#instance/2", at[1]), (at[0], at[1] + "9"), (at[0], "x")]))
    made.dynamo.audit[to] = {**made.dynamo.audit.pop(at), CHAIN: {"S": to[0]}, ENTRY: {"S": to[1]}}


def objects(made: LogHome, *starts: str) -> list[str]:
    return sorted(name for name in made.s3.objects if name.startswith(starts))


def object_bytes(made: LogHome, data: st.DataObject) -> None:
    """Change what a lock protects, or, for the checkpoint, any version."""
    version = data.draw(st.sampled_from(made.s3.objects[data.draw(st.sampled_from(objects(made, "")))]))
    version["Body"] = other_bytes(data, version["Body"])


def object_version(made: LogHome, data: st.DataObject) -> None:
    """Put another version."""
    name = data.draw(st.sampled_from(objects(made, "")))
    old = made.s3.objects[name][-1]["Body"]
    made.s3.put_object(Bucket=ARCHIVE, Key=name, Body=other_bytes(data, old))


def object_marker(made: LogHome, data: st.DataObject) -> None:
    made.s3.delete_object(Bucket=ARCHIVE, Key=data.draw(st.sampled_from(objects(made, ""))))


def object_removal(made: LogHome, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(objects(made, "chains/", "log/tile/")))
    made.s3.objects.pop(name)


def object_extra(made: LogHome, data: st.DataObject) -> None:
    """Archive something else for an entry, under another cut."""
    seq = data.draw(st.sampled_from([1, 2, 4]))
    forged = replace(chain(KEY, FIRST, START, 5)[seq], mac=data.draw(st.text("ab", min_size=1)))
    made.archive.keep(KEY.text, [forged])


def object_old_form(made: LogHome, data: st.DataObject) -> None:
    """Archive a forged entry in the form of before."""
    seq = data.draw(st.integers(0, 8))
    name = f"chains/{KEY.text.replace('#', '/', 1)}/{FIRST}/{seq:06d}.json"
    made.s3.put_object(Bucket=ARCHIVE, Key=name, Body=b"{}", Metadata={"hash": digest("{}")})


def log_replay(made: LogHome, data: st.DataObject) -> None:
    """Put an older checkpoint on top."""
    old = data.draw(st.sampled_from(made.s3.objects["log/checkpoint"][:-1]))
    made.files.put_checkpoint(old["Body"].decode())


def log_leaves(made: LogHome, data: st.DataObject) -> None:
    """Change a leaf before it is published."""
    third = incident_id(made.clock(), "c")
    made.write(KEY, *chain(KEY, third, made.clock(), 3))
    (at,) = (
        name
        for name, item in made.dynamo.control.items()
        if name.startswith(LOG_LEAVES) and item["leaves"] != {"S": EMPTIED}
    )
    item = made.dynamo.control[at]
    leaves = json.loads(zlib.decompress(item["leaves"]["B"]))
    place = data.draw(st.integers(0, 2))
    if data.draw(st.booleans()):
        leaves[place] = other_bytes(data, leaves[place].encode()).decode(errors="replace")
    else:
        leaves[place] = leaves[place - 1]
    made.dynamo.control[at] = {**item, "leaves": {"B": zlib.compress(canonical(leaves).encode())}}
    if data.draw(st.booleans()):
        made.dynamo.control.pop(at)
    made.publish()
    made.clock.wait(hours=1)


def log_tail(made: LogHome, data: st.DataObject) -> None:
    """Take the newest checkpoints away, and nothing else."""
    kept = made.s3.objects["log/checkpoint"]
    del kept[data.draw(st.integers(1, 3)) :]


ALTERATIONS: tuple[Callable[[LogHome, st.DataObject], None], ...] = (
    *(table_text, table_listing, table_removal, table_tail, table_rewrite, table_extra, table_move),
    *(object_bytes, object_version, object_marker, object_removal, object_extra, object_old_form),
    *(log_replay, log_leaves, log_tail),
)


@examples(1000)
@given(st.data())
def test_every_alteration_of_table_archive_and_log_is_named(data: st.DataObject) -> None:
    made = home()
    data.draw(st.sampled_from(ALTERATIONS))(made, data)
    found = verified(made)
    assert not found.sound
    assert found.words.strip()


@pytest.mark.parametrize("alteration", ALTERATIONS)
@examples(5)
@given(data=st.data())
def test_each_kind_of_alteration_is_named(
    alteration: Callable[[LogHome, st.DataObject], None], data: st.DataObject
) -> None:
    made = home()
    alteration(made, data)
    assert not verified(made).sound
