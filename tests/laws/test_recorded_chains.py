"""Law 9: chains that were recorded are read back: their facts, hashes, timeline and undo."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.model.codec import encode
from ringfence.record.chain import ChainKey, Lease
from ringfence.record.facts import Fact, Result, RunRequested
from ringfence.record.history import History
from ringfence.record.integrity import verify
from ringfence.record.status import IncidentStatus
from ringfence.record.timeline import timeline
from ringfence.runbooks.catalogue import CATALOGUE
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.recorded_chains import not_taken, read
from tests.support.runbook_worlds import worlds_of
from tests.support.worlds import LEASE, Ticking

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.record.chain import Entry
    from tests.support.runbook_worlds import Case

CHAINS = {(id_, name): chain for id_ in CATALOGUE for name, chain in read(id_).items()}
EACH = pytest.mark.parametrize(("id_", "name"), CHAINS)


@pytest.mark.parametrize("id_", CATALOGUE)
def test_every_case_of_a_runbook_was_recorded(id_: str) -> None:
    """Where one was not: `python -m tests.support.recorded_chains`."""
    assert read(id_).keys() == worlds_of(id_).cases.keys() != set()


@pytest.mark.parametrize("runbook", CATALOGUE.values(), ids=lambda one: one.id)
def test_every_step_that_a_runbook_takes_was_recorded(runbook: Runbook) -> None:
    missing = not_taken(runbook, read(runbook.id))
    assert missing == set(), "add a case that takes these steps, and record its chain"


@EACH
def test_a_recorded_chain_is_sound(id_: str, name: str) -> None:
    chain = CHAINS[id_, name]
    verdict = verify(key_of(chain), chain[0].incident, chain)
    assert verdict.sound, verdict.claim
    assert verdict.entries == len(chain) == chain[-1].seq + 1


@EACH
def test_every_fact_of_a_recorded_chain_is_read_and_would_be_written_as_it_was(id_: str, name: str) -> None:
    """A field that was added since, with its default, is written as well."""
    for entry in CHAINS[id_, name]:
        fact = entry.fact
        assert isinstance(fact, Fact)
        assert says(encode(fact), json.loads(entry.body)["fact"])


def says(now: object, then: object) -> bool:
    """Say whether what is written now holds all that was written then."""
    if isinstance(now, dict) and isinstance(then, dict):
        return all(name in now and says(now[name], value) for name, value in then.items())
    if isinstance(now, list) and isinstance(then, list):
        return len(now) == len(then) and all(map(says, now, then))
    return now == then


@EACH
def test_a_recorded_chain_is_told_to_a_person(id_: str, name: str) -> None:
    chain = CHAINS[id_, name]
    rows = timeline(chain)
    assert [row.entry for row in rows] == list(chain)
    assert all(row.kind and row.rendered.words for row in rows)
    done = Counter(row.rendered.result for row in rows)
    assert done[Result.APPLIED] == len(History(chain).steps(Result.APPLIED))


@EACH
def test_what_a_recorded_chain_changed_is_given_back(id_: str, name: str) -> None:
    """By the release of this version, from the chain alone and the world as the chain left it."""
    case, chain = worlds_of(id_).cases[name], CHAINS[id_, name]
    clock, log = Ticking(chain[-1].at), MemoryLog()
    log.append(case.key, History(), chain, Lease("", None, chain[0].incident))
    steps = History(chain).steps(Result.APPLIED)
    cloud = MemoryCloud(left_by(case, chain), clock)
    clock.tick(minutes=5)
    report = Releaser(Ports(cloud, log, clock, lambda jobs: [job() for job in jobs])).release(
        ResponseRelease(
            runbook=case.runbook.id,
            ref=case.state.ref,
            incident=chain[0].incident,
            attempt="release",
            actor="ann",
            until=clock() + LEASE,
            request=RunRequested("release", "a false alarm", despite_unsealed=True),
        )
    )
    assert report.status is IncidentStatus.RELEASED
    reversible = {step.target for step in steps if not step.irreversible}
    assert {step.target for step in cloud.calls} == reversible


def left_by(case: Case, chain: tuple[Entry, ...]) -> ResourceState:
    """Return the world after the recorded steps."""
    world = case.became
    for step in History(chain).steps(Result.APPLIED):
        world = step.effect(world)
    return world


def key_of(chain: tuple[Entry, ...]) -> ChainKey:
    """Return the key under which a chain was written."""
    body = json.loads(chain[0].body)
    return ChainKey(body["runbook"], body["subject"])
