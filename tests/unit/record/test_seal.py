"""A seal is valid for one entry in one place under one key. What is done to a sealed chain is named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ringfence.model.codec import canonical
from ringfence.record.chain import ChainKey, Entry, digest, link
from ringfence.record.seal import Proof, SealKey, SealKeys, places, prove
from tests.support.fakes.chains import KEY, LATER, notes, stamp
from tests.support.fakes.seals import DOWN, OTHER, SEALS

Chain = tuple[Entry, ...]
KNOWN = frozenset({"key-1"})
CHAINS = st.integers(1, 8).map(lambda length: SEALS.sealed(KEY, link(stamp(), None, notes(length))))


@st.composite
def chains_and_places(draw: st.DrawFn) -> tuple[Chain, int]:
    chain = draw(CHAINS)
    return chain, draw(st.integers(0, len(chain) - 1))


def put(chain: Chain, place: int, entry: Entry) -> Chain:
    return (*chain[:place], entry, *chain[place + 1 :])


def rewritten(entry: Entry, **changes: object) -> Entry:
    body = canonical({**json.loads(entry.body), **changes})
    return replace(entry, body=body, hash=digest(body))


@given(CHAINS)
def test_an_untouched_chain_is_proved(chain: Chain) -> None:
    assert prove(KEY, chain, SEALS) == Proof()


@given(CHAINS)
def test_a_mac_is_no_part_of_the_hash(chain: Chain) -> None:
    plain = tuple(replace(one, mac="") for one in chain)
    assert plain == link(stamp(), None, notes(len(chain)))


@given(
    chains_and_places(), st.sampled_from([{"actor": "nobody"}, {"at": "2026-01-01T00:00:00.000000+00:00"}])
)
def test_an_entry_rewritten_with_its_hash_is_named(given: tuple[Chain, int], change: dict[str, str]) -> None:
    chain, place = given
    proof = prove(KEY, put(chain, place, rewritten(chain[place], **change)), SEALS)
    assert proof.fault
    assert proof.fault.seq == place
    assert "MAC" in proof.fault.words


@given(chains_and_places(), st.data())
def test_one_altered_character_of_a_mac_is_named(given: tuple[Chain, int], data: st.DataObject) -> None:
    chain, place = given
    mac = chain[place].mac
    at = data.draw(st.integers(0, len(mac) - 1))
    new = data.draw(st.characters(codec="utf-8"))
    assume(new != mac[at])
    altered = put(chain, place, replace(chain[place], mac=mac[:at] + new + mac[at + 1 :]))
    proof = prove(KEY, altered, SEALS, KNOWN)
    assert proof.fault
    assert proof.fault.seq == place


@given(chains_and_places())
def test_an_entry_sealed_with_another_key_is_named(given: tuple[Chain, int]) -> None:
    chain, place = given
    forged = replace(chain[place], mac=OTHER.keys[0].mac(KEY, chain[place]))
    proof = prove(KEY, put(chain, place, forged), SEALS)
    assert proof.fault
    assert proof.fault.seq == place


@given(chains_and_places())
def test_a_removed_mac_is_named_as_unsealed(given: tuple[Chain, int]) -> None:
    chain, place = given
    stripped = put(chain, place, replace(chain[place], mac=""))
    assert prove(KEY, stripped, SEALS) == Proof(unsealed=(place,))


@given(CHAINS)
def test_a_sealed_chain_is_valid_for_its_own_subject_and_incident_only(chain: Chain) -> None:
    another = ChainKey(KEY.runbook, KEY.subject[:-1] + "1")
    assert prove(another, chain, SEALS).fault
    moved = tuple(replace(one, incident=LATER) for one in chain)
    assert prove(KEY, moved, SEALS).fault
    renamed = link(replace(stamp(), incident=LATER), None, notes(len(chain)))
    with_macs = tuple(replace(new, mac=old.mac) for new, old in zip(renamed, chain, strict=True))
    assert prove(KEY, with_macs, SEALS).fault


@given(CHAINS.filter(lambda chain: len(chain) > 1), st.data())
def test_an_entry_in_another_place_is_named(chain: Chain, data: st.DataObject) -> None:
    order = data.draw(st.permutations(chain))
    assume(tuple(order) != chain)
    first = next(place for place, one in enumerate(order) if one != chain[place])
    fault = prove(KEY, tuple(order), SEALS).fault
    assert fault
    assert fault.seq == order[first].seq


@given(chains_and_places())
def test_a_missing_entry_is_noticed_by_the_next(given: tuple[Chain, int]) -> None:
    chain, place = given
    left = (*chain[:place], *chain[place + 1 :])
    assert bool(prove(KEY, left, SEALS).fault) == (place + 1 < len(chain))


@pytest.mark.parametrize("body", ["", "[]", "null", "{", "[" * 100_000, '{"seq":0}'])
def test_what_is_no_entry_is_a_fault(body: str) -> None:
    entry = Entry(LATER, 0, body, digest(body))
    assert prove(KEY, (entry,), SEALS).fault


@given(CHAINS)
def test_without_a_key_entries_are_neither_proved_nor_faulty(chain: Chain) -> None:
    proof = prove(KEY, chain, DOWN, KNOWN)
    assert proof == Proof(unchecked=tuple(range(len(chain))), missing=DOWN.missing)
    assert proof.unproved == proof.unchecked


@given(CHAINS)
def test_a_mac_of_a_key_that_the_deployment_never_had_is_wrong(chain: Chain) -> None:
    """Otherwise an intruder could name a key of their own."""
    assert prove(KEY, chain, DOWN, frozenset()).fault
    assert prove(KEY, chain, SealKeys((SealKey("key-2", b"new"),))).fault


@given(CHAINS, st.integers(1, 3))
def test_a_replaced_key_still_checks_what_it_sealed(chain: Chain, count: int) -> None:
    both = SealKeys((SealKey("key-2", b"new"), *SEALS.keys))
    more = both.sealed(KEY, link(stamp(after=5), chain[-1], notes(count)))
    assert {one.mac.split(":")[1] for one in more} == {"key-2"}
    assert prove(KEY, (*chain, *more), both) == Proof()


@given(CHAINS, st.integers(1, 3))
def test_sealed_entries_can_follow_unsealed_ones(chain: Chain, count: int) -> None:
    first = tuple(replace(one, mac="") for one in chain)
    more = SEALS.sealed(KEY, link(stamp(after=5), first[-1], notes(count)))
    assert prove(KEY, (*first, *more), SEALS) == Proof(unsealed=tuple(range(len(first))))


def test_a_key_does_not_show_its_secret() -> None:
    assert "secret" not in repr(SEALS)


@pytest.mark.parametrize(
    ("numbers", "words"), [((), ""), ((3,), "3"), ((0, 1, 2, 5, 7, 8), "0-2, 5, 7-8"), ((2, 1), "1-2")]
)
def test_numbers_of_entries_are_short(numbers: tuple[int, ...], words: str) -> None:
    assert places(numbers) == words
