"""What a second look comes to: contained, complete, or what is in the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringfence.engine.verification import Verification
from ringfence.model.incident import Incident
from ringfence.observations.ec2.auto_scaling import Scaling
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from ringfence.steps.ec2.lifecycle import stop
from tests.support.worlds import NOON, REF, estate

if TYPE_CHECKING:
    from ringfence.model.observation import ResourceState

RUNBOOK = CONTAIN_INSTANCE.chosen(())
ISOLATE, PRESERVE, COLLECT = RUNBOOK.stages
STEP = stop(REF.id)
INCIDENT = Incident("inc-1", NOON, choices=RUNBOOK.choose({}))


def looked(*, seen: ResourceState | None = None, **more: object) -> Verification:
    """Nothing is left to do, in no stage."""
    given = Verification(
        runbook=RUNBOOK,
        stages=RUNBOOK.stages,
        seen=seen or estate(),
        incident=INCIDENT,
        remaining={stage.id: () for stage in RUNBOOK.stages},
        unclear={},
    )
    return replace(given, **more)  # type: ignore[arg-type]  # a test names what it changes


def left(*stages: str) -> dict[str, object]:
    return {stage.id: (STEP,) if stage.id in stages else () for stage in RUNBOOK.stages}


def test_where_nothing_is_left_it_is_contained_and_complete() -> None:
    verified = looked().verified
    assert (verified.contained, verified.complete, verified.whole) == (True, True, True)
    assert verified.remediations == RUNBOOK.ids


def test_what_is_left_of_later_stages_takes_nothing_from_containment() -> None:
    verified = looked(remaining=left(COLLECT.id)).verified
    assert (verified.contained, verified.complete) == (True, False)
    assert verified.remaining == (STEP.describe(),)


def test_what_is_left_of_the_first_stage_is_not_contained() -> None:
    verified = looked(remaining=left(ISOLATE.id)).verified
    assert (verified.contained, verified.complete) == (False, False)


def test_a_look_at_the_first_stage_alone_is_never_complete() -> None:
    verified = looked(stages=(ISOLATE,), remaining={ISOLATE.id: ()}).verified
    assert (verified.contained, verified.complete, verified.whole) == (True, False, False)


def test_a_run_of_later_stages_alone_says_nothing_of_containment() -> None:
    part = RUNBOOK.narrowed(["snapshot-volumes"])
    verified = looked(runbook=part, stages=part.stages, remaining={COLLECT.id: ()}).verified
    assert (verified.contained, verified.judged, verified.complete) == (False, False, True)


def test_what_settles_or_cannot_be_told_yet_is_looked_at_again() -> None:
    leaving = looked(seen=estate().with_observation(Scaling("web", "Detaching")))
    unclear = looked(unclear={ISOLATE.id: ("not to be seen yet",)})
    assert leaving.again == ("Auto Scaling group web has it Detaching",)
    assert unclear.again == ("not to be seen yet",)
    assert (leaving.verified.contained, leaving.verified.complete) == (True, False)
    assert (unclear.verified.contained, unclear.verified.complete) == (False, False)


def test_what_others_have_yet_to_do_is_waited_for_and_not_tried_again() -> None:
    waits = looked(waiting=("Config records in its own time",))
    assert (waits.again, waits.only_waits, waits.verified.complete) == ((), True, False)
    assert not looked(waiting=("Config",), remaining=left(COLLECT.id)).only_waits
    overdue = looked(overdue=("Config never did",)).verified
    assert overdue.complete
    assert overdue.exposure[-1] == "Config never did"


def test_the_first_stage_is_stuck_where_all_that_is_left_of_it_is_hopeless() -> None:
    assert looked(remaining=left(ISOLATE.id)).is_stuck({STEP.target: "denied"})
    assert not looked(remaining=left(ISOLATE.id)).is_stuck({})
    assert not looked(unclear={ISOLATE.id: ("not to be seen yet",)}).is_stuck({STEP.target: "denied"})
