"""What holds for `harden-network` beside the laws: nothing is lost, and nothing of others is touched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given

from ringfence.model.kinds.flow_log import FlowLogRef
from ringfence.model.kinds.security_group import SecurityGroupRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.observations.ec2.flow_logs import FlowLogs
from ringfence.observations.ec2.security_group import DEFAULT, SecurityGroup
from ringfence.observations.ec2.vpc_groups import VpcGroups
from ringfence.remediations.revoke_open_ingress import ports
from ringfence.runbooks.harden_network import HARDEN_NETWORK
from tests.support.laws.plans import run
from tests.support.strategies.harden_network import FIX
from tests.support.strategies.network import FLOW_LOG, GROUP, VPC, groups, incidents, subjects

if TYPE_CHECKING:
    from ringfence.model.incident import Incident
    from ringfence.model.observation import ResourceState


@given(before=subjects(), incident=incidents())
def test_what_each_change_costs_is_said(before: ResourceState, incident: Incident) -> None:
    for step in FIX.on(before.ref).stages[0].plan(before, incident):
        assert step.side_effects()


@given(before=groups(), incident=incidents())
def test_of_a_group_nothing_goes_but_the_world_on_the_ports_that_are_meant(
    before: ResourceState, incident: Incident
) -> None:
    runbook = FIX.on(before.ref).narrowed(("revoke-open-ingress",))
    after, _ = run(runbook, before, incident)
    seen = before[SecurityGroup]
    gone = seen.rules - after[SecurityGroup].rules
    assert after[SecurityGroup] == replace(seen, rules=seen.rules - gone)
    assert all(one.world and not one.egress and one.reaches(ports(incident)) for one in gone)
    open_ = {one for one in seen.rules if one.world and not one.egress and one.reaches(ports(incident))}
    assert gone == (open_ if seen.owner == before.ref.account else set())


@given(before=groups(), incident=incidents())
def test_no_group_is_closed_but_a_default_one_of_this_account(
    before: ResourceState, incident: Incident
) -> None:
    seen = before[SecurityGroup]
    after, _ = run(FIX.on(before.ref).narrowed(("close-default-group",)), before, incident)
    closed = seen.name == DEFAULT and seen.owner == before.ref.account
    assert after[SecurityGroup].rules == (frozenset() if closed else seen.rules)


@given(before=groups(), incident=incidents())
def test_what_both_remediations_revoke_is_revoked_once(before: ResourceState, incident: Incident) -> None:
    steps = FIX.on(before.ref).stages[0].plan(before, incident)
    assert len(steps) == len(set(steps))


@given(before=subjects(), incident=incidents())
def test_nothing_of_another_account_is_touched(before: ResourceState, incident: Incident) -> None:
    foreign = [
        facet.owner not in {"", before.ref.account}
        for facet in before.observations.values()
        if isinstance(facet, SecurityGroup | FlowLogs | VpcGroups)
    ]
    if any(foreign):
        assert FIX.on(before.ref).stages[0].plan(before, incident) == ()


@given(before=subjects(), incident=incidents())
def test_everything_that_is_told_is_one_printable_line(before: ResourceState, incident: Incident) -> None:
    stage = FIX.on(before.ref).stages[0]
    steps = stage.plan(before, incident)
    for words in (
        *stage.residual_risks(before, incident),
        *stage.held(before, incident).values(),
        *(one.describe() for one in steps),
    ):
        assert words.isprintable(), words


def test_a_flow_log_is_deleted_only_under_our_tag() -> None:
    (delete,) = (one for one in HARDEN_NETWORK.release_permissions() if one.action == "ec2:DeleteFlowLogs")
    assert delete.conditions == (("StringLike", "aws:ResourceTag/ringfence:incident", ("inc-*",)),)


def test_each_kind_of_subject_has_its_own_remediations() -> None:
    assert {kind: FIX.on(ref).ids for kind, ref in ((SecurityGroupRef, GROUP), (VpcRef, VPC))} == {
        SecurityGroupRef: ("revoke-open-ingress", "close-default-group"),
        VpcRef: ("enable-flow-logs", "prepare-quarantine-group"),
    }
    assert FIX.on(FLOW_LOG).ids == ("restore-flow-log",)
    assert isinstance(FLOW_LOG, FlowLogRef)
