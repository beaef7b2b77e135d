"""The keys under which the audit log lies are known as ours, whatever the subject."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ringfence.aws.audit_items import as_stored, is_ours, to_entry, to_item
from ringfence.model.kinds import kinds_of
from ringfence.record.chain import ChainKey, Entry
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.chains import KEY, contained

ENTRY, HASH = "inc-20260301T120000.000000-0123456789#000000", "0" * 64
ASCII = st.characters(max_codepoint=127)
"""Whoever reads a report takes no other names."""
KINDS = {name: kind for one in CATALOGUE.values() for name, kind in kinds_of(one.subject).items()}
"""The subjects of runbooks. A role only holds sessions: it has no chain, and its path may be anything."""
IDS = {name: st.from_regex(kind.pattern, fullmatch=True, alphabet=ASCII) for name, kind in KINDS.items()}


@example(named=("log-group", "/team#1/trail"))
@given(named=st.sampled_from(sorted(KINDS)).flatmap(lambda name: st.tuples(st.just(name), IDS[name])))
def test_the_chain_of_any_subject_is_ours(named: tuple[str, str]) -> None:
    """What is not ours counts as tampering, and is not archived."""
    name, id_ = named
    subject = KINDS[name]("111122223333", "eu-west-1", id_)
    assert is_ours(ChainKey("contain-credentials", subject.key).text, ENTRY, HASH)


@pytest.mark.parametrize("mac", ["", "1:a:00"])
def test_an_item_holds_the_mac_of_a_sealed_entry(mac: str) -> None:
    first = contained()[0]
    entry = Entry(first.incident, first.seq, first.body, first.hash, mac)
    item = to_item(KEY, entry)
    assert ("mac" in item) is bool(mac)
    assert to_entry(item) == as_stored(item) == entry


@pytest.mark.parametrize(
    "chain",
    ["contain-credentials", "#key", "contain-credentials#../ key", "contain-credentials#kéy", "a#b\n"],
)
def test_any_other_chain_is_not(chain: str) -> None:
    assert not is_ours(chain, ENTRY, HASH)
