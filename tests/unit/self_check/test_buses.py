"""The policy of a bus is compared with that of the bus that it belongs to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ringfence.model.document import Document
from ringfence.self_check.kinds import rules
from ringfence.self_check.places import Stack
from ringfence.self_check.template import Deployed, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME, REGION = "111122223333", "eu-west-1"
STACK = Stack(HOME, REGION, "Ringfence-Outputs")
KIND = next(one for one in rules.KINDS if one.type == "AWS::Events::EventBusPolicy")
STATEMENT = {"Sid": "only", "Effect": "Deny", "Principal": "*", "Action": "events:PutEvents"}


@pytest.mark.parametrize("bus", ["default", "ringfence-events"])
def test_the_policy_is_read_at_its_own_bus(bus: str) -> None:
    given = {"EventBusName": bus, "StatementId": "only", "Statement": STATEMENT}
    policy = Resource("AWS::Events::EventBusPolicy", "Policy", "only", given, STACK)
    talk = KIND.read(policy)
    ((call),) = next(talk)
    assert call.parameters == {"Name": bus}
    found: Mapping[str, Any] = {"Policy": json.dumps({"Statement": [STATEMENT]})}
    with pytest.raises(StopIteration) as ended:
        talk.send((Document.of(found),))
    assert ended.value.value == KIND.declared(policy)


def test_the_arn_of_a_bus_follows_from_its_name() -> None:
    template = {
        "Resources": {
            "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "ringfence-events"}},
            "Rule": {"Type": "AWS::X::Y", "Properties": {"Arn": {"Fn::GetAtt": ["Bus", "Arn"]}}},
        }
    }
    _, other = Deployed(STACK, template, {"Bus": "ringfence-events", "Rule": "r"}).resources()
    assert other.properties["Arn"] == f"arn:aws:events:{REGION}:{HOME}:event-bus/ringfence-events"
