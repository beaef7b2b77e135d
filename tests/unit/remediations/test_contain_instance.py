"""What each remediation of `contain-instance` plans, and what it says stays open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.events.guardduty.trigger.instances import COMPROMISED_INSTANCE
from ringfence.model.incident import Incident
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.plan import dependency_levels
from ringfence.model.symbol import QuarantineGroup, TransitionGroup
from ringfence.observations.ec2.acls import Acl, AclEntry, SubnetAcls
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.observations.ec2.host import Host
from ringfence.observations.ec2.lifecycle import Lifecycle
from ringfence.observations.ec2.metadata import Metadata, MetadataOptions
from ringfence.observations.ec2.network import QUARANTINE, TRANSITION, Interface, Network, OwnGroup
from ringfence.observations.ec2.snapshots import Snapshot, Snapshots
from ringfence.observations.ec2.tags import Tags
from ringfence.observations.ec2.target_groups import Registration, Target, Targets
from ringfence.observations.ec2.volumes import Volume, Volumes
from ringfence.observations.iam.identity import Association, HeldRole, Identity, Profile, Role
from ringfence.observations.iam.instance_denials import InstanceDenial
from ringfence.observations.iam.revocations import Revocation, holder_of
from ringfence.observations.iam.role_sessions import RoleSessions, RoleUse
from ringfence.remediations.deny_instance_sessions import kept_until, without_space
from ringfence.remediations.protect_termination import SetShutdownBehavior, SetTerminationProtection
from ringfence.runbooks import load
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.acls import DenyAddress
from ringfence.steps.ec2.auto_scaling import DetachFromGroup, EnterStandby
from ringfence.steps.ec2.instance_profile import DetachInstanceProfile
from ringfence.steps.ec2.lifecycle import SetStopProtection, StopInstance, stop
from ringfence.steps.ec2.metadata import SetMetadataOptions
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.ec2.own_groups import CreateOwnGroup, EmptyQuarantineGroup
from ringfence.steps.ec2.snapshots import CreateSnapshots
from ringfence.steps.ec2.tags import TagInstance
from ringfence.steps.ec2.target_groups import DeregisterTargets
from ringfence.steps.ec2.transition import OpenTransitionGroup
from ringfence.steps.iam.cut_off import PROPAGATION
from ringfence.steps.iam.instance_sessions import (
    AttachInstanceDenial,
    DenyInstanceSessions,
    EndInstanceDenial,
)
from ringfence.steps.iam.role_sessions import RevokeRoleSessions
from tests.support.strategies.instances import chosen
from tests.support.worlds import NOON, REF, network

if TYPE_CHECKING:
    from datetime import datetime

    from ringfence.model.remediation import Remediation
    from ringfence.model.step import Step

ROLE = Role("web", "AROAWEB")
LINKED = Role("AWSServiceRoleForX", "AROAAWS", "/aws-service-role/x.amazonaws.com/")
PLAIN = Lifecycle("running", spot=False, instance_store_root=False, protected=False, on_shutdown="terminate")
INCIDENT = Incident(
    id="inc-1",
    opened_at=NOON,
    findings=("f-1", "f-2"),
    remote_addresses=("198.51.100.7",),
    choices=chosen(),
)
ALLOW_ALL = tuple(
    AclEntry(number=100, egress=egress, deny=False, protocol="-1", cidr=cidr)
    for egress in (False, True)
    for cidr in ("0.0.0.0/0",)
)


def seen(*facets: Observation) -> ResourceState:
    return ResourceState(REF, {type(facet): facet for facet in facets})


def plan(id_: str, *facets: Observation, incident: Incident = INCIDENT) -> tuple[Step, ...]:
    return load(id_).plan(seen(*facets), incident)


def exposed(id_: str, *facets: Observation) -> str:
    return " | ".join(load(id_).residual_risks(seen(*facets), INCIDENT))


def test_the_stages_are_in_the_order_of_urgency() -> None:
    assert [stage.id for stage in CONTAIN_INSTANCE.stages] == ["isolate", "preserve", "collect"]
    assert CONTAIN_INSTANCE.chosen(()).stages[0].observations == (Network, Host)
    assert next(Host.read(REF, ())) == next(Network.read(REF, ()))[:1], "isolation makes no further call"


def test_what_has_a_price_is_off_until_somebody_chooses_it() -> None:
    assert [one.id for one in CONTAIN_INSTANCE.remediations if one.optional] == [
        "cut-tracked-flows",
        "block-remote-address",
        "disable-metadata",
        "revoke-role-sessions",
        "lock-snapshots",
        "stop-instance",
    ]


@pytest.mark.parametrize("remediation", CONTAIN_INSTANCE.remediations, ids=lambda one: one.id)
def test_a_remediation_answers_for_compromised_instances_and_says_what_an_option_costs(
    remediation: Remediation,
) -> None:
    assert remediation.triggers == (COMPROMISED_INSTANCE,)
    assert remediation.references
    assert bool(remediation.cost) == remediation.optional
    assert {step.observation for step in remediation.steps} <= set(remediation.observations)


# leave-auto-scaling


@pytest.mark.parametrize("state", ["InService", "Warmed:Stopped"])
def test_an_instance_that_its_group_counts_on_is_detached(state: str) -> None:
    assert plan("leave-auto-scaling", Scaling("web", state)) == (
        DetachFromGroup(REF.id, "web", "InService", "", replaces=True),
    )


def test_it_is_put_on_standby_where_that_was_chosen() -> None:
    standby = replace(INCIDENT, choices=chosen("standby"))
    assert plan("leave-auto-scaling", Scaling("web", "InService"), incident=standby) == (
        EnterStandby(REF.id, "web", "InService", "Standby", replaces=True),
    )


@pytest.mark.parametrize("scaling", [Scaling(), Scaling("web", "Standby"), Scaling("web", "Detaching")])
def test_an_instance_that_is_out_or_on_its_way_is_left(scaling: Scaling) -> None:
    assert plan("leave-auto-scaling", scaling) == ()


def test_a_group_that_can_still_end_the_instance_is_named() -> None:
    assert "can still terminate" in exposed("leave-auto-scaling", Scaling("web", "Standby"))
    assert "is terminating" in exposed("leave-auto-scaling", Scaling("web", "Terminating:Wait"))
    assert exposed("leave-auto-scaling", Scaling()) == ""


def test_the_capacity_is_lowered_where_that_was_chosen() -> None:
    reduce = replace(INCIDENT, choices=chosen("detach", "reduce"))
    assert plan("leave-auto-scaling", Scaling("web", "InService"), incident=reduce) == (
        DetachFromGroup(REF.id, "web", "InService", ""),
    )


def test_each_way_out_is_explained() -> None:
    way, capacity = load("leave-auto-scaling").options
    assert way.values == ("detach", "standby")
    assert capacity.values == ("replace", "reduce")
    assert all(f"{value}:" in one.help for one in (way, capacity) for value in one.values)


# isolate-instance on hosts of containers


@pytest.mark.parametrize("sign", ["tag kubernetes.io/cluster/shop", "trunk interface eni-1"])
def test_a_host_of_containers_is_isolated_only_by_a_person_or_where_the_policy_allows_it(sign: str) -> None:
    host = ResourceState(REF).with_observation(network("vpc-1")).with_observation(Host((sign,)))
    stage = CONTAIN_INSTANCE.chosen(()).stages[0]
    held = stage.held(host, INCIDENT)
    assert next(iter(held)) == "isolate-instance"
    assert {"leave-auto-scaling", "leave-target-groups", "stop-instance", "cut-tracked-flows"} <= held.keys()
    assert all(sign in words and "cordon" in words for words in held.values())
    assert stage.held(host, replace(INCIDENT, choices=chosen(hosts="isolate"))) == {}
    assert stage.plan(host, INCIDENT), "a person sees and runs the same plan"
    assert any("cordon" in words for words in stage.residual_risks(host, INCIDENT))


def test_a_finding_about_a_container_holds_isolation_of_an_instance_without_any_sign() -> None:
    seen = ResourceState(REF).with_observation(network("vpc-1")).with_observation(Host())
    stage = CONTAIN_INSTANCE.chosen(()).stages[0]
    assert stage.held(seen, INCIDENT) == {}
    held = stage.held(seen, replace(INCIDENT, containers=("container web",)))
    assert "the finding is about container web" in held["isolate-instance"]


def test_only_what_cuts_off_or_stops_the_host_is_held_and_evidence_and_identity_are_not() -> None:
    assert set(CONTAIN_INSTANCE.ids) - {"isolate-instance", *load("isolate-instance").held_together} == {
        "block-remote-address",
        "protect-termination",
        "keep-volumes",
        "detach-instance-profile",
        "deny-instance-sessions",
        "disable-metadata",
        "revoke-role-sessions",
        "snapshot-volumes",
        "lock-snapshots",
        "tag-instance",
    }


# protect-termination, keep-volumes


def test_protection_closes_both_doors() -> None:
    assert plan("protect-termination", PLAIN) == (
        SetTerminationProtection(REF.id, before=False, after=True),
        SetShutdownBehavior(REF.id, "terminate", "stop"),
        SetStopProtection(REF.id, before=False, after=True),
    )
    done = replace(PLAIN, protected=True, on_shutdown="stop", stop_protected=True)
    assert plan("protect-termination", done) == ()
    stopped = replace(done, state="stopped", stop_protected=False)
    assert plan("protect-termination", stopped) == ()


def test_what_is_to_be_stopped_loses_its_stop_protection_first() -> None:
    steps = plan("stop-instance", replace(PLAIN, stop_protected=True), Scaling())
    assert steps == (SetStopProtection(REF.id, before=True, after=False), stop(REF.id))
    assert [[type(one) for one in wave] for wave in dependency_levels(steps)] == [
        [SetStopProtection],
        [StopInstance],
    ]


def test_a_spot_instance_is_not_protected_and_that_is_said() -> None:
    spot = replace(PLAIN, spot=True)
    assert plan("protect-termination", spot) == ()
    assert "Spot" in exposed("protect-termination", spot)


def test_an_instance_that_cannot_stop_keeps_its_shutdown_behaviour_and_that_is_said() -> None:
    rooted = replace(PLAIN, instance_store_root=True)
    assert plan("protect-termination", rooted) == (
        SetTerminationProtection(REF.id, before=False, after=True),
    )
    assert "terminates it" in exposed("protect-termination", rooted)


def test_each_volume_that_would_go_is_kept_by_a_step_of_its_own() -> None:
    volumes = Volumes(
        (
            Volume("vol-0", "/dev/sda1", root=True, ends_with_instance=True),
            Volume("vol-1", "/dev/sdf", root=False, ends_with_instance=False),
            Volume("vol-2", "/dev/sdg", root=False, ends_with_instance=True),
        )
    )
    assert [step.target for step in plan("keep-volumes", volumes)] == [
        "volume/vol-0/delete-on-termination",
        "volume/vol-2/delete-on-termination",
    ]


# leave-target-groups


def test_every_registration_is_ended_and_draining_ones_are_left() -> None:
    ours = frozenset({Target(REF.id, 80)})
    targets = Targets((Registration("tg-1", ours), Registration("tg-2", frozenset(), ours)))
    assert plan("leave-target-groups", targets) == (DeregisterTargets("tg-1", ours, frozenset()),)


def test_target_groups_that_were_not_looked_at_are_counted() -> None:
    assert "7 target groups" in exposed("leave-target-groups", Targets((), 7))
    assert exposed("leave-target-groups", Targets()) == ""


@pytest.mark.parametrize(("number", "words"), [(1, "1 target group of"), (2, "2 target groups of")])
def test_target_groups_of_addresses_in_other_vpcs_are_counted_since_one_can_be_peered(
    number: int, words: str
) -> None:
    said = exposed("leave-target-groups", Targets(elsewhere=number))
    assert said.startswith(words)
    assert "peered" in said


# identity


def associated(state: str) -> Identity:
    profile = Profile("arn:aws:iam::111122223333:instance-profile/web", ROLE)
    return Identity((Association("iip-assoc-1", profile, state),), (HeldRole(ROLE),))


def test_an_association_is_ended_once_it_stands() -> None:
    (step,) = plan("detach-instance-profile", associated("associated"))
    assert isinstance(step, DetachInstanceProfile)
    for state in ("associating", "disassociating"):
        assert plan("detach-instance-profile", associated(state)) == ()
    assert plan("detach-instance-profile", Identity()) == ()


def test_sessions_are_denied_whether_the_profile_is_still_there_or_not() -> None:
    gone = replace(associated("associated"), associations=())
    for identity in (associated("associated"), gone):
        assert plan("deny-instance-sessions", identity) == (
            DenyInstanceSessions(REF.id, ROLE, before=False, after=True, until=kept_until(INCIDENT, ROLE)),
        )


OTHER = "i-0000000000000000f"


def refused(*steps: Step) -> Incident:
    return replace(INCIDENT, past=steps, refused=steps)


def test_a_denial_without_an_answer_is_tried_again_in_the_same_way() -> None:
    identity = associated("associated")
    first = plan("deny-instance-sessions", identity)
    assert plan("deny-instance-sessions", identity, incident=replace(INCIDENT, past=first)) == first


@pytest.mark.parametrize("managed", [False, True])
def test_a_full_role_gets_the_denial_by_a_managed_policy_and_loses_what_has_ended(*, managed: bool) -> None:
    """IAM refuses another inline policy. Only then are denials of other instances looked at."""
    ended = InstanceDenial(OTHER, NOON - timedelta(hours=1), managed=managed)
    kept = InstanceDenial("i-0000000000000000e", NOON + timedelta(hours=1))
    identity = Identity((), (HeldRole(ROLE, frozenset({ended, kept})),))
    (first,) = plan("deny-instance-sessions", identity)
    assert isinstance(first, DenyInstanceSessions)
    removed, second = plan("deny-instance-sessions", identity, incident=refused(first))
    assert isinstance(removed, EndInstanceDenial)
    assert removed.ended == ended
    assert isinstance(second, AttachInstanceDenial)
    assert second.until == first.until
    again = refused(first, second)
    assert plan("deny-instance-sessions", identity, incident=again)[-1] == first, "the ways take turns"
    denied = second.effect(removed.effect(seen(identity)))
    assert denied[Identity].roles[0].denials == {kept, second.denial}
    assert plan("deny-instance-sessions", denied[Identity], incident=again) == ()


def test_a_role_without_space_for_either_policy_is_for_a_person_and_keeps_its_boundary() -> None:
    """All instances with the role share its boundary, and there is only one."""
    identity = Identity((), (HeldRole(ROLE),))
    (first,) = plan("deny-instance-sessions", identity)
    (second,) = plan("deny-instance-sessions", identity, incident=refused(first))
    for incident in (INCIDENT, refused(first), refused(second)):
        assert not tuple(without_space(seen(identity), incident))
    both = refused(first, second)
    (words,) = without_space(seen(identity), both)
    assert "role web has no space" in words
    assert f"sessions of {REF.id} stay valid" in words
    assert "delete or detach a policy" in words
    assert {type(one) for one in plan("deny-instance-sessions", identity, incident=both)} <= {
        DenyInstanceSessions,
        AttachInstanceDenial,
    }
    denied = first.effect(seen(identity))
    assert not tuple(without_space(denied, both))


def test_the_recorded_step_fixes_until_when_a_denial_is_kept() -> None:
    (first,) = plan("deny-instance-sessions", associated("associated"))
    later = replace(INCIDENT, past=(first,), planned_at=NOON + timedelta(days=3))
    assert isinstance(first, DenyInstanceSessions)
    assert kept_until(later, ROLE) == first.until


def test_detaching_and_denying_do_not_wait_for_each_other() -> None:
    identity = associated("associated")
    steps = (*plan("detach-instance-profile", identity), *plan("deny-instance-sessions", identity))
    assert len(dependency_levels(steps)) == 1


def test_a_role_of_aws_is_left_and_named() -> None:
    identity = Identity((), (HeldRole(LINKED),))
    assert plan("deny-instance-sessions", identity) == ()
    assert LINKED.name in exposed("deny-instance-sessions", identity)
    sessions = RoleSessions((RoleUse(LINKED),))
    assert plan("revoke-role-sessions", sessions) == ()
    assert LINKED.name in exposed("revoke-role-sessions", sessions)


def test_no_later_revocation_is_moved_back() -> None:
    later = NOON.replace(hour=13)
    earlier = NOON.replace(hour=11)
    own = holder_of(REF)
    covered = RoleUse(ROLE, frozenset({Revocation(later, own)}))
    assert plan("revoke-role-sessions", RoleSessions((covered,))) == ()
    for known in (Revocation(later, "0123456789"), Revocation(later)):
        by_others = RoleSessions((RoleUse(ROLE, frozenset({known})),))
        assert len(plan("revoke-role-sessions", by_others)) == 1, "a release of another incident ends it"
    open_ = RoleUse(ROLE, frozenset({Revocation(earlier, own)}), ("i-1",))
    (step,) = plan("revoke-role-sessions", RoleSessions((open_,)))
    cut_off = NOON + PROPAGATION  # sessions made while the denial takes effect are denied too
    assert step == RevokeRoleSessions(ROLE, cut_off, ("i-1",), before=False, after=True, holder=own)


def test_only_the_metadata_endpoint_is_changed() -> None:
    options = MetadataOptions(tokens="required", hop_limit=5, ipv6="enabled", tags="enabled")
    (step,) = plan("disable-metadata", Metadata(options))
    assert step == SetMetadataOptions(REF.id, options, replace(options, endpoint="disabled"))
    assert plan("disable-metadata", Metadata(replace(options, endpoint="disabled"))) == ()


# collect

ATTACHED = Volumes(
    (
        Volume("vol-0", "/dev/sda1", root=True, ends_with_instance=False),
        Volume("vol-1", "/dev/sdf", root=False, ends_with_instance=False),
    )
)


def taken(number: int, started: datetime = NOON, incident: str = "inc-1") -> Snapshot:
    return Snapshot(f"s-{number}", f"vol-{number}", incident, started=started)


def test_all_volumes_are_one_set_with_incident_and_finding() -> None:
    assert plan("snapshot-volumes", ATTACHED, Snapshots()) == (
        CreateSnapshots(REF.id, "inc-1", NOON, "f-1", ("vol-0", "vol-1")),
    )


def test_another_incidents_snapshots_do_not_stand_for_this_ones() -> None:
    other = Snapshots(frozenset({taken(0, incident="inc-0"), taken(1, incident="inc-0")}))
    assert len(plan("snapshot-volumes", ATTACHED, other)) == 1


def test_what_was_begun_before_the_incident_is_no_evidence_of_it_whatever_its_tag_says() -> None:
    old = Snapshots(frozenset({taken(0, NOON - timedelta(minutes=1)), taken(1)}))
    (step,) = plan("snapshot-volumes", ATTACHED, old)
    assert isinstance(step, CreateSnapshots)
    assert step.volumes == ("vol-0",)
    said = exposed("snapshot-volumes", ATTACHED, old)
    assert (
        "snapshots with the tag of this incident that are older than the incident: 1 snapshot (s-0)" in said
    )


def test_a_volume_attached_later_gets_a_set_of_its_own() -> None:
    root = Snapshots(frozenset({taken(0)}))
    (step,) = plan("snapshot-volumes", ATTACHED, root)
    assert isinstance(step, CreateSnapshots)
    assert (step.volumes, step.without_root, step.without) == (("vol-1",), True, ())
    data = Snapshots(frozenset({taken(1)}))
    (step,) = plan("snapshot-volumes", ATTACHED, data)
    assert isinstance(step, CreateSnapshots)
    assert (step.volumes, step.without_root, step.without) == (("vol-0",), False, ("vol-1",))


def test_an_instance_without_ebs_volumes_has_nothing_to_take() -> None:
    assert plan("snapshot-volumes", Volumes(()), Snapshots()) == ()


def test_what_is_in_no_snapshot_is_said() -> None:
    writing = frozenset({replace(taken(0), writing=True)})
    words = exposed("snapshot-volumes", ATTACHED, Snapshots(writing, instance_store=True))
    for part in ("instance-store", "memory", "1 snapshot is still pending"):
        assert part in words


def test_an_instance_is_tagged_unless_it_is() -> None:
    assert plan("tag-instance", Tags("inc-0")) == (TagInstance(REF.id, "inc-0", "inc-1"),)
    assert plan("tag-instance", Tags("inc-1")) == ()


def test_a_running_instance_is_stopped_where_nobody_would_terminate_it() -> None:
    for scaling in (Scaling(), Scaling("web", "Standby")):
        assert plan("stop-instance", PLAIN, scaling) == (StopInstance(REF.id, "running", "stopped"),)
    assert plan("stop-instance", PLAIN, Scaling("web", "InService")) == ()
    assert "would terminate it" in exposed("stop-instance", PLAIN, Scaling("web", "InService"))


@pytest.mark.parametrize("state", ["stopped", "stopping", "pending"])
def test_an_instance_that_does_not_run_is_not_stopped(state: str) -> None:
    assert plan("stop-instance", replace(PLAIN, state=state), Scaling()) == ()


def test_an_instance_on_an_instance_store_cannot_be_stopped_and_that_is_said() -> None:
    rooted = replace(PLAIN, instance_store_root=True)
    assert plan("stop-instance", rooted, Scaling()) == ()
    assert "instance store" in exposed("stop-instance", rooted, Scaling())


# cut-tracked-flows


def test_each_interface_passes_through_its_vpcs_transition_group_before_quarantine() -> None:
    steps = plan("cut-tracked-flows", network("vpc-1", "vpc-2"))
    order = [[type(step) for step in wave] for wave in dependency_levels(steps)]
    assert order == [
        [CreateOwnGroup] * 4,
        [OpenTransitionGroup] * 2 + [EmptyQuarantineGroup] * 2,
        [SetSecurityGroups] * 2,
        [SetSecurityGroups] * 2,
    ]
    moves = [step for step in steps if isinstance(step, SetSecurityGroups)]
    assert [step.after for step in moves] == [
        frozenset({TransitionGroup("vpc-1")}),
        frozenset({TransitionGroup("vpc-2")}),
        frozenset({QuarantineGroup("vpc-1")}),
        frozenset({QuarantineGroup("vpc-2")}),
    ]
    assert all(
        step.before == one.groups for step, one in zip(moves, network("a", "b").interfaces * 2, strict=True)
    )


def test_the_option_alone_never_leaves_an_instance_open() -> None:
    """It plans the isolation itself; beside isolate-instance, nothing is planned twice."""
    world = seen(network("vpc-1"))
    alone = load("cut-tracked-flows").plan(world, INCIDENT)
    isolation = load("isolate-instance").plan(world, INCIDENT)
    assert set(isolation) < set(alone)
    both = CONTAIN_INSTANCE.chosen(["cut-tracked-flows"]).stages[0].plan(world, INCIDENT)
    assert set(both) == set(alone)
    assert len(both) == len(alone)


@pytest.mark.parametrize("symbol", [QuarantineGroup("vpc-1"), TransitionGroup("vpc-1")])
def test_an_interface_on_its_way_or_arrived_is_not_opened(symbol: QuarantineGroup | TransitionGroup) -> None:
    groups = (
        OwnGroup("sg-q", "vpc-1", QUARANTINE, "ringfence-quarantine", ours=True, rules=0),
        OwnGroup("sg-t", "vpc-1", TRANSITION, "ringfence-transition", ours=True, rules=4),
    )
    world = Network("running", (Interface("eni-1", "vpc-1", frozenset({symbol})),), groups)
    steps = plan("cut-tracked-flows", world)
    assert [step.best_effort for step in steps] == ([False] if isinstance(symbol, TransitionGroup) else [])


# block-remote-address


def test_each_address_is_denied_both_ways_under_the_lowest_free_numbers() -> None:
    two = replace(INCIDENT, remote_addresses=("198.51.100.7", "203.0.113.9", "198.51.100.7"))
    steps = plan("block-remote-address", SubnetAcls((Acl("acl-1", frozenset(ALLOW_ALL)),)), incident=two)
    assert [(one.number, one.egress, one.cidr) for one in steps if isinstance(one, DenyAddress)] == [
        (1, False, "198.51.100.7/32"),
        (2, False, "203.0.113.9/32"),
        (1, True, "198.51.100.7/32"),
        (2, True, "203.0.113.9/32"),
    ]


def test_an_ipv6_address_is_denied_where_ipv6_is_allowed() -> None:
    everything = AclEntry(number=101, egress=True, deny=False, protocol="-1", cidr="::/0")
    acls = SubnetAcls((Acl("acl-1", frozenset({*ALLOW_ALL, everything})),))
    six = replace(INCIDENT, remote_addresses=("2001:db8::7",))
    assert [one.target for one in plan("block-remote-address", acls, incident=six)] == [
        "network-acl/acl-1/to/2001:db8::7/128"
    ]


@pytest.mark.parametrize(
    "address", ["", "not one", "198.51.100.0/24", "127.0.0.1", "169.254.169.254", "::", "ff02::1"]
)
def test_what_is_no_remote_address_is_not_denied(address: str) -> None:
    odd = replace(INCIDENT, remote_addresses=(address,))
    acls = SubnetAcls((Acl("acl-1", frozenset(ALLOW_ALL)),))
    assert plan("block-remote-address", acls, incident=odd) == ()


def test_a_rule_that_allows_an_address_before_its_denial_undoes_it_and_is_heard() -> None:
    """A denial gets the lowest free number. Who held a lower one with another rule puts this one there."""
    denied = AclEntry(number=2, egress=True, deny=True, protocol="-1", cidr="198.51.100.7/32")
    allowed = AclEntry(number=1, egress=True, deny=False, protocol="-1", cidr="198.51.100.7/32")
    acls = SubnetAcls((Acl("acl-1", frozenset({*ALLOW_ALL, denied, allowed})),))
    assert "198.51.100.7/32 is not denied in acl-1" in exposed("block-remote-address", acls)
    heard = {name for calls in load("block-remote-address").undone_by for name in calls.names}
    assert "CreateNetworkAclEntry" in heard


def test_an_address_that_cannot_be_denied_in_time_is_named() -> None:
    first = AclEntry(number=1, egress=True, deny=False, protocol="6", cidr="0.0.0.0/0")
    acls = SubnetAcls((Acl("acl-1", frozenset({first})),))
    assert plan("block-remote-address", acls) == ()
    assert "198.51.100.7/32 is not denied in acl-1" in exposed("block-remote-address", acls)
    assert "could not be read" in exposed("block-remote-address", SubnetAcls(readable=False))
