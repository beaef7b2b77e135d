"""Who may ask, and why: what every request by hand is checked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.handlers.operator_types import LONGEST_REASON, Forbidden, check_actor, check_reason
from ringfence.model.errors import BadInput
from ringfence.model.resource_names import run_role


@given(st.text())
def test_a_reason_that_is_taken_is_one_printable_line(text: str) -> None:
    try:
        taken = check_reason(text)
    except BadInput:
        return
    assert taken.isprintable()
    assert 0 < len(taken) <= LONGEST_REASON


@pytest.mark.parametrize("arn", ["", "kim", "arn:aws:iam::1:user/\n", "arn:" + "x" * 3000])
def test_who_cannot_be_named_is_forbidden(arn: str) -> None:
    with pytest.raises(Forbidden):
        check_actor(arn)


def test_a_run_by_hand_acts_through_the_runbooks_own_role() -> None:
    assert run_role("contain-instance") == "ringfence-contain-instance"
