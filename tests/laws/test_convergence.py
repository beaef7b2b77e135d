"""Law 1: applying a plan and planning again gives an empty plan, for any state of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.support.catalogue import EACH_PINNED, EACH_REMEDIATION, EACH_RUNBOOK, EACH_WITH_OPTIONS
from tests.support.laws import convergence as laws

if TYPE_CHECKING:
    from tests.support.runbook_worlds import Situation, Worlds


@EACH_REMEDIATION
@given(data=st.data())
def test_a_remediation_has_nothing_to_do_once_it_is_done(
    worlds: Worlds, id_: str, data: st.DataObject
) -> None:
    runbook = worlds.of(id_)
    laws.converges(runbook, *data.draw(worlds.situations(*runbook.observations)))


@EACH_WITH_OPTIONS
@given(data=st.data())
def test_whichever_options_are_on_a_runbook_has_nothing_to_do_once_it_is_done(
    worlds: Worlds, data: st.DataObject
) -> None:
    enabled = data.draw(worlds.options)
    laws.converges(worlds.runbook.chosen(enabled), *data.draw(worlds.situations()))


@EACH_RUNBOOK
@given(data=st.data())
def test_no_remediation_undoes_what_another_did_and_each_step_knows_and_says_what_it_does(
    worlds: Worlds, data: st.DataObject
) -> None:
    """Every option is switched on at once. Drawing takes the longest, so one situation serves three laws."""
    situation = data.draw(worlds.situations())
    laws.converges(worlds.runbook, *situation)
    laws.knows_where_the_world_stands(worlds.runbook, *situation)
    laws.can_be_recorded_and_described(worlds.runbook, *situation)


@EACH_PINNED
def test_a_situation_in_which_a_law_did_not_hold_once(worlds: Worlds, situation: Situation) -> None:
    laws.converges(worlds.runbook, *situation)
    laws.knows_where_the_world_stands(worlds.runbook, *situation)
    laws.can_be_recorded_and_described(worlds.runbook, *situation)
