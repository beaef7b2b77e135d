"""Law 5: nothing happens before it is recorded, whenever a process dies and whoever else acts."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.results import ResponseResult
from ringfence.engine.run import Engine
from ringfence.model.errors import Retryable
from ringfence.model.log_only_step import LogOnlyStep
from ringfence.observations.ec2.lifecycle import Lifecycle
from ringfence.observations.iam.denial import Denial
from ringfence.observations.iam.identity import Identity
from ringfence.observations.iam.role_sessions import RoleSessions
from ringfence.observations.iam.used_roles import UsedRoles
from ringfence.record.chain import digest
from ringfence.record.facts import FindingReceived, Intended, Outcome, Result, RunRequested
from ringfence.record.status import IncidentStatus
from tests.support.catalogue import WORLDS
from tests.support.fakes.chaos import Chaos
from tests.support.fakes.interruption import Killed, Killer, Loser, Through, Turns, interleavings
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.runbook_worlds import everything, own
from tests.support.worlds import LEASE, NOON, Ticking, order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.model.step import Step
    from ringfence.record.history import History
    from tests.support.runbook_worlds import Case


CASES = {
    f"{id_}-{name}": replace(case, runbook=own(case.runbook))
    for id_, worlds in WORLDS.items()
    for name, case in worlds.cases.items()
    if case.changes and not case.refused
}
"""Without the request to AWS Config, which is made at most once: Config evaluates by itself as well."""
INSTANCE = CASES["contain-instance-defaults"]


class Stage:
    """One world, one log, and as many processes as a test starts on them."""

    def __init__(self, case: Case = INSTANCE) -> None:
        self.case = case
        self.clock = Ticking()
        self.cloud = MemoryCloud(case.world, self.clock)
        self.log = MemoryLog()
        if case.becomes:
            self.respond("review", Killer(), case.reviewed(self.clock()))
            self.cloud.world, self.cloud.calls = case.became, []
            self.clock.now += LEASE * 3

    def through(self, gate: Callable[..., object]) -> Through:
        """Return the ports of a process. A moment passes with each of its calls."""

        def passing(name: str, call: Callable[[], object]) -> object:
            self.clock.tick(milliseconds=1)
            return gate(name, call)

        return Through(self.cloud, self.log, passing)

    def respond(self, attempt: str, gate: Callable[..., object], received: FindingReceived) -> ResponseResult:
        through = self.through(gate)
        engine = Engine(Ports(through, through, self.clock, lambda jobs: [job() for job in jobs]))
        given = order(self.clock(), attempt=attempt, received=received, runbook=self.case.runbook)
        return engine.respond(replace(given, ref=self.case.state.ref, choices=self.case.chosen))

    def run(self, attempt: str, gate: Callable[..., object], finding_id: str = "f-1") -> ResponseResult:
        return self.respond(attempt, gate, self.case.received(finding_id)[0])

    def until_done(
        self, finding_id: str = "f-1", gate: Callable[..., object] | None = None
    ) -> ResponseResult:
        """Bring the message back until all is done, and where that was not heard, until it is over."""
        for delivery in range(5):
            report = self.run(f"again-{delivery}-{self.clock()}", gate or Killer(), finding_id)
            if report.status is IncidentStatus.COMPLETE or self.is_over(report):
                return report
            self.clock.now += LEASE * 3
        raise AssertionError(report)

    def is_over(self, report: ResponseResult) -> bool:
        """Say whether the incident ended by itself, and what came back joined it."""
        closes, joined = self.case.runbook.closes_when_complete, report.status is IncidentStatus.JOINED
        return closes and joined and self.history.completed_at is not None

    @property
    def made(self) -> Counter[Step]:
        """The changes that were made: a note is made by being recorded."""
        return Counter(step for step in self.cloud.calls if not isinstance(step, LogOnlyStep))

    @property
    def recorded(self) -> Counter[Step]:
        """The changes of which the log says that they were made."""
        applied = self.history.steps(Result.APPLIED)
        return Counter(step for step in applied if not isinstance(step, LogOnlyStep))

    @property
    def unknown(self) -> Counter[Step]:
        """The changes of which the log says that nobody can know any more whether they were made."""
        return Counter(self.history.steps(Result.UNKNOWN))

    def release(self, gate: Callable[..., object]) -> ResponseResult:
        through = self.through(gate)
        asked = ResponseRelease(
            runbook=self.case.runbook.id,
            ref=self.case.state.ref,
            incident=self.history.incident,
            attempt=f"release-{self.clock().isoformat()}",
            actor="ann",
            until=self.clock() + LEASE,
            request=RunRequested("release", "false alarm"),
        )
        return Releaser(Ports(through, through, self.clock, lambda jobs: [job() for job in jobs])).release(
            asked
        )

    @property
    def history(self) -> History:
        return self.log.read(self.case.key)


def end(stage: Stage) -> dict[str, object]:
    """Say what is in the end; of a denial whom it reaches: after a try in vain it goes another way."""
    assert stage.cloud.world
    return {kind.__name__: timeless(facet) for kind, facet in stage.cloud.world.observations.items()}


def timeless(facet: object) -> object:
    """Leave out up to when sessions are denied: that is the time of the change, which a delay moves."""
    if isinstance(facet, Denial):
        return frozenset(replace(one, before=NOON if one.before else None) for one in facet.reaches())
    if isinstance(facet, Identity):
        denied = [(one.role, frozenset(each.instance_id for each in one.denials)) for one in facet.roles]
        return facet.associations, denied
    if isinstance(facet, RoleSessions):
        return [(one.role, bool(one.revoked | one.listed), one.others) for one in facet.roles]
    if isinstance(facet, UsedRoles):
        uses = [one.use for one in facet.roles]
        return [(one.role, bool(one.revoked | one.listed), one.others) for one in uses], facet.elsewhere
    return facet


def is_replaced(step: Step, history: History) -> bool:
    """Say whether a later step sets another value of the same target, so that no look can show this one."""
    intended = [one.step for one in history.of(Intended) if one.step.target == step.target]
    return any(one.diff()[1] != step.diff()[1] for one in intended[intended.index(step) + 1 :])


def check(stage: Stage, *ends: dict[str, object]) -> None:
    """The right end, the right log, and no step applied twice."""
    history = stage.history
    twice = [step for step, count in stage.made.items() if count > 1]
    assert not twice
    assert end(stage) in ends
    assert not stage.recorded - stage.made, "the log says nothing that was not done"
    assert stage.made - stage.recorded <= stage.unknown, "the log says what was done, or that it cannot know"
    assert all(is_replaced(step, history) for step in stage.unknown), "that is so on a detour alone"
    assert not history.open_intents
    previous = ""
    for number, entry in enumerate(history.entries):
        assert (entry.seq, entry.previous, entry.hash) == (number, previous, digest(entry.body))
        previous = entry.hash
    assert len(stage.log.chains) == 1
    assert {entry.incident for entry in stage.log.all(stage.case.key)} == {history.incident}, "one incident"


def unfinished(case: Case, result: ResponseResult) -> str:
    """Say why the response to a case does not end: what remains, or what a person must check."""
    left = result.verified
    open_ = "; ".join((*left.remaining, *left.review, *left.waiting, *left.refused)) if left else ""
    return f"{case.runbook.id}, findings {', '.join(case.types)}: {result.reason}: {open_}"


def undisturbed(case: Case, finding_id: str = "f-1") -> tuple[int, dict[str, object]]:
    """Return how many calls one undisturbed run makes, and what it does."""
    stage, killer = Stage(case), Killer()
    result = stage.run("a-1", killer, finding_id)
    assert result.status is IncidentStatus.COMPLETE, unfinished(case, result)
    return killer.calls, end(stage)


@cache
def released(name: str) -> tuple[int, dict[str, object]]:
    """Return how many calls an undisturbed release makes, and what it leaves."""
    stage, killer = Stage(CASES[name]), Killer()
    stage.until_done()
    assert stage.release(killer).status is IncidentStatus.RELEASED
    return killer.calls, end(stage)


def shown(stage: Stage) -> object:
    """Say what is in the end of all that a release gives back, and of nothing that it leaves."""
    world, comparable = stage.cloud.world, WORLDS[stage.case.runbook.id].comparable
    assert world
    if comparable is everything:
        return end(stage)
    kept = comparable(world, world.names())
    return {name: timeless(one) for name, one in kept.items()} if isinstance(kept, dict) else kept


@cache
def calm(name: str) -> tuple[object, object]:
    """Return what an undisturbed run and its release show."""
    stage = Stage(CASES[name])
    stage.until_done()
    contained = shown(stage)
    stage.release(Killer())
    return contained, shown(stage)


UNDISTURBED = {name: undisturbed(case) for name, case in CASES.items()}
"""The tests have a case for each call. All else is found out when a test needs it, not in every worker."""
EACH = pytest.mark.parametrize("name", CASES)
EACH_CALL = pytest.mark.parametrize(
    ("name", "at"), [(name, at) for name, (calls, _) in UNDISTURBED.items() for at in range(1, calls + 1)]
)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@EACH_CALL
def test_a_process_that_dies_at_any_call_leaves_nothing_half_known(
    name: str, at: int, *, after: bool
) -> None:
    stage = Stage(CASES[name])
    with pytest.raises(Killed):
        stage.until_done(gate=Killer(at, after=after))
    recorded = {one.step for one in stage.history.of(Intended)}
    assert set(stage.cloud.calls) <= recorded, "nothing before the record"
    stage.clock.now += LEASE * 3
    stage.until_done()
    check(stage, UNDISTURBED[name][1])


def unheard(name: str, at: int) -> Stage:
    """Lose the answer to the n-th call, and bring the message back until all is done."""
    stage = Stage(CASES[name])
    with suppress(Retryable):
        stage.until_done(gate=Loser(at))
    recorded = {one.step for one in stage.history.of(Intended)}
    assert set(stage.cloud.calls) <= recorded, "nothing before the record"
    stage.clock.now += LEASE * 3
    stage.until_done()
    return stage


@EACH_CALL
def test_an_answer_that_is_lost_leaves_nothing_half_known_and_nothing_that_is_not_given_back(
    name: str, at: int
) -> None:
    """The call was made, the process lives on and does not know it."""
    stage = unheard(name, at)
    check(stage, UNDISTURBED[name][1])
    stage.release(Killer())
    assert end(stage) == released(name)[1]


@EACH
def test_a_release_that_does_not_hear_an_answer_is_finished_when_it_is_asked_for_again(name: str) -> None:
    for at in range(1, released(name)[0] + 1):
        stage = Stage(CASES[name])
        stage.until_done()
        with suppress(Retryable):
            stage.release(Loser(at))
        if stage.history.released_at is None:
            stage.clock.now += LEASE * 3
            stage.release(Killer())
        assert end(stage) == released(name)[1]
        assert not stage.history.open_intents, at


@EACH
def test_every_change_is_recorded_before_it_is_made(name: str) -> None:
    stage = Stage(CASES[name])

    def recorded(step: Step) -> None:
        assert step in {one.step for _, one in stage.history.open_intents}

    stage.cloud.refuse = recorded
    stage.until_done()
    assert stage.cloud.calls


@cache
def ends() -> tuple[dict[str, object], ...]:
    """What is made is named after the incident, and that after the finding that was first."""
    return tuple(undisturbed(INSTANCE, one)[1] for one in ("f-1", "f-2"))


@pytest.mark.parametrize("second", ["f-1", "f-2"])
@pytest.mark.parametrize("schedule", tuple(interleavings(5, 5)))
def test_two_at_once_act_once(schedule: str, second: str) -> None:
    """However their reads and appends interleave: one incident, each step once, both findings kept."""
    stage, turns = Stage(), Turns(schedule)
    reports: dict[str, object] = {}

    def process(me: str, finding_id: str) -> None:
        try:
            reports[me] = stage.run(me, turns.gate(me), finding_id)
        except Retryable as error:
            reports[me] = error
        finally:
            turns.ended(me)

    threads = [Thread(target=process, args=given) for given in (("a", "f-1"), ("b", second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {type(one) for one in reports.values()} <= {
        ResponseResult,
        Retryable.__subclasses__()[0],
        Retryable,
    }
    stage.clock.now += LEASE * 3
    for finding_id in ("f-1", second):
        stage.until_done(finding_id)
    check(stage, *ends())
    assert {one.finding.id for one in stage.history.of(FindingReceived)} == {"f-1", second}
    outcomes = Counter(one.intent for one in stage.history.of(Outcome))
    assert set(outcomes.values()) == {1}, "no intent has two outcomes"


SEEDS = range(6)
CHAOTIC = pytest.mark.parametrize("seed", SEEDS)


def weathered(name: str, seed: int) -> tuple[Stage, Chaos]:
    """Let a subject be contained in chaos, and bring the message back until all is done and seen."""
    stage = Stage(CASES[name])
    chaos = Chaos(seed, stage.clock)
    stage.cloud.lag = chaos.lag
    for delivery in range(6):
        with suppress(Retryable, Killed):
            stage.run(f"chaos-{delivery}", chaos)
        stage.clock.tick(seconds=chaos.random.choice((5, 10, 40)))
    recorded = {one.step for one in stage.history.of(Intended)}
    assert set(stage.cloud.calls) <= recorded, "nothing before the record"
    chaos.calm = True
    stage.clock.now += LEASE * 4
    stage.until_done(gate=chaos)
    return stage, chaos


def given_up(stage: Stage) -> frozenset[str]:
    """Return what shows the steps that nothing needs and that were given up on after an error."""
    refused = {one.intent for one in stage.history.of(Outcome) if one.result == Result.REFUSED}
    steps = (one.step for one in stage.history.of(Intended) if one.intent in refused)
    return frozenset(one.observation.__name__ for one in steps if one.best_effort)


def without(seen: object, names: frozenset[str]) -> object:
    """Leave out some observations, and the stop protection of an instance that is stopped."""
    if not isinstance(seen, dict):
        return seen
    kept = {name: one for name, one in seen.items() if name not in names}
    life = kept.get("Lifecycle")
    if isinstance(life, Lifecycle) and life.state == "stopped":
        kept["Lifecycle"] = replace(life, stop_protected=False)
    return kept


def as_the_log_says(name: str, seed: int) -> tuple[Stage, Chaos]:
    """Require that each change is made as often as the log says, or the log says that nobody can know.

    Two things may differ from an undisturbed run. A step that containment does not need is given up on after
    an error, and the log says so. And nothing is planned about the stop protection of a stopped instance: a
    look from before the stop can turn it on again.
    """
    stage, chaos = weathered(name, seed)
    abandoned = given_up(stage)
    assert without(shown(stage), abandoned) == without(calm(name)[0], abandoned)
    assert not stage.history.open_intents
    assert not stage.recorded - stage.made - stage.unknown
    assert stage.made - stage.recorded <= stage.unknown
    names = Counter(one.intent for one in stage.history.of(Intended))
    assert set(names.values()) == {1}
    return stage, chaos


@pytest.mark.parametrize(
    ("name", "seed"), [("contain-instance-defaults", 8), ("contain-instance-detached", 31)]
)
def test_a_look_between_two_steps_judges_as_any_other_look_does(name: str, seed: int) -> None:
    """With these seeds a change was once recorded as made twice, or as drifted, and nobody else acted."""
    as_the_log_says(name, seed)


@CHAOTIC
@EACH
def test_in_chaos_the_log_says_what_was_done_and_a_release_gives_everything_back(
    name: str, seed: int
) -> None:
    stage, chaos = as_the_log_says(name, seed)
    chaos.calm = False
    for _ in range(4):
        with suppress(Retryable, Killed):
            stage.release(chaos)
        stage.clock.tick(seconds=chaos.random.choice((5, 20, 40)))
        if stage.history.released_at:
            break
    chaos.calm = True
    if not stage.history.released_at:
        stage.clock.now += LEASE * 4
        assert stage.release(chaos).status is IncidentStatus.RELEASED
    assert shown(stage) == calm(name)[1]
    assert not stage.history.open_intents
