"""What the engine promises, on fakes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.apply import Changes, apply
from ringfence.engine.execution import Execution
from ringfence.engine.incident_end import AGE
from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.model.errors import AccessDenied, BadInput, NotFound, Refused, Retryable
from ringfence.model.runbook import Runbook, Stage
from ringfence.model.symbol import QuarantineGroup
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.observations.ec2.lifecycle import Lifecycle
from ringfence.observations.ec2.network import QUARANTINE, Network, OwnGroup
from ringfence.record.chain import ChainKey
from ringfence.record.facts import (
    Closed,
    DecisionMade,
    FindingReceived,
    Intended,
    Missed,
    Outcome,
    Planned,
    Result,
    RunRequested,
    Verified,
)
from ringfence.record.status import IncidentStatus
from ringfence.remediations.isolate_instance import isolate_instance
from ringfence.remediations.protect_termination import SetTerminationProtection
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.ec2.own_groups import CreateOwnGroup, EmptyQuarantineGroup
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.fakes.scene import Scene
from tests.support.followups import again, comes_back, goes_on
from tests.support.worlds import (
    AUTO,
    DRY_RUN,
    LEASE,
    NOON,
    NOTIFY,
    REF,
    Ticking,
    estate,
    finding,
    instance,
    order,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.engine.results import ResponseResult
    from ringfence.model.observation import Observation, ResourceState
    from ringfence.model.step import Step
    from ringfence.model.subject import Ref
    from ringfence.policy.decision import Decision
    from ringfence.record.chain import Entry, Lease, Slot
    from ringfence.record.history import History

ISOLATE = Runbook(
    "contain-instance",
    "Only the first stage",
    type(REF),
    (Stage("isolate", "Isolate the instance from the network", (isolate_instance,)),),
)
KEY = ChainKey("contain-instance", REF.key)


class Bench:
    """An engine on fakes."""

    def __init__(self, *vpcs: str) -> None:
        self.clock = Ticking()
        self.cloud = MemoryCloud(instance(*vpcs), self.clock)
        self.log = MemoryLog()
        self.engine = Engine(Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs]))

    @property
    def history(self) -> History:
        return self.log.read(KEY)

    def kinds(self) -> list[str]:
        return [type(fact).__name__ for _, fact in self.history.facts]

    def groups(self) -> set[frozenset[object]]:
        assert self.cloud.world
        return {frozenset(one.groups) for one in self.cloud.world[Network].interfaces}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_finding_ends_in_a_verified_isolation(bench: Bench) -> None:
    report = bench.engine.respond(order(runbook=ISOLATE))
    assert report.status is IncidentStatus.COMPLETE
    assert bench.groups() == {frozenset({QuarantineGroup("vpc-1")})}
    assert bench.kinds() == [
        "FindingReceived",
        "DecisionMade",
        "Planned",
        *["Intended"] * 4,
        *["Outcome"] * 4,
        "Verified",
    ]
    assert bench.history.lease.owner == ""


def test_the_group_is_made_and_emptied_before_any_interface_moves(bench: Bench) -> None:
    bench.engine.respond(order(runbook=ISOLATE))
    kinds = [type(step) for step in bench.cloud.calls]
    assert kinds == [CreateOwnGroup, EmptyQuarantineGroup, SetSecurityGroups, SetSecurityGroups]


def test_a_redelivery_finds_nothing_to_do_and_adds_nothing(bench: Bench) -> None:
    bench.engine.respond(order(runbook=ISOLATE))
    before = bench.history.entries
    report = bench.engine.respond(order(runbook=ISOLATE, attempt="a-2"))
    assert report.status is IncidentStatus.COMPLETE
    assert bench.history.entries == before
    assert len(bench.cloud.calls) == 4


def test_an_update_of_a_finding_joins_its_incident(bench: Bench) -> None:
    first = bench.engine.respond(order(runbook=ISOLATE))
    later = finding(updated=NOON.replace(hour=13), count=7)
    bench.clock.tick(hours=2)
    report = bench.engine.respond(order(bench.clock(), received=later, runbook=ISOLATE, attempt="a-2"))
    assert report.incident == first.incident
    assert [one.finding.count for one in bench.history.of(FindingReceived)] == [1, 7]
    assert len(bench.cloud.calls) == 4


def test_another_finding_on_the_same_instance_joins_the_open_incident(bench: Bench) -> None:
    first = bench.engine.respond(order(runbook=ISOLATE))
    report = bench.engine.respond(order(received=finding("f-2"), runbook=ISOLATE, attempt="a-2"))
    assert report.incident == first.incident


def test_a_dry_run_plans_every_stage_and_changes_nothing(bench: Bench) -> None:
    report = bench.engine.respond(order(decision=DRY_RUN, runbook=ISOLATE))
    assert report.status is IncidentStatus.DRY_RUN
    assert [type(step) for step in report.plans[0].steps] == [
        CreateOwnGroup,
        EmptyQuarantineGroup,
        SetSecurityGroups,
        SetSecurityGroups,
    ]
    assert not bench.cloud.calls
    assert bench.kinds() == ["FindingReceived", "DecisionMade", "Planned"]


def test_a_repeated_dry_run_records_the_plan_once(bench: Bench) -> None:
    for attempt in ("a-1", "a-2"):
        bench.engine.respond(order(decision=DRY_RUN, runbook=ISOLATE, attempt=attempt))
    assert bench.kinds() == ["FindingReceived", "DecisionMade", "Planned"]


def test_a_finding_for_a_person_is_recorded_and_nothing_is_changed(bench: Bench) -> None:
    report = bench.engine.respond(order(decision=NOTIFY, runbook=ISOLATE))
    assert report.status is IncidentStatus.RECORDED
    assert bench.kinds() == ["FindingReceived", "DecisionMade"]
    assert not bench.cloud.looks


def test_no_step_is_applied_without_an_allowing_decision(bench: Bench) -> None:
    """The phase refuses, whoever calls it: dry run is enforced where steps are applied."""
    execution = Execution(KEY, REF, "inc", "test", "a-1", bench.history)
    with pytest.raises(Refused, match="dry-run"):
        apply(bench.engine.ports, execution, Changes((), DRY_RUN, NOON + LEASE))


def test_drift_of_the_quarantine_group_is_repaired_before_it_is_used(bench: Bench) -> None:
    assert bench.cloud.world
    drifted = OwnGroup("sg-q", "vpc-1", QUARANTINE, "ringfence-quarantine", ours=True, rules=2)
    network = replace(bench.cloud.world[Network], groups=(drifted,))
    bench.cloud.world = bench.cloud.world.with_observation(network)
    bench.engine.respond(order(runbook=ISOLATE))
    assert next(type(step) for step in bench.cloud.calls) is EmptyQuarantineGroup
    assert bench.groups() == {frozenset({QuarantineGroup("vpc-1")})}


def test_a_failing_step_is_recorded_and_tried_again_next_time(bench: Bench) -> None:
    def fail(step: Step) -> None:
        if isinstance(step, SetSecurityGroups) and step.interface_id == "eni-1":
            raise Retryable("ec2: RequestLimitExceeded")

    bench.cloud.refuse = fail
    report = bench.engine.respond(order(runbook=ISOLATE))
    assert report.status is IncidentStatus.OPEN
    assert again(report)
    assert Result.FAILED in {one.result for one in bench.history.of(Outcome)}
    bench.cloud.refuse = lambda _: None
    assert bench.engine.respond(order(runbook=ISOLATE, attempt="a-2")).status is IncidentStatus.COMPLETE


def test_a_step_whose_provider_failed_is_skipped(bench: Bench) -> None:
    def fail(step: Step) -> None:
        if isinstance(step, EmptyQuarantineGroup):
            raise Retryable("not now")

    bench.cloud.refuse = fail
    bench.engine.respond(order(runbook=ISOLATE))
    assert [one.result for one in bench.history.of(Outcome)] == ["applied", "failed", "skipped", "skipped"]


def test_containment_is_never_given_up_on(bench: Bench) -> None:
    """A refusal in the first stage is recorded, and tried again with every delivery."""

    def refuse(step: Step) -> None:
        if isinstance(step, SetSecurityGroups):
            raise Refused("OperationNotPermitted")

    bench.cloud.refuse = refuse
    assert bench.engine.respond(order(runbook=ISOLATE)).status is IncidentStatus.OPEN
    bench.cloud.refuse = lambda _: None
    assert bench.engine.respond(order(runbook=ISOLATE, attempt="a-2")).status is IncidentStatus.COMPLETE


def test_a_stale_look_is_no_containment(bench: Bench) -> None:
    bench.cloud.stale = 1
    report = bench.engine.respond(order(runbook=ISOLATE))
    assert report.status is IncidentStatus.OPEN
    verified = bench.history.verified
    assert verified
    assert not verified.contained
    assert bench.engine.respond(order(runbook=ISOLATE, attempt="a-2")).status is IncidentStatus.COMPLETE


def test_an_update_does_not_repeat_the_verdict(bench: Bench) -> None:
    bench.cloud.world = estate()
    bench.engine.respond(order())
    later = finding(updated=NOON.replace(hour=13), count=7)
    bench.clock.tick(hours=2)
    bench.engine.respond(order(bench.clock(), received=later, attempt="a-2", stages=1))
    assert len(bench.history.of(Verified)) == 1
    assert bench.history.verified
    assert bench.history.verified.complete


def test_a_run_of_later_stages_alone_does_not_call_the_instance_contained(bench: Bench) -> None:
    bench.cloud.world = estate()
    request = RunRequested("run", "keep the evidence", ("snapshot-volumes",))
    runbook = CONTAIN_INSTANCE.narrowed(("snapshot-volumes",))
    report = bench.engine.respond(order(runbook=runbook, request=request))
    assert report.status is IncidentStatus.COMPLETE
    verified = bench.history.verified
    assert verified
    assert (verified.contained, verified.judged, verified.complete) == (False, False, True)


@pytest.mark.parametrize("kind", [CreateOwnGroup, SetSecurityGroups])
def test_a_denied_isolation_keeps_no_evidence_waiting(bench: Bench, kind: type[Step]) -> None:
    """Nor does what depends on it; each delivery tries it again, and nothing is called contained."""
    bench.cloud.world = estate()

    def deny(step: Step) -> None:
        if isinstance(step, kind):
            raise AccessDenied(
                "ec2: UnauthorizedOperation: with an explicit deny in a service control policy"
            )

    bench.cloud.refuse = deny
    report = bench.engine.respond(order(stages=1))
    assert (report.status, goes_on(report)) == (IncidentStatus.OPEN, True)
    later = bench.engine.respond(order(decision=None, attempt="a-2"))
    assert later.status is IncidentStatus.OPEN
    assert again(later)
    assert "CreateSnapshots" in {type(step).__name__ for step in bench.cloud.calls}
    bench.cloud.refuse = lambda _: None
    assert bench.engine.respond(order(decision=None, attempt="a-3")).status is IncidentStatus.COMPLETE


def test_what_settles_in_a_later_stage_takes_no_containment_back(bench: Bench) -> None:
    """Contained and not complete: it is looked at again."""
    bench.cloud.world = estate().with_observation(Scaling("web", "EnteringStandby"))
    report = bench.engine.respond(order())
    assert report.status is IncidentStatus.CONTAINED
    assert report.verified
    assert report.verified.settling
    assert again(report)


def test_a_held_lease_makes_others_join(bench: Bench) -> None:
    bench.engine.respond(order(runbook=ISOLATE))
    history = bench.history
    held = replace(history.lease, owner="other", until=NOON + LEASE)
    bench.log.append(KEY, history, (), held)
    report = bench.engine.respond(order(received=finding("f-2"), runbook=ISOLATE, attempt="a-2"))
    assert report.status is IncidentStatus.JOINED
    assert [one.finding.id for one in bench.history.of(FindingReceived)] == ["f-1", "f-2"]
    assert again(report), "whoever holds it may die, or do something else"


def test_an_execution_that_could_not_give_its_lease_back_is_not_taken_for_somebody_who_acts() -> None:
    """The log fails after the changes: the message, back before the lease ends, is not done yet."""
    bench = Bench()
    fails = FailingLog(bench)
    bench.engine = Engine(replace(bench.engine.ports, log=fails))
    with pytest.raises(Retryable):
        bench.engine.respond(order(runbook=ISOLATE))
    fails.failing = False
    bench.clock.tick(seconds=5)
    back = bench.engine.respond(order(bench.clock(), runbook=ISOLATE, attempt="a-2"))
    assert (back.status, bool(again(back))) == (IncidentStatus.JOINED, True)
    bench.clock.tick(seconds=30)
    back = bench.engine.respond(order(bench.clock(), runbook=ISOLATE, attempt="a-3"))
    assert back.status is IncidentStatus.COMPLETE


class FailingLog(MemoryLog):
    """The bench's log, which fails once changes were made."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench, self.failing = bench, True

    def append(
        self,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot] = (),
    ) -> None:
        if self.failing and self.bench.cloud.calls:
            raise Retryable("the audit log cannot be used")
        super().append(key, history, entries, lease, slots)


def test_an_answer_that_cannot_be_read_halfway_gives_the_lease_back_and_records_what_was_done(
    bench: Bench,
) -> None:
    observe = bench.cloud.observe

    def garbled(
        ref: Ref, observations: Sequence[type[Observation]], past: tuple[Step, ...] = ()
    ) -> ResourceState:
        if bench.cloud.calls:
            raise BadInput("ec2:DescribeInstances.State", "is required")
        return observe(ref, observations, past)

    bench.cloud.observe = garbled  # type: ignore[method-assign]  # one look of many
    with pytest.raises(BadInput):
        bench.engine.respond(order(runbook=ISOLATE))
    assert not bench.history.open_intents
    assert bench.history.lease.owner == ""


def test_the_instant_is_that_of_the_first_permission_to_act(bench: Bench) -> None:
    """A dry run weeks ago says nothing of the sessions that an intruder has today."""
    bench.engine.respond(order(decision=DRY_RUN, runbook=ISOLATE))
    bench.clock.tick(days=20)
    later = finding("f-2", updated=bench.clock())
    bench.engine.respond(order(bench.clock(), received=later, runbook=ISOLATE, attempt="a-2"))
    assert bench.history.opened_at == later.finding.updated_at
    bench.clock.tick(days=1)
    request = RunRequested("run", "once more")
    bench.engine.respond(order(bench.clock(), request=request, runbook=ISOLATE, attempt="a-3"))
    assert bench.history.opened_at == later.finding.updated_at, "it is the same for every run"


def respond_later(
    bench: Bench, decision: Decision, id_: str = "f-1", runbook: Runbook = ISOLATE
) -> ResponseResult:
    """A week later, the detector has seen it again."""
    bench.clock.tick(seconds=AGE.total_seconds())
    now = bench.clock()
    seen = finding(id_, updated=now)
    return bench.engine.respond(
        order(now, decision=decision, received=seen, runbook=runbook, attempt=f"a-{now}")
    )


@pytest.mark.parametrize("decision", [NOTIFY, DRY_RUN])
def test_findings_about_which_nothing_is_done_open_an_incident_a_week(
    bench: Bench, decision: Decision
) -> None:
    """A chain is read whole for each of them; what was recorded stays."""
    first = bench.engine.respond(order(decision=decision, runbook=ISOLATE))
    kept = bench.history.entries
    second = respond_later(bench, decision)
    assert first.incident < second.incident == bench.history.incident
    assert bench.log.all(KEY) == (*kept, *bench.history.entries)


def test_a_dry_run_of_last_week_is_no_part_of_what_is_carried_out(bench: Bench) -> None:
    first = bench.engine.respond(order(decision=DRY_RUN, runbook=ISOLATE))
    report = respond_later(bench, AUTO)
    assert report.status is IncidentStatus.COMPLETE
    assert report.incident > first.incident
    assert bench.history.opened_at == bench.clock()


@pytest.mark.parametrize("ends", [False, True])
def test_where_there_was_nothing_to_do_incidents_end_after_a_week(bench: Bench, *, ends: bool) -> None:
    contained = Bench()
    contained.engine.respond(order(runbook=ISOLATE))
    bench.cloud.world = contained.cloud.world
    runbook = replace(ISOLATE, closes_when_complete=ends)
    incidents = [bench.engine.respond(order(runbook=runbook)).incident]
    incidents += [respond_later(bench, AUTO, runbook=runbook).incident for _ in range(3)]
    assert incidents == sorted(set(incidents))
    assert bench.cloud.calls == []


def test_what_a_person_is_told_of_opens_an_incident_a_week_after_one_that_had_nothing_to_do(
    bench: Bench,
) -> None:
    """Nothing is looked at then, and nobody can say whether there is anything to do."""
    contained = Bench()
    contained.engine.respond(order(runbook=ISOLATE))
    bench.cloud.world = contained.cloud.world
    first = bench.engine.respond(order(runbook=ISOLATE))
    assert bench.history.completed_at
    second = respond_later(bench, NOTIFY)
    assert second.status is IncidentStatus.RECORDED
    assert second.incident > first.incident


def test_an_incident_in_which_something_was_changed_waits_for_its_release(bench: Bench) -> None:
    incident = bench.engine.respond(order(runbook=ISOLATE)).incident
    reports = [respond_later(bench, decision, "f-2") for decision in (NOTIFY, DRY_RUN, AUTO)]
    assert {one.incident for one in reports} == {incident}


def test_a_person_acts_on_the_old_incident_that_they_were_told_of(bench: Bench) -> None:
    """What the findings said of it is part of what they act on."""
    told = bench.engine.respond(order(decision=NOTIFY, runbook=ISOLATE))
    bench.clock.tick(days=20)
    request = RunRequested("run", "it does talk to its master")
    report = bench.engine.respond(order(bench.clock(), request=request, runbook=ISOLATE, attempt="a-2"))
    assert (report.status, report.incident) == (IncidentStatus.COMPLETE, told.incident)


def test_an_old_incident_in_which_nothing_was_done_can_be_released(bench: Bench) -> None:
    told = bench.engine.respond(order(decision=DRY_RUN, runbook=ISOLATE))
    bench.clock.tick(days=20)
    until, wish = bench.clock() + LEASE, RunRequested("release", "it is meant to be so")
    asked = ResponseRelease(ISOLATE.id, REF, told.incident, "a-r", "a person", until, wish)
    assert Releaser(bench.engine.ports).release(asked).status is IncidentStatus.RELEASED
    assert respond_later(bench, DRY_RUN).incident > told.incident


class Overtaken(MemoryLog):
    """Lets somebody else respond between a reading and the append that follows it."""

    rival: Callable[[], object] | None = None

    def append(
        self,
        key: ChainKey,
        history: History,
        entries: Sequence[Entry],
        lease: Lease | None,
        slots: Sequence[Slot] = (),
    ) -> None:
        rival, self.rival = self.rival, None
        if rival:
            rival()
        super().append(key, history, entries, lease, slots)


@pytest.mark.parametrize("decision", [NOTIFY, DRY_RUN, AUTO])
def test_two_who_find_an_old_incident_at_once_open_one(bench: Bench, decision: Decision) -> None:
    log = bench.log = Overtaken()
    bench.engine = Engine(replace(bench.engine.ports, log=log))
    first = bench.engine.respond(order(decision=NOTIFY, runbook=ISOLATE))
    bench.clock.tick(seconds=AGE.total_seconds())
    mine, others = (
        order(
            bench.clock(),
            decision=decision,
            received=finding(id_, updated=bench.clock()),
            runbook=ISOLATE,
            attempt=id_,
        )
        for id_ in ("f-2", "f-3")
    )
    log.rival = lambda: bench.engine.respond(others)
    bench.engine.respond(mine)
    assert {entry.incident for entry in log.all(KEY)} == {first.incident, bench.history.incident}
    assert {one.finding.id for one in bench.history.of(FindingReceived)} == {"f-2", "f-3"}


def test_what_was_refused_and_done_later_is_refused_no_more(bench: Bench) -> None:
    def refuse(step: Step) -> None:
        if isinstance(step, SetSecurityGroups):
            raise Refused("OperationNotPermitted")

    bench.cloud.refuse = refuse
    bench.engine.respond(order(runbook=ISOLATE))
    bench.cloud.refuse = lambda _: None
    report = bench.engine.respond(order(runbook=ISOLATE, attempt="a-2"))
    assert report.verified
    assert report.verified.refused == ()


def test_an_interface_that_cannot_be_isolated_does_not_keep_the_evidence_from_being_saved(
    bench: Bench,
) -> None:
    bench.cloud.world = estate()

    def refuse(step: Step) -> None:
        if isinstance(step, SetSecurityGroups):
            raise Refused("OperationNotPermitted")

    bench.cloud.refuse = refuse
    report = bench.engine.respond(order(stages=1))
    assert (report.status, goes_on(report), comes_back(report)) == (IncidentStatus.OPEN, True, ())
    report = bench.engine.respond(order(decision=None, attempt="a-2"))
    assert bench.cloud.world[Lifecycle].protected
    assert comes_back(report), "containment is not given up on"


def test_a_person_may_have_tried_again_what_was_refused_for_good(bench: Bench) -> None:
    """They put right what stood in the way, and ask for it once more."""
    bench.cloud.world = estate()

    def refuse(step: Step) -> None:
        if isinstance(step, SetTerminationProtection):
            raise Refused("OperationNotPermitted")

    bench.cloud.refuse = refuse
    bench.engine.respond(order())
    bench.cloud.refuse = lambda _: None
    assert bench.engine.respond(order(attempt="a-2")).status is IncidentStatus.COMPLETE
    assert not bench.cloud.world[Lifecycle].protected, "not for another finding"
    request = RunRequested("run", "the stop protection is off now")
    bench.engine.respond(order(request=request, attempt="a-3"))
    assert bench.cloud.world[Lifecycle].protected


def test_evidence_does_not_wait_for_what_only_failed(bench: Bench) -> None:
    """The continuation tries it again first, and goes on whatever comes of it."""
    bench.cloud.world = estate()

    def fail(_: Step) -> None:
        raise Retryable("RequestLimitExceeded")

    bench.cloud.refuse = fail
    report = bench.engine.respond(order(stages=1))
    assert (goes_on(report), bool(again(report)), comes_back(report)) == (True, True, ())


def test_one_execution_names_every_intent_differently(bench: Bench) -> None:
    """Also where it begins anew on a chain that holds intents of its own."""
    bench.engine.respond(order(runbook=ISOLATE))
    bench.cloud.world = instance("vpc-3")
    bench.engine.respond(order(runbook=ISOLATE))
    intents = [one.intent for one in bench.history.of(Intended)]
    assert len(set(intents)) == len(intents)
    assert len(bench.history.steps(Result.APPLIED)) == len(bench.cloud.calls)


def test_a_continuation_of_another_incident_changes_nothing(bench: Bench) -> None:
    """What was left to do of a released incident says nothing about the next one."""
    bench.engine.respond(order(runbook=ISOLATE))
    late = replace(order(decision=None, runbook=ISOLATE, attempt="late"), incident="inc-of-before")
    bench.cloud.world = instance()
    calls = len(bench.cloud.calls)
    assert bench.engine.respond(late).status is IncidentStatus.JOINED
    assert len(bench.cloud.calls) == calls


def test_a_run_of_a_later_stage_alone_looks_where_earlier_steps_point(bench: Bench) -> None:
    """The profile is gone: only the steps before say whose role it was."""
    bench.cloud.world = estate()
    bench.engine.respond(order(runbook=CONTAIN_INSTANCE.narrowed(("detach-instance-profile",))))
    request = RunRequested("run", "the role too", ("deny-instance-sessions",))
    runbook = CONTAIN_INSTANCE.narrowed(("deny-instance-sessions",))
    before: list[Step] = []
    made = len(bench.cloud.calls)
    observe = bench.cloud.observe

    def look(
        ref: Ref, observations: Sequence[type[Observation]], past: tuple[Step, ...] = ()
    ) -> ResourceState:
        if len(bench.cloud.calls) == made:
            before.extend(past)
        return observe(ref, observations, past)

    bench.cloud.observe = look  # type: ignore[method-assign]  # to see what it is given
    bench.engine.respond(order(runbook=runbook, request=request, attempt="a-2"))
    assert bench.history.steps(Result.APPLIED)[0] in before, "before anything is changed"


def test_no_change_starts_after_the_lease_ended(bench: Bench) -> None:
    bench.clock.tick(seconds=31)
    report = bench.engine.respond(order(NOON, runbook=ISOLATE))
    assert report.status is IncidentStatus.OPEN
    assert not bench.cloud.calls
    assert {one.result for one in bench.history.of(Outcome)} == {Result.SKIPPED}


def test_an_instance_that_is_gone_closes_its_incident(bench: Bench) -> None:
    bench.cloud.world = None
    first = bench.engine.respond(order(runbook=ISOLATE))
    assert (first.status, bool(comes_back(first))) == (IncidentStatus.OPEN, True)
    bench.clock.tick(seconds=5)
    second = bench.engine.respond(order(runbook=ISOLATE, attempt="a-2"))
    assert (second.status, comes_back(second)) == (IncidentStatus.CLOSED, ())
    assert isinstance(bench.history.facts[-1][1], Closed)
    again = bench.engine.respond(order(runbook=ISOLATE, attempt="a-3"))
    assert again.status is IncidentStatus.JOINED


def test_one_look_that_does_not_find_an_instance_ends_nothing(bench: Bench) -> None:
    """EC2 may not know yet what was just launched, or answer wrongly once."""
    contained = bench.engine.respond(order(runbook=ISOLATE))
    there, bench.cloud.world = bench.cloud.world, None
    for number in range(3):
        bench.clock.tick(minutes=5)
        missed = bench.engine.respond(order(bench.clock(), runbook=ISOLATE, attempt=f"m-{number}"))
        assert missed.status is IncidentStatus.OPEN, "it was seen since the last time"
        bench.cloud.world = there
        bench.clock.tick(seconds=5)
        found = bench.engine.respond(order(bench.clock(), runbook=ISOLATE, attempt=f"f-{number}"))
        assert (found.status, found.incident) == (contained.status, contained.incident)
        bench.cloud.world = None
    assert bench.history.closed_at is None


def test_two_looks_at_once_are_one(bench: Bench) -> None:
    bench.cloud.world = None
    reports = [bench.engine.respond(order(runbook=ISOLATE, attempt=f"a-{number}")) for number in range(2)]
    assert [one.status for one in reports] == [IncidentStatus.OPEN, IncidentStatus.OPEN]
    assert len(bench.history.of(Missed)) == 1


def test_later_reports_of_an_instance_that_is_gone_leave_its_incident_the_newest(bench: Bench) -> None:
    """Only the newest incident can be released, and this one may have left something behind."""
    incident = bench.engine.respond(order(runbook=ISOLATE)).incident
    bench.cloud.world = None
    for number in range(4):
        bench.clock.tick(minutes=5)
        seen = finding(updated=bench.clock())
        bench.engine.respond(order(bench.clock(), runbook=ISOLATE, received=seen, attempt=f"later-{number}"))
    assert bench.history.closed_at
    assert bench.history.incident == incident


def test_an_instance_that_a_person_named_and_that_is_not_there_is_an_error(bench: Bench) -> None:
    bench.cloud.world = None
    request = RunRequested("run", "looks odd")
    with pytest.raises(NotFound):
        bench.engine.respond(order(runbook=ISOLATE, request=request))
    assert not bench.history.entries


def test_an_instance_that_goes_while_it_is_acted_on_closes_its_incident(bench: Bench) -> None:
    def vanish(step: Step) -> None:
        if isinstance(step, SetSecurityGroups):
            bench.cloud.world = None
            raise NotFound("InvalidNetworkInterfaceID.NotFound")

    bench.cloud.refuse = vanish
    assert comes_back(bench.engine.respond(order(runbook=ISOLATE)))
    assert not bench.history.open_intents
    assert bench.history.lease.owner == ""
    bench.clock.tick(seconds=5)
    assert bench.engine.respond(order(runbook=ISOLATE, attempt="a-2")).status is IncidentStatus.CLOSED


def test_going_on_without_anything_recorded_is_bad_input(bench: Bench) -> None:
    with pytest.raises(BadInput, match="there is no record to resume"):
        bench.engine.respond(order(decision=None, runbook=ISOLATE))


def test_going_on_keeps_to_the_recorded_decision(bench: Bench) -> None:
    bench.engine.respond(order(decision=DRY_RUN, runbook=ISOLATE))
    report = bench.engine.respond(order(decision=None, runbook=ISOLATE, attempt="a-2"))
    assert report.status is IncidentStatus.DRY_RUN
    assert not bench.cloud.calls


def test_a_later_dry_run_takes_no_allowed_change_back(bench: Bench) -> None:
    bench.engine.respond(order(runbook=ISOLATE))
    bench.engine.respond(order(decision=DRY_RUN, received=finding("f-2"), runbook=ISOLATE, attempt="a-2"))
    report = bench.engine.respond(order(decision=None, runbook=ISOLATE, attempt="a-3"))
    assert report.status is IncidentStatus.COMPLETE


def test_a_person_s_request_is_recorded_with_its_reason(bench: Bench) -> None:
    request = RunRequested("run", "beacon seen in the proxy log")
    report = bench.engine.respond(order(runbook=ISOLATE, request=request))
    assert report.status is IncidentStatus.COMPLETE
    assert bench.history.of(RunRequested) == (request,)


def test_the_record_of_changes_is_complete(bench: Bench) -> None:
    """Every change that was made is an intent with one outcome, recorded before the next stage."""
    bench.engine.respond(order(runbook=ISOLATE))
    intents = bench.history.of(Intended)
    assert [one.step for one in intents] == bench.cloud.calls
    assert {one.intent for one in intents} == {one.intent for one in bench.history.of(Outcome)}
    assert len(bench.history.of(Planned)) == len(bench.history.of(Verified)) == 1
    assert len(bench.history.of(DecisionMade)) == 1


def test_a_finding_about_the_time_before_a_release_is_recorded_once_and_changes_nothing() -> None:
    """A person may want to know of it. Nothing that was accepted disappears."""
    scene = Scene()
    scene.run()
    seen = scene.clock()
    scene.clock.tick(minutes=5)
    scene.release()
    written = len(scene.history.entries)
    for _ in range(2):
        report = scene.run(received=finding("f-late", updated=seen))
        assert report.status is IncidentStatus.JOINED
    assert [one.finding.id for one in scene.history.of(FindingReceived)][-1] == "f-late"
    assert len(scene.history.entries) == written + 1
    assert scene.groups() == scene.before
