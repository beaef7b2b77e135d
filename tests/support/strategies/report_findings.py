"""The worlds of `report-findings`: nothing is read, and nothing is changed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from ringfence.model.incident import Incident
from ringfence.model.kinds.finding import FindingRef
from ringfence.model.observation import ResourceState
from ringfence.runbooks.report_findings import REPORT_FINDINGS
from tests.support.runbook_worlds import Case, Worlds, by_observations, independent, of
from tests.support.worlds import NOON, REF

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from ringfence.model.step import Step

TYPE = "Object:S3/MaliciousFile"
REPORTED = FindingRef(REF.account, REF.region, f"{TYPE}/5ac1f0b7e3d94c2a8b6f7d1e0c9a3b52")


@cache
def states() -> SearchStrategy[ResourceState]:
    """A finding of which nothing is read."""
    return st.just(ResourceState(REPORTED))


@cache
def incidents() -> SearchStrategy[Incident]:
    """One incident, because of one type of finding."""
    return st.builds(
        Incident, id=st.just("inc-1"), opened_at=st.just(NOON), types=st.sampled_from(((), (TYPE,)))
    )


def steps() -> tuple[Step, ...]:
    """There is no step."""
    return ()


CASES = {"reported": Case(REPORT_FINDINGS, ResourceState(REPORTED), (TYPE,), changes=False)}
WORLDS = Worlds(REPORT_FINDINGS, CASES, independent(by_observations(states), incidents), steps, of(REPORTED))
