"""The two options of isolation: the transition group and the network ACLs."""

from __future__ import annotations

import pytest

from ringfence.model.errors import Refused
from ringfence.model.observation import ResourceState
from ringfence.model.plan import dependency_levels, net_changes
from ringfence.model.step import State
from ringfence.model.symbol import QuarantineGroup, Ready, TransitionGroup
from ringfence.observations.ec2.acls import Acl, AclEntry, SubnetAcls
from ringfence.steps.ec2.acls import AllowAddress, DenyAddress
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.ec2.transition import OpenTransitionGroup
from tests.support.talks import refusal, talk
from tests.support.worlds import REF

OPEN = OpenTransitionGroup("vpc-1", 1)
NAMES = {TransitionGroup("vpc-1"): "sg-t", QuarantineGroup("vpc-1"): "sg-q"}
WEB, PASSING = frozenset({"sg-web"}), frozenset({TransitionGroup("vpc-1")})
QUARANTINED = frozenset({QuarantineGroup("vpc-1")})
THROUGH = SetSecurityGroups("eni-1", "vpc-1", WEB, PASSING)
ISOLATE = SetSecurityGroups("eni-1", "vpc-1", WEB, QUARANTINED)
DENY = DenyAddress("acl-1", 1, egress=True, cidr="198.51.100.7/32", before=False, after=True)
ALLOW = DENY.inverse()
ENTRY = {"RuleNumber": 1, "Egress": True, "RuleAction": "deny", "Protocol": "-1", "CidrBlock": DENY.cidr}


def described(*entries: dict[str, object]) -> dict[str, object]:
    return {"NetworkAcls": [{"NetworkAclId": "acl-1", "Entries": list(entries)}]}


def test_the_transition_group_is_opened_both_ways_for_both_protocols() -> None:
    (calls,), _ = talk(OPEN.apply(NAMES), ({}, {}, {}, {}))
    opened = {(call.operation, str(call.parameters["IpPermissions"])) for call in calls}
    assert {call.parameters["GroupId"] for call in calls} == {"sg-t"}
    assert len(opened) == 4
    for way in ("Ingress", "Egress"):
        rules = "".join(text for operation, text in opened if operation.endswith(way))
        assert "0.0.0.0/0" in rules
        assert "::/0" in rules


def test_rules_that_are_there_already_do_no_harm() -> None:
    talk(OPEN.apply(NAMES), (refusal("InvalidPermission.Duplicate"),) * 4)


def test_a_transition_group_that_is_missing_is_refused_and_one_that_is_not_shown_yet_tried_again() -> None:
    """Where no failure is expected, the driver raises Retryable."""
    with pytest.raises(Refused):
        next(OPEN.apply({}))
    assert {code for call in next(OPEN.apply(NAMES)) for code in call.expected} == {
        "InvalidPermission.Duplicate"
    }


def test_an_interface_is_only_opened_where_quarantine_is_ready() -> None:
    assert set(THROUGH.requires) == {Ready("transition-open", "vpc-1"), Ready("quarantine-empty", "vpc-1")}


def test_isolation_comes_after_the_transition_but_does_not_need_it() -> None:
    assert [len(wave) for wave in dependency_levels((ISOLATE, THROUGH))] == [1, 1]
    assert dependency_levels((ISOLATE, THROUGH))[0] == (THROUGH,)
    assert not set(ISOLATE.requires) & set(THROUGH.provides)
    assert (THROUGH.best_effort, ISOLATE.best_effort) == (True, False)


@pytest.mark.parametrize(
    "later",
    [ISOLATE, SetSecurityGroups("eni-1", "vpc-1", PASSING, QUARANTINED)],
    ids=["at once", "by a retry"],
)
def test_an_undo_leads_from_quarantine_straight_to_the_groups_it_had(later: SetSecurityGroups) -> None:
    """Be the isolation of the same plan, or of a retry that found the interface in transition."""
    (folded,) = net_changes((THROUGH, later))
    assert folded.inverse() == SetSecurityGroups("eni-1", "vpc-1", QUARANTINED, WEB)


@pytest.mark.parametrize(
    ("cidr", "block"), [("198.51.100.7/32", "CidrBlock"), ("2001:db8::7/128", "Ipv6CidrBlock")]
)
def test_an_address_is_denied_in_its_own_protocol(cidr: str, block: str) -> None:
    step = DenyAddress("acl-1", 7, egress=False, cidr=cidr, before=False, after=True)
    ((call,),), _ = talk(step.apply({}), ({},))
    assert call.parameters == {
        "NetworkAclId": "acl-1",
        "RuleNumber": 7,
        "Protocol": "-1",
        "RuleAction": "deny",
        "Egress": False,
        block: cidr,
    }


@pytest.mark.parametrize(
    "code", ["NetworkAclEntryLimitExceeded", "NetworkAclEntryAlreadyExists", "InvalidParameterValue"]
)
def test_a_full_acl_or_a_number_taken_meanwhile_is_refused(code: str) -> None:
    with pytest.raises(Refused, match=code):
        talk(DENY.apply({}), (refusal(code),))


def test_a_rule_is_deleted_only_while_it_is_ours() -> None:
    calls, _ = talk(ALLOW.apply({}), (described(ENTRY),), ({},))
    assert calls[-1][0].parameters == {"NetworkAclId": "acl-1", "RuleNumber": 1, "Egress": True}
    for changed in (
        {"RuleAction": "allow"},
        {"CidrBlock": "10.0.0.0/8"},
        {"Protocol": "6"},
        {"RuleNumber": 2},
    ):
        calls, done = talk(ALLOW.apply({}), (described({**ENTRY, **changed}),))
        assert len(calls) == 1
        assert "no longer existed" in done.note
    assert len(talk(ALLOW.apply({}), (refusal("InvalidNetworkAclID.NotFound"),))[0]) == 1


def test_only_denying_is_best_effort_and_names_its_price() -> None:
    assert (DENY.best_effort, ALLOW.best_effort) == (True, False)
    assert isinstance(ALLOW, AllowAddress)
    assert "no host in the subnets" in DENY.side_effects()


@pytest.mark.parametrize(
    ("entries", "state"),
    [
        ((), State.BEFORE),
        ((DENY.entry,), State.AFTER),
        ((AclEntry(number=1, egress=False, deny=False, protocol="-1", cidr="0.0.0.0/0"),), State.BEFORE),
        ((AclEntry(number=1, egress=True, deny=False, protocol="-1", cidr="0.0.0.0/0"),), State.DRIFTED),
    ],
)
def test_where_the_world_stands_with_a_denial(entries: tuple[AclEntry, ...], state: State) -> None:
    observed = ResourceState(REF).with_observation(SubnetAcls((Acl("acl-1", frozenset(entries)),)))
    assert DENY.state(observed) is state
    assert DENY.state(ResourceState(REF).with_observation(SubnetAcls())) is State.GONE
    if state is State.DRIFTED:
        assert DENY.actual(observed) == "rule 1, which allows 0.0.0.0/0"


def test_rules_that_cannot_be_read_are_not_taken_for_gone() -> None:
    unreadable = ResourceState(REF).with_observation(SubnetAcls(readable=False))
    assert DENY.state(unreadable) is State.DRIFTED
    assert DENY.actual(unreadable) == "network ACLs that cannot be read"
    assert DENY.state(ResourceState(REF).with_observation(SubnetAcls())) is State.GONE
