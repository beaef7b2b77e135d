"""No instance is called contained while a way to the network is open or unseen: every state, every way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import AccessDenied, BadInput, Refused, Retryable
from ringfence.model.symbol import QuarantineGroup
from ringfence.observations.ec2.lifecycle import Lifecycle
from ringfence.observations.ec2.network import QUARANTINE, Network, OwnGroup
from ringfence.remediations.isolate_instance import isolate_instance
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.network import SetSecurityGroups
from ringfence.steps.ec2.own_groups import CreateOwnGroup, EmptyQuarantineGroup
from tests.support.strategies.contain_instance import EVERYTHING, everything_to_do
from tests.support.trials import Failing, Trial
from tests.support.worlds import network

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.model.errors import RingfenceError
    from ringfence.model.observation import ResourceState
    from ringfence.model.runbook import Runbook
    from ringfence.model.step import Step

STATES = ("pending", "running", "stopped")
FIRST = network("vpc-1", "vpc-2")
DEFAULTS = CONTAIN_INSTANCE.chosen(())
REFUSED = Refused("OperationNotPermitted")
OURS = OwnGroup("sg-q", "vpc-1", QUARANTINE, "ringfence-quarantine", ours=True, rules=0)


def moves(interface: str) -> Callable[[Step], bool]:
    return lambda step: isinstance(step, SetSecurityGroups) and step.interface_id == interface


@dataclass(frozen=True)
class Open:
    """A way that stays open: what is seen, which steps fail and how, and what cannot be read after them."""

    seen: Network = FIRST
    fails: Callable[[Step], bool] = lambda _: False
    how: RingfenceError = REFUSED
    unreadable: RingfenceError | None = None
    runbook: Runbook = DEFAULTS


def with_first(**changes: object) -> Network:
    first, *others = FIRST.interfaces
    return replace(FIRST, interfaces=(replace(first, **changes), *others))  # type: ignore[arg-type]  # a test names them


WAYS: dict[str, Open] = {
    "no interface is seen": Open(replace(FIRST, interfaces=())),
    "an interface is not described": Open(replace(FIRST, unclear=("EC2 does not describe an interface",))),
    "one interface is refused": Open(fails=moves("eni-1")),
    "one interface fails": Open(fails=moves("eni-1"), how=Retryable("AuthFailure")),
    "one interface is denied": Open(fails=moves("eni-0"), how=AccessDenied("UnauthorizedOperation")),
    "one response is odd": Open(fails=moves("eni-0"), how=BadInput("ec2", "is required")),
    "every interface is refused": Open(fails=lambda step: isinstance(step, SetSecurityGroups)),
    "no group can be made": Open(fails=lambda step: isinstance(step, CreateOwnGroup)),
    "the group keeps its rules": Open(fails=lambda step: isinstance(step, EmptyQuarantineGroup)),
    "the group has rules again": Open(
        replace(with_first(groups=frozenset({"sg-q"})), groups=(replace(OURS, rules=2),)),
        fails=lambda step: isinstance(step, EmptyQuarantineGroup),
    ),
    "the group is another's": Open(
        replace(with_first(groups=frozenset({"sg-q"})), groups=(replace(OURS, ours=False),)),
        fails=lambda step: isinstance(step, CreateOwnGroup),
    ),
    "another group stays beside ours": Open(
        replace(
            with_first(groups=frozenset({QuarantineGroup("vpc-1"), "sg-web"})),
            groups=(OURS,),
        ),
        fails=moves("eni-0"),
    ),
    "a group of another VPC": Open(
        replace(with_first(groups=frozenset({QuarantineGroup("vpc-2")})), groups=(OURS,)),
        fails=moves("eni-0"),
    ),
    "a trunk": Open(with_first(trunk=True)),
    "a service manages an interface": Open(with_first(operator="ecs.amazonaws.com"), fails=moves("eni-0")),
    "another account owns an interface": Open(with_first(foreign_owner="444455556666"), fails=moves("eni-0")),
    "the second look fails": Open(unreadable=Retryable("RequestLimitExceeded")),
    "the second look is refused": Open(unreadable=Refused("it will never be shown")),
    "only an address is blocked": Open(runbook=CONTAIN_INSTANCE.narrowed(("block-remote-address",))),
    "only evidence is saved": Open(runbook=CONTAIN_INSTANCE.narrowed(("snapshot-volumes",))),
}


def world(way: Open, state: str) -> ResourceState:
    whole = everything_to_do()
    return whole.with_observation(replace(way.seen, state=state)).with_observation(
        replace(whole[Lifecycle], state=state)
    )


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", WAYS)
def test_an_instance_with_a_way_open_is_not_called_contained(name: str, state: str) -> None:
    way = WAYS[name]
    failing = Failing(way.how, also=way.fails)
    trial = Trial(way.runbook, world(way, state), failing)
    if way.unreadable:
        trial.cloud.refuse = lambda _: vars(trial.cloud).update(unreadable={Network: way.unreadable})
    for _ in range(2):
        trial.deliver()
        assert not any(one.contained for one in trial.verdicts)
        assert trial.verified
        assert not (trial.verified.judged and trial.verified.complete)


@pytest.mark.parametrize("state", STATES)
def test_an_instance_without_a_way_open_is_called_contained(state: str) -> None:
    """The table above does not hold because nothing is ever contained."""
    trial = Trial(EVERYTHING, world(Open(), state))
    trial.deliver()
    assert trial.verified
    assert trial.verified.contained


@pytest.mark.parametrize(
    ("interface", "advice"),
    [
        ({"operator": "ecs.amazonaws.com"}, "ecs.amazonaws.com manages it"),
        ({"foreign_owner": "444455556666"}, "belongs to account 444455556666"),
        ({"trunk": True}, "stop or drain them"),
        ({}, "Ringfence tried it"),
    ],
)
def test_a_person_is_told_what_to_do_about_an_interface_that_stays_open(
    interface: dict[str, object], advice: str
) -> None:
    failing = Failing(Refused("OperationNotPermitted"), also=moves("eni-0"))
    trial = Trial(EVERYTHING, world(Open(with_first(**interface)), "running"), failing)
    trial.deliver()
    assert trial.verified
    assert any(advice in words and "eni-0" in words for words in trial.verified.exposure)


def test_an_interface_that_a_service_manages_is_tried_all_the_same() -> None:
    """EC2 decides. What it says of an interface does not keep Ringfence from isolating it."""
    trial = Trial(EVERYTHING, world(Open(with_first(operator="ecs.amazonaws.com")), "running"))
    trial.deliver()
    assert trial.verified
    assert trial.verified.contained


def test_an_instance_whose_interfaces_appear_later_is_isolated_then() -> None:
    trial = Trial(EVERYTHING, world(WAYS["no interface is seen"], "running"))
    trial.deliver()
    assert trial.verified
    assert "EC2 shows no network interface of the running instance" in trial.verified.settling
    trial.cloud.world = trial.cloud.world and trial.cloud.world.with_observation(FIRST)
    trial.deliver()
    assert trial.verified.contained
    assert {one.interface_id for one in trial.cloud.calls if isinstance(one, SetSecurityGroups)} == {
        "eni-0",
        "eni-1",
    }


def test_other_interfaces_are_isolated_while_one_is_not_described() -> None:
    seen = replace(FIRST, unclear=("EC2 does not describe an interface completely",))
    trial = Trial(EVERYTHING, world(Open(seen), "running"))
    trial.deliver()
    assert trial.cloud.world
    assert all(one.quarantined for one in trial.cloud.world[Network].interfaces)


def test_a_remediation_that_only_helps_contains_nothing() -> None:
    assert isolate_instance.contains
    assert not CONTAIN_INSTANCE.narrowed(("block-remote-address",)).has_containment_stage
    assert CONTAIN_INSTANCE.narrowed(("cut-tracked-flows",)).has_containment_stage
