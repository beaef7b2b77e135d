"""Out of a target group and back in."""

from __future__ import annotations

import pytest

from ringfence.model.errors import NotFound, Refused, Retryable
from ringfence.model.observation import ResourceState
from ringfence.model.step import State
from ringfence.observations.ec2.target_groups import Registration, Target, Targets
from ringfence.steps.ec2.target_groups import DeregisterTargets
from tests.support.talks import refusal, talk
from tests.support.worlds import REF

GROUP = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0123456789abcdef"
OURS = frozenset({Target(REF.id, 80), Target(REF.id, 8080)})
OUT = DeregisterTargets(GROUP, OURS, frozenset())
BACK = OUT.inverse()


def seen(targets: frozenset[Target], draining: frozenset[Target] = frozenset()) -> ResourceState:
    return ResourceState(REF).with_observation(Targets((Registration(GROUP, targets, draining),)))


def machine(state: str = "running") -> dict[str, object]:
    return {"Reservations": [{"Instances": [{"InstanceId": REF.id, "State": {"Name": state}}]}]}


def test_every_port_is_named_both_ways() -> None:
    targets = [{"Id": REF.id, "Port": 8080}, {"Id": REF.id, "Port": 80}]
    for step, operation in ((OUT, "DeregisterTargets"), (BACK, "RegisterTargets")):
        ((call,),), _ = talk(step.apply({}), ({},))
        assert call.operation == operation
        assert sorted(map(str, call.parameters["Targets"])) == sorted(map(str, targets))  # type: ignore[call-overload]  # a list


def test_a_target_that_left_meanwhile_is_where_it_should_be() -> None:
    assert "somebody else" in talk(OUT.apply({}), (refusal("InvalidTarget"),))[1].note


@pytest.mark.parametrize("step", [OUT, BACK])
def test_a_deleted_group_is_gone(step: DeregisterTargets) -> None:
    with pytest.raises(NotFound):
        talk(step.apply({}), (refusal("TargetGroupNotFound"),))


@pytest.mark.parametrize("words", ["", "group batch-running: the instance is in another VPC"])
def test_the_state_of_the_instance_and_no_word_of_the_message_decides_whether_to_retry(words: str) -> None:
    refused = refusal("InvalidTarget", words)
    for state in ("pending", "stopping", "stopped"):
        with pytest.raises(Retryable, match=state):
            talk(BACK.apply({}), (refused,), (machine(state),))
    with pytest.raises(Refused):
        talk(BACK.apply({}), (refused,), (machine(),))
    with pytest.raises(Refused):
        talk(BACK.apply({}), (refused,), (refusal("InvalidInstanceID.NotFound", ""),))


def test_an_address_has_no_state_and_a_full_group_is_no_matter_of_it() -> None:
    address = DeregisterTargets(GROUP, frozenset({Target("10.0.0.7", 80)}), frozenset()).inverse()
    with pytest.raises(Refused):
        talk(address.apply({}), (refusal("InvalidTarget"),), ())
    with pytest.raises(Refused):
        talk(BACK.apply({}), (refusal("TooManyTargets"),))


def test_draining_is_out_but_still_under_way() -> None:
    draining = seen(frozenset(), OURS)
    assert OUT.state(draining) is State.AFTER
    assert draining.settling() == ("2 targets are draining",)


def test_where_the_world_stands() -> None:
    assert OUT.state(seen(OURS)) is State.BEFORE
    other = seen(frozenset({Target(REF.id, 443)}))
    assert OUT.state(other) is State.DRIFTED
    assert OUT.actual(other) == f"{REF.id}:443"


def test_a_group_is_called_by_its_name() -> None:
    assert OUT.describe().endswith("from target group web")
