"""Calls as values, and the instants that whoever makes them fills in."""

from __future__ import annotations

from datetime import timedelta

from ringfence.model.call import Ago, at
from tests.support.worlds import NOON


def test_an_instant_is_counted_back_from_when_the_call_is_made() -> None:
    asked = {"StartTime": Ago(timedelta(days=14)), "EndTime": Ago(), "Period": 60}
    assert at(asked, NOON) == {"StartTime": NOON - timedelta(days=14), "EndTime": NOON, "Period": 60}


def test_the_parameters_stay_as_they_were() -> None:
    asked = {"EndTime": Ago()}
    at(asked, NOON)
    assert asked == {"EndTime": Ago()}
