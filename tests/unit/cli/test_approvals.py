"""`ringfence approvals`, `approve` and `reject`: what is shown, what is sent, and the exit codes."""

from __future__ import annotations

import json

import pytest

from ringfence.cli.answered import status_words
from ringfence.engine.run import Engine
from ringfence.model.document import Document
from ringfence.policy.decision import Decision, DecisionCode, Mode
from ringfence.record.approval_facts import ApprovalAnswered
from ringfence.record.approvals import Approval, approvals
from ringfence.record.facts import Verified
from tests.support.fakes.site import KIM, RUNBOOK, Site
from tests.support.fakes.terminal import Terminal
from tests.support.worlds import finding, order

DONE, NOT_DONE, UNUSABLE = 0, 1, 2
ASK = Decision(Mode.APPROVE, "policy rule 1 sets mode approve", "rule 1", DecisionCode.POLICY)


class Asking(Site):
    """A site whose containment waits for approval."""

    def __init__(self) -> None:
        super().__init__()
        given = order(decision=ASK, received=finding(), runbook=RUNBOOK)
        Engine(self.ports("")).respond(given)
        self.clock.tick(minutes=5)

    @property
    def approval(self) -> Approval:
        return approvals(self.history.entries)[-1]

    @property
    def incident(self) -> str:
        return self.history.incident


@pytest.fixture
def site() -> Asking:
    return Asking()


@pytest.fixture
def terminal(site: Asking) -> Terminal:
    return Terminal(site)


def test_the_plan_is_shown_with_its_steps_and_its_digest(terminal: Terminal, site: Asking) -> None:
    result = terminal("approvals", site.incident)
    assert result.exit_code == DONE, result.output
    assert all(step in result.stdout for step in site.approval.asked.steps)
    assert site.approval.asked.digest in result.stdout
    assert "waiting" in result.stdout


def test_what_is_confirmed_is_approved_and_carried_out(terminal: Terminal, site: Asking) -> None:
    result = terminal("approve", site.incident, answer="y\n")
    assert result.exit_code == DONE, result.output
    assert "Ringfence carries it out now" in result.stdout
    (answered,) = site.history.of(ApprovalAnswered)
    assert answered.answer == "approve"
    assert site.history.entries[-1].actor == KIM
    site.go_on()
    last = site.history.last(Verified)
    assert last is not None
    assert last.contained


def test_what_is_not_confirmed_is_not_approved(terminal: Terminal, site: Asking) -> None:
    result = terminal("approve", site.incident, answer="n\n")
    assert result.exit_code == NOT_DONE
    assert not site.history.of(ApprovalAnswered)


def test_with_the_digest_nobody_is_asked(terminal: Terminal, site: Asking) -> None:
    terminal.interactive = False
    assert terminal("approve", site.incident).exit_code == UNUSABLE
    other = terminal("approve", site.incident, "--plan", "0" * 64)
    assert other.exit_code == NOT_DONE
    assert f"{'0' * 64} is not the digest of this plan" in other.stdout
    assert "has changed" not in other.stdout
    assert f"--plan {site.approval.asked.digest}" in other.stdout
    assert not site.history.of(ApprovalAnswered)
    result = terminal("approve", site.incident, "--plan", site.approval.asked.digest, "--json")
    assert result.exit_code == DONE, result.output
    assert json.loads(result.stdout)["status"] == "approved"


def test_break_glass_needs_a_reason(terminal: Terminal, site: Asking) -> None:
    words = ("approve", site.incident, "--plan", site.approval.asked.digest, "--break-glass")
    assert terminal(*words).exit_code == UNUSABLE
    assert terminal(*words, "--reason", "nobody is awake").exit_code == DONE
    (answered,) = site.history.of(ApprovalAnswered)
    assert answered.break_glass
    assert answered.reason == "nobody is awake"


def test_a_rejection_is_final(terminal: Terminal, site: Asking) -> None:
    assert terminal("reject", site.incident).exit_code == UNUSABLE, "it needs a reason"
    assert terminal("reject", site.incident, "--reason", "a drill").exit_code == DONE
    result = terminal("approve", site.incident, "--yes")
    assert result.exit_code == NOT_DONE
    assert "takes no more answers" in result.output
    terminal.interactive = False
    result = terminal("approve", site.incident)
    assert result.exit_code == NOT_DONE, "no digest is asked for, because nobody can approve it any more"
    assert "takes no more answers" in result.output
    site.go_on()
    assert not site.cloud.calls


def test_an_approval_again_says_who_approved_it_and_when(terminal: Terminal, site: Asking) -> None:
    assert terminal("approve", site.incident, "--yes").exit_code == DONE
    site.go_on()
    changed = len(site.cloud.calls)
    result = terminal("approve", site.incident)
    assert result.exit_code == DONE, result.output
    assert f"Already approved by {KIM} at 2026-" in result.stdout
    assert "The plan is carried out; the incident is " in result.stdout
    assert "carries it out now" not in result.stdout
    assert "Approve this plan?" not in result.output
    site.go_on()
    assert len(site.cloud.calls) == changed
    assert len(site.history.of(ApprovalAnswered)) == 1


def test_a_rejection_again_says_who_rejected_it_and_when(terminal: Terminal, site: Asking) -> None:
    assert terminal("reject", site.incident, "--reason", "a drill").exit_code == DONE
    result = terminal("reject", site.incident, "--reason", "a drill")
    assert result.exit_code == DONE, result.output
    assert f"Already rejected by {KIM} at 2026-" in result.stdout
    assert "The plan is rejected." in result.stdout


def test_an_answer_that_comes_late_learns_who_answered(terminal: Terminal, site: Asking) -> None:
    assert terminal("reject", site.incident, "--reason", "a drill").exit_code == DONE
    assert f"reject by {KIM} at 2026-" in " ".join(terminal("approve", site.incident, "--yes").output.split())


def test_what_was_carried_out_has_no_expiry(terminal: Terminal, site: Asking) -> None:
    assert "expires at" in terminal("approvals", site.incident).stdout
    terminal("approve", site.incident, "--yes")
    site.go_on()
    shown = terminal("approvals", site.incident).stdout
    assert "  carried out; the incident is complete\n" in shown
    assert "expires at" not in shown


@pytest.mark.parametrize("words", [("approve",), ("reject", "--reason", "a drill")])
def test_an_incident_without_approvals_is_named_and_no_option(words: tuple[str, ...]) -> None:
    site = Site()
    incident = site.contain()
    result = Terminal(site)(*words, incident)
    assert result.exit_code == UNUSABLE
    assert f"there is no plan to answer in {incident}" in result.stderr
    assert "--approval" not in result.stderr


@pytest.mark.parametrize("words", [("inc-1",), ("inc-20260301T120000.000000-0123456789",)])
def test_an_incident_that_is_not_there_is_bad_input(terminal: Terminal, words: tuple[str, ...]) -> None:
    assert terminal("approvals", *words).exit_code == UNUSABLE
    assert terminal("approve", *words, "--yes").exit_code == UNUSABLE


def test_an_approval_that_is_not_there_is_bad_input(terminal: Terminal, site: Asking) -> None:
    assert terminal("reject", site.incident, "--approval", "x", "--reason", "x").exit_code == UNUSABLE


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("under way", "being carried out"),
        ("not contained", "carried out; the incident is not contained"),
        ("complete", "carried out; the incident is complete"),
        (None, "begun"),
    ],
)
def test_what_was_begun_is_said_with_the_state_of_its_incident(state: str | None, words: str) -> None:
    """A deployment of an earlier version says no state."""
    assert status_words(Document({"status": "begun", "state": state})) == words
