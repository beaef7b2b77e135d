"""No release obeys an altered record: it is refused, or it undoes what Ringfence did and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ringfence.model.codec import canonical
from ringfence.model.errors import Refused, Tampered
from ringfence.record.chain import Entry, Stamp, digest, link
from ringfence.record.facts import Intended, Outcome, Result
from ringfence.steps.ec2.network import SetSecurityGroups
from tests.support.effort import examples
from tests.support.fakes.seals import OTHER
from tests.unit.engine.test_distrust import KEY, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.model.observation import ResourceState
    from ringfence.model.step import Step

Entries = tuple[Entry, ...]
Draw = st.DataObject


@dataclass(frozen=True)
class Contained:
    """A contained instance, its sealed record, and what a release of it may do."""

    state: ResourceState
    entries: Entries
    inverses: frozenset[Step]


@cache
def contained() -> Contained:
    world = World()
    world.contain()
    assert world.isolated
    assert world.cloud.world
    history = world.history
    inverses = frozenset(one.inverse() for one in history.steps(Result.APPLIED) if not one.irreversible)
    return Contained(world.cloud.world, history.entries, inverses)


def place(entries: Entries, data: Draw) -> int:
    return data.draw(st.integers(0, len(entries) - 1))


def put(entries: Entries, at: int, entry: Entry) -> Entries:
    return (*entries[:at], entry, *entries[at + 1 :])


def other_text(old: str, data: Draw) -> str:
    """Change, cut, lengthen or replace a text."""
    at = data.draw(st.integers(0, max(0, len(old) - 1)))
    letter = st.characters(codec="utf-8")
    new = data.draw(
        st.one_of(
            letter.map(lambda one: old[:at] + one + old[at + 1 :]), st.just(old[:at]), letter.map(old.__add__)
        )
    )
    return new if new != old else f"{old}x"


def text(entries: Entries, data: Draw) -> Entries:
    """Change an attribute of an entry."""
    at, name = place(entries, data), data.draw(st.sampled_from(["body", "hash", "mac"]))
    given = {name: other_text(getattr(entries[at], name), data)}
    return put(entries, at, replace(entries[at], **given))  # type: ignore[arg-type]  # three texts


def relinked(entries: Entries, start: int, bodies: list[dict[str, object]]) -> Entries:
    """Return entries with other bodies from a place on. Hashes and links are right, and the MACs stay."""
    found, previous = list(entries[:start]), entries[start - 1].hash if start else ""
    for old, told in zip(entries[start:], bodies, strict=True):
        body = canonical({**told, "previous": previous})
        found.append(replace(old, body=body, hash=digest(body)))
        previous = found[-1].hash
    return tuple(found)


def leaves(value: object, at: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Return where the texts and truth values in a document are."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [one for name, part in parts for one in leaves(part, (*at, name))]
    return [at, *below] if isinstance(value, str | bool) else below


def rewrite(entries: Entries, data: Draw) -> Entries:
    """Change one value in one body, and make the hashes and links of all later entries right."""
    start = place(entries, data)
    bodies = [json.loads(one.body) for one in entries[start:]]
    *path, last = data.draw(st.sampled_from([one for one in leaves(bodies[0]) if one != ("previous",)]))
    target = bodies[0]
    for name in path:
        target = target[name]
    old = target[last]
    target[last] = not old if isinstance(old, bool) else other_text(old, data)
    return relinked(entries, start, bodies)


def removal(entries: Entries, data: Draw) -> Entries:
    """Remove an entry that is not the last one."""
    at = data.draw(st.integers(0, len(entries) - 2))
    return (*entries[:at], *entries[at + 1 :])


def tail(entries: Entries, data: Draw) -> Entries:
    """Remove the last entries. What is left is authentic."""
    return entries[: data.draw(st.integers(1, len(entries) - 1))]


def exchange(entries: Entries, data: Draw) -> Entries:
    """Put an entry, or its MAC, in the place of another one."""
    at, other = place(entries, data), place(entries, data)
    assume(at != other)
    if data.draw(st.booleans()):
        return put(entries, at, replace(entries[at], mac=entries[other].mac))
    return put(entries, at, replace(entries[other], seq=at))


def extra(entries: Entries, data: Draw) -> Entries:
    """Append a step that was never made, as if it had been: it moves an interface out of its own groups."""
    made = next(one for one in _intents(entries) if isinstance(one.step, SetSecurityGroups))
    step = made.step
    assert isinstance(step, SetSecurityGroups)
    lies: tuple[Step, ...] = (step, step.inverse(), replace(step, before=frozenset({"sg-mallory"})))
    lie = data.draw(st.sampled_from(lies))
    stamp = Stamp(KEY, entries[0].incident, "ringfence-contain-instance", "a-9", entries[-1].at)
    facts = (Intended("a-9.0", made.stage, lie), Outcome("a-9.0", Result.APPLIED))
    macs = st.one_of(st.sampled_from([one.mac for one in entries]), st.just(""), st.just("wrong key"))
    signed = []
    for one in link(stamp, entries[-1], facts):
        mac = data.draw(macs)
        signed.append(replace(one, mac=OTHER.keys[0].mac(KEY, one) if mac == "wrong key" else mac))
    return (*entries, *signed)


def _intents(entries: Entries) -> list[Intended]:
    return [one.fact for one in entries if isinstance(one.fact, Intended)]


def stripped(entries: Entries, data: Draw) -> Entries:
    """Remove MACs: an entry without one can be of an earlier version."""
    gone = data.draw(st.sets(st.integers(0, len(entries) - 1), min_size=1))
    return tuple(replace(one, mac="") if at in gone else one for at, one in enumerate(entries))


ALTERATIONS: tuple[Callable[[Entries, Draw], Entries], ...] = (
    text,
    rewrite,
    removal,
    tail,
    exchange,
    extra,
    stripped,
)


def released(entries: Entries) -> tuple[tuple[Step, ...], bool]:
    """Release what such a record says. Return what was done, and whether it was refused."""
    found, world = contained(), World()
    world.cloud.world = found.state
    world.write(*entries)
    world.clock.tick(hours=1)
    try:
        world.release(incident=found.entries[0].incident)
    except (Tampered, Refused):
        return tuple(world.cloud.calls), True
    return tuple(world.cloud.calls), False


@examples(200, thorough=10_000)
@given(st.data())
def test_no_release_obeys_an_altered_record(data: Draw) -> None:
    found = contained()
    altered = data.draw(st.sampled_from(ALTERATIONS))(found.entries, data)
    assume(altered != found.entries)
    done, refused = released(altered)
    if altered == found.entries[: len(altered)]:
        assert set(done) <= found.inverses, "a cut record says less, and nothing else"
    else:
        assert refused
        assert done == ()


@pytest.mark.parametrize("alteration", ALTERATIONS)
@examples(5)
@given(data=st.data())
def test_no_release_obeys_any_kind_of_alteration(
    alteration: Callable[[Entries, Draw], Entries], data: Draw
) -> None:
    altered = alteration(contained().entries, data)
    assume(altered != contained().entries)
    done, refused = released(altered)
    assert set(done) <= contained().inverses
    assert refused or alteration is tail


def test_the_record_as_it_is_is_released() -> None:
    """The other tests could not fail otherwise."""
    done, refused = released(contained().entries)
    assert not refused
    assert set(done) == contained().inverses != frozenset()
