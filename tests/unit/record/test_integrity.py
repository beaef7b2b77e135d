"""Laws of verification: whatever is done to a chain is seen, and the first entry it was done to is named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ringfence.model.codec import canonical
from ringfence.record.chain import ChainKey, Entry, digest, link
from ringfence.record.integrity import Archived, Wrong, verify
from tests.support.fakes.chains import INCIDENT, KEY, LATER, contained, notes, stamp

Chain = tuple[Entry, ...]
CHAINS = st.integers(1, 8).map(lambda length: link(stamp(), None, notes(length)))


def archived(chain: Chain, upto: int | None = None) -> tuple[Archived, ...]:
    return tuple(Archived(one.seq, one.body, one.hash) for one in chain[:upto])


def put(chain: Chain, index: int, **changes: object) -> Chain:
    changed = replace(chain[index], **changes)  # type: ignore[arg-type]  # fields of an entry
    return (*chain[:index], changed, *chain[index + 1 :])


def rewritten(entry: Entry, **changes: object) -> Entry:
    """Return the entry with its body changed and its hash made to fit."""
    body = canonical({**json.loads(entry.body), **changes})
    return replace(entry, body=body, hash=digest(body))


def recomputed(chain: Chain, index: int) -> Chain:
    """Alter one entry and write every later one anew, so that the chain is consistent again."""
    new = [*chain[:index], rewritten(chain[index], actor="nobody")]
    for entry in chain[index + 1 :]:
        new.append(rewritten(entry, previous=new[-1].hash))
    return tuple(new)


@st.composite
def chains_and_places(draw: st.DrawFn) -> tuple[Chain, int]:
    chain = draw(CHAINS)
    return chain, draw(st.integers(0, len(chain) - 1))


@given(CHAINS, st.integers(0, 8))
def test_an_untouched_chain_is_sound_and_the_rest_is_pending(chain: Chain, upto: int) -> None:
    verdict = verify(KEY, INCIDENT, chain, archived(chain, upto))
    assert verdict.sound
    assert verdict.pending == tuple(range(min(upto, len(chain)), len(chain)))
    assert verify(KEY, INCIDENT, chain).sound


@given(chains_and_places(), st.data())
def test_one_altered_character_is_seen_and_named(given: tuple[Chain, int], data: st.DataObject) -> None:
    chain, index = given
    place = data.draw(st.integers(0, len(chain[index].body) - 1))
    body = chain[index].body
    new = data.draw(st.characters(codec="utf-8"))
    assume(new != body[place])
    altered = put(chain, index, body=body[:place] + new + body[place + 1 :])
    for archive in (None, archived(chain), archived(chain, 1)):
        fault = verify(KEY, INCIDENT, altered, archive).first
        assert fault
        assert (fault.seq, fault.wrong) == (index, Wrong.ALTERED)


@given(chains_and_places())
def test_an_altered_hash_is_seen_and_named(given: tuple[Chain, int]) -> None:
    chain, index = given
    altered = put(chain, index, hash=digest("another"))
    for archive in (None, archived(chain)):
        fault = verify(KEY, INCIDENT, altered, archive).first
        assert fault
        assert (fault.seq, fault.wrong) == (index, Wrong.ALTERED)


@given(chains_and_places(), st.sampled_from([{"actor": "nobody"}, {"previous": "0" * 64}]))
def test_an_entry_rewritten_with_its_hash_is_named(given: tuple[Chain, int], change: dict[str, str]) -> None:
    """Without the archive it is betrayed by its neighbours; the last one has none behind it."""
    chain, index = given
    altered = put(chain, index, **vars(rewritten(chain[index], **change)))
    fault = verify(KEY, INCIDENT, altered, archived(chain)).first
    assert fault
    assert (fault.seq, fault.wrong) == (index, Wrong.ALTERED)
    if index < len(chain) - 1:
        fault = verify(KEY, INCIDENT, altered).first
        assert fault
        assert (fault.seq, fault.wrong) == (index, Wrong.ALTERED)


@given(chains_and_places())
def test_a_dropped_entry_is_seen_and_named(given: tuple[Chain, int]) -> None:
    chain, index = given
    rest = (*chain[:index], *chain[index + 1 :])
    fault = verify(KEY, INCIDENT, rest, archived(chain)).first
    assert fault
    assert (fault.seq, fault.wrong) == (index, Wrong.REMOVED)
    fault = verify(KEY, INCIDENT, rest).first
    if index < len(chain) - 1:
        assert fault
        assert (fault.seq, fault.wrong) == (index, Wrong.MISSING)


@given(chains_and_places(), st.data())
def test_swapped_entries_are_seen_and_the_first_is_named(
    given: tuple[Chain, int], data: st.DataObject
) -> None:
    chain, index = given
    other = data.draw(st.integers(0, len(chain) - 1).filter(lambda one: len(chain) == 1 or one != index))
    assume(other != index)
    one, two = chain[index], chain[other]
    bodies = put(put(chain, index, body=two.body, hash=two.hash), other, body=one.body, hash=one.hash)
    places = put(put(chain, index, **vars(two)), other, **vars(one))
    for swapped in (bodies, places):
        for archive in (None, archived(chain)):
            fault = verify(KEY, INCIDENT, swapped, archive).first
            assert fault
            assert (fault.seq, fault.wrong) == (min(index, other), Wrong.REORDERED)


@given(chains_and_places())
def test_a_repeated_entry_is_seen_and_named(given: tuple[Chain, int]) -> None:
    """Listed twice, or copied to the end under the next number."""
    chain, index = given
    fault = verify(KEY, INCIDENT, (*chain[: index + 1], *chain[index:])).first
    assert fault
    assert (fault.seq, fault.wrong) == (index, Wrong.REORDERED)
    fault = verify(KEY, INCIDENT, (*chain, replace(chain[index], seq=len(chain)))).first
    assert fault
    assert (fault.seq, fault.wrong) == (len(chain), Wrong.REORDERED)


@given(CHAINS, st.integers(0, 7))
def test_a_tail_that_was_cut_off_is_seen_with_the_archive_alone(chain: Chain, length: int) -> None:
    assume(length < len(chain))
    cut = chain[:length]
    assert verify(KEY, INCIDENT, cut).sound
    fault = verify(KEY, INCIDENT, cut, archived(chain)).first
    assert fault
    assert (fault.seq, fault.wrong) == (length, Wrong.REMOVED)


@given(chains_and_places())
def test_a_chain_recomputed_after_a_change_is_seen_with_the_archive_alone(given: tuple[Chain, int]) -> None:
    chain, index = given
    forged = recomputed(chain, index)
    assert verify(KEY, INCIDENT, forged).sound
    fault = verify(KEY, INCIDENT, forged, archived(chain)).first
    assert fault
    assert (fault.seq, fault.wrong) == (index, Wrong.ALTERED)


@given(chains_and_places())
def test_a_pending_entry_must_follow_the_archived_ones(given: tuple[Chain, int]) -> None:
    chain, index = given
    assume(index > 0)
    forged = put(chain, index, **vars(rewritten(chain[index], previous="0" * 64)))
    fault = verify(KEY, INCIDENT, forged, archived(chain, index)).first
    assert fault
    assert (fault.seq, fault.wrong) == (index, Wrong.ALTERED)


@given(chains_and_places())
def test_what_was_done_in_the_archive_is_seen(given: tuple[Chain, int]) -> None:
    chain, index = given
    first = archived(chain)
    for touched in (replace(first[index], versions=2), replace(first[index], hash=digest("another"))):
        fault = verify(KEY, INCIDENT, chain, (*first[:index], touched, *first[index + 1 :])).first
        assert fault
        assert fault.seq == index


def test_another_responses_chain_is_not_this_ones() -> None:
    for key, incident in (
        (KEY, LATER),
        (ChainKey("other", KEY.subject), INCIDENT),
        (ChainKey(KEY.runbook, "x"), INCIDENT),
    ):
        fault = verify(key, incident, contained()).first
        assert fault
        assert fault.seq == 0


def test_a_body_that_is_no_object_is_altered() -> None:
    for body in ("[]", "not JSON", "\ud800", "[" * 100_000):
        fault = verify(KEY, INCIDENT, (Entry(INCIDENT, 0, body, digest(body)),)).first
        assert fault
        assert fault.wrong == Wrong.ALTERED


@pytest.mark.parametrize(
    ("archive", "claim"),
    [
        (None, "Without the archive, this check does not detect"),
        (archived(contained()), "6 entries are the same as the archive's first versions"),
        (archived(contained(), 5), "1 entry is pending: not archived yet"),
        ((), "6 entries are pending"),
    ],
)
def test_the_claim_is_what_was_proved(archive: tuple[Archived, ...] | None, claim: str) -> None:
    assert claim in verify(KEY, INCIDENT, contained(), archive).claim


def test_the_claim_names_the_first_fault() -> None:
    verdict = verify(KEY, INCIDENT, contained()[:-1], archived(contained()))
    assert (
        verdict.claim == "VERIFICATION FAILED: entry 5 is removed: it is in the archive and not in the table"
    )


def test_something_that_is_no_entry_is_named() -> None:
    verdict = verify(KEY, INCIDENT, (*contained(), Entry(INCIDENT, -1, "", "")), archived(contained()))
    assert verdict.claim == "VERIFICATION FAILED: there is an item that is not an entry"
    assert (verdict.entries, verdict.pending) == (6, ())
