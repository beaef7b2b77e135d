"""The laws for `harden-network`: convergence, reversibility, exact permissions, nothing lost, triggers."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from ringfence.engine.undo import undo
from ringfence.model.codec import decode, encode
from ringfence.model.document import Document
from ringfence.model.kinds.flow_log import FlowLogRef
from ringfence.model.kinds.security_group import SecurityGroupRef
from ringfence.model.kinds.vpc import VpcRef
from ringfence.model.observation import Observation, ResourceState
from ringfence.model.plan import net_changes
from ringfence.model.step import State
from ringfence.observations.ec2.flow_log_records import LOGS, S3, Recording
from ringfence.observations.ec2.flow_logs import FlowLogs
from ringfence.observations.ec2.security_group import DEFAULT, SecurityGroup, rules_in
from ringfence.remediations.revoke_open_ingress import ports
from ringfence.runbooks.harden_network import HARDEN_NETWORK
from ringfence.steps.ec2.flow_logs import CreateFlowLog
from ringfence.steps.ec2.security_group import revoke
from tests.laws.test_convergence import applied, run
from tests.laws.test_permissions_are_exact import action, check, declared, demanded
from tests.support.fakes.conversations import ways
from tests.support.fakes.network_answers import BUCKET, GROUP_ID, INCIDENT, LOG_GROUP, ROLE, RULES, VPC_ID
from tests.support.strategies.network import FLOW_LOG, GROUP, VPC, groups, incidents, subjects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.model.call import Call
    from ringfence.model.incident import Incident
    from ringfence.model.step import Step

FIX = HARDEN_NETWORK.narrowed(one.id for one in HARDEN_NETWORK.stages[0].members)
"""The stage of its own; what comes after it is any runbook's."""
OWN = tuple(dict.fromkeys((*FIX.steps, *FIX.inverses)))


@given(before=subjects(), incident=incidents())
def test_the_runbook_has_nothing_to_do_once_it_is_done(before: ResourceState, incident: Incident) -> None:
    runbook = FIX.on(before.ref)
    after, steps = run(runbook, before, incident)
    assert runbook.stages[0].plan(after, replace(incident, past=steps)) == ()
    assert [step for step in steps if step.state(after) is not State.AFTER] == []


@given(before=subjects(), incident=incidents())
def test_undoing_the_runbook_gives_back_the_state(before: ResourceState, incident: Incident) -> None:
    after, steps = run(FIX.on(before.ref), before, incident)
    way = undo(steps, after)
    assert (way.drifted, way.settling, way.kept) == ((), (), ())
    assert applied(after, way.steps) == before


@given(before=subjects(), incident=incidents())
def test_a_plan_can_be_recorded_read_back_said_and_turned(before: ResourceState, incident: Incident) -> None:
    steps = FIX.on(before.ref).stages[0].plan(before, incident)
    assert tuple(decode(encode(step)) for step in steps) == steps
    assert len({step.target for step in steps}) == len(steps)
    for step in steps:
        was, becomes = step.diff()
        back = step.inverse()
        assert step.describe() != back.describe()
        assert was != becomes
        assert step.side_effects()
        assert step.state(before) is State.BEFORE
        assert (back.inverse(), back.target) == (step, step.target)
        assert back.diff() == (becomes, was)
        assert net_changes((step, back)) == ()


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
        if isinstance(facet, SecurityGroup | FlowLogs)
    ]
    if any(foreign):
        assert FIX.on(before.ref).stages[0].plan(before, incident) == ()


@given(before=subjects(), incident=incidents())
def test_everything_that_is_told_is_one_printable_line(before: ResourceState, incident: Incident) -> None:
    stage = FIX.on(before.ref).stages[0]
    steps = stage.plan(before, incident)
    for words in (
        *stage.residual_risks(before, incident),
        *stage.reasons_to_downgrade(before),
        *(one.describe() for one in steps),
    ):
        assert words.isprintable(), words


# Law 3


def examples() -> Iterator[Step]:
    """Yield examples of every class of step, each way: every kind of rule, every kind of destination."""
    for rule in rules_in(Document.of({"SecurityGroupRules": RULES})):
        yield from (step := revoke(GROUP_ID, rule), step.inverse())
    for recording in (
        Recording("ALL", S3, BUCKET, interval=60, format="${version}", file_format="parquet", hive=True),
        Recording("ALL", S3, BUCKET),
        Recording("REJECT", LOGS, LOG_GROUP, ROLE),
    ):
        made = CreateFlowLog(VPC_ID, recording, INCIDENT, before=False, after=True)
        yield from (made, made.inverse())


def calls_of(source: type[Observation | Step]) -> tuple[Call, ...]:
    """Return every call that a facet or a step may make."""
    if issubclass(source, Observation):
        refs = (GROUP,) if source is SecurityGroup else (VPC, FLOW_LOG)
        looks = (ways(lambda ref=ref: source.read(ref, ())) for ref in refs)  # type: ignore[misc]  # a default is a type too
        return tuple(chain.from_iterable(chain.from_iterable(looks)))
    steps = [step for step in examples() if type(step) is source]
    return tuple(chain.from_iterable(calls for one in steps for calls in ways(lambda one=one: one.apply({}))))  # type: ignore[misc]  # likewise


def implied(call: Call) -> set[str]:
    """Say which other actions a call on flow logs demands.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-create-flow-log.html
    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """
    found = {one for one, _ in demanded(call)}
    if "DeliverLogsPermissionArn" in call.parameters:
        found.add("iam:PassRole")
    if call.parameters.get("LogDestinationType") == S3:
        found.update(("logs:CreateLogDelivery", "logs:DeleteLogDelivery"))
    if call.operation == "DeleteFlowLogs":
        found.add("logs:DeleteLogDelivery")
    return found


@pytest.mark.parametrize("source", [*FIX.observations, *OWN], ids=lambda one: one.__name__)
def test_what_is_declared_is_called_and_implied_and_can_be_asked_for(
    source: type[Observation | Step],
) -> None:
    calls = calls_of(source)
    assert {action(call) for call in calls} == declared(source.permissions)
    assert {one for call in calls for one in implied(call)} == declared(source.permissions, implied=True)
    for call in calls:
        check(call)


def test_a_flow_log_is_deleted_only_under_our_tag() -> None:
    (delete,) = (one for one in HARDEN_NETWORK.release_permissions() if one.action == "ec2:DeleteFlowLogs")
    assert delete.conditions == (("StringLike", "aws:ResourceTag/ringfence:incident", ("inc-*",)),)


def test_each_kind_of_subject_has_its_own_remediations() -> None:
    assert {kind: FIX.on(ref).ids for kind, ref in ((SecurityGroupRef, GROUP), (VpcRef, VPC))} == {
        SecurityGroupRef: ("revoke-open-ingress", "close-default-group"),
        VpcRef: ("enable-flow-logs",),
    }
    assert FIX.on(FLOW_LOG).ids == ("restore-flow-log",)
    assert isinstance(FLOW_LOG, FlowLogRef)
