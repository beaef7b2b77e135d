"""Going on: a continuation is a message in a queue, and may be anybody's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ringfence.core.chain import ChainKey, History, Stamp, link
from ringfence.core.errors import BadInput
from ringfence.core.facts import DecisionMade
from ringfence.core.policy import Decision, Mode
from ringfence.opening import opening
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.worlds import AUTO, DRY_RUN, NOON, REF, order

STAMP = Stamp(ChainKey("contain-instance", REF.key), "inc-1", "test", "a-1", NOON)
CHOSEN = (("auto-scaling", "detach"),)


def decided(decision: Decision, *remediations: str) -> DecisionMade:
    return DecisionMade(decision, NOON, "f-1", remediations, CHOSEN)


def recorded(*made: DecisionMade) -> History:
    return History(link(STAMP, None, made))


def go_on(history: History, *remediations: str, way: str = "detach") -> Mode:
    asked = order(decision=None, runbook=CONTAIN_INSTANCE.narrowed(remediations))
    return opening(replace(asked, choices=(("auto-scaling", way),)), history, NOON).decision.mode


def test_what_was_decided_on_goes_on_and_so_does_a_part_of_it() -> None:
    history = recorded(decided(AUTO, "isolate-instance", "leave-auto-scaling"))
    assert go_on(history, "isolate-instance", "leave-auto-scaling") is Mode.AUTO
    assert go_on(history, "leave-auto-scaling") is Mode.AUTO


def test_what_nobody_decided_on_does_not_go_on() -> None:
    with pytest.raises(BadInput, match="remediations: must be among those that were decided on"):
        go_on(recorded(decided(AUTO, "isolate-instance")), "isolate-instance", "stop-instance")


def test_what_was_only_tried_out_is_not_carried_out_beside_what_was_decided() -> None:
    history = recorded(decided(AUTO, "isolate-instance"), decided(DRY_RUN, "stop-instance"))
    with pytest.raises(BadInput, match="stop-instance"):
        go_on(history, "isolate-instance", "stop-instance")


def test_an_option_goes_on_as_it_was_decided() -> None:
    with pytest.raises(BadInput, match=r"choices\.auto-scaling: must be as it was decided"):
        go_on(recorded(decided(AUTO, "leave-auto-scaling")), "leave-auto-scaling", way="standby")


def test_an_option_that_is_newer_than_the_decision_does_no_harm() -> None:
    made = replace(decided(AUTO, "leave-auto-scaling"), choices=())
    assert go_on(recorded(made), "leave-auto-scaling") is Mode.AUTO
