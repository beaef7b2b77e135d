"""A release whose execution died is checked, and a person is asked to repeat it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from ringfence.engine.intake import ExecutionContext
from ringfence.engine.release import Releaser
from ringfence.engine.stopped_release import release_check, release_watchdog
from ringfence.handlers import findings, wiring
from ringfence.handlers.proof import NOTHING_TAKEN
from ringfence.model.errors import BadInput, Retryable
from ringfence.model.symbol import QuarantineGroup
from ringfence.record.notices import notice
from ringfence.record.status import IncidentStatus
from tests.support.fakes.interruption import Killed
from tests.support.fakes.scene import KEY, Scene
from tests.support.fakes.site import Site
from tests.support.worlds import LEASE, finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringfence.engine.again import Again
    from ringfence.engine.release import ResponseRelease

QUARANTINED = {QuarantineGroup("vpc-1")}


def died(scene: Scene, at: str, attempt: str = "r-1") -> ResponseRelease:
    """Release, and let the process die at its first call of a kind."""

    def die(name: str, call: Callable[[], object]) -> object:
        scene.clock.tick(milliseconds=10)
        if name == at:
            raise Killed
        return call()

    asked = replace(scene.asked(), attempt=attempt)
    with pytest.raises(Killed):
        Releaser(scene.ports(die)).release(asked)
    return asked


def died_after(scene: Scene, at: str = "") -> ResponseRelease:
    """Release, and let the process die after its change: at its next call, or at the next one of a kind."""
    made = False

    def die(name: str, call: Callable[[], object]) -> object:
        nonlocal made
        if made and name.startswith(at):
            raise Killed
        made = made or name == "apply"
        return call()

    asked = scene.asked()
    with pytest.raises(Killed):
        Releaser(scene.ports(die)).release(asked)
    return asked


def checked(scene: Scene, asked: ResponseRelease) -> tuple[Again, ...]:
    """Let the message of the release become due, and handle it."""
    check = release_check(release_watchdog(asked), KEY.runbook)
    assert check
    context = ExecutionContext("check", "ringfence-contain-instance", scene.clock() + LEASE)
    return Releaser(scene.ports()).check(check, context)


def test_a_release_that_died_is_checked_and_a_person_is_asked_to_repeat_it() -> None:
    scene = Scene()
    scene.run()
    scene.clock.tick(minutes=5)
    asked = died(scene, "apply")
    assert checked(scene, asked), "its lease has not ended"
    scene.clock.tick(minutes=2)
    assert checked(scene, asked) == ()
    assert not scene.history.open_intents
    assert scene.groups() == [QUARANTINED], "a check changes nothing"
    told = notice(scene.history.entries)
    assert told
    assert "release not finished" in told.subject
    assert f"ringfence release {asked.incident}" in told.text
    assert scene.release().status is IncidentStatus.RELEASED
    assert scene.groups() == scene.before


def test_the_message_of_one_release_checks_a_later_one_whose_message_was_lost() -> None:
    scene = Scene()
    scene.run()
    scene.clock.tick(minutes=5)
    first = died(scene, "apply")
    scene.clock.tick(minutes=2)
    died(scene, "apply", "r-2")
    scene.clock.tick(minutes=2)
    assert checked(scene, first) == ()
    told = notice(scene.history.entries)
    assert told
    assert "release not finished" in told.subject
    known = scene.history.entries
    assert checked(scene, first) == ()
    assert scene.history.entries == known, "one check is enough"


def test_a_release_that_died_after_its_last_change_is_recorded_as_released() -> None:
    scene = Scene()
    scene.run()
    scene.clock.tick(minutes=5)
    asked = died_after(scene)
    scene.clock.tick(minutes=2)
    assert checked(scene, asked) == ()
    assert scene.history.released_at
    assert scene.groups() == scene.before


def test_a_step_of_an_earlier_release_is_no_proof_that_the_same_step_was_made_again() -> None:
    """The call fails, and the read afterwards still shows the groups that the earlier release restored."""
    scene = Scene()
    scene.run()
    scene.clock.tick(minutes=5)
    died_after(scene, "observe")
    restored = scene.cloud.world
    assert scene.groups() == scene.before
    scene.clock.tick(minutes=2)
    scene.run(received=finding("again", updated=scene.clock()))
    assert scene.groups() == [QUARANTINED]
    scene.clock.tick(seconds=20)

    def fail_and_look_late(name: str, call: Callable[[], object]) -> object:
        if name == "apply":
            scene.cloud.world = restored
            raise Retryable("throttled")
        return call()

    Releaser(scene.ports(fail_and_look_late)).release(scene.asked())
    assert scene.history.released_at is None


def test_a_release_that_ended_or_was_repeated_is_not_checked() -> None:
    scene = Scene()
    scene.run()
    scene.clock.tick(minutes=5)
    asked = died(scene, "apply")
    scene.clock.tick(minutes=2)
    scene.release()
    known = scene.history.entries
    assert checked(scene, asked) == ()
    assert scene.history.entries == known


def test_a_message_about_another_runbook_is_bad_input_and_a_continuation_is_no_check() -> None:
    scene = Scene()
    scene.run()
    with pytest.raises(BadInput):
        release_check(release_watchdog(scene.asked()), "harden-bucket")
    assert release_check('{"version": 1, "runbook": "contain-instance"}', KEY.runbook) is None
    with pytest.raises(BadInput):
        release_check("no JSON", KEY.runbook)


def test_an_operator_s_release_has_a_message_that_checks_it_and_a_dry_run_has_none() -> None:
    site = Site()
    incident = site.contain()
    body = {"incident": incident, "reason": "false alarm"}
    site.desk.release({**body, "dry_run": True}, site.caller())
    assert site.delayed == []
    site.desk.release({**body, "dry_run": False}, site.caller())
    ((runbook, message, seconds),) = site.delayed
    check = release_check(message, runbook)
    assert check
    assert check.incident == incident
    assert seconds > LEASE.total_seconds()


def test_the_second_queue_checks_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    scene.run()
    scene.clock.tick(minutes=5)
    asked = died(scene, "apply")
    scene.clock.tick(minutes=2)
    monkeypatch.setattr(wiring, "warm", scene.ports)
    monkeypatch.setattr(wiring, "settings", lambda: SimpleNamespace(runbook=KEY.runbook))
    context = ExecutionContext("check", "ringfence-contain-instance", scene.clock() + LEASE)
    assert findings.resume(release_watchdog(asked), context, NOTHING_TAKEN) == ()
    assert not scene.history.open_intents


def test_a_release_that_died_with_nothing_to_undo_is_concluded() -> None:
    """It recorded the request, and that ended the watch on the containment."""
    scene = Scene()
    scene.run()
    scene.move(*map(str, scene.before[0]))
    scene.clock.tick(minutes=5)

    def die(_: str, call: Callable[[], object]) -> object:
        if scene.history.release_asked_at:
            raise Killed
        return call()

    asked = scene.asked()
    with pytest.raises(Killed):
        Releaser(scene.ports(die)).release(asked)
    scene.clock.tick(minutes=5)
    assert checked(scene, asked) == ()
    assert scene.history.released_at
