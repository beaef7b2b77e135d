"""`ringfence release`: what would be restored, the question, the undo, and the exit codes."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from ringfence.engine.plan_binding import CHANGED
from ringfence.engine.run import Engine
from ringfence.model.errors import Retryable
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.facts import DecisionMade, RunRequested
from ringfence.record.shell import typed
from tests.support.fakes.gateway import Meanwhile
from tests.support.fakes.site import KEY, KIM, OTHER, RUNBOOK, Site
from tests.support.fakes.terminal import Terminal
from tests.support.worlds import REF, finding, order

DONE, NOT_DONE, UNUSABLE = 0, 1, 2
WHY = ("--reason", "false alarm")
UNKNOWN = "inc-20260301T120000.000000-0123456789"


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def terminal(site: Site) -> Terminal:
    return Terminal(site)


def test_after_a_yes_everything_is_as_it_was(terminal: Terminal, site: Site) -> None:
    before = site.groups()
    incident = site.contain()
    result = terminal("release", incident, *WHY, answer="y\n")
    assert result.exit_code == DONE, result.output
    assert site.groups() == before
    assert "released and verified" in result.stdout


def test_what_would_be_restored_and_what_stays_comes_before_the_question(
    terminal: Terminal, site: Site
) -> None:
    shown = terminal("release", site.contain(), *WHY, answer="y\n").stdout
    restored, stays, question = (
        shown.index(words)
        for words in (
            "the quarantine group of vpc-1 → sg-0, sg-web",
            "the group stays in its VPC, because other incidents may use it",
            "now?",
        )
    )
    assert restored < stays < question
    assert "Not undone" in shown


def test_anything_but_a_yes_changes_nothing(terminal: Terminal, site: Site) -> None:
    incident, calls = site.contain(), len(site.cloud.calls)
    result = terminal("release", incident, *WHY, answer="\n")
    assert result.exit_code == NOT_DONE
    assert len(site.cloud.calls) == calls


def test_a_dry_run_asks_nothing_and_changes_nothing(terminal: Terminal, site: Site) -> None:
    incident, calls = site.contain(), len(site.cloud.calls)
    result = terminal("release", incident, *WHY, "--dry-run")
    assert result.exit_code == DONE
    assert "sg-0, sg-web" in result.stdout
    assert len(site.cloud.calls) == calls
    flags = terminal("release", incident, *WHY, "--dry-run", "--skip-drifted")
    reason = typed(*WHY)
    assert result.stdout.splitlines()[-1] == f"ringfence release {incident} {reason}"
    assert flags.stdout.splitlines()[-1] == f"ringfence release {incident} {reason} --skip-drifted"


def test_a_dry_run_with_nothing_to_undo_suggests_no_release(terminal: Terminal, site: Site) -> None:
    asked = Decision(Mode.APPROVE, "policy rule 1 sets mode approve", "rule 1", DecisionCode.POLICY)
    Engine(site.ports("")).respond(order(decision=asked, received=finding(), runbook=RUNBOOK))
    incident = site.history.incident
    result = terminal("release", incident, *WHY, "--dry-run")
    assert result.exit_code == DONE, result.output
    assert "nothing to do" in result.stdout
    assert result.stdout.splitlines()[-1] == f"ringfence incidents show {incident}"


def test_where_nobody_can_be_asked_a_yes_must_be_given(site: Site) -> None:
    incident = site.contain()
    terminal = Terminal(site, interactive=False)
    assert terminal("release", incident, *WHY).exit_code == UNUSABLE
    assert terminal("release", incident, *WHY, "--yes").exit_code == DONE


def test_a_wrong_incident_is_told_before_anything_else(site: Site) -> None:
    result = Terminal(site, interactive=False)("release", "inc-1", *WHY)
    assert result.exit_code == UNUSABLE
    assert "incident: must be" in result.stderr


def test_where_the_world_has_moved_on_it_is_refused_with_the_difference(
    terminal: Terminal, site: Site
) -> None:
    incident, calls = site.contain(), len(site.cloud.calls)
    site.move("sg-\x1b[31m[red]other")
    result = terminal("release", incident, *WHY, "--yes")
    assert result.exit_code == NOT_DONE
    assert r"Ringfence set the quarantine group of vpc-1, found sg-\x1b[31m[red]other" in result.stderr
    assert "(before Ringfence: " in result.stderr
    assert f"ringfence incidents recheck {incident}" in result.stderr.splitlines()
    assert "\x1b" not in result.output
    assert len(site.cloud.calls) == calls


def test_a_release_that_would_be_another_than_was_agreed_to_is_refused(
    terminal: Terminal, site: Site
) -> None:
    incident, calls = site.contain(), len(site.cloud.calls)
    terminal.wire = Meanwhile(terminal.gateway, lambda: site.move("sg-other"))
    result = terminal("release", incident, *WHY, "--skip-drifted", answer="y\n")
    assert result.exit_code == NOT_DONE
    assert "removed steps: move eni-0 to " in result.stderr
    assert len(site.cloud.calls) == calls
    assert site.history.release_asked_at is None, "what is on its way goes on"
    made = site.history.last(DecisionMade)
    assert made
    assert (made.decision.mode, made.decision.reason) == (Mode.DRY_RUN, CHANGED)
    assert terminal("release", incident, *WHY, "--skip-drifted", answer="y\n").exit_code == DONE


def test_a_yes_without_a_look_releases_whatever_there_is(terminal: Terminal, site: Site) -> None:
    incident = site.contain()
    terminal.wire = Meanwhile(terminal.gateway, lambda: site.move("sg-other"))
    assert terminal("release", incident, *WHY, "--skip-drifted", "--yes").exit_code == DONE


def test_what_was_agreed_to_and_begun_is_finished(terminal: Terminal, site: Site) -> None:
    incident, before = site.contain(), len(site.cloud.calls)

    def fail_twice(_: object) -> None:
        if len(site.cloud.calls) > before and terminal.waited < 4:
            raise Retryable("not now")

    site.cloud.refuse = fail_twice
    result = terminal("release", incident, *WHY, answer="y\n")
    assert result.exit_code == DONE, result.output
    assert len([one for one in site.history.of(RunRequested) if not one.dry_run]) == 3


def test_the_rest_is_restored_where_that_is_chosen(terminal: Terminal, site: Site) -> None:
    incident = site.contain()
    site.move("sg-other")
    result = terminal("release", incident, *WHY, "--yes", "--skip-drifted")
    assert result.exit_code == DONE, result.output
    assert site.groups()[0] == {"sg-other"}
    assert "found sg-other" in result.stdout


def test_a_direct_release_says_so_in_the_log(terminal: Terminal, site: Site) -> None:
    result = terminal("release", site.contain(), *WHY, "--yes", "--direct")
    assert result.exit_code == DONE, result.output
    assert not terminal.gateway.asked
    assert {(one.what, one.verified) for one in site.history.of(RunRequested)} == {
        ("release --direct", False)
    }
    assert site.history.entries[-1].actor == KIM


def test_a_release_that_is_not_finished_is_asked_for_again(terminal: Terminal, site: Site) -> None:
    incident, before = site.contain(), len(site.cloud.calls)

    def fail_once(_: object) -> None:
        if len(site.cloud.calls) > before and not terminal.waited:
            raise Retryable("not now")

    site.cloud.refuse = fail_once
    result = terminal("release", incident, *WHY, "--yes")
    assert result.exit_code == DONE, result.output
    assert terminal.waited > 0


def test_a_release_that_does_not_end_in_time_is_exit_code_1(terminal: Terminal, site: Site) -> None:
    incident = site.contain()

    def fail(_: object) -> None:
        raise Retryable("not now")

    site.cloud.refuse = fail
    result = terminal("release", incident, *WHY, "--yes", "--wait", "10")
    assert result.exit_code == NOT_DONE
    assert "not released: being released" in result.stdout


def test_ctrl_c_ends_the_waiting_and_says_how_to_go_on(terminal: Terminal, site: Site) -> None:
    incident = site.contain()

    def fail(_: object) -> None:
        raise Retryable("not now")

    site.cloud.refuse = fail
    terminal.interrupted_after = 2
    result = terminal("release", incident, *WHY, "--yes")
    assert result.exit_code == 130, result.output
    assert result.stderr.splitlines()[-1] == f"ringfence incidents show {incident}"


def test_a_release_whose_answer_was_lost_is_known_from_the_log(terminal: Terminal, site: Site) -> None:
    incident, calls = site.contain(), len(site.cloud.calls)
    terminal.gateway.lose = {("/releases", 2)}
    result = terminal("release", incident, *WHY, "--yes")
    assert result.exit_code == DONE, result.output
    assert terminal.gateway.asked.count("/releases") == 2
    assert len(site.cloud.calls) == calls + 2


@pytest.mark.parametrize("incident", ["inc-1", "", "i-0123456789abcdef0", f"{UNKNOWN}\n", UNKNOWN])
def test_an_incident_that_is_none_or_unknown_is_bad_input(terminal: Terminal, incident: str) -> None:
    result = terminal("release", incident, *WHY, "--yes")
    assert result.exit_code == UNUSABLE
    assert "incident" in result.stderr


def test_what_was_released_is_refused(terminal: Terminal, site: Site) -> None:
    incident = site.contain()
    terminal("release", incident, *WHY, "--yes")
    result = terminal("release", incident, *WHY, "--yes")
    assert result.exit_code == NOT_DONE
    assert re.search(r"was released at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n", result.stderr)


def test_every_response_is_released(terminal: Terminal, site: Site) -> None:
    result = terminal("release", site.contain(REF, OTHER), *WHY, "--yes")
    assert result.exit_code == DONE, result.output
    assert result.stdout.count("released and verified") == 2


def test_of_an_incident_that_somebody_removed_from_the_lists_the_release_says_so(
    terminal: Terminal, site: Site
) -> None:
    """Nothing is wrong with its entries, so it is released."""
    incident = site.contain()
    asked: list[tuple[object, str]] = []

    def altered(keys: object, id_: str) -> tuple[str, ...]:
        asked.append((keys, id_))
        return ("the table has another month",)

    site.desk = replace(site.desk, altered=altered)
    result = terminal("release", incident, *WHY, "--yes")
    assert result.exit_code == DONE, result.output
    assert "TAMPERING: the table has another month\n" in result.stderr
    assert set(asked) == {((KEY,), incident)}
    assert "released and verified" in result.stdout


def test_where_one_response_is_refused_nothing_is_released(terminal: Terminal, site: Site) -> None:
    incident, calls = site.contain(REF, OTHER), len(site.cloud.calls)
    site.move("sg-other")
    result = terminal("release", incident, *WHY, "--yes")
    assert result.exit_code == NOT_DONE
    assert "found sg-other" in result.stdout
    assert "--skip-drifted" in result.stdout
    assert len(site.cloud.calls) == calls


def test_one_response_can_be_named(terminal: Terminal, site: Site) -> None:
    incident = site.contain(REF, OTHER)
    result = terminal("release", incident, *WHY, "--yes", "--subject", REF.key)
    assert result.exit_code == DONE, result.output
    assert OTHER.id not in result.stdout


@pytest.mark.parametrize(
    "words",
    [("--subject", "bucket/1/2/3"), ("--subject", REF.key, "--runbook", "none"), ("--runbook", RUNBOOK.id)],
)
def test_a_response_that_is_named_wrongly_is_bad_input(terminal: Terminal, words: tuple[str, ...]) -> None:
    result = terminal("release", UNKNOWN, *WHY, "--yes", *words)
    assert result.exit_code == UNUSABLE
    assert not terminal.gateway.asked


def test_the_json_is_one_object_on_standard_output(terminal: Terminal, site: Site) -> None:
    incident = site.contain()
    told = json.loads(terminal("release", incident, *WHY, "--yes", "--json").stdout)
    assert (told["status"], told["incident"]) == ("released", incident)
    assert told["plan"]["releases"][0]["plans"][0]["steps"]
    assert [one["state"] for one in told["state"]] == ["released"]
