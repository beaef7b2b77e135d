"""A contained incident is verified again: what is seen, what is recorded, and who acts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.intake import ExecutionContext, resumed, resumption
from ringfence.engine.ports import Ports
from ringfence.engine.recheck import ANSWERING, MOST_REPORTS, Rechecker
from ringfence.engine.recheck_results import RecheckRequest, RecheckResult, Standing
from ringfence.engine.release import Releaser, ResponseRelease
from ringfence.engine.run import Engine
from ringfence.events.cloudtrail.parser.undoing import Undoing
from ringfence.model.errors import AccessDenied, Retryable
from ringfence.observations.ec2.network import QUARANTINE, Interface, Network, OwnGroup
from ringfence.observations.ec2.snapshots import Snapshots
from ringfence.observations.ec2.tags import Tags
from ringfence.observations.ec2.target_groups import Targets
from ringfence.policy.decision import Mode
from ringfence.policy.policy import Policy
from ringfence.policy.protection import Exempt
from ringfence.policy.rules import Rule
from ringfence.record.chain import ChainKey
from ringfence.record.facts import ContainmentBroken, Released, RunRequested
from ringfence.record.status import IncidentStatus
from ringfence.record.summary import Summary
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support.fakes.memory_cloud import MemoryCloud
from tests.support.fakes.memory_log import MemoryLog
from tests.support.worlds import LEASE, REF, Ticking, estate, finding, order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ringfence.record.chain import Entry, Lease, Slot
    from ringfence.record.history import History

AUTO = Policy((REF.account,), rules=(Rule(Mode.AUTO),))
KEY = ChainKey(CONTAIN_INSTANCE.id, REF.key)
NEW = Interface("eni-new", "vpc-1", frozenset({"sg-web"}))


@dataclass
class Site:
    """A contained instance, and what happens to it."""

    clock: Ticking = field(default_factory=Ticking)
    log: MemoryLog = field(default_factory=MemoryLog)
    number: int = 1

    def __post_init__(self) -> None:
        self.cloud = MemoryCloud(estate(), self.clock)
        self.ports = Ports(self.cloud, self.log, self.clock, lambda jobs: [job() for job in jobs])
        assert Engine(self.ports).respond(order()).status is IncidentStatus.COMPLETE
        self.before = self.cloud.world
        self.clock.tick(hours=2)

    @property
    def history(self) -> History:
        return self.log.read(KEY)

    def status(self) -> IncidentStatus:
        return Summary.of(self.history.entries).status

    def execution(self) -> ExecutionContext:
        self.number += 1
        return ExecutionContext(f"a-{self.number}", "test", self.clock() + LEASE)

    def change(self, change: Callable[[Network], Network]) -> None:
        """Let somebody change the instance's network."""
        assert self.cloud.world
        self.cloud.world = self.cloud.world.with_observation(change(self.cloud.world[Network]))

    def attach(self, interface: Interface = NEW) -> None:
        self.change(lambda net: replace(net, interfaces=(*net.interfaces, interface)))

    def recheck(
        self, policy: Policy = AUTO, cause: Undoing | None = None, incident: str = ""
    ) -> RecheckResult:
        asked = RecheckRequest(
            CONTAIN_INSTANCE, REF, incident or self.history.incident, policy, self.execution(), cause
        )
        return Rechecker(self.ports).recheck(asked)

    def resume(self, result: RecheckResult) -> None:
        """Run the message that the result leads to, as the second queue delivers it."""
        assert result.follows
        message = resumption(result.follows)
        Engine(self.ports).respond(resumed(message, CONTAIN_INSTANCE, self.execution()))
        self.clock.tick(minutes=1)

    def find(self) -> None:
        """Respond to a new version of the finding."""
        self.number += 1
        received = finding(updated=self.clock())
        Engine(self.ports).respond(order(self.clock(), attempt=f"a-{self.number}", received=received))

    def undone(self) -> RecheckResult:
        """Let somebody attach an interface, notice it by its event, and contain the instance again."""
        self.attach()
        result = self.recheck(cause=self.cause())
        self.resume(result)
        return result

    def cause(self, call: str = "ec2:AttachNetworkInterface") -> Undoing:
        who = f"arn:aws:iam::{REF.account}:user/mallory"
        names, event = frozenset({REF.id}), f"e-{self.number}"
        return Undoing(call, who, "203.0.113.9", self.clock(), event, REF.account, names)


def test_a_resource_that_is_still_contained_adds_no_entry() -> None:
    site = Site()
    entries, calls = site.history.entries, list(site.cloud.calls)
    assert site.recheck().standing is Standing.CONTAINED
    assert site.recheck(cause=site.cause()).standing is Standing.CONTAINED
    assert (site.history.entries, site.cloud.calls) == (entries, calls)


def test_a_new_interface_is_recorded_with_who_attached_it_and_isolated_again() -> None:
    site = Site()
    result = site.undone()
    assert result.standing is Standing.BROKEN
    assert result.answered
    (fact,) = site.history.of(ContainmentBroken)
    assert (fact.who, fact.call, fact.address, fact.event) == (
        f"arn:aws:iam::{REF.account}:user/mallory",
        "ec2:AttachNetworkInterface",
        "203.0.113.9",
        "e-1",
    )
    assert any("eni-new" in words for words in fact.open)
    assert site.status() is IncidentStatus.COMPLETE
    assert site.recheck().standing is Standing.CONTAINED


def test_who_undid_it_is_told_if_a_finding_arrived_before_the_event() -> None:
    site = Site()
    cause = replace(site.cause(), names=frozenset({REF.id, NEW.id}))
    site.attach()
    site.clock.tick(seconds=20)
    site.find()
    assert not site.history.of(ContainmentBroken)
    site.clock.tick(minutes=4)
    result = site.recheck(cause=cause)
    assert result.standing is Standing.CONTAINED
    (fact,) = site.history.of(ContainmentBroken)
    assert (fact.who, fact.event, fact.answered) == (cause.who, cause.event, True)
    assert all("eni-new" in words for words in fact.open)
    assert site.status() is IncidentStatus.COMPLETE
    entries = site.history.entries
    site.recheck(cause=replace(cause, event="e-2"))
    assert site.history.entries == entries, "one report is enough"


def test_a_call_that_names_a_part_of_a_target_is_not_reported() -> None:
    """A caller chooses the texts of a call. What a finding newly closed is not the effect of every call."""
    site = Site()
    cause = replace(site.cause(), names=frozenset({REF.id, "eni", ""}))
    site.clock.tick(seconds=20)
    site.attach()
    site.find()
    site.recheck(cause=cause)
    assert not site.history.of(ContainmentBroken)


def test_a_call_on_what_was_not_contained_any_more_is_not_reported() -> None:
    """The changes after it answer the earlier report."""
    site = Site()
    site.attach()
    result = site.recheck(cause=site.cause())
    site.clock.tick(seconds=1)
    second = replace(site.cause(), names=frozenset({NEW.id}), event="e-9")
    site.clock.tick(seconds=1)
    site.resume(result)
    site.recheck(cause=second)
    (fact,) = site.history.of(ContainmentBroken)
    assert fact.event != "e-9"


def test_groups_that_a_finding_put_back_are_told_although_the_call_names_no_interface() -> None:
    site = Site()
    cause = site.cause("ec2:ModifyNetworkInterfaceAttribute")
    site.change(lambda net: replace(net, interfaces=estate()[Network].interfaces))
    site.clock.tick(seconds=20)
    site.find()
    site.clock.tick(minutes=1)
    site.recheck(cause=cause)
    (fact,) = site.history.of(ContainmentBroken)
    assert fact.who == cause.who
    assert "quarantine" in "".join(fact.open)


def test_a_call_after_which_nothing_was_done_again_is_not_reported() -> None:
    site = Site()
    site.recheck(cause=site.cause("ec2:ModifyNetworkInterfaceAttribute"))
    before = site.cause("ec2:ModifyNetworkInterfaceAttribute")
    site.recheck(cause=replace(before, at=before.at - timedelta(days=1)))
    assert not site.history.of(ContainmentBroken)


def test_a_snapshot_that_somebody_deletes_is_reported_and_taken_again() -> None:
    site = Site()
    assert site.cloud.world
    seen = site.cloud.world[Snapshots]
    lost = min(seen.taken, key=lambda one: one.id)
    site.cloud.world = site.cloud.world.with_observation(replace(seen, taken=seen.taken - {lost}))
    result = site.recheck(cause=site.cause("ec2:DeleteSnapshot"))
    assert result.standing is Standing.BROKEN
    (fact,) = site.history.of(ContainmentBroken)
    assert any(lost.volume_id in words for words in fact.open)
    site.resume(result)
    assert site.status() is IncidentStatus.COMPLETE
    assert {one.volume_id for one in site.cloud.world[Snapshots].taken} == {
        one.volume_id for one in seen.taken
    }


def test_a_quarantine_group_that_somebody_opens_is_reported_and_emptied() -> None:
    site = Site()
    assert site.cloud.world

    def rules() -> set[int]:
        assert site.cloud.world
        return {one.rules for one in site.cloud.world[Network].groups if one.role == QUARANTINE}

    assert rules() == {0}
    site.change(lambda net: replace(net, groups=tuple(map(opened, net.groups))))
    result = site.recheck(cause=site.cause("ec2:AuthorizeSecurityGroupEgress"))
    assert result.standing is Standing.BROKEN
    assert len(site.history.of(ContainmentBroken)) == 1
    site.resume(result)
    assert site.status() is IncidentStatus.COMPLETE
    assert rules() == {0}


def opened(group: OwnGroup) -> OwnGroup:
    return replace(group, rules=1) if group.role == QUARANTINE else group


def test_the_status_is_not_contained_until_it_is_verified_again() -> None:
    site = Site()
    site.attach()
    result = site.recheck(cause=site.cause())
    assert site.status() is IncidentStatus.OPEN
    site.resume(result)
    assert site.status() is IncidentStatus.COMPLETE


def test_the_second_time_a_person_is_asked_and_nothing_is_changed() -> None:
    site = Site()
    site.undone()
    site.attach(replace(NEW, id="eni-second"))
    calls = list(site.cloud.calls)
    result = site.recheck(cause=site.cause())
    assert (result.standing, result.answered, result.follows) == (Standing.BROKEN, False, None)
    assert site.cloud.calls == calls
    first, second = site.history.of(ContainmentBroken)
    assert (first.answered, second.answered) == (True, False)
    assert "contained it again before" in second.reason


def test_a_report_is_not_repeated_while_nothing_changes() -> None:
    site = Site()
    site.undone()
    site.attach(replace(NEW, id="eni-second"))
    for _ in range(5):
        site.clock.tick(hours=1)
        assert site.recheck().standing is Standing.BROKEN
    assert len(site.history.of(ContainmentBroken)) == 2


def test_two_deliveries_of_one_call_at_the_same_time_are_reported_and_answered_once() -> None:
    """The second execution reads the chain before the first writes its report, and then appends."""

    class Slow(MemoryLog):
        between: Callable[[], RecheckResult] | None = None
        other: RecheckResult | None = None

        def append(
            self,
            key: ChainKey,
            history: History,
            entries: Sequence[Entry],
            lease: Lease | None,
            slots: Sequence[Slot] = (),
        ) -> None:
            if between := self.between:
                self.between = None
                self.other = between()
            super().append(key, history, entries, lease, slots)

    log = Slow()
    site = Site(log=log)
    site.attach()
    cause = site.cause()
    log.between = lambda: site.recheck(cause=cause)
    late = site.recheck(cause=cause)
    assert len(site.history.of(ContainmentBroken)) == 1
    assert log.other is not None
    assert log.other.follows is not None
    assert (late.standing, late.answered, late.follows) == (Standing.BROKEN, True, None)
    site.resume(log.other)
    assert site.recheck().standing is Standing.CONTAINED


def test_reports_without_a_verification_between_them_have_a_limit() -> None:
    site = Site()
    site.undone()
    for number in range(2 * MOST_REPORTS):
        site.attach(replace(NEW, id=f"eni-new-{number}"))
        site.recheck(cause=site.cause())
    assert len(site.history.of(ContainmentBroken)) == 1 + MOST_REPORTS


def test_a_report_that_is_being_answered_is_answered_again_after_a_crash() -> None:
    site = Site()
    site.attach()
    site.recheck(cause=site.cause())
    site.clock.tick(seconds=ANSWERING.total_seconds())
    repeated = site.recheck(cause=site.cause())
    assert repeated.answered
    assert len(site.history.of(ContainmentBroken)) == 1
    site.resume(repeated)
    assert site.status() is IncidentStatus.COMPLETE


def test_a_second_delivery_before_the_answer_is_verified_is_not_answered_again() -> None:
    """The message returns, because the first execution may have died after its report."""
    site = Site()
    site.attach()
    cause = site.cause()
    first = site.recheck(cause=cause)
    second = site.recheck(cause=cause)
    assert (second.standing, second.follows) == (Standing.UNCLEAR, None)
    assert "not been verified yet" in second.reason
    site.resume(first)
    assert site.recheck(cause=cause).standing is Standing.CONTAINED
    assert len(site.history.of(ContainmentBroken)) == 1


def test_a_late_delivery_of_an_answered_call_is_not_blamed_for_what_another_call_undid() -> None:
    site = Site()
    site.attach()
    cause = site.cause()
    site.resume(site.recheck(cause=cause))
    site.attach(replace(NEW, id="eni-second"))
    late = site.recheck(cause=cause)
    assert (late.standing, late.whole, late.follows) == (Standing.CONTAINED, False, None)
    assert len(site.history.of(ContainmentBroken)) == 1
    site.recheck(cause=replace(cause, event="e-other", who="arn:aws:iam::111122223333:user/eve"))
    assert site.history.of(ContainmentBroken)[1].who.endswith("user/eve")


def test_a_call_is_blamed_only_for_what_it_can_undo() -> None:
    """The caller of a harmless call must not be named for an attached interface."""
    site = Site()
    site.attach()
    entries = site.history.entries
    result = site.recheck(cause=site.cause("elasticloadbalancing:RegisterTargets"))
    assert (result.standing, result.whole) == (Standing.CONTAINED, False)
    assert site.history.entries == entries
    assert site.recheck().standing is Standing.BROKEN
    (fact,) = site.history.of(ContainmentBroken)
    assert (fact.who, fact.call) == ("", "")


def test_a_call_that_undid_nothing_ends_no_report_of_another_one() -> None:
    """What is recorded as verified again was seen as a whole."""
    site = Site()
    site.undone()
    site.attach(replace(NEW, id="eni-second"))
    site.recheck(cause=site.cause())
    site.recheck(cause=site.cause("elasticloadbalancing:RegisterTargets"))
    assert site.history.broken
    assert site.status() is IncidentStatus.OPEN


def test_what_a_person_contained_again_is_recorded_as_contained() -> None:
    site = Site()
    site.undone()
    contained = site.cloud.world
    site.attach(replace(NEW, id="eni-second"))
    site.recheck(cause=site.cause())
    assert site.status() is IncidentStatus.OPEN
    site.cloud.world = contained
    assert site.recheck().standing is Standing.CONTAINED
    assert site.status() is IncidentStatus.COMPLETE
    assert site.history.broken is None


def test_an_answer_that_finds_nothing_left_is_recorded_as_contained() -> None:
    """Whoever undid it has restored it meanwhile: the verification is the same as before, and it is news."""
    site = Site()
    contained = site.cloud.world
    site.attach()
    result = site.recheck(cause=site.cause())
    site.cloud.world = contained
    site.resume(result)
    assert site.status() is IncidentStatus.COMPLETE
    assert site.history.broken is None


def test_without_an_event_one_stale_read_is_no_report() -> None:
    site = Site()
    contained = site.cloud.world
    site.attach()
    site.cloud._earlier, site.cloud.world, site.cloud.stale = site.cloud.world, contained, 1
    assert site.recheck().standing is Standing.UNCLEAR
    assert site.recheck().standing is Standing.CONTAINED
    assert not site.history.of(ContainmentBroken)


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (replace(AUTO, rules=(Rule(Mode.DRY_RUN),)), "sets mode dry-run"),
        (replace(AUTO, rules=(Rule(Mode.NOTIFY),)), "sets mode notify"),
        (replace(AUTO, exempt=(Exempt("instance/*", "a drill"),)), "a drill"),
    ],
)
def test_where_the_policy_permits_no_change_a_person_is_asked_the_first_time(
    policy: Policy, says: str
) -> None:
    site = Site()
    site.attach()
    result = site.recheck(policy, site.cause())
    assert (result.standing, result.answered, result.follows) == (Standing.BROKEN, False, None)
    (fact,) = site.history.of(ContainmentBroken)
    assert says in fact.reason


@pytest.mark.parametrize("policy", [replace(AUTO, rules=(Rule(Mode.OFF),)), Policy(("999999999999",))])
def test_nothing_is_read_where_the_policy_is_off_or_the_account_is_out_of_scope(policy: Policy) -> None:
    site = Site()
    site.attach()
    looks = len(site.cloud.looks)
    assert site.recheck(policy, site.cause()).standing is Standing.ENDED
    assert len(site.cloud.looks) == looks
    assert not site.history.of(ContainmentBroken)


def test_a_containment_that_a_person_requested_is_not_repeated_by_itself() -> None:
    site = Site()
    request = order(
        site.clock(), attempt="a-run", request=RunRequested("run", "it behaves oddly"), incident=""
    )
    fresh = MemoryLog()
    site.log = fresh
    site.cloud.world = estate()
    site.ports = replace(site.ports, log=fresh)
    Engine(site.ports).respond(request)
    site.attach()
    result = site.recheck(cause=site.cause())
    assert (result.standing, result.answered) == (Standing.BROKEN, False)
    assert "a person requested" in result.reason


def release(site: Site, *, dry_run: bool = False) -> None:
    asked = RunRequested("release", "it was a drill", dry_run=dry_run)
    execution = site.execution()
    Releaser(site.ports).release(
        ResponseRelease(
            CONTAIN_INSTANCE.id, REF, site.history.incident, execution.attempt, "test", execution.until, asked
        )
    )


def test_a_released_incident_is_left_alone() -> None:
    site = Site()
    release(site)
    result = site.recheck(cause=site.cause())
    assert (result.standing, result.follows) == (Standing.ENDED, None)


def test_a_release_after_a_second_containment_restores_the_values_from_before_the_first() -> None:
    site = Site()
    original = estate()[Network]
    site.change(
        lambda net: replace(
            net, interfaces=tuple(replace(one, groups=frozenset({"sg-evil"})) for one in net.interfaces)
        )
    )
    site.resume(site.recheck(cause=site.cause("ec2:ModifyNetworkInterfaceAttribute")))
    assert site.status() is IncidentStatus.COMPLETE
    release(site)
    assert site.history.last(Released) is not None
    assert site.cloud.world
    assert {one.id: one.groups for one in site.cloud.world[Network].interfaces} == {
        one.id: one.groups for one in original.interfaces
    }


def test_another_execution_is_not_disturbed() -> None:
    site = Site()
    site.attach()
    history = site.history
    site.log.append(KEY, history, (), replace(history.lease, owner="other", until=site.clock() + LEASE))
    assert site.recheck(cause=site.cause()).standing is Standing.UNCLEAR


def test_a_subject_that_is_gone_is_left_to_the_pipeline_which_closes_the_incident() -> None:
    site = Site()
    site.cloud.world = None
    result = site.recheck()
    assert result.standing is Standing.GONE
    site.resume(result)
    site.resume(result)
    assert site.status() is IncidentStatus.CLOSED


def test_what_nobody_can_read_now_is_unclear_and_not_contained() -> None:
    site = Site()
    site.cloud.unreadable = {Network: Retryable("throttled")}
    assert site.recheck().standing is Standing.UNCLEAR


def test_what_the_last_verification_could_not_read_either_does_not_make_it_unclear() -> None:
    """An organization's policy can hide a service, and each error has another text."""
    site = Site()
    site.cloud.unreadable = {Targets: AccessDenied("denied, request 1")}
    log = MemoryLog()
    site.log, site.cloud.world, site.ports = log, estate(), replace(site.ports, log=log)
    Engine(site.ports).respond(order(site.clock(), attempt="a-9"))
    assert site.history.verified
    assert site.history.verified.contained
    site.cloud.unreadable = {Targets: AccessDenied("denied, request 2")}
    assert site.recheck().standing is Standing.CONTAINED


def test_a_removed_tag_is_no_undone_containment() -> None:
    site = Site()
    assert site.cloud.world
    site.cloud.world = site.cloud.world.with_observation(Tags(None))
    assert site.recheck(cause=site.cause()).standing is Standing.CONTAINED
