"""An intruder who writes the audit table gains nothing: no release, no lesser containment, no silence."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.intake import ExecutionContext, continuation, resumed
from ringfence.engine.ports import Ports
from ringfence.engine.recheck import Rechecker
from ringfence.engine.recheck_results import RecheckRequest
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.results import ResponseResult
from ringfence.engine.run import Engine
from ringfence.engine.stopped_release import ReleaseCheck
from ringfence.model.codec import canonical
from ringfence.model.errors import BadInput, Refused, Tampered
from ringfence.model.incident import incident_id
from ringfence.observations.ec2.network import Network
from ringfence.policy.policy import Policy
from ringfence.record.chain import ChainKey, Entry, Lease, Stamp, digest, link
from ringfence.record.facts import (
    Closed,
    ContinuationStarted,
    DecisionMade,
    Intended,
    Missed,
    Outcome,
    Planned,
    Released,
    RunRequested,
    Verified,
)
from ringfence.record.status import IncidentStatus
from ringfence.record.tampering_facts import HistoryRejected, RecordUnsealed, UnsealedAccepted
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.network import SetSecurityGroups
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.fakes.seals import OTHER, FixedSeals
from tests.support.worlds import AUTO, LEASE, NOON, NOTIFY, REF, Ticking, estate, finding, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.record.facts import Fact
    from ringfence.record.history import History

KEY = ChainKey(CONTAIN_INSTANCE.id, REF.key)
RUNBOOK = CONTAIN_INSTANCE.chosen(())
KIM = "arn:aws:sts::111122223333:assumed-role/oncall/kim"


class World:
    """An instance, its record, and an intruder who can write the table."""

    def __init__(self) -> None:
        self.clock, self.seals = Ticking(), FixedSeals()
        self.cloud = MemoryCloud(estate(), self.clock)
        self.log = MemoryLog(self.seals)
        self.ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        self.engine, self.releaser = Engine(self.ports), Releaser(self.ports)

    def contain(self, attempt: str = "a-1", **more: object) -> IncidentStatus:
        return self.engine.respond(
            order(self.clock(), attempt=attempt, stages=1, **more)  # type: ignore[arg-type]  # a test names them
        ).status

    @property
    def history(self) -> History:
        return self.log.read(KEY)

    @property
    def isolated(self) -> bool:
        assert self.cloud.world
        before = {one.id: one.groups for one in estate()[Network].interfaces}
        now = self.cloud.world[Network].interfaces
        return all(one.groups.isdisjoint(before[one.id]) for one in now)

    def write(self, *entries: Entry) -> None:
        """Put items as they are."""
        kept = self.log._entries.setdefault(KEY.text, {})
        kept.update({(one.incident, one.seq): one for one in entries})

    def forge(
        self, *facts: Fact, incident: str = "", sign: Callable[[Entry], Entry] = lambda one: one
    ) -> None:
        """Append facts as an intruder can: with the hashes, and without the key."""
        known = self.log.all(KEY)
        head = known[-1] if known and not incident else None
        incident = incident or (head.incident if head else incident_id(self.clock(), "forged"))
        stamp = Stamp(KEY, incident, "ringfence-contain-instance", "a-0", self.clock())
        self.write(*map(sign, link(stamp, head, facts)))

    def alter(self, place: int, **changes: object) -> None:
        """Change an entry, and compute the hashes of the rest again."""
        kept = list(self.history.entries)
        previous = kept[place - 1].hash if place else ""
        for number in range(place, len(kept)):
            given = {**json.loads(kept[number].body), "previous": previous, **changes}
            body = canonical(given)
            kept[number] = replace(kept[number], body=body, hash=digest(body))
            previous, changes = kept[number].hash, {}
        self.write(*kept)

    def release(self, *, dry_run: bool = False, despite: bool = False, incident: str = "") -> IncidentStatus:
        asked = RunRequested("release", "false alarm", dry_run=dry_run, despite_unsealed=despite)
        incident = incident or self.history.incident
        until, attempt = self.clock() + LEASE, f"r-{len(self.history.entries)}"
        request = ResponseRelease(CONTAIN_INSTANCE.id, REF, incident, attempt, KIM, until, asked)
        return self.releaser.release(request).status

    def resume(self, attempt: str = "c-1") -> IncidentStatus:
        """Run the continuation of the newest incident."""
        given = order(self.clock())
        result = ResponseResult(IncidentStatus.OPEN, self.history.incident, "")
        message = continuation(given, result)
        context = ExecutionContext(attempt, "test", self.clock() + LEASE)
        return self.engine.respond(resumed(message, RUNBOOK, context)).status

    def recheck(self) -> None:
        policy = Policy((REF.account,))
        context = ExecutionContext("w-1", "test", self.clock() + LEASE)
        incident = self.history.incident
        Rechecker(self.ports).recheck(RecheckRequest(RUNBOOK, REF, incident, policy, context))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def contained(world: World) -> World:
    world.contain()
    assert world.isolated
    world.clock.tick(minutes=5)
    return world


def with_another_key(entry: Entry) -> Entry:
    return replace(entry, mac=OTHER.keys[0].mac(KEY, entry))


def test_what_an_honest_run_records_is_sealed(contained: World) -> None:
    assert contained.history.proof.fault is None
    assert not contained.history.proof.unproved
    assert all(one.mac for one in contained.history.entries)


@pytest.mark.parametrize("place", [0, 3, -1])
def test_an_altered_entry_is_not_released_and_named(contained: World, place: int) -> None:
    place %= len(contained.history.entries)
    contained.alter(place, actor="nobody")
    with pytest.raises(Tampered, match=f"entry {place} of {contained.history.incident} is not authentic"):
        contained.release()
    assert contained.isolated
    last = contained.history.entries[-1].fact
    assert last == HistoryRejected("a release", contained.history.incident, place, "its MAC is wrong")


def test_a_refusal_is_recorded_once(contained: World) -> None:
    contained.alter(1, actor="nobody")
    for _ in range(3):
        with pytest.raises(Tampered):
            contained.release()
    assert [type(one.fact) for one in contained.history.entries].count(HistoryRejected) == 1


def test_a_refusal_that_cannot_be_recorded_is_a_refusal(contained: World) -> None:
    contained.write(replace(contained.history.entries[0], seq=999_999, body="{}"))
    with pytest.raises(Tampered, match="entry 999999"):
        contained.release()


@pytest.mark.parametrize("despite", [False, True])
def test_a_forged_incident_is_not_released(world: World, despite: bool) -> None:  # noqa: FBT001
    step = SetSecurityGroups("eni-0", "vpc-1", frozenset({"sg-open"}), frozenset({"sg-web", "sg-0"}))
    facts = (DecisionMade(AUTO, NOON), Intended("a.0", "isolate", step), Outcome("a.0", "applied"))
    world.forge(*facts, sign=with_another_key)
    with pytest.raises(Tampered):
        world.release(despite=despite)
    assert not world.cloud.calls


def test_an_unsealed_incident_is_released_only_by_a_person_who_says_so(world: World) -> None:
    world.seals.down = True
    world.contain()
    assert world.isolated
    first = world.history.entries
    assert not any(one.mac for one in first)
    assert [one for _, one in world.history.facts if isinstance(one, RecordUnsealed)] == [
        RecordUnsealed("kms:GenerateMac: KMSInternalException")
    ]
    world.seals.down = False
    world.clock.tick(minutes=5)
    numbers = f"0-{len(first) - 1}"
    for dry_run in (True, False):
        with pytest.raises(Refused, match=f"entries {numbers} are not sealed"):
            world.release(dry_run=dry_run)
    assert world.isolated
    assert world.release(dry_run=True, despite=True) is IncidentStatus.DRY_RUN
    plan = world.history.of(Planned)[-1]
    assert plan.exposure[0] == f"entries {numbers} are not sealed"
    assert world.release(despite=True) is IncidentStatus.RELEASED
    assert not world.isolated
    accepted = world.history.of(UnsealedAccepted)
    assert accepted == (UnsealedAccepted(tuple(range(len(first))), "false alarm"),)
    assert all(one.mac for one in world.history.entries[len(first) :])


def test_a_release_names_the_checkpoint_that_covers_unsealed_entries(world: World) -> None:
    world.seals.down = True
    world.contain()
    world.seals.down = False
    world.clock.tick(minutes=5)
    world.releaser = Releaser(world.ports, lambda key, entries: f"{key.runbook} {len(entries)}")
    count = len(world.history.entries)
    assert world.release(despite=True) is IncidentStatus.RELEASED
    assert world.history.of(UnsealedAccepted)[0].covered == f"contain-instance {count}"


def test_stripped_macs_need_a_person_who_says_so(contained: World) -> None:
    count = len(contained.history.entries)
    contained.write(*(replace(one, mac="") for one in contained.history.entries))
    with pytest.raises(Refused, match=f"entries 0-{count - 1} are not sealed"):
        contained.release()
    assert contained.isolated


def test_without_the_key_a_release_needs_a_person_who_says_so(contained: World) -> None:
    contained.seals.down = True
    contained.seals.forget()
    with pytest.raises(Refused, match="sealed with a missing key"):
        contained.release()
    assert contained.release(despite=True) is IncidentStatus.RELEASED


def test_a_stopped_release_of_a_forged_chain_is_not_concluded(contained: World) -> None:
    contained.alter(2, actor="nobody")
    context = ExecutionContext("w-1", "test", contained.clock() + LEASE)
    check = ReleaseCheck(CONTAIN_INSTANCE.id, REF, contained.history.incident)
    with pytest.raises(Tampered):
        contained.releaser.check(check, context)


def test_another_verification_refuses_a_forged_chain(contained: World) -> None:
    contained.alter(1, actor="nobody")
    with pytest.raises(Tampered, match="entry 1"):
        contained.recheck()
    assert isinstance(contained.history.entries[-1].fact, HistoryRejected)


@pytest.mark.parametrize("fact", [Released(), Closed("gone"), RunRequested("release", "false alarm")])
def test_an_unsealed_end_does_not_end_the_watch(contained: World, fact: Fact) -> None:
    contained.resume()
    contained.clock.tick(minutes=5)
    contained.recheck()
    place = len(contained.history.entries)
    contained.forge(fact)
    with pytest.raises(Tampered, match=f"entry {place} .* not sealed"):
        contained.recheck()


def test_a_continuation_of_a_forged_chain_begins_again_by_the_sealed_decision(contained: World) -> None:
    """Evidence does not wait for what an intruder writes."""
    forged = contained.history
    contained.alter(len(forged.entries) - 1, actor="nobody")
    contained.resume()
    history = contained.history
    assert history.incident > forged.incident
    assert history.proof.fault is None
    rejected = history.of(HistoryRejected)
    place = len(forged.entries) - 1
    assert rejected == (HistoryRejected("a continuation", forged.incident, place, "its MAC is wrong"),)
    assert history.of(DecisionMade)[0].decision == AUTO
    contained.resume("c-2")
    assert contained.history.incident == history.incident


def test_a_continuation_without_a_sealed_decision_is_refused(contained: World) -> None:
    calls = len(contained.cloud.calls)
    contained.alter(0, actor="nobody")
    with pytest.raises(Tampered, match="entry 0"):
        contained.resume()
    assert len(contained.cloud.calls) == calls


def test_a_forged_decision_is_not_resumed(world: World) -> None:
    world.forge(finding(), DecisionMade(AUTO, NOON, "f-1", RUNBOOK.ids), sign=with_another_key)
    with pytest.raises(Tampered):
        world.resume()
    assert not world.cloud.calls


def test_a_person_begins_a_new_incident_beside_a_forged_one(contained: World) -> None:
    forged = contained.history.incident
    contained.alter(1, actor="nobody")
    asked = RunRequested("run", "it is compromised")
    contained.engine.respond(order(contained.clock(), attempt="p-1", request=asked, stages=1))
    assert contained.history.incident > forged
    assert contained.history.of(HistoryRejected)[0].incident == forged


VERIFIED = Verified(contained=True, complete=True, whole=True)
STEP = SetSecurityGroups("eni-0", "vpc-1", frozenset({"sg-web", "sg-0"}), frozenset({"sg-q"}))
LIES: dict[str, tuple[Fact, ...]] = {
    "released": (finding(), DecisionMade(AUTO, NOON), VERIFIED, Released()),
    "closed": (finding(), DecisionMade(AUTO, NOON), Closed("gone")),
    "missed": (finding(), DecisionMade(AUTO, NOON), Missed("gone")),
    "release asked": (finding(), DecisionMade(AUTO, NOON), RunRequested("release", "no")),
    "contained": (finding(), DecisionMade(AUTO, NOON), VERIFIED),
    "notified": (finding(), DecisionMade(NOTIFY, NOON)),
    "unknown result": (finding(), DecisionMade(AUTO, NOON), Intended("a.0", "isolate", STEP)),
    "refused": (
        finding(),
        DecisionMade(AUTO, NOON),
        *(
            fact
            for number in range(6)
            for fact in (Intended(f"a.{number}", "isolate", STEP), Outcome(f"a.{number}", "refused"))
        ),
    ),
    "continued": (ContinuationStarted("c", RUNBOOK.ids), DecisionMade(AUTO, NOON)),
    "not a finding": (Outcome("a.0", "applied", provides=((1, 2, 3),)),),  # type: ignore[arg-type]
    "not a step": (Intended("a.0", "isolate", "step"),),  # type: ignore[arg-type]  # an intruder writes anything
    "not a decision": (DecisionMade("auto", "noon"),),  # type: ignore[arg-type]
    "not texts": (Verified("yes", "yes", remaining=7),),  # type: ignore[arg-type]
}
SIGNATURES = {
    "unsealed": lambda one: one,
    "another key": with_another_key,
    "no key of ours": lambda one: replace(one, mac="1:their-key:00"),
    "no mac": lambda one: replace(one, mac="x"),
}


@pytest.mark.parametrize("sign", SIGNATURES.values(), ids=SIGNATURES)
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_no_forged_chain_keeps_from_containing(lie: tuple[Fact, ...], sign: Callable[[Entry], Entry]) -> None:
    world = World()
    world.clock.tick(minutes=5)
    world.forge(*lie, sign=sign)
    world.clock.tick(minutes=-4)
    world.contain()
    assert world.isolated


@pytest.mark.parametrize("sign", SIGNATURES.values(), ids=SIGNATURES)
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_no_forged_end_of_a_real_chain_keeps_from_containing(
    lie: tuple[Fact, ...], sign: Callable[[Entry], Entry]
) -> None:
    """The instance is contained, an intruder undoes that, and writes an end to the incident."""
    world = World()
    world.contain()
    world.cloud.world = estate()
    world.clock.tick(minutes=5)
    world.forge(*lie, sign=sign)
    world.clock.tick(minutes=-4)
    world.contain("a-2", received=finding("f-2", updated=world.clock()))
    assert world.isolated


@pytest.mark.parametrize("year", ["2099", "0001"])
def test_a_forged_incident_of_another_time_keeps_from_nothing(year: str) -> None:
    world = World()
    world.forge(*LIES["released"], incident=f"inc-{year}0101T000000.000000-0123456789")
    world.contain()
    assert world.isolated
    world.clock.tick(minutes=1)
    world.contain("a-2")
    assert world.history.proof.fault is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "FindingReceived",
        "DecisionMade",
        "Verified",
        "Intended",
        "Outcome",
        "Released",
        "RunRequested",
        "Closed",
        "Nothing",
    ]
)
FIELDS = st.sampled_from(
    [
        "finding",
        "event",
        "decision",
        "opened_at",
        "remediations",
        "contained",
        "complete",
        "intent",
        "stage",
        "step",
        "result",
        "provides",
        "what",
        "reason",
        "skipped",
    ]
)
BODIES = st.builds(
    lambda name, fields: {**fields, "$": name}, NAMES, st.dictionaries(FIELDS, JSON, max_size=6)
)


@given(facts=st.lists(BODIES, min_size=1, max_size=3), ends=st.booleans())
def test_no_bytes_in_the_table_keep_from_containing(facts: list[dict[str, object]], ends: bool) -> None:  # noqa: FBT001
    world = World()
    if ends:
        world.contain()
        world.cloud.world = estate()
    known = world.log.all(KEY)
    seq, previous = (known[-1].seq + 1, known[-1].hash) if known else (0, "")
    incident = known[-1].incident if known else incident_id(NOON, "forged")
    for number, fact in enumerate(facts):
        body = canonical(
            {
                "version": 1,
                "incident": incident,
                "runbook": KEY.runbook,
                "subject": KEY.subject,
                "seq": seq + number,
                "at": (NOON + timedelta(minutes=5)).isoformat(),
                "actor": "ringfence",
                "attempt": "a-0",
                "previous": previous,
                "fact": fact,
            }
        )
        previous = digest(body)
        world.write(Entry(incident, seq + number, body, previous))
    world.clock.tick(minutes=1)
    world.contain("a-2", received=finding("f-2", updated=world.clock()))
    assert world.isolated


def test_an_honest_unsealed_incident_is_joined(world: World) -> None:
    """After an outage of KMS, and after an update from a version without seals."""
    world.seals.down = True
    world.contain()
    incident = world.history.incident
    world.seals.down = False
    world.clock.tick(minutes=1)
    world.contain("a-2", received=finding("f-2", updated=world.clock()))
    assert world.history.incident == incident
    assert world.resume() is IncidentStatus.COMPLETE
    assert world.history.incident == incident
    assert world.history.entries[-1].mac


def test_the_lease_of_another_execution_counts_beside_a_forged_chain(world: World) -> None:
    world.forge(*LIES["contained"], sign=with_another_key)
    lease = Lease("somebody", NOON + timedelta(seconds=20), "")
    world.log.append(KEY, replace(world.history, entries=()), (), lease)
    assert world.contain() is IncidentStatus.JOINED
    assert not world.isolated


def test_a_group_that_only_an_unsealed_entry_names_is_not_trusted(world: World) -> None:
    provided = (("QuarantineGroup(vpc-1)", "sg-theirs"),)
    world.forge(finding(), DecisionMade(AUTO, NOON), Outcome("a.0", "applied", provides=provided))
    assert world.history.provided_with() == world.history.provided == {}
    world.contain()
    assert world.isolated
    assert world.cloud.world
    assert all("sg-theirs" not in one.groups for one in world.cloud.world[Network].interfaces)


def test_nothing_to_resume_is_bad_input_as_before(world: World) -> None:
    with pytest.raises(BadInput):
        world.resume()
