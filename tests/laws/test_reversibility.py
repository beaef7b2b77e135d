"""Law 2: applying the plan of a reversible remediation and undoing it gives back the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from tests.support.catalogue import EACH_PINNED, EACH_REMEDIATION, EACH_RUNBOOK, EACH_WITH_OPTIONS
from tests.support.laws import reversibility as laws

if TYPE_CHECKING:
    from tests.support.runbook_worlds import Situation, Worlds


@EACH_REMEDIATION
@given(data=st.data())
def test_undoing_a_remediation_gives_back_the_state(worlds: Worlds, id_: str, data: st.DataObject) -> None:
    runbook = worlds.of(id_)
    situation = data.draw(worlds.situations(*runbook.observations, settled=True))
    laws.gives_back(runbook, *situation, worlds.comparable)


@EACH_RUNBOOK
@given(data=st.data())
def test_undoing_a_runbook_gives_back_the_state_and_an_undo_undone_is_the_change_again(
    worlds: Worlds, data: st.DataObject
) -> None:
    """Every option is switched on at once. Drawing takes the longest, so one situation serves two laws."""
    situation = data.draw(worlds.situations(settled=True))
    laws.gives_back(worlds.runbook, *situation, worlds.comparable)
    laws.leads_there_and_back(worlds.runbook, *situation)


@EACH_WITH_OPTIONS
@given(data=st.data())
def test_whichever_options_are_on_undoing_a_runbook_gives_back_the_state(
    worlds: Worlds, data: st.DataObject
) -> None:
    runbook = worlds.runbook.chosen(data.draw(worlds.options))
    laws.gives_back(runbook, *data.draw(worlds.situations(settled=True)), worlds.comparable)


@EACH_PINNED
def test_a_situation_in_which_a_law_did_not_hold_once(worlds: Worlds, situation: Situation) -> None:
    laws.gives_back(worlds.runbook, *situation, worlds.comparable)
    laws.leads_there_and_back(worlds.runbook, *situation)
