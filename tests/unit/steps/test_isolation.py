"""The steps of isolation, held as conversations: EC2 shows a group that was just made only by and by."""

from __future__ import annotations

from typing import Any

import pytest

from ringfence.model.errors import Refused, Retryable
from ringfence.model.symbol import QuarantineGroup, Symbol
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.ec2.own_groups import EmptyQuarantineGroup
from tests.support.talks import refusal, talk

GROUP = "sg-q"
NAMES: dict[Symbol, str] = {QuarantineGroup("vpc-1"): GROUP}
EMPTY = EmptyQuarantineGroup("vpc-1", 1)
ISOLATE = SetSecurityGroups("eni-1", "vpc-1", frozenset({"sg-web"}), frozenset({QuarantineGroup("vpc-1")}))
BORN = {"SecurityGroupRuleId": "sgr-1", "IsEgress": True}
NONE: dict[str, Any] = {"SecurityGroupRules": []}
NOT_FOUND = ("InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound")


def shown(*egress: dict[str, Any]) -> dict[str, Any]:
    return {"SecurityGroups": [{"GroupId": GROUP, "IpPermissions": [], "IpPermissionsEgress": list(egress)}]}


def test_the_rule_that_a_group_is_born_with_is_revoked_by_its_id() -> None:
    asked, done = talk(EMPTY.apply(NAMES), ({"SecurityGroupRules": [BORN]},), ({},))
    ((call,),) = asked[1:]
    assert call.operation == "RevokeSecurityGroupEgress"
    assert call.parameters == {"GroupId": GROUP, "SecurityGroupRuleIds": ["sgr-1"]}
    assert done.note == "revoked 1 rule"


def test_a_group_without_rules_was_emptied_by_another_responder() -> None:
    asked, done = talk(EMPTY.apply(NAMES), (NONE,), (shown(),))
    ((call,),) = asked[1:]
    assert call.parameters == {"Filters": [{"Name": "group-id", "Values": [GROUP]}]}
    assert done.note == "revoked 0 rules"


@pytest.mark.parametrize("answer", [{"SecurityGroups": []}, shown({"IpProtocol": "-1"})])
def test_no_interface_moves_into_a_group_whose_rules_are_not_shown_yet(answer: dict[str, Any]) -> None:
    """It would be open to the outside, as every group is that was just made."""
    with pytest.raises(Retryable):
        talk(EMPTY.apply(NAMES), (NONE,), (answer,))


@pytest.mark.parametrize("code", NOT_FOUND)
def test_a_quarantine_group_that_is_not_found_was_made_a_moment_ago(code: str) -> None:
    with pytest.raises(Retryable):
        talk(ISOLATE.apply(NAMES), (refusal(code),))


@pytest.mark.parametrize("code", NOT_FOUND)
def test_a_group_that_an_interface_once_had_and_that_is_not_found_is_gone_for_good(code: str) -> None:
    with pytest.raises(Refused):
        talk(ISOLATE.inverse().apply(NAMES), (refusal(code),))
