"""What is done to a network that breaks compliance, what is only said, and what sets it off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.local.samples.calls import call_event
from ringfence.local.samples.config import verdict
from ringfence.model.finding import Finding
from ringfence.model.incident import Incident
from ringfence.model.observation import ResourceState
from ringfence.observations.ec2.flow_log_destination import DESTINATION, ROLE, WHERE
from ringfence.observations.ec2.flow_log_records import LOGS, S3, Deleted, Recording
from ringfence.observations.ec2.flow_logs import FlowLog, FlowLogs
from ringfence.observations.ec2.security_group import DEFAULT, Rule, SecurityGroup
from ringfence.remediations.close_default_group import close_default_group
from ringfence.remediations.enable_flow_logs import enable_flow_logs
from ringfence.remediations.restore_flow_log import restore_flow_log
from ringfence.remediations.revoke_open_ingress import revoke_open_ingress
from ringfence.runbooks.harden_network import HARDEN_NETWORK
from ringfence.steps.ec2.flow_logs import CreateFlowLog
from ringfence.steps.ec2.security_group import revoke
from tests.support.fakes.network_answers import BUCKET, GROUP_ID, INCIDENT, LIST_ID, LOG_GROUP, VPC_ID
from tests.support.fakes.network_answers import ROLE as ROLE_ARN
from tests.support.parsing import parse
from tests.support.strategies.network import FLOW_LOG, GROUP, OTHER_ACCOUNT, OTHER_ROLE, VPC
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from ringfence.model.subject import NetworkRef

OPENED = "CloudTrail:ec2:AuthorizeSecurityGroupIngress"
SSH, COMMON = "Config:restricted-ssh", "Config:restricted-common-ports"
RDP = "Config:restricted-rdp"
HIGH_RISK, REMOTE = "Config:vpc-sg-restricted-common-ports", "Config:vpc-sg-port-restriction-check"


def tcp(first: int, last: int | None = None, peer: str = "0.0.0.0/0", **more: Any) -> Rule:  # noqa: ANN401 - fields
    return Rule(
        egress=False,
        protocol="tcp",
        from_port=first,
        to_port=first if last is None else last,
        peer=peer,
        **more,
    )


def group(*rules: Rule, **more: Any) -> ResourceState:  # noqa: ANN401 - fields of the facet
    seen = replace(SecurityGroup("web", REF.account, frozenset(rules)), **more)
    return ResourceState(GROUP, {SecurityGroup: seen})


def incident(*types: str, **options: str) -> Incident:
    chosen = {name.replace("_", "-"): one for name, one in options.items()}
    return Incident(INCIDENT, NOON, choices=HARDEN_NETWORK.choose(chosen), types=types)


# Ingress from the world


@pytest.mark.parametrize(
    ("types", "ports"),
    [
        ((SSH,), {22}),
        ((COMMON,), {21, 3389, 3306}),
        ((RDP,), {3389}),
        ((REMOTE,), {22, 3389}),
        ((HIGH_RISK,), {21, 22, 3306, 3389}),
        ((HIGH_RISK, OPENED), {21, 22, 3306, 3389}),
        ((SSH, COMMON), {22, 21, 3389, 3306}),
        ((OPENED,), {22, 3389}),
        (("CloudTrail:ec2:ModifySecurityGroupRules", SSH), {22, 3389}),
        ((), {22, 3389}),
    ],
)
def test_the_plan_is_about_the_ports_that_the_findings_are_about(
    types: tuple[str, ...], ports: set[int]
) -> None:
    rules = [tcp(port) for port in (21, 22, 80, 443, 3306, 3389)]
    steps = revoke_open_ingress.plan(group(*rules), incident(*types))
    assert set(steps) == {revoke(GROUP_ID, one) for one in rules if one.from_port in ports}


def test_the_ports_of_calls_and_of_the_rule_that_has_parameters_can_be_chosen() -> None:
    rules = (tcp(22), tcp(5432), tcp(6379))
    called = revoke_open_ingress.plan(group(*rules), incident(OPENED, ports="5432"))
    judged = revoke_open_ingress.plan(group(*rules), incident(COMMON, common_ports="6379"))
    assert (called, judged) == ((revoke(GROUP_ID, rules[1]),), (revoke(GROUP_ID, rules[2]),))


def test_only_the_offending_source_goes() -> None:
    """Of one permission with several sources, ports and descriptions, EC2 makes a rule each."""
    world, six = tcp(22, description="for a day"), tcp(22, peer="::/0")
    others = (
        tcp(22, peer="198.51.100.0/24", description="the office"),
        tcp(22, peer="sg-0fedcba9876543210"),
        tcp(22, peer=LIST_ID),
        tcp(443),
        replace(world, egress=True),
        replace(world, protocol="udp"),
    )
    steps = revoke_open_ingress.plan(group(world, six, *others), incident(SSH))
    assert set(steps) == {revoke(GROUP_ID, world), revoke(GROUP_ID, six)}


@pytest.mark.parametrize(
    "wide", [tcp(0, 65535), replace(tcp(0), protocol="-1", from_port=-1, to_port=-1)], ids=["range", "all"]
)
def test_a_wider_rule_goes_as_a_whole_and_what_else_it_allowed_is_said(wide: Rule) -> None:
    assert revoke_open_ingress.plan(group(wide), incident(SSH)) == (revoke(GROUP_ID, wide),)
    words = revoke_open_ingress.residual_risks(group(wide), incident(SSH))
    assert f"the whole rule is revoked, although it allows more than port 22: {wide.words()}" in words


def test_the_plan_shows_what_depends_on_the_group_and_nothing_does_where_nothing_is_planned() -> None:
    used = {"interfaces": 2, "instances": ("i-1", "i-2"), "more": False}
    words = revoke_open_ingress.residual_risks(group(tcp(22), **used), incident(SSH))
    assert f"{GROUP_ID}: used by 2 network interfaces, of i-1, i-2" in words
    assert revoke_open_ingress.residual_risks(group(tcp(22, peer="10.0.0.0/8"), **used), incident(SSH)) == ()


@pytest.mark.parametrize(
    ("peers", "told"),
    [
        (
            [f"{first}.0.0.0/8" for first in range(1, 61) if first != 10],
            "59 ranges together allow 23.0% of all",
        ),
        (["203.0.113.0/24", "198.51.100.0/24"], ""),
        (["8.0.0.0/8"], ""),
        (["10.0.0.0/8", "172.16.0.0/12", "9.0.0.0/9"], ""),
        (["8.0.0.0/8", "8.0.0.0/9"], ""),
        (["2000::/16", "2600::/16"], ""),
        ([f"2{first:03x}::/16" for first in range(512)], "512 ranges together allow 0.8% of all addresses"),
    ],
)
def test_an_internet_that_is_opened_in_pieces_is_said(peers: list[str], told: str) -> None:
    world = group(*(tcp(22, peer=one) for one in peers))
    words = revoke_open_ingress.residual_risks(world, incident(SSH))
    assert [told in one for one in words] == ([True] if told else [])


def test_what_stays_open_is_said() -> None:
    rules = (tcp(443), tcp(22, peer="0.0.0.0/1"), tcp(22, peer=LIST_ID), tcp(3389, peer="pl-2"))
    world = group(*rules, open_lists=(LIST_ID,), unread=("pl-2",))
    words = "\n".join(revoke_open_ingress.residual_risks(world, incident(OPENED)))
    assert "because no finding is about it, although it allows the internet: tcp 443 from 0.0.0.0/0" in words
    assert "not revoked, although its source is almost the whole internet: tcp 22 from 0.0.0.0/1" in words
    assert (
        f"although its prefix list contains every address; a person must change it: tcp 22 from {LIST_ID}"
        in words
    )
    assert "not revoked, because its prefix list could not be read: tcp 3389 from pl-2" in words


def test_connections_that_are_open_live_on_and_that_is_said_once_something_was_revoked() -> None:
    done = replace(incident(SSH), past=(revoke(GROUP_ID, tcp(22)),))
    (words,) = revoke_open_ingress.residual_risks(group(), done)
    assert "can stay open while they have traffic" in words


def test_a_group_of_another_account_is_left_and_its_owner_named() -> None:
    shared = group(tcp(22), name=DEFAULT, owner=OTHER_ACCOUNT)
    for one in (revoke_open_ingress, close_default_group):
        assert one.plan(shared, incident(SSH)) == ()
        (words,) = one.review_items(shared, incident(SSH))
        assert OTHER_ACCOUNT in words


@pytest.mark.parametrize(
    ("name", "role", "cautious"),
    [
        ("ringfence-transition", "transition", True),
        ("ringfence-quarantine-2", "quarantine", True),
        ("web", "transition", False),
        ("ringfence-transition", "", False),
    ],
)
def test_only_what_looks_like_our_own_in_name_and_tag_makes_it_a_dry_run(
    name: str,
    role: str,
    cautious: bool,  # noqa: FBT001 - a row of the table
) -> None:
    """Anybody may tag a group, but not rename one: no tag keeps a group open that was there before."""
    seen = group(tcp(22), name=name, role=role)
    assert bool(revoke_open_ingress.reasons_to_downgrade(seen, incident())) is cautious


# The default group


def test_a_default_group_is_closed_in_both_directions() -> None:
    rules = (tcp(443, peer="10.0.0.0/8"), replace(tcp(22), egress=True))
    steps = close_default_group.plan(group(*rules, name=DEFAULT), incident())
    assert set(steps) == {revoke(GROUP_ID, one) for one in rules}
    (words,) = close_default_group.residual_risks(group(*rules, name=DEFAULT), incident())
    assert words.endswith("no network interface uses it")


def test_any_other_group_and_a_closed_one_is_left() -> None:
    assert close_default_group.plan(group(tcp(22), name="default-of-the-team"), incident()) == ()
    assert close_default_group.residual_risks(group(name=DEFAULT), incident()) == ()


# Flow logs


def vpc(*logs: FlowLog, role: str = ROLE_ARN, owner: str = REF.account) -> ResourceState:
    return ResourceState(VPC, {FlowLogs: FlowLogs(VPC_ID, owner, logs, role=role)})


def made(recording: Recording) -> tuple[CreateFlowLog, ...]:
    return (CreateFlowLog(VPC_ID, recording, INCIDENT, before=False, after=True),)


def test_without_a_destination_nothing_is_planned_and_what_has_to_be_chosen_is_said() -> None:
    assert enable_flow_logs.plan(vpc(), incident()) == ()
    (words,) = enable_flow_logs.review_items(vpc(), incident())
    assert DESTINATION in words


@pytest.mark.parametrize(
    ("destination", "kind", "to", "role"),
    [
        (BUCKET, S3, BUCKET, ""),
        (f"{BUCKET}/vpcs/", S3, f"{BUCKET}/vpcs", ""),
        ("arn:aws:logs:{region}:{account}:log-group:/vpc/flow-logs", LOGS, LOG_GROUP, ROLE_ARN),
    ],
)
def test_the_traffic_is_recorded_to_the_place_that_was_chosen(
    destination: str, kind: str, to: str, role: str
) -> None:
    assert WHERE.allows(destination)
    chosen = incident(flow_log_destination=destination, flow_log_traffic="REJECT")
    assert enable_flow_logs.plan(vpc(), chosen) == made(Recording("REJECT", kind, to, role))
    assert enable_flow_logs.review_items(vpc(), chosen) == ()


@pytest.mark.parametrize("odd", ["flow-logs", "arn:aws:s3:::a b", "arn:aws:sqs:eu-west-1:1:q", "*"])
def test_no_other_place_can_be_chosen(odd: str) -> None:
    assert not WHERE.allows(odd)


def test_a_log_group_needs_the_role_of_the_fixed_name() -> None:
    chosen = incident(flow_log_destination=LOG_GROUP)
    assert enable_flow_logs.plan(vpc(role=""), chosen) == ()
    (words,) = enable_flow_logs.review_items(vpc(role=""), chosen)
    assert ROLE in words


def test_a_vpc_whose_traffic_is_recorded_anywhere_is_left() -> None:
    elsewhere = FlowLog(
        VPC_ID, Recording("ALL", S3, "arn:aws:s3:::of-the-network-team"), failing="Access error"
    )
    chosen = incident(flow_log_destination=BUCKET)
    assert enable_flow_logs.plan(vpc(elsewhere), chosen) == ()
    assert enable_flow_logs.review_items(vpc(elsewhere), chosen) == ()
    (words,) = enable_flow_logs.residual_risks(vpc(elsewhere), chosen)
    assert words.endswith("delivers nothing: Access error")


def test_a_vpc_of_another_account_is_left_and_its_owner_named() -> None:
    chosen = incident(flow_log_destination=BUCKET)
    assert enable_flow_logs.plan(vpc(owner=OTHER_ACCOUNT), chosen) == ()
    (words,) = enable_flow_logs.review_items(vpc(owner=OTHER_ACCOUNT), chosen)
    assert OTHER_ACCOUNT in words


def gone(
    deleted: Deleted | None, *logs: FlowLog, role: str = ROLE_ARN, owner: str = REF.account
) -> ResourceState:
    return ResourceState(FLOW_LOG, {FlowLogs: FlowLogs(VPC_ID, owner, logs, deleted, role=role)})


TO_GROUP = Recording("REJECT", LOGS, LOG_GROUP, ROLE_ARN, interval=60)
STRANGE = Recording("ALL", S3, "arn:aws:s3:::of-a-stranger")


def test_a_deleted_flow_log_is_made_again_as_it_was() -> None:
    world = gone(Deleted(VPC_ID, TO_GROUP))
    assert restore_flow_log.plan(world, incident()) == made(TO_GROUP)
    assert restore_flow_log.review_items(world, incident()) == ()
    (words,) = restore_flow_log.residual_risks(world, incident())
    assert "there are no records of the traffic since its deletion" in words


def test_another_role_delivers_where_the_one_that_did_may_not_be_passed_on() -> None:
    world = gone(Deleted(VPC_ID, replace(TO_GROUP, role=OTHER_ROLE)))
    assert restore_flow_log.plan(world, incident()) == made(TO_GROUP)
    assert any(ROLE in words for words in restore_flow_log.residual_risks(world, incident()))


def test_one_that_was_made_again_already_is_left() -> None:
    world = gone(Deleted(VPC_ID, TO_GROUP), FlowLog(VPC_ID, TO_GROUP))
    assert restore_flow_log.plan(world, incident()) == ()


def test_a_place_is_vouched_for_by_the_account_by_the_policy_or_by_another_flow_log() -> None:
    """Whoever may make and delete flow logs must not have Ringfence record to a place of theirs."""
    world = gone(Deleted(VPC_ID, STRANGE))
    assert restore_flow_log.plan(world, incident()) == ()
    (words,) = restore_flow_log.review_items(world, incident())
    assert "no other flow log uses that destination" in words
    chosen = incident(flow_log_destination=STRANGE.destination)
    assert restore_flow_log.plan(world, chosen) == made(STRANGE)
    another = FlowLog("vpc-0fedcba9876543210", STRANGE)
    assert restore_flow_log.plan(gone(Deleted(VPC_ID, STRANGE), another), incident()) == made(STRANGE)
    pretending = replace(STRANGE, destination=f"arn:aws:s3:::x/:logs:{REF.region}:{REF.account}:log-group:")
    assert restore_flow_log.plan(gone(Deleted(VPC_ID, pretending)), incident()) == ()


@pytest.mark.parametrize(
    ("world", "why"),
    [
        (gone(None), "neither AWS Config nor CloudTrail knows"),
        (gone(Deleted("subnet-0123456789abcdef0", TO_GROUP)), "not a single VPC"),
        (gone(Deleted(VPC_ID, TO_GROUP), owner=OTHER_ACCOUNT), OTHER_ACCOUNT),
        (
            gone(Deleted(VPC_ID, replace(TO_GROUP, kind="kinesis-data-firehose"))),
            "does not recreate flow logs with this type of destination",
        ),
        (gone(Deleted(VPC_ID, TO_GROUP), role=""), ROLE),
    ],
    ids=["unknown", "subnet", "foreign", "firehose", "no role"],
)
def test_what_cannot_be_made_again_is_for_a_person(world: ResourceState, why: str) -> None:
    assert restore_flow_log.plan(world, incident()) == ()
    (words,) = restore_flow_log.review_items(world, incident())
    assert why in words


def test_a_flow_log_that_is_still_there_is_nothing_to_do() -> None:
    there = ResourceState(FLOW_LOG, {FlowLogs: FlowLogs(exists=True)})
    assert restore_flow_log.plan(there, incident()) == ()
    assert restore_flow_log.review_items(there, incident()) == ()


# What sets it off


def judged(rule: str, kind: str, ref: NetworkRef) -> dict[str, Any]:
    return verdict(rule, f"AWS::EC2::{kind}", ref.id)


def called(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return call_event("ec2", name, parameters)


OPEN = {
    "groupId": GROUP_ID,
    "ipPermissions": {"items": [{"ipProtocol": "tcp", "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]},
}
CHANGE = {
    "ModifySecurityGroupRulesRequest": {
        "GroupId": GROUP_ID,
        "SecurityGroupRule": {"SecurityGroupRuleId": "s"},
    }
}
DELETE = {"DeleteFlowLogsRequest": {"FlowLogId": {"tag": 1, "content": FLOW_LOG.id}}}
BOTH = ("revoke-open-ingress", "close-default-group")
BY_RULE = ("SecurityGroup", GROUP)


@pytest.mark.parametrize(
    ("event", "ref", "answering"),
    [
        (judged("restricted-ssh", "SecurityGroup", GROUP), GROUP, BOTH[:1]),
        (judged("securityhub-restricted-common-ports-4f2a9c1e", "SecurityGroup", GROUP), GROUP, BOTH[:1]),
        (judged("securityhub-restricted-rdp-4f2a9c1e", "SecurityGroup", GROUP), GROUP, BOTH[:1]),
        (
            judged("securityhub-vpc-sg-restricted-common-ports-29874e97", "SecurityGroup", GROUP),
            GROUP,
            BOTH[:1],
        ),
        (
            judged("securityhub-vpc-sg-port-restriction-check-4f2a9c1e", "SecurityGroup", GROUP),
            GROUP,
            BOTH[:1],
        ),
        (judged("vpc-default-security-group-closed", "SecurityGroup", GROUP), GROUP, BOTH[1:]),
        (judged("vpc-flow-logs-enabled-conformance-pack-q7w2ex", "VPC", VPC), VPC, ("enable-flow-logs",)),
        (called("AuthorizeSecurityGroupIngress", OPEN), GROUP, BOTH),
        (called("AuthorizeSecurityGroupEgress", OPEN), GROUP, BOTH[1:]),
        (called("ModifySecurityGroupRules", CHANGE), GROUP, BOTH),
        (called("DeleteFlowLogs", DELETE), FLOW_LOG, ("restore-flow-log",)),
    ],
)
def test_each_event_is_answered_for_its_subject_by_the_remediations_that_are_for_it(
    event: dict[str, Any], ref: NetworkRef, answering: tuple[str, ...]
) -> None:
    finding = parse(event)
    assert isinstance(finding, Finding)
    assert finding.subjects == (ref,)
    assert HARDEN_NETWORK.answers(finding)
    chosen = HARDEN_NETWORK.answers_by_type()
    assert tuple(id_ for id_ in HARDEN_NETWORK.ids if finding.type in chosen.get(id_, ())) == answering


@pytest.mark.parametrize("rule", ["nacl-no-unrestricted-ssh-rdp", "restricted-ssh-of-the-team"])
def test_a_rule_whose_name_only_contains_one_of_them_is_not_answered(rule: str) -> None:
    finding = parse(judged(rule, "SecurityGroup", GROUP))
    assert not isinstance(finding, Finding) or not HARDEN_NETWORK.answers(finding)


def test_what_can_break_a_workload_says_so() -> None:
    assert [one.id for one in HARDEN_NETWORK.remediations if one.workload_risk] == list(BOTH)
