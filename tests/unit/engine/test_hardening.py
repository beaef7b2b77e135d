"""Responses that put compliance right: claims, cautions, routine looks, and incidents that end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.incident_start import MOST_EVENTS
from ringfence.engine.intake import ExecutionContext, Skipped, answers, continuation, resumed
from ringfence.engine.ports import Ports
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.model.errors import Retryable
from ringfence.model.observation import ResourceState
from ringfence.model.runbook import Stage
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.record.chain import ChainKey
from ringfence.record.facts import DecisionMade, FindingReceived, Outcome, Planned, Released, RunRequested
from ringfence.record.notices import notice
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.followups import goes_on
from tests.support.samples.hardening import HARDEN, REF, ToySwitches, first_switch
from tests.support.worlds import LEASE, NOON, Ticking
from tests.unit.policy.test_selection import SETTINGS, policy, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.engine.results import ResponseResult
    from ringfence.model.finding import Finding
    from ringfence.model.incident import Incident
    from ringfence.model.step import Step
    from ringfence.record.history import History

FREE = policy(settings=RunbookSettings(HARDEN.ids, answers=SETTINGS.answers))


class Home:
    """An engine with a log and a toy."""

    def __init__(self, given: Policy = FREE, **switches: object) -> None:
        self.clock, self.log, self.policy = Ticking(), MemoryLog(), given
        self.clock.tick(seconds=30)
        world = ResourceState(REF).with_observation(ToySwitches(**switches))  # type: ignore[arg-type]  # a test names what it changes
        self.cloud = MemoryCloud(world, self.clock)
        self.attempts = 0

    def receive(self, finding: Finding) -> list[IncidentStatus]:
        """Answer a finding as the functions do: the first stage, then what is left."""
        reports = []
        for order in answers(finding, "{}", HARDEN, self.policy, self.execution):
            assert not isinstance(order, Skipped)
            report = self.engine.respond(order)
            if goes_on(report):
                report = self.engine.respond(resumed(continuation(order, report), HARDEN, self.execution))
            reports.append(report.status)
        self.clock.tick(seconds=30)
        return reports

    def release(self, incident: str) -> ResponseResult:
        """Undo what was done."""
        wish = RunRequested("release", "it was meant to be so")
        until = self.clock() + LEASE
        order = ResponseRelease(HARDEN.id, REF, incident, "a-r", "a person", until, wish)
        return Releaser(self.engine.ports).release(order)

    def told(self) -> list[str]:
        """Return what people were told, in short."""
        entries = self.history.entries
        notices = (notice(entries[: number + 1]) for number in range(len(entries)))
        return [one.what for one in notices if one]

    @property
    def execution(self) -> ExecutionContext:
        self.attempts += 1
        return ExecutionContext(f"a-{self.attempts}", "test", self.clock() + LEASE)

    @property
    def engine(self) -> Engine:
        return Engine(Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs]))

    @property
    def history(self) -> History:
        return self.log.read(ChainKey(HARDEN.id, REF.key))

    @property
    def on(self) -> frozenset[str]:
        assert self.cloud.world
        return self.cloud.world[ToySwitches].on

    def set(self, *on: str, tagged: bool = False) -> None:
        self.cloud.world = ResourceState(REF).with_observation(ToySwitches(frozenset(on), tagged))

    def fail(self, name: str = "", how: type[BaseException] = Retryable) -> None:
        """Let turning the switch of that name fail, or none any more."""

        def refuse(step: Step) -> None:
            if step.target == f"switch/{name}":
                raise how("not now")

        self.cloud.refuse = refuse


def test_what_the_finding_is_about_is_put_right_and_no_more() -> None:
    home = Home()
    assert home.receive(verdict("first-on")) == [IncidentStatus.COMPLETE]
    assert home.on == {"first"}


def test_a_rule_that_is_not_the_managed_one_is_told_of_and_nothing_is_changed() -> None:
    home = Home()
    home.cloud.doubt = "the Config rule first-on is not AWS's managed rule FIRST-ON"
    assert home.receive(verdict("first-on")) == [IncidentStatus.RECORDED]
    assert home.on == frozenset()
    made = home.history.last(DecisionMade)
    assert made
    assert (made.decision.mode, made.decision.reason) == (Mode.NOTIFY, home.cloud.doubt)


def test_a_finding_that_claims_nothing_needs_no_confirmation() -> None:
    home = Home()
    home.cloud.doubt = "nobody asked"
    assert home.receive(verdict("first-on", claim=None)) == [IncidentStatus.COMPLETE]


@pytest.mark.parametrize(
    ("mode", "status"), [(Mode.APPROVE, IncidentStatus.WAITING), (Mode.DRY_RUN, IncidentStatus.DRY_RUN)]
)
def test_a_mere_tag_holds_it_back_and_stops_nothing_for_good(mode: Mode, status: IncidentStatus) -> None:
    home = Home(replace(FREE, held_back=mode), tagged=True)
    assert home.receive(verdict("first-on")) == [status]
    assert home.on == frozenset()
    made = home.history.last(DecisionMade)
    assert made
    assert made.decision.reason == "a tag says that this is meant to be so"
    home.set()
    assert home.receive(verdict("first-on", 5)) == [IncidentStatus.COMPLETE]


def test_a_part_that_can_break_a_workload_is_planned_beside_in_the_same_incident() -> None:
    home = Home(policy())
    assert home.receive(verdict("both-on")) == [IncidentStatus.COMPLETE, IncidentStatus.DRY_RUN]
    assert home.on == {"first"}
    steps = [step.describe() for plan in home.history.of(Planned) for step in plan.steps]
    assert steps == ["turn first on", "turn second on"]
    assert len({entry.incident for entry in home.history.entries}) == 1


def test_a_redelivered_finding_changes_nothing_and_writes_nothing() -> None:
    home = Home()
    home.receive(verdict("both-on"))
    entries = home.history.entries
    assert home.receive(verdict("both-on")) == [IncidentStatus.JOINED]
    assert home.history.entries == entries


def test_what_is_seen_an_hour_after_it_was_put_right_opens_another_incident() -> None:
    """Within the hour it is the same incident: somebody undoes the fix."""
    home = Home()
    home.receive(verdict("first-on"))
    first = home.history.incident
    home.set()
    home.clock.tick(hours=1)
    assert home.receive(verdict("first-on", 61)) == [IncidentStatus.COMPLETE]
    assert home.history.incident != first
    assert home.on == {"first"}


def test_what_was_seen_before_and_was_not_tried_joins_the_incident_that_ended() -> None:
    """Two rules judge the same change at once, and one is put right before the other's verdict comes."""
    home = Home()
    home.receive(verdict("first-on"))
    first = home.history.incident
    assert home.receive(verdict("second-on")) == [IncidentStatus.COMPLETE]
    assert home.on == {"first", "second"}
    assert home.history.incident == first


def test_an_incident_that_did_not_end_is_joined_however_late() -> None:
    home = Home(policy(mode=Mode.DRY_RUN))
    home.receive(verdict("first-on"))
    first = home.history.incident
    home.receive(verdict("first-on", 600))
    assert home.history.incident == first


def test_a_routine_look_that_finds_nothing_is_not_recorded() -> None:
    home = Home(on=frozenset({"first"}))
    assert home.receive(verdict("first-on", routine=True)) == [IncidentStatus.COMPLETE]
    assert home.history.entries == ()


def test_a_routine_look_that_finds_something_is_recorded_and_put_right() -> None:
    home = Home()
    assert home.receive(verdict("first-on", routine=True)) == [IncidentStatus.COMPLETE]
    assert home.on == {"first"}
    entries = home.history.entries
    assert home.receive(verdict("first-on", 5, routine=True)) == [IncidentStatus.COMPLETE]
    assert home.history.entries == entries


@pytest.mark.parametrize("mode", [Mode.NOTIFY, Mode.DRY_RUN])
def test_people_are_told_of_a_routine_look_only_where_something_is_to_be_done(mode: Mode) -> None:
    home = Home(policy(mode=mode), on=frozenset({"first"}))
    home.receive(verdict("first-on", routine=True))
    assert home.history.entries == ()
    home.set()
    home.receive(verdict("first-on", 5, routine=True))
    assert len(home.history.of(FindingReceived)) == 1
    assert home.on == frozenset()


def test_a_subject_that_has_gone_closes_and_a_routine_look_at_it_says_nothing() -> None:
    home = Home()
    home.cloud.world = None
    assert home.receive(verdict("first-on", routine=True)) == [IncidentStatus.COMPLETE]
    assert home.history.entries == ()
    assert home.receive(verdict("first-on")) == [IncidentStatus.OPEN]
    assert home.receive(verdict("first-on")) == [IncidentStatus.CLOSED]
    assert home.history.closed_at


def test_planners_are_told_the_findings_types_rules_suspects_and_newest_instant() -> None:
    home = Home()
    told: list[Incident] = []

    def note(observed: ResourceState, incident: Incident) -> Iterator[str]:
        del observed
        told.append(incident)
        return iter(())

    watched = replace(
        HARDEN,
        closes_when_complete=False,
        stages=(Stage("fix", "Fix", (replace(first_switch, needs_review=note),)),),
    )
    for finding in (verdict("first-on", suspects=("eve",)), verdict("both-on", 0.25)):
        (order,) = answers(finding, "{}", watched, Policy((REF.account,), default=Mode.AUTO), home.execution)
        assert not isinstance(order, Skipped)
        home.set()
        home.engine.respond(order)
    assert told[-1].types == ("Config:first-on", "Config:both-on")
    assert [rule.name for rule in told[-1].rules] == ["first-on", "both-on"]
    assert told[-1].suspects == ("eve",)
    assert told[-1].now == NOON + timedelta(seconds=15)


def test_a_release_of_what_was_put_right_ends_and_a_later_verdict_opens_another() -> None:
    home = Home()
    home.receive(verdict("first-on"))
    incident = home.history.incident
    report = home.release(incident)
    assert report.status is IncidentStatus.RELEASED
    assert home.on == frozenset()
    assert home.history.last(Released)
    home.clock.tick(minutes=1)
    assert home.receive(verdict("first-on")) == [IncidentStatus.JOINED]
    assert home.receive(verdict("first-on", 10)) == [IncidentStatus.COMPLETE]


def test_what_is_put_right_after_a_release_that_died_ends_as_any_other() -> None:
    """What the release was about to do is found out by looking: nobody else asks."""
    home = Home()
    home.receive(verdict("first-on"))
    incident = home.history.incident
    home.fail("first", SystemExit)
    with pytest.raises(SystemExit):
        home.release(incident)
    home.fail()
    home.clock.tick(minutes=2)  # what the dead execution may have done last is visible by now
    assert home.receive(verdict("first-on", 10)) == [IncidentStatus.COMPLETE]
    assert not home.history.open_intents
    outcomes = [one.intent for one in home.history.of(Outcome)]
    assert len(outcomes) == len(set(outcomes))
    assert home.history.completed_at


def test_what_failed_is_tried_again_although_another_verdict_was_put_right_meanwhile() -> None:
    """Both stand in one incident; its newest look was at the other part alone."""
    home = Home()
    home.fail("second")
    assert home.receive(verdict("second-on")) == [IncidentStatus.OPEN]
    home.fail()
    assert home.receive(verdict("first-on", 0.25)) == [IncidentStatus.COMPLETE]
    assert home.receive(verdict("second-on")) == [IncidentStatus.COMPLETE]
    assert home.on == {"first", "second"}


def test_what_breaks_again_while_another_part_is_being_put_right_is_put_right_again() -> None:
    home = Home()
    home.fail("second")
    home.receive(verdict("both-on"))
    home.fail()
    home.receive(verdict("first-on", 0.25))
    home.set("second")
    home.receive(verdict("second-on", 0.25))
    assert home.receive(verdict("first-on", 1.25)) == [IncidentStatus.COMPLETE]
    assert home.on == {"first", "second"}


def test_a_killed_execution_is_taken_up_although_another_verdict_was_put_right_meanwhile() -> None:
    home = Home()
    home.fail("second", SystemExit)
    with pytest.raises(SystemExit):
        home.receive(verdict("second-on"))
    home.fail()
    home.clock.tick(minutes=2)  # what the dead execution may have done last is visible by now
    assert home.receive(verdict("first-on", 0.25)) == [IncidentStatus.COMPLETE]
    assert home.history.completed_at is None
    assert home.receive(verdict("second-on")) == [IncidentStatus.COMPLETE]
    assert home.on == {"first", "second"}
    assert home.history.completed_at


def test_what_happens_in_the_second_in_which_it_was_put_right_is_looked_at() -> None:
    """CloudTrail tells whole seconds, and of clocks that are not ours."""
    home = Home()
    home.clock.tick(seconds=0.8)
    home.receive(verdict("first-on"))
    home.set()
    again = verdict("first-on", 0.5, id="another")
    completed = home.history.completed_at
    assert completed
    assert again.last_seen < completed
    assert home.receive(again) == [IncidentStatus.COMPLETE]
    assert home.on == {"first"}


@pytest.mark.parametrize("mode", [Mode.NOTIFY, Mode.DRY_RUN])
def test_look_after_look_that_finds_the_same_is_recorded_once(mode: Mode) -> None:
    home = Home(policy(mode=mode))
    home.receive(verdict("first-on", id="a review", routine=True))
    entries = home.history.entries
    assert entries
    for hour in range(1, 4):
        home.receive(verdict("first-on", 60 * hour, id="a review", routine=True))
    assert home.history.entries == entries


def test_look_after_look_that_leaves_the_same_to_a_person_is_recorded_once() -> None:
    def ask(observed: ResourceState, incident: Incident) -> Iterator[str]:
        del observed, incident
        yield "a person has to look"

    home = Home()
    asking = replace(first_switch, planner=lambda *_: iter(()), needs_review=ask)
    runbook = replace(HARDEN, stages=(Stage("fix", "Fix", (asking,)),))
    given = Policy((REF.account,), default=Mode.AUTO)
    lengths = []
    for hour in range(3):
        finding = verdict("first-on", 60 * hour, id="a review", routine=True)
        (order,) = answers(finding, "{}", runbook, given, home.execution)
        assert not isinstance(order, Skipped)
        assert home.engine.respond(order).status is IncidentStatus.OPEN
        lengths.append(len(home.history.entries))
    assert lengths == lengths[:1] * 3


@pytest.mark.parametrize("mode", [Mode.NOTIFY, Mode.DRY_RUN])
def test_once_somebody_else_has_put_it_right_routine_looks_leave_no_trace(mode: Mode) -> None:
    home = Home(policy(mode=mode))
    home.receive(verdict("first-on"))
    home.set("first")
    entries = home.history.entries
    home.receive(verdict("first-on", 60, routine=True))
    assert home.history.entries == entries


def test_a_late_verdict_that_finds_nothing_keeps_nobody_from_undoing_what_was_done() -> None:
    """Config judges what it recorded a while ago: its verdict may well come after all was put right."""
    home = Home()
    home.receive(verdict("first-on", routine=True, id="the call"))
    incident = home.history.incident
    assert home.receive(verdict("first-on", 5)) == [IncidentStatus.COMPLETE]
    assert home.history.incident == incident
    assert len(home.history.of(FindingReceived)) == 2
    entries = home.history.entries
    assert home.receive(verdict("first-on", 5)) == [IncidentStatus.COMPLETE]
    assert home.history.entries == entries
    assert home.release(incident).status is IncidentStatus.RELEASED
    assert home.on == frozenset()


@pytest.mark.parametrize("mode", [Mode.NOTIFY, Mode.DRY_RUN])
def test_what_changes_nothing_keeps_nobody_from_undoing_what_was_done(mode: Mode) -> None:
    home = Home()
    home.receive(verdict("first-on"))
    incident = home.history.incident
    home.policy = policy(mode=mode)
    home.receive(verdict("second-on", 5))
    assert home.history.incident == incident
    assert len(home.history.of(FindingReceived)) == 2
    assert home.release(incident).status is IncidentStatus.RELEASED
    home.clock.tick(minutes=1)
    home.receive(verdict("second-on", 10))
    assert home.history.incident != incident


def test_a_subject_that_has_gone_closes_the_incident_that_was_complete() -> None:
    home = Home()
    home.receive(verdict("first-on"))
    incident = home.history.incident
    home.cloud.world = None
    assert home.receive(verdict("first-on", 5)) == [IncidentStatus.OPEN]
    assert home.receive(verdict("first-on", 5)) == [IncidentStatus.CLOSED]
    assert (home.history.incident, home.history.closed_at is None) == (incident, False)


def test_nobody_is_told_that_all_was_put_right_while_another_part_is_open() -> None:
    home = Home()
    home.fail("second")
    home.receive(verdict("second-on"))
    home.fail()
    home.receive(verdict("first-on", 0.25))
    assert home.told() == ["NOT remediated"]
    assert Summary.of(home.history.entries).state == "not contained"
    home.receive(verdict("second-on"))
    assert home.told() == ["NOT remediated", "remediated"]
    assert Summary.of(home.history.entries).state == "complete"


def test_an_update_after_the_release_opens_another_incident_also_where_it_bears_the_same_instant() -> None:
    """The root user's uses of an hour are one finding, brought up to date by the hour."""
    home = Home(policy(mode=Mode.NOTIFY))
    home.receive(verdict("first-on", id="an hour"))
    first = home.history.incident
    assert home.release(first).status is IncidentStatus.RELEASED
    home.clock.tick(minutes=5)
    again = replace(verdict("first-on", 3, id="an hour"), updated_at=NOON)
    assert home.receive(again) == [IncidentStatus.RECORDED]
    assert home.history.incident > first
    assert home.receive(again) == [IncidentStatus.RECORDED]
    assert len(home.history.of(FindingReceived)) == 1


def test_a_call_in_the_second_of_a_release_is_not_over_with_it() -> None:
    """CloudTrail tells whole seconds: it may have been made before the release or after it."""
    home = Home()
    home.receive(verdict("first-on"))
    home.clock.now = NOON + timedelta(minutes=2, seconds=7, milliseconds=400)
    order = ResponseRelease(
        HARDEN.id,
        REF,
        home.history.incident,
        "a-r",
        "a person",
        home.clock() + LEASE,
        RunRequested("release", "it was meant to be so"),
    )
    Releaser(home.engine.ports).release(order)
    home.clock.tick(seconds=1)
    assert home.receive(verdict("first-on", 2 + 6 / 60)) == [IncidentStatus.JOINED]
    assert home.receive(verdict("first-on", 2 + 7 / 60)) == [IncidentStatus.COMPLETE]
    assert home.on == {"first"}


def test_of_many_findings_the_first_events_are_kept_whole_and_the_others_by_their_digests() -> None:
    """Who can cause findings must not be able to make a chain that nobody can read any more."""
    home = Home(policy(mode=Mode.DRY_RUN))
    for number in range(MOST_EVENTS + 2):
        home.receive(verdict("first-on", number, digest=f"{number:064}"))
    received = home.history.of(FindingReceived)
    assert [bool(one.event) for one in received] == [True] * MOST_EVENTS + [False] * 2
    assert received[-1].finding.digest == f"{MOST_EVENTS + 1:064}"
