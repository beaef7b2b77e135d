"""Law 6, the other way: whatever containment meets, evidence and identity begin in the same delivery.

The first delivery asks for the continuation whatever the failure is, of whatever kind and code. The
continuation takes every step that does not need what failed, and says that nothing is contained. The same is
so if answers are lost meanwhile and looks are stale: then a message comes back, for this reason alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringfence.model import errors
from ringfence.model.errors import (
    AccessDenied,
    BadInput,
    Conflict,
    Drifted,
    Forged,
    InternalError,
    LimitReached,
    NotFound,
    OutcomeUnknown,
    ProofSlotTaken,
    Refused,
    Retryable,
    RingfenceError,
    Tampered,
    UnknownRecord,
)
from ringfence.model.incident import Incident
from tests.support.catalogue import WORLDS
from tests.support.trials import EACH_SEED, Failing, Trial, aim
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ringfence.model.observation import Observation
    from ringfence.model.step import Step
    from tests.support.runbook_worlds import Case

FAILURES: dict[str, RingfenceError] = {
    "refused": Refused("OperationNotPermitted: the interface is managed"),
    "any other code": Retryable(
        "ec2:ModifyNetworkInterfaceAttribute: AuthFailure: you do not have permission"
    ),
    "a quota": Retryable("ec2:CreateSecurityGroup: SecurityGroupLimitExceeded: the maximum is reached"),
    "denied": AccessDenied("ec2: UnauthorizedOperation: with an explicit deny"),
    "throttled": Retryable("ec2: RequestLimitExceeded: slow down"),
    "a lost response": OutcomeUnknown("ec2: the connection was reset"),
    "a part is gone": NotFound("InvalidNetworkInterfaceID.NotFound"),
    "an odd response": BadInput("ec2:DescribeInstances.VpcId", "is required"),
    "an internal error": InternalError("two things that cannot both be"),
}
NOT_OF_CALLS = frozenset({Conflict, Drifted, Forged, LimitReached, ProofSlotTaken, Tampered, UnknownRecord})
"""The errors that the log, the limits and the proof of a caller raise, and no call that contains."""
READS = {name: one for name, one in FAILURES.items() if not isinstance(one, NotFound)}
CONTAINING = {
    f"{id_}-{name}": case
    for id_, worlds in WORLDS.items()
    for name, case in worlds.cases.items()
    if not worlds.runbook.closes_when_complete
    and case.changes
    and not case.refused
    and len(case.runbook.stages) > 1
}


def test_an_error_of_each_kind_is_tried() -> None:
    declared = {one for one in vars(errors).values() if isinstance(one, type)}
    kinds = {one for one in declared if issubclass(one, RingfenceError)} - {RingfenceError}
    assert {type(one) for one in FAILURES.values()} == kinds - NOT_OF_CALLS


def trial(case: Case, failing: Failing, seed: int | None) -> Trial:
    (received, *_) = case.received()
    return Trial(case.runbook, case.became, failing, case.chosen, received, seed)


def first_steps(case: Case) -> tuple[type[Step], ...]:
    """Return the classes of step that the containment stage alone takes."""
    first, *later = case.runbook.on(case.state.ref).stages
    others = {step for stage in later for one in stage.remediations for step in one.steps}
    own = dict.fromkeys(step for one in first.remediations for step in one.steps)
    return tuple(step for step in own if step not in others)


def first_observations(case: Case) -> tuple[type[Observation], ...]:
    """Return what the containment stage alone reads."""
    first, *later = case.runbook.on(case.state.ref).stages
    others = {one for stage in later for one in stage.observations}
    return tuple(one for one in first.observations if one not in others)


CHANGING = {name: case for name, case in CONTAINING.items() if first_steps(case)}
"""The cases in which the containment stage has steps that no later stage has."""
SEEING = {name: case for name, case in CONTAINING.items() if first_observations(case)}
"""The cases in which the containment stage reads what no later stage reads."""


def each(cases: Mapping[str, Case]) -> pytest.MarkDecorator:
    """Run a law for each of these cases. There must be some of each runbook that contains."""
    assert {case.runbook.id for case in cases.values()} == {one.runbook.id for one in CONTAINING.values()}
    return pytest.mark.parametrize("case", cases.values(), ids=cases)


def held_together(case: Case) -> set[str]:
    """Return the remediations that wait for what decides whether they may change anything."""
    first, *_ = case.runbook.on(case.state.ref).stages
    return {id_ for one in first.remediations for id_ in (one.id, *one.held_together)}


def later_targets(case: Case, without: Collection[str] = ()) -> set[str]:
    """Return what later stages plan for a subject that is not contained: what does not need containment."""
    (received, *_) = case.received()
    incident = Incident("inc-1", NOON, ("f-1",), choices=case.chosen).with_findings([received.finding])
    _, *later = case.runbook.on(case.state.ref).stages
    remediations = (one for stage in later for one in stage.remediations if one.id not in without)
    return {aim(step) for one in remediations for step in one.plan(case.became, incident)}


@EACH_SEED
@pytest.mark.parametrize("name", FAILURES)
@each(CHANGING)
def test_every_step_of_containment_may_fail_for_any_reason(case: Case, name: str, seed: int | None) -> None:
    tried = trial(case, Failing(FAILURES[name], first_steps(case)), seed)
    wanted = later_targets(case)
    assert wanted
    tried.deliver()
    assert set(map(aim, tried.cloud.calls)) >= wanted
    assert tried.verified
    assert not tried.verified.contained


@EACH_SEED
@pytest.mark.parametrize("name", READS)
@each(SEEING)
def test_what_containment_must_see_may_be_unreadable_for_any_reason(
    case: Case, name: str, seed: int | None
) -> None:
    """Nothing is contained then, and nothing else waits for it."""
    tried = trial(case, Failing(Refused("")), seed)
    tried.cloud.unreadable = dict.fromkeys(first_observations(case), READS[name])
    wanted = later_targets(case, held_together(case))
    tried.deliver()
    assert set(map(aim, tried.cloud.calls)) >= wanted
    assert tried.verified
    assert not tried.verified.contained
    tried.cloud.unreadable = {}
    tried.deliver()
    tried.run_whatever_happens()  # as the continuation, which is at work since the first delivery
    tried.look_again()
    assert tried.verified.contained
