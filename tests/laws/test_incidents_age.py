"""Whoever can cause findings cannot make a chain ever longer, where nothing is carried out."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.engine.incident_end import AGE
from ringfence.record.facts import FindingReceived
from ringfence.record.history import History
from tests.support.worlds import DRY_RUN, NOTIFY, finding, order
from tests.unit.engine.test_run import ISOLATE, KEY, Bench

if TYPE_CHECKING:
    from ringfence.policy.decision import Decision

PACE = timedelta(hours=6)
"""What lies between two findings at least: the bound is as many as fit into an incident's age."""
IDS = ("f-1", "f-2")
DECIDED, PLANNED = len(IDS), 1
"""What a chain has beside its findings: the decision on each, and the plan once."""


@pytest.mark.parametrize("decision", [NOTIFY, DRY_RUN])
@given(
    stream=st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from(IDS), st.booleans()), min_size=1, max_size=60
    )
)
def test_a_chain_holds_the_findings_of_a_week_and_no_finding_is_lost_or_recorded_twice(
    decision: Decision, stream: list[tuple[int, str, bool]]
) -> None:
    """However old the incident is by then, the newest finding may be delivered once more."""
    bench, sent = Bench(), [finding()]
    for number, (gap, id_, again) in enumerate(stream):
        bench.clock.tick(seconds=gap * PACE.total_seconds())
        now = bench.clock()
        received = finding(id_, updated=now)
        for one in (sent[-1], received) if again or not number else (received,):
            asked = order(now, received=one, decision=decision, runbook=ISOLATE, attempt=f"a-{now}")
            bench.engine.respond(asked)
        sent.append(received)
    chains = [History(tuple(each)) for _, each in groupby(bench.log.all(KEY), lambda one: one.incident)]
    for chain in chains:
        assert chain.entries[-1].at < chain.entries[0].at + AGE
        assert len(chain.of(FindingReceived)) <= AGE // PACE + 1
        assert len(chain.entries) <= len(chain.of(FindingReceived)) + DECIDED + PLANNED
    assert [one for chain in chains for one in chain.of(FindingReceived)] == sent
