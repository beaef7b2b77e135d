"""One continuation a response: what fails for good is tried less and less, and nothing waits for the dead."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.stage_run import LEASE
from ringfence.model.errors import AccessDenied, OutcomeUnknown, Refused, Retryable
from ringfence.observations.ec2.network import Interface, Network
from ringfence.policy.decision import Decision, Mode
from ringfence.record.facts import ContinuationStarted, Intended, Outcome, Planned, RunRequested
from ringfence.record.status import IncidentStatus
from ringfence.remediations.protect_termination import SetTerminationProtection
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.ec2.snapshots import CreateSnapshots
from tests.support.fakes.interruption import Killed
from tests.support.nights import Night
from tests.support.trials import Failing, Trial
from tests.support.worlds import DRY_RUN, NOTIFY, estate, network

if TYPE_CHECKING:
    from ringfence.model.errors import RingfenceError
    from ringfence.model.step import Step

DEFAULTS = CONTAIN_INSTANCE.chosen(())


def moves(interface: str, step: Step) -> bool:
    return isinstance(step, SetSecurityGroups) and step.interface_id == interface


def night(failure: RingfenceError) -> tuple[Night, Failing]:
    failing = Failing(failure, also=lambda step: moves("eni-1", step))
    return Night(Trial(DEFAULTS, estate(), failing)), failing


def interfaces(trial: Trial) -> tuple[Interface, ...]:
    assert trial.cloud.world
    return trial.cloud.world[Network].interfaces


def size(trial: Trial) -> int:
    return sum(len(entry.body) for entry in trial.history.entries)


@pytest.mark.parametrize(
    "failure",
    [Refused("OperationNotPermitted"), AccessDenied("UnauthorizedOperation"), Retryable("AuthFailure")],
    ids=["refused", "denied", "failed"],
)
def test_an_interface_that_is_refused_for_good_makes_no_long_chain(failure: RingfenceError) -> None:
    """The finding is updated every quarter of an hour. One continuation tries it, less and less often."""
    one, failing = night(failure)
    for _ in range(6):
        one.send()
        one.after(minutes=15)
    trial = one.trial
    assert one.continuations == 1
    assert len(trial.history.of(ContinuationStarted)) == 1
    assert 8 <= len(failing.met) <= 30
    assert size(trial) < 200_000
    assert {SetTerminationProtection, CreateSnapshots} <= {type(step) for step in trial.cloud.calls}
    trial.cloud.refuse = lambda _: None
    one.after(minutes=30)
    assert trial.verified
    assert trial.verified.complete


def test_two_days_of_refusals_are_told_in_a_bounded_chain() -> None:
    one, failing = night(Refused("OperationNotPermitted"))
    one.send()
    one.after(hours=48)
    assert 40 <= len(failing.met) <= 120, "containment is never given up on"
    assert size(one.trial) < 600_000


def test_updates_of_a_contained_instance_start_one_continuation_at_a_time() -> None:
    """Each is a look at everything that finds nothing to do, and adds nothing but the finding."""
    trial = Trial(DEFAULTS, estate())
    one = Night(trial)
    one.send()
    one.after(minutes=5)
    assert trial.verified
    assert trial.verified.complete
    written = len(trial.history.entries)
    for _ in range(4):
        one.send()
        one.after(minutes=5)
    assert len(trial.history.entries) == written + 4


def test_a_continuation_that_another_makes_needless_changes_nothing() -> None:
    one, _ = night(Refused("OperationNotPermitted"))
    one.send("f-1")
    one.send("f-2")
    one.after(seconds=2)
    assert one.continuations == 2, "the second finding came before the first continuation began"
    one.after(minutes=10)
    assert len(one.trial.history.of(ContinuationStarted)) == 1


def test_a_finding_that_calls_for_more_starts_a_continuation_of_its_own() -> None:
    one, _ = night(Refused("OperationNotPermitted"))
    one.trial.runbook = DEFAULTS.narrowed(("isolate-instance", "tag-instance"))
    one.trial.choices = ()
    one.send("f-1")
    one.after(minutes=10)
    one.trial.runbook, one.trial.choices = DEFAULTS, DEFAULTS.choose({})
    one.send("f-2")
    one.after(minutes=10)
    assert one.continuations == 2
    assert CreateSnapshots in {type(step) for step in one.trial.cloud.calls}


def test_activity_after_a_release_has_a_continuation_of_its_own() -> None:
    """The one before the release ended with it, whatever it left."""
    trial = Trial(DEFAULTS, estate())

    def die(step: Step) -> None:
        if isinstance(step, CreateSnapshots):
            raise Killed

    trial.cloud.refuse = die
    one = Night(trial)
    one.send("f-1")
    with pytest.raises(Killed):
        one.after(minutes=1)
    trial.cloud.refuse = lambda _: None
    trial.clock.tick(minutes=2)
    stale = trial.clock.now
    trial.cloud.lag = lambda: trial.clock.now - stale + timedelta(seconds=1)
    assert trial.release().status is IncidentStatus.OPEN, "it looked too early"
    trial.cloud.lag = timedelta
    one.after(minutes=5)
    one.send("f-2")
    one.after(minutes=5)
    assert trial.verified
    assert trial.verified.complete


def test_a_person_who_asks_has_it_tried_at_once() -> None:
    one, failing = night(Refused("OperationNotPermitted"))
    one.send()
    one.after(hours=2)
    tried = len(failing.met)
    one.trial.run_for(RunRequested("run", "the quota was raised"))
    assert len(failing.met) == tried + 1


def test_what_is_unknown_keeps_back_itself_alone() -> None:
    """Its response was lost, and the change is not visible yet. Everything else of its stage is done."""
    trial = Trial(DEFAULTS, estate(), Failing(OutcomeUnknown("reset"), (CreateSnapshots,)))
    one = Night(trial)
    one.send()
    one.after(minutes=1)
    targets = [one.step.target for _, one in trial.history.open_intents]
    assert len(targets) <= 1
    assert trial.verified
    assert trial.verified.contained


def test_containment_does_not_wait_for_a_continuation_that_died() -> None:
    trial = Trial(DEFAULTS, estate())

    def die(step: Step) -> None:
        if isinstance(step, CreateSnapshots):
            raise Killed

    trial.cloud.refuse = die
    one = Night(trial)
    one.send("f-1")
    with pytest.raises(Killed):
        one.after(minutes=1)
    trial.cloud.refuse = lambda _: None
    died = trial.clock()
    assert trial.history.lease.until
    assert trial.history.lease.until <= died + LEASE
    reopened = trial.cloud.world
    assert reopened
    trial.cloud.world = reopened.with_observation(network("vpc-1", "vpc-2"))
    one.send("f-2")
    one.after(seconds=60)
    assert all(interface.quarantined for interface in interfaces(trial))


def test_a_stage_renews_the_lease_of_its_continuation() -> None:
    trial = Trial(DEFAULTS, estate())
    slow = timedelta(seconds=20)

    def tick(_: Step) -> None:
        trial.clock.now += slow / 3

    trial.cloud.refuse = tick
    one = Night(trial)
    one.send()
    one.after(minutes=20)
    assert trial.verified
    assert trial.verified.complete
    assert trial.history.lease.owner == ""


@pytest.mark.parametrize("decision", [DRY_RUN, NOTIFY], ids=["dry-run", "notify"])
def test_what_was_begun_is_finished_when_the_policy_allows_less(decision: Decision) -> None:
    """The first delivery died after one interface. The next one finds another policy."""
    trial = Trial(DEFAULTS, estate())

    def die(step: Step) -> None:
        if moves("eni-1", step):
            raise Killed

    trial.cloud.refuse = die
    one = Night(trial)
    one.send()
    with pytest.raises(Killed):
        one.after(seconds=1)
    trial.cloud.refuse = lambda _: None
    assert trial.history.open_intents
    one.decision = decision
    one.after(seconds=60)
    one.send()
    one.after(minutes=5)
    assert trial.verified
    assert trial.verified.complete
    assert not trial.history.open_intents
    assert all(interface.quarantined for interface in interfaces(trial))


def test_a_policy_that_allows_less_finishes_nothing_that_was_not_begun() -> None:
    trial = Trial(DEFAULTS, estate())
    one = Night(trial, Decision(Mode.DRY_RUN, "policy rule 1 sets mode dry-run", "rule 1"))
    for _ in range(3):
        one.send()
        one.after(minutes=15)
    assert one.continuations == 0
    assert not trial.history.of(Intended)
    assert not trial.history.of(Outcome)
    assert trial.history.of(Planned)


def test_a_released_incident_is_not_finished() -> None:
    trial = Trial(DEFAULTS, estate())
    one = Night(trial)
    one.send()
    one.after(minutes=5)
    assert trial.release().status is IncidentStatus.RELEASED
    one.decision = DRY_RUN
    one.send("f-2")
    one.after(minutes=5)
    assert not any(interface.quarantined for interface in interfaces(trial))
