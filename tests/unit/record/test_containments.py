"""Which names of a chain a call can concern, and which incidents must stay contained."""

from __future__ import annotations

import pytest

from ringfence.record.chain import ChainKey, Stamp, link
from ringfence.record.containments import MOST_BYTES, containment, is_contained, names_of
from ringfence.record.facts import (
    RELEASE,
    Closed,
    ContainmentBroken,
    Fact,
    Intended,
    Outcome,
    Released,
    RunRequested,
    Verified,
)
from ringfence.record.history import History
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.iam.access_keys import DeactivateAccessKey
from tests.support.worlds import NOON, REF

KEY = ChainKey("contain-instance", REF.key)
DONE = Verified(contained=True, complete=True)
MOVE = Intended(
    "a.0", "isolate", SetSecurityGroups("eni-1", "vpc-1", frozenset({"sg-web"}), frozenset({"sg-q"}))
)


def history(*facts: Fact) -> History:
    return History(link(Stamp(KEY, "inc-1", "test", "a", NOON), None, facts))


def test_names_are_those_of_the_subject_and_of_what_steps_change_and_no_values() -> None:
    """A group that the interface had before is shared with others: a call on it concerns no incident."""
    assert names_of(KEY, history(MOVE)) == {REF.id, "eni-1"}


def test_names_fit_into_an_item_whatever_somebody_called_things() -> None:
    """Otherwise the transaction that records the containment would fail with the item of the list."""
    key = ChainKey("contain-instance", REF.key)
    many = [f"{number:04d}{'ü' * 900}" for number in range(600)]
    provided = Outcome("a.0", "applied", provides=tuple((f"Symbol({one})", one) for one in (*many, "sg-1")))
    too_long = Outcome("a.1", "applied", provides=(("Symbol(x)", "x" * 5000),))
    names = names_of(key, history(MOVE, too_long, provided))
    assert {REF.id, "eni-1"} <= names
    assert "x" * 5000 not in names
    assert sum(len(one.encode()) for one in names) <= MOST_BYTES
    assert "sg-1" in names, "a short name fits where a long one does not"


def test_ids_in_outcomes_are_names() -> None:
    provided = Outcome("a.0", "applied", provides=(("QuarantineGroup(vpc-1)", "sg-0123456789abcdef0"),))
    noted = Outcome("a.1", "applied", detail="in sg-0fedcba9876543210; snap-0123456789abcdef0")
    wanted = {"sg-0123456789abcdef0", "sg-0fedcba9876543210", "snap-0123456789abcdef0"}
    assert wanted <= names_of(KEY, history(MOVE, provided, noted))


def test_a_key_is_known_by_its_id_and_its_user_and_not_by_its_status() -> None:
    step = DeactivateAccessKey("deploy-bot", "AKIA4MADEUPBYUS00001", "Active", "Inactive")
    names = names_of(KEY, history(Intended("a.0", "disable", step)))
    assert {"deploy-bot", "AKIA4MADEUPBYUS00001"} <= names
    assert not names & {"Active", "Inactive"}


@pytest.mark.parametrize(
    ("facts", "contained"),
    [
        ((DONE,), True),
        ((DONE, ContainmentBroken(("x",))), True),
        ((Verified(contained=False, complete=False),), False),
        ((DONE, Verified(contained=False, complete=False)), False),
        ((DONE, Verified(contained=False, complete=True, judged=False)), True),
        ((DONE, Verified(contained=False, complete=False, judged=False, remaining=("x",))), True),
        ((Verified(contained=False, complete=True, judged=False),), False),
        ((DONE, Released()), False),
        ((DONE, Closed("x")), False),
        ((DONE, RunRequested(RELEASE, "a drill")), False),
        ((DONE, RunRequested(RELEASE, "a drill", dry_run=True)), True),
        ((DONE, RunRequested(RELEASE, "a drill"), RunRequested("run", "no drill")), True),
    ],
)
def test_an_incident_must_stay_contained_until_it_ends_or_its_release_is_requested(
    facts: tuple[Fact, ...], *, contained: bool
) -> None:
    assert is_contained(history(*facts)) is contained


def test_the_item_says_when_it_was_verified_and_whether_it_was_undone() -> None:
    item = containment(KEY, history(MOVE, DONE, ContainmentBroken(("x",))))
    assert item
    assert (item.open, item.broken, item.verified_at, item.account) == (True, True, NOON, REF.account)
    assert containment(KEY, history(MOVE)) is None
    assert containment(ChainKey("harden-bucket", "bucket/1/2/b"), history(MOVE, DONE)) is None


@pytest.mark.parametrize("end", [Released(), Closed("x")])
def test_the_item_of_an_ended_incident_is_small_and_stays(end: Fact) -> None:
    """Ringfence deletes no item, so what only an open incident needs is removed from it: up to 250 KB."""
    begun, ended = (containment(KEY, history(MOVE, DONE, *more)) for more in ((), (end,)))
    assert begun
    assert ended
    assert begun.names
    assert (ended.open, ended.names) == (False, frozenset())
