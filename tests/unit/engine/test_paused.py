"""A pause holds every step of what it names, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.intake import ExecutionContext, continuation, resumed
from ringfence.engine.results import FollowupKind
from ringfence.engine.run import Engine
from ringfence.model.errors import Refused, Retryable
from ringfence.record.deployment_facts import PauseHeld
from ringfence.record.facts import Intended, RunRequested, Verified
from ringfence.record.notices import notice
from ringfence.record.pauses import Pauses
from ringfence.record.status import IncidentStatus
from ringfence.runbooks.contain_instance import CONTAIN_INSTANCE
from tests.support import pauses
from tests.support.fakes.scene import Scene
from tests.support.going_on import gone_on
from tests.support.worlds import LEASE, REF, estate, finding, order

if TYPE_CHECKING:
    from ringfence.engine.requests import ResponseRequest
    from ringfence.engine.results import ResponseResult

HOUR = timedelta(hours=1)


def stopped(scene: Scene, lasts: timedelta = HOUR, **scope: str) -> None:
    pauses.paused(scene.log, scene.clock, scene.cloud, lasts, **scope)


def asked(scene: Scene, attempt: str, request: RunRequested | None = None) -> ResponseRequest:
    received = None if request else finding(updated=scene.clock())
    now = scene.clock()
    given = order(now, attempt=attempt, runbook=CONTAIN_INSTANCE, received=received, request=request)
    return replace(given, stages=1)


def respond(scene: Scene, given: ResponseRequest) -> ResponseResult:
    return Engine(scene.ports()).run(given)


def put_back(scene: Scene, given: ResponseRequest, result: ResponseResult) -> ResponseRequest:
    message = continuation(given, result)
    again = ExecutionContext(f"{given.attempt}-again", "test", scene.clock() + LEASE)
    return resumed(message, CONTAIN_INSTANCE, again)


def test_a_pause_holds_a_finding_which_is_read_recorded_and_told() -> None:
    scene = Scene(CONTAIN_INSTANCE, estate())
    stopped(scene)
    result = respond(scene, asked(scene, "a-1"))
    assert not scene.cloud.calls
    assert not scene.history.of(Intended)
    assert result.status is IncidentStatus.OPEN
    assert "a deployment is under way" in result.reason
    (fact,) = scene.history.of(PauseHeld)
    assert [one.who for one in fact.pauses] == [pauses.ANN]
    verified = scene.history.last(Verified)
    assert verified
    assert not verified.contained
    assert verified.remaining
    told = notice(scene.history.entries)
    assert told
    assert "NOT contained" in told.subject
    assert "a deployment is under way" in told.text


def test_what_was_held_is_contained_after_the_pause() -> None:
    scene = Scene(CONTAIN_INSTANCE, estate())
    stopped(scene)
    given = asked(scene, "a-1")
    result = respond(scene, given)
    (again,) = result.followups
    assert again.kind is FollowupKind.PAUSED
    scene.clock.tick(seconds=again.after.total_seconds())
    waiting = put_back(scene, given, result)
    result = respond(scene, waiting)
    assert not scene.cloud.calls
    assert [one.kind for one in result.followups] == [FollowupKind.PAUSED]
    scene.clock.tick(hours=1)
    after, result = gone_on(Engine(scene.ports()), put_back(scene, waiting, result))
    assert after.continuation == waiting.continuation == given.attempt
    respond(scene, put_back(scene, after, result))
    scene.clock.tick(minutes=2)
    verified = scene.history.last(Verified)
    assert verified
    assert verified.contained


def test_a_message_that_waits_for_hours_adds_no_entry_each_time() -> None:
    scene = Scene(CONTAIN_INSTANCE, estate())
    stopped(scene)
    given = asked(scene, "a-1")
    result = respond(scene, given)
    waiting = put_back(scene, given, result)
    respond(scene, waiting)
    entries = len(scene.history.entries)
    for number in range(5):
        scene.clock.tick(minutes=2)
        again = put_back(scene, replace(waiting, attempt=f"b-{number}"), result)
        assert respond(scene, again).follows(FollowupKind.PAUSED)
    assert [type(fact).__name__ for _, fact in scene.history.facts][entries:] == []


def test_other_messages_about_what_is_held_end() -> None:
    scene = Scene(CONTAIN_INSTANCE, estate())
    stopped(scene)
    first, second = asked(scene, "a-1"), asked(scene, "a-2")
    respond(scene, put_back(scene, first, respond(scene, first)))
    scene.clock.tick(seconds=1)
    result = respond(scene, put_back(scene, second, respond(scene, second)))
    assert result.status is IncidentStatus.JOINED
    assert not result.followups


def test_the_next_look_is_soon_and_not_before_the_end_of_the_pause() -> None:
    scene = Scene(CONTAIN_INSTANCE, estate())
    stopped(scene, timedelta(seconds=50))
    (again,) = respond(scene, asked(scene, "a-1")).followups
    assert timedelta(seconds=45) < again.after <= timedelta(seconds=51)
    other = Scene(CONTAIN_INSTANCE, estate())
    stopped(other, timedelta(hours=20))
    (again,) = respond(other, asked(other, "a-1")).followups
    assert again.after <= timedelta(minutes=1)


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        ({"runbook": "contain-instance"}, True),
        ({"runbook": "harden-bucket"}, False),
        ({"account": REF.account}, True),
        ({"account": "999988887777"}, False),
        ({"runbook": "contain-instance", "account": "999988887777"}, False),
        ({"incident": "inc-20260131T000000.000000-0123456789"}, False),
    ],
    ids=["runbook", "other runbook", "account", "other account", "runbook elsewhere", "other incident"],
)
def test_a_pause_holds_what_it_names_alone(scope: dict[str, str], holds: bool) -> None:  # noqa: FBT001 - a case
    scene = Scene(CONTAIN_INSTANCE, estate())
    pauses.paused(scene.log, scene.clock, scene.cloud, HOUR, **scope)
    respond(scene, asked(scene, "a-1"))
    assert bool(scene.cloud.calls) is not holds


def test_an_incident_is_paused_alone() -> None:
    scene = Scene(CONTAIN_INSTANCE, estate())
    scene.run()
    scene.move("sg-other")
    stopped(scene, incident=scene.history.incident)
    made = len(scene.cloud.calls)
    result = respond(scene, asked(scene, "a-2"))
    assert len(scene.cloud.calls) == made
    assert result.paused


def test_nothing_is_changed_if_nobody_can_tell_what_is_paused() -> None:
    scene = Scene(CONTAIN_INSTANCE, estate())
    scene.log.put_pauses(Pauses(unreadable="its MAC is wrong"))
    result = respond(scene, asked(scene, "a-1"))
    assert not scene.cloud.calls
    assert result.follows(FollowupKind.PAUSED)
    place = next(
        number for number, (_, fact) in enumerate(scene.history.facts) if isinstance(fact, PauseHeld)
    )
    told = notice(scene.history.entries[: place + 1])
    assert told
    assert "URGENT" in told.subject
    assert "its MAC is wrong" in told.text


def test_a_person_who_requests_a_run_is_told_of_the_pause_and_sees_the_plan() -> None:
    scene = Scene(CONTAIN_INSTANCE, estate())
    stopped(scene)
    with pytest.raises(Refused, match="a deployment is under way"):
        respond(scene, asked(scene, "a-1", request=RunRequested("run", "we saw it")))
    assert not scene.history.entries
    assert not scene.cloud.calls


def test_an_approved_plan_does_not_begin_during_a_pause() -> None:
    scene = Scene(CONTAIN_INSTANCE, estate())
    stopped(scene)
    with pytest.raises(Retryable, match="the approved plan waits"):
        respond(scene, replace(asked(scene, "a-1"), approved="approval-1"))
    assert not scene.history.entries
    assert not scene.cloud.calls


def test_a_person_can_release_during_a_pause() -> None:
    scene = Scene()
    scene.run()
    stopped(scene)
    scene.clock.tick(minutes=2)
    result = scene.release()
    assert result.status is IncidentStatus.RELEASED
    assert scene.groups() == scene.before
    assert any("a deployment is under way" in one for one in result.paused)


def test_a_stage_that_begins_after_the_pause_is_held() -> None:
    scene = Scene(CONTAIN_INSTANCE, estate())
    made: list[int] = []

    def gate(name: str, call: object) -> object:
        if name == "pauses" and not made:
            stopped(scene)
            made.append(len(scene.cloud.calls))
        return scene.gate(name, call)  # type: ignore[arg-type]  # a call

    result = scene.run(gate)
    assert made
    assert len(scene.cloud.calls) == made[0]
    assert result.follows(FollowupKind.PAUSED)
    assert scene.history.last(Verified)
