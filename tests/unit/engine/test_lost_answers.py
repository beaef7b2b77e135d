"""What the record says, and what a release does, where an answer was lost or a look came too early."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.execution import Execution
from ringfence.engine.journal import journal
from ringfence.engine.outcomes import Change, Changes
from ringfence.engine.undo import undo_changes
from ringfence.model.errors import Conflict, OutcomeUnknown, Retryable
from ringfence.model.symbol import QuarantineGroup, TransitionGroup
from ringfence.observations.ec2.network import QUARANTINE, Network, OwnGroup
from ringfence.record.chain import ChainKey, Lease, Stamp, link
from ringfence.record.facts import DecisionMade, Intended, Outcome, Planned, Result
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.ec2.snapshots import CreateSnapshots
from tests.support.fakes.interruption import Killed, Killer
from tests.support.fakes.memory_log import MemoryLog
from tests.support.fakes.scene import KEY, Scene
from tests.support.worlds import AUTO, LEASE, REF, estate, finding, instance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.model.errors import RingfenceError
    from ringfence.model.step import Step
    from ringfence.record.chain import Entry, Slot
    from ringfence.record.history import History

DETOUR = CONTAIN_INSTANCE.narrowed(("isolate-instance", "cut-tracked-flows"))
QUARANTINED, IN_TRANSITION = {QuarantineGroup("vpc-1")}, {TransitionGroup("vpc-1")}


def isolates(step: Step) -> bool:
    return isinstance(step, SetSecurityGroups) and step.after == QUARANTINED


def opens(step: Step) -> bool:
    return isinstance(step, SetSecurityGroups) and step.after == IN_TRANSITION


def applied(scene: Scene) -> list[Step]:
    return [step for step in scene.history.steps(Result.APPLIED) if isinstance(step, SetSecurityGroups)]


@pytest.mark.parametrize("stale", [1, 2, 3])
def test_an_isolation_without_an_answer_that_is_not_shown_at_once_is_recorded_and_given_back(
    stale: int,
) -> None:
    scene = Scene()
    scene.lost, scene.stale_after_loss = isolates, stale
    for _ in range(6):
        if scene.run().status is IncidentStatus.COMPLETE:
            break
        scene.clock.tick(seconds=5)
    assert applied(scene)
    assert not scene.history.open_intents
    scene.clock.tick(minutes=5)
    assert scene.release().status is IncidentStatus.RELEASED
    assert scene.groups() == scene.before


def test_a_second_look_too_early_records_nothing_as_not_applied() -> None:
    scene = Scene()
    scene.lost, scene.stale_after_loss = isolates, 1
    report = scene.run()
    assert report.status is IncidentStatus.OPEN
    assert Result.NOT_APPLIED not in {one.result for one in scene.history.outcomes.values()}
    assert [one.step for _, one in scene.history.open_intents if isolates(one.step)]


def test_what_no_look_can_prove_yet_is_looked_at_again_when_one_can() -> None:
    """Snapshots would be taken twice, so the second try waits until the first one would be visible."""
    scene = Scene(CONTAIN_INSTANCE.narrowed(("isolate-instance", "snapshot-volumes")), estate())
    lost = iter((1, 2))

    def lose(step: Step) -> None:
        if isinstance(step, CreateSnapshots) and next(lost, None):
            raise OutcomeUnknown("the connection was reset, and nothing was done")

    scene.cloud.refuse = lose
    for _ in range(2):
        (within,) = {one.within for one in scene.run().again()}
        assert within is not None
        assert within <= CreateSnapshots.visibility_delay
        scene.clock.tick(seconds=within.total_seconds() - 1)
        (left,) = {one.within for one in scene.run().again()}
        assert left is not None
        assert left <= timedelta(seconds=1)
        scene.clock.tick(seconds=left.total_seconds())
    assert scene.run().status is IncidentStatus.COMPLETE


def test_a_look_at_the_time_before_a_release_is_repeated_when_the_release_must_be_visible() -> None:
    scene = Scene()
    scene.run()
    scene.clock.tick(minutes=5)
    scene.release()
    scene.cloud.lag = lambda: timedelta(seconds=30)
    scene.clock.tick(seconds=5)
    received = finding("f-2", updated=scene.clock())
    report = scene.run(received=received)
    assert report.status is IncidentStatus.OPEN
    (within,) = {one.within for one in report.again()}
    assert within is not None
    scene.cloud.lag = timedelta
    scene.clock.tick(seconds=within.total_seconds())
    assert scene.run(received=received).status is IncidentStatus.COMPLETE


def test_a_release_that_looks_too_early_waits() -> None:
    scene = Scene()
    scene.run()
    scene.clock.tick(seconds=2)
    scene.cloud.stale = 1
    with pytest.raises(Retryable, match="not visible yet"):
        scene.release()
    assert scene.history.released_at is None
    assert scene.release().status is IncidentStatus.RELEASED
    assert scene.groups() == scene.before


def test_a_release_does_not_wait_for_ever_for_what_somebody_put_back() -> None:
    scene = Scene()
    scene.run()
    scene.move(*map(str, scene.before[0]))
    with pytest.raises(Retryable, match="not visible yet"):
        scene.release()
    scene.clock.tick(minutes=2)
    report = scene.release()
    assert report.status is IncidentStatus.RELEASED
    assert any("put it back" in words for words in report.plans[0].exposure)


def test_a_release_can_be_repeated_while_anything_stands() -> None:
    """The second look of the release was right, and something else put the change back afterwards."""
    scene = Scene()
    scene.run()
    contained = scene.cloud.world
    scene.clock.tick(minutes=5)
    assert scene.release().status is IncidentStatus.RELEASED
    scene.clock.tick(minutes=5)
    scene.cloud.world = contained
    assert scene.release().status is IncidentStatus.RELEASED
    assert scene.groups() == scene.before


def test_a_detour_whose_answer_was_lost_leads_back_to_the_groups_before() -> None:
    """The move into quarantine fails once, so the next try starts in the transition group."""
    scene = Scene(DETOUR)
    scene.lost = opens
    failed: list[Step] = []

    def fail(step: Step) -> None:
        if isolates(step) and not failed:
            failed.append(step)
            raise Retryable("RequestLimitExceeded")

    scene.cloud.refuse = fail
    for _ in range(3):
        scene.run()
        scene.clock.tick(minutes=1)
    intended = [one.step for one in scene.history.of(Intended) if isinstance(one.step, SetSecurityGroups)]
    assert {step.before for step in intended} == {scene.before[0]}
    assert Result.REFUSED not in {one.result for one in scene.history.outcomes.values()}
    assert scene.groups() == [QUARANTINED]
    scene.clock.tick(minutes=5)
    assert scene.release().status is IncidentStatus.RELEASED
    assert scene.groups() == scene.before


@pytest.mark.parametrize("error", [OutcomeUnknown("no answer came"), Conflict("somebody was first")])
def test_an_append_whose_answer_is_lost_writes_no_intent_twice(error: RingfenceError) -> None:
    """Whether the log says that it does not know, or takes its own entries for those of somebody else."""
    for at in range(1, 12):
        scene, appends = Scene(CONTAIN_INSTANCE.chosen(()), estate()), 0

        def gate(name: str, call: Callable[[], object], at: int = at, scene: Scene = scene) -> object:
            nonlocal appends
            scene.clock.tick(milliseconds=10)
            answer = call()
            appends += name == "append"
            if name == "append" and appends == at:
                raise error
            return answer

        with suppress(Retryable):
            scene.run(gate)
        scene.clock.tick(minutes=2)
        scene.run()
        names = Counter(one.intent for one in scene.history.of(Intended))
        assert set(names.values()) == {1}
        if appends < at:
            return
    raise AssertionError("the appends did not end")


def test_a_change_that_somebody_else_made_is_not_undone() -> None:
    """The service refused it, so the log knows that it was not made. Then somebody made the same change."""
    scene = Scene()

    def fail(step: Step) -> None:
        if isolates(step):
            raise Retryable("RequestLimitExceeded")

    scene.cloud.refuse = fail
    scene.run()
    assert scene.cloud.world
    step = next(one.step for one in scene.history.of(Intended) if isolates(one.step))
    scene.cloud.world = step.effect(scene.cloud.world)
    scene.clock.tick(minutes=5)
    report = scene.release()
    assert report.status is IncidentStatus.RELEASED
    assert scene.groups() == [QUARANTINED]
    assert any("Ringfence did not set it" in words for words in report.plans[0].exposure)


@pytest.mark.parametrize("seconds", [1, 90])
def test_a_look_that_an_older_version_took_too_early_proves_nothing(seconds: int) -> None:
    """It recorded the change as not applied within a second. After the time of visibility it is proved."""
    scene = Scene()
    step = SetSecurityGroups("eni-0", "vpc-1", scene.before[0], frozenset(QUARANTINED))  # type: ignore[arg-type]
    stamp = Stamp(KEY, "inc-1", "ringfence", "old", scene.clock())
    entries = link(stamp, None, (DecisionMade(AUTO, scene.clock()), Intended("old.0", "isolate", step)))
    found = (Outcome("old.0", Result.NOT_APPLIED, "observation"),)
    later = link(replace(stamp, at=scene.clock() + timedelta(seconds=seconds)), entries[-1], found)
    scene.log.append(KEY, scene.history, (*entries, *later), Lease("", None, "inc-1"))
    assert scene.cloud.world
    network = scene.cloud.world[Network]
    ours = OwnGroup("sg-q", "vpc-1", QUARANTINE, "ringfence-quarantine", ours=True, rules=0)
    scene.cloud.world = step.effect(scene.cloud.world.with_observation(replace(network, groups=(ours,))))
    scene.clock.tick(minutes=5)
    assert scene.release().status is IncidentStatus.RELEASED
    assert scene.groups() == (scene.before if seconds == 1 else [QUARANTINED])


def test_new_activity_after_a_release_is_not_called_contained_by_a_look_at_the_past() -> None:
    scene = Scene()
    scene.run()
    scene.clock.tick(minutes=5)
    scene.release()
    contained = scene.cloud.lag
    scene.cloud.lag = lambda: timedelta(seconds=30)
    scene.clock.tick(seconds=5)
    report = scene.run(received=finding("f-2", updated=scene.clock()))
    assert report.status is IncidentStatus.OPEN
    assert scene.groups() == scene.before
    scene.cloud.lag = contained
    scene.clock.tick(seconds=5)
    scene.run(received=finding("f-2", updated=scene.clock()))
    assert scene.groups() == [QUARANTINED]


def test_a_later_look_at_a_new_incident_may_show_the_time_before_the_release_too() -> None:
    """The execution that opened it knows of the release. A later one reads the new chain alone."""
    scene = Scene()
    scene.run()
    scene.clock.tick(minutes=5)
    scene.release()
    scene.cloud.lag = lambda: timedelta(seconds=30)
    scene.clock.tick(seconds=5)
    opened = scene.run(received=finding("f-2", updated=scene.clock()))
    scene.clock.tick(seconds=5)
    joined = scene.run(received=finding("f-3", updated=scene.clock()))
    assert joined.incident == opened.incident
    assert joined.status is IncidentStatus.OPEN
    scene.cloud.lag = timedelta
    scene.clock.tick(seconds=5)
    assert scene.run(received=finding("f-3", updated=scene.clock())).status is IncidentStatus.COMPLETE
    assert scene.groups() == [QUARANTINED]


@pytest.mark.parametrize("call", [3, 4], ids=["before its record", "after its record"])
def test_an_execution_that_died_leaves_no_trust_in_a_look_at_the_past(call: int) -> None:
    """It opened the incident after a release, and nobody knows of it."""
    scene = Scene()
    scene.run()
    scene.clock.tick(minutes=5)
    scene.release()
    scene.cloud.lag = lambda: timedelta(seconds=45)
    scene.clock.tick(seconds=5)
    received = finding("f-2", updated=scene.clock())
    killer = Killer(call)
    with suppress(Killed):
        scene.run(killer, received)
    scene.clock.tick(seconds=30)
    assert scene.run(received=received).status is not IncidentStatus.COMPLETE


def test_a_look_at_the_time_before_an_isolation_leads_to_no_second_detour() -> None:
    """The detour would open the interface again, and it would stay open if the way back failed."""
    scene = Scene(DETOUR)
    scene.run()
    detours = sum(map(opens, scene.cloud.calls))
    scene.clock.tick(seconds=5)
    scene.cloud.lag = lambda: timedelta(seconds=10)
    scene.run(received=finding("f-2", updated=scene.clock()))
    assert sum(map(opens, scene.cloud.calls)) == detours == 1
    assert scene.groups() == [QUARANTINED]


def test_a_release_never_makes_a_change_again() -> None:
    """An unanswered step of a release counts as made. A second one that was answered must not be undone."""
    world = instance("vpc-1")
    step = SetSecurityGroups("eni-0", "vpc-1", frozenset({"sg-other"}), world[Network].interfaces[0].groups)
    back, forth = step, step.inverse()
    unanswered = Change(back, certain=False, undoes=True)
    made = (Change(forth), unanswered, Change(back, undoes=True))
    assert undo_changes(Changes(made), world).steps == ()


class Forgetful(MemoryLog):
    """Stores the next entries, and takes them for those of somebody else."""

    forgets = False

    def append(
        self,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot] = (),
    ) -> None:
        super().append(key, history, entries, lease, slots)
        if self.forgets:
            self.forgets = False
            raise Conflict("somebody was first")


def test_what_an_execution_finds_of_its_own_is_not_written_again() -> None:
    scene = Scene()
    scene.log = Forgetful()
    ports, log = scene.ports(lambda _, call: call()), scene.log
    assert isinstance(log, Forgetful)
    execution = Execution(KEY, REF, "inc-1", "test", "a-1", scene.history)
    until = scene.clock() + LEASE
    execution = journal(ports, execution, (DecisionMade(AUTO, scene.clock()),), until=until)
    step = SetSecurityGroups("eni-0", "vpc-1", scene.before[0], frozenset(QUARANTINED))  # type: ignore[arg-type]
    facts = (Planned("isolate", "0" * 64, (step,)), *execution.intents("isolate", (step,)))
    log.forgets = True
    scene.clock.tick(milliseconds=10)
    execution = journal(ports, execution, facts, until=until)
    assert [type(fact) for _, fact in scene.history.facts] == [DecisionMade, Planned, Intended]
    assert execution.history.entries == scene.history.entries


def test_an_incident_whose_subject_does_not_exist_keeps_no_open_intents() -> None:
    scene = Scene()

    def die(name: str, call: Callable[[], object]) -> object:
        if name == "apply":
            raise Killed
        return call()

    with pytest.raises(Killed):
        scene.run(die)
    assert scene.history.open_intents
    scene.cloud.world = None
    for _ in range(3):
        scene.clock.tick(minutes=1)
        scene.run()
    assert scene.history.closed_at
    assert not scene.history.open_intents
    assert {one.result for one in scene.history.outcomes.values()} == {Result.GONE}


def test_a_release_names_whose_work_is_in_the_way() -> None:
    scene = Scene()

    def die(name: str, call: Callable[[], object]) -> object:
        if name == "apply":
            raise Killed
        return call()

    with pytest.raises(Killed):
        scene.run(die)
    with pytest.raises(Retryable, match=rf"test acts on .* for {scene.history.incident} until"):
        scene.release()


def test_a_repeated_step_and_its_inverse_leave_nothing_to_undo() -> None:
    """On the way a setting is turned on and off again; one of two steps that turn it off had no answer."""
    world = instance("vpc-1")
    step = SetSecurityGroups("eni-0", "vpc-1", frozenset({"sg-other"}), world[Network].interfaces[0].groups)
    forth, back = step.inverse(), step
    made = (Change(forth), Change(back, certain=False), Change(back))
    assert undo_changes(Changes(made), world).steps == ()


def test_a_release_that_failed_is_not_called_done_by_a_look_at_the_time_before_the_containment() -> None:
    scene = Scene()
    scene.run()
    scene.clock.tick(seconds=5)

    def fail(_: Step) -> None:
        scene.cloud.lag = lambda: timedelta(seconds=20)
        raise Retryable("RequestLimitExceeded")

    scene.cloud.refuse = fail
    assert scene.release().status is IncidentStatus.OPEN
    assert scene.groups() == [QUARANTINED]
    assert scene.history.released_at is None


def test_a_look_at_the_time_before_the_containment_does_not_answer_for_a_release() -> None:
    """The step of the release had no effect and no answer. The old look shows the value that it sets."""
    scene = Scene()
    scene.run()
    scene.clock.tick(seconds=5)

    def lose(_: Step) -> None:
        scene.cloud.lag = lambda: timedelta(seconds=20)
        raise OutcomeUnknown("no answer came, and nothing was done")

    scene.cloud.refuse = lose
    assert scene.release().status is IncidentStatus.OPEN
    assert [one.step for _, one in scene.history.open_intents], "nothing is known yet"
    assert scene.history.released_at is None


def test_a_release_waits_for_a_repeated_change_without_an_answer_that_a_look_may_not_show_yet() -> None:
    """Somebody undid the first one. The look is older than the second one, which may have been made."""
    world = instance("vpc-1")
    groups = world[Network].interfaces[0].groups
    step = SetSecurityGroups("eni-0", "vpc-1", groups, frozenset({"sg-other"}))
    repeated = Changes((Change(step), Change(step, certain=False, recent=True)))
    early = undo_changes(repeated, world)
    assert (early.steps, early.settling) == ((), (f"{step.target}: a change is not visible yet",))
    assert undo_changes(repeated, step.effect(world)).settling == ()
