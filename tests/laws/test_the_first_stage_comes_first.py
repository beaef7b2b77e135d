"""Law 6, over the catalogue: whatever fails later, and however, the first stage is done and verified.

Instances and credentials have more to prove, in `test_containment_comes_first.py` and
`test_credentials_are_contained_first.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.model.incident import Incident
from tests.support.catalogue import WORLDS
from tests.support.trials import CONTAINED, EACH_SEED, FAILURES, NAMES, UNREADABLE, Failing, Trial
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from ringfence.model.errors import RingfenceError
    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from tests.support.runbook_worlds import Case

EACH_CHANGE = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=f"{id_}-{name}")
        for id_, worlds in WORLDS.items()
        for name, case in worlds.cases.items()
        if case.changes and not case.refused and len(case.runbook.stages) > 1
    ],
)
"""Cases in which something is changed, nothing is refused, and a stage follows the first."""


def later_steps(case: Case) -> tuple[type[Step], ...]:
    """Return the classes of step that the first stage does not take."""
    first, *later = case.runbook.on(case.state.ref).stages
    own = {step for one in first.remediations for step in one.steps}
    every = (step for stage in later for one in stage.remediations for step in one.steps)
    return tuple(step for step in every if step not in own)


def later_observations(case: Case) -> tuple[type[Observation], ...]:
    """Return what the first stage does not read."""
    first, *_ = stages = case.runbook.on(case.state.ref).stages
    every = (one for stage in stages for one in stage.observations)
    return tuple(one for one in dict.fromkeys(every) if one not in first.observations)


def trial(case: Case, failing: Failing, seed: int | None) -> Trial:
    (received, *_) = case.received()
    return Trial(case.runbook, case.became, failing, case.chosen, received, seed)


def is_done(tried: Trial, case: Case) -> bool:
    """Say whether the log says that the first stage was verified.

    Where a later stage contains as well, that one may be what is not done. Then nothing of the first is left.
    """
    verified = tried.verified
    if verified is None or verified.contained:
        return verified is not None
    assert tried.cloud.world
    first, *later = case.runbook.on(case.state.ref).containing
    known = tried.history
    made = Incident(known.incident, NOON, choices=case.chosen, past=known.steps(), looked=True)
    return bool(later) and not first.plan(tried.cloud.world, made)


@EACH_SEED
@pytest.mark.parametrize("failure", FAILURES, ids=NAMES)
@EACH_CHANGE
def test_every_later_step_may_fail_at_once(case: Case, failure: RingfenceError, seed: int | None) -> None:
    tried = trial(case, Failing(failure, later_steps(case)), seed)
    first = tried.run(stages=1)
    assert first.status in CONTAINED or (first.verified and not first.verified.judged)
    tried.run_whatever_happens()
    assert is_done(tried, case)


@EACH_SEED
@pytest.mark.parametrize("failure", UNREADABLE, ids=lambda error: type(error).__name__)
@EACH_CHANGE
def test_what_is_read_later_may_be_unreadable(case: Case, failure: RingfenceError, seed: int | None) -> None:
    tried = trial(case, Failing(failure), seed)
    tried.cloud.unreadable = dict.fromkeys(later_observations(case), failure)
    tried.run_whatever_happens(stages=1)
    tried.run_whatever_happens()
    assert is_done(tried, case)
