"""`ringfence run` ends where the rest is others' to do: a person's to look at, or a service's in its time."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ringfence.model.errors import Retryable
from ringfence.model.observation import ResourceState
from ringfence.model.runbook import Stage
from ringfence.policy.policy import Policy, RunbookSettings
from ringfence.remediations.isolate_instance import isolate_instance
from tests.support.fakes.site import POLICY, RUNBOOK, Site
from tests.support.fakes.terminal import Terminal
from tests.support.samples.hardening import HARDEN, ToySwitches, first_switch, tell_of_it
from tests.support.samples.hardening import REF as TOY
from tests.support.samples.runbooks import idle
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

    from ringfence.model.incident import Incident

DONE, NOT_DONE = 0, 1
WHY = ("--reason", "it is open", "--yes")
ASKED = "nobody has named a bucket for the logs"


def ask(observed: ResourceState, incident: Incident) -> Iterator[str]:
    del observed, incident
    yield ASKED


def wait(observed: ResourceState, incident: Incident) -> Iterator[str]:
    del observed, incident
    yield "AWS Config has not evaluated the rule again yet"


REVIEWED = replace(first_switch, needs_review=ask)
WAITED_FOR = replace(tell_of_it, pending_elsewhere=wait)


def hardening(*stages: Stage) -> Terminal:
    """An operator at a toy that such a runbook puts right."""
    runbook = replace(HARDEN, stages=stages)
    policy = Policy((TOY.account,), runbooks=((HARDEN.id, RunbookSettings(runbook.ids)),))
    return Terminal(Site(policy, runbook=runbook, world=ResourceState(TOY).with_observation(ToySwitches())))


def containing(*stages: Stage) -> Terminal:
    """An operator at an instance that such a runbook contains."""
    runbook = replace(RUNBOOK, stages=stages)
    policy = replace(POLICY, runbooks=((RUNBOOK.id, RunbookSettings(runbook.ids)),))
    return Terminal(Site(policy, runbook=runbook))


def harden(terminal: Terminal, *words: str) -> Result:
    return terminal("run", HARDEN.id, TOY.id, *WHY, *words)


FIX, TELL = Stage("fix", "Fix", (REVIEWED,)), Stage("tell", "Tell", (tell_of_it,))


@pytest.mark.parametrize("words", [(), ("--direct",), ("--remediation", "first-switch")])
def test_what_is_left_to_a_person_is_not_waited_for(words: tuple[str, ...]) -> None:
    terminal = hardening(FIX, TELL)
    result = harden(terminal, *words)
    assert result.exit_code == DONE, result.output
    assert terminal.waited <= 2
    assert "remediated, verified; the rest needs your review" in result.stdout
    assert "not remediated" not in result.stdout
    assert f"Needs your review\n  - {ASKED}" in result.stdout
    assert "Residual risk" not in result.stdout.rpartition("Needs your review")[2]


def test_of_a_bucket_the_json_does_not_speak_of_containment() -> None:
    told = json.loads(harden(hardening(FIX, TELL), "--json").stdout)
    assert (told["status"], told["state"]["review"]) == ("for review", [ASKED])


def test_what_could_not_be_put_right_is_waited_for_though_something_is_for_a_person_too() -> None:
    terminal = hardening(FIX, TELL)

    def fail_for_a_while(_: object) -> None:
        if terminal.waited < 20:
            raise Retryable("not now")

    terminal.site.cloud.refuse = fail_for_a_while
    result = harden(terminal)
    assert (result.exit_code, terminal.waited >= 20) == (DONE, True), result.output


def test_what_a_service_does_in_its_own_time_is_not_waited_for() -> None:
    terminal = hardening(replace(FIX, members=(first_switch,)), replace(TELL, members=(WAITED_FOR,)))
    result = harden(terminal)
    assert result.exit_code == DONE, result.output
    assert terminal.waited <= 2
    assert "remediated, verified; AWS services still have work to do" in result.stdout
    assert "AWS Config has not evaluated the rule again yet" in result.stdout


def test_an_instance_may_be_contained_and_something_for_a_person() -> None:
    keep = Stage("keep", "Keep", (replace(idle("leave-group"), needs_review=ask),))
    terminal = containing(RUNBOOK.stages[0], keep)
    result = terminal("run", RUNBOOK.id, REF.id, *WHY)
    assert result.exit_code == DONE, result.output
    assert terminal.waited <= 2
    assert "contained, verified; the rest needs your review" in result.stdout


def test_what_a_person_must_contain_is_not_contained_and_not_waited_for_either() -> None:
    terminal = containing(Stage("isolate", "Isolate", (replace(isolate_instance, needs_review=ask),)))
    result = terminal("run", RUNBOOK.id, REF.id, *WHY)
    assert result.exit_code == NOT_DONE, result.output
    assert terminal.waited <= 2
    assert "not contained; the rest needs your review" in result.stdout
