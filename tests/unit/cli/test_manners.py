"""How every command behaves: help, suggestions, errors as JSON, completion, and advice after a denial."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from ringfence.cli.completion import remediations, runbooks, states
from ringfence.cli.denials import explained
from ringfence.cli.main import main
from ringfence.cli.operator_client import HttpOperatorClient
from ringfence.handlers.managed_policies import AUDITOR, CALLERS, DOCTOR, allowing
from ringfence.handlers.operator_routes import PATHS
from ringfence.handlers.operator_types import Forbidden
from ringfence.model.errors import AccessDenied, Retryable
from stacks import needs
from tests.support.commands import every
from tests.support.fakes.limited import Limited
from tests.support.fakes.site import RUNBOOK, Site
from tests.support.fakes.terminal import Terminal
from tests.support.transcripts.operators import pausing
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN = ("run", RUNBOOK.id, REF.id)


@pytest.fixture
def terminal() -> Terminal:
    return Terminal(Site())


COMMANDS = dict(every(main))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_h_is_help(words: tuple[str, ...]) -> None:
    COMMANDS[words]._help_option = None  # another test may have called the command alone, which is kept
    short, long = (CliRunner().invoke(main, (*words, flag)) for flag in ("-h", "--help"))
    assert (short.exit_code, short.output) == (0, long.output)


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (("run", "nothing", REF.id, "--reason", "r"), "bad-input", 2),
        ((*RUN, "--reason", "two\nlines", "--yes"), "bad-input", 2),
        ((*RUN, "--yes"), "usage", 2),
        (("incidents", "list", "--limit", "0"), "usage", 2),
        (("nothing",), "usage", 2),
    ],
)
def test_with_json_an_error_is_json_with_the_same_exit_code(
    terminal: Terminal, words: tuple[str, ...], kind: str, code: int
) -> None:
    plain, done = terminal(*words), terminal(*words, "--json")
    assert plain.exit_code == done.exit_code == code
    error = json.loads(done.stdout)["error"]
    assert (error["kind"], error["exit_code"]) == (kind, code)
    assert error["message"] in plain.stderr
    assert bool(error.get("field")) == (kind == "bad-input")


def test_with_json_ctrl_c_is_an_error_too(terminal: Terminal) -> None:
    terminal.interrupted_after = 0.0
    done = terminal(*RUN, "--reason", "r", "--yes", "--json")
    assert done.exit_code == 130
    assert json.loads(done.stdout)["error"]["kind"] == "stopped"


@pytest.mark.parametrize("action", sorted({one.action for one in needs.AUDIT if not one.implied}))
def test_a_denied_read_of_the_log_names_the_policy_of_auditors(action: str) -> None:
    words = explained(AccessDenied(f"{action}: AccessDenied", action))
    assert "The managed policy ringfence-auditor of the home account allows it" in words


def test_a_call_that_no_policy_allows_names_none() -> None:
    denied = AccessDenied("ec2:DescribeTags: UnauthorizedOperation", "ec2:DescribeTags")
    assert explained(denied) == str(denied)
    assert explained(Retryable("dynamodb:Query: throttled")) == "dynamodb:Query: throttled"


@pytest.mark.parametrize("route", PATHS)
def test_a_denied_request_names_the_policies_that_allow_it(route: str) -> None:
    class Denied:
        def post(self, path: str, document: Mapping[str, object]) -> tuple[int, object]:
            assert (path, document) == (route, {})
            return 403, {"message": "Forbidden"}

    with pytest.raises(Forbidden) as raised:
        HttpOperatorClient(Denied())._ask(route, {})
    named = {one.name for one in CALLERS if one.name in str(raised.value)}
    assert named == {one.name for one in CALLERS if route in one.routes} != set()


def test_the_policies_of_the_stacks_are_those_that_errors_name() -> None:
    assert {one.action for one in AUDITOR.permissions} == {
        one.action for one in needs.AUDIT if not one.implied
    }
    assert DOCTOR.permissions == needs.DOCTOR
    assert allowing("iam:CreateUser") == ()


def test_a_shell_offers_runbooks_and_their_remediations() -> None:
    context = click.Context(main)
    parameter = click.Argument(["runbook"])
    assert runbooks(context, parameter, "contain-") == ["contain-credentials", "contain-instance"]
    assert states(context, parameter, "not") == ["noted", "not-approved", "not-contained"]
    context.params["runbook"] = "harden-snapshot"
    assert remediations(context, parameter, "") == ["make-snapshot-private", "evaluate-rule"]
    context.params["runbook"] = "contain-inst"
    assert "isolate-instance" in remediations(context, parameter, "iso")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_its_script(shell: str) -> None:
    done = CliRunner().invoke(
        main, prog_name="ringfence", env={**os.environ, "_RINGFENCE_COMPLETE": f"{shell}_source"}
    )
    assert "_RINGFENCE_COMPLETE" in done.output


def test_a_list_in_a_pipe_loads_nothing_for_terminals_and_no_runbook() -> None:
    """It starts as fast as before there were views."""
    words = "import sys, ringfence.cli.incidents, ringfence.cli.incident_rows, ringfence.cli.incident_reads"
    slow = "{'rich', 'tomllib', 'ringfence.runbooks.catalogue', 'ringfence.handlers.managed_policies'}"
    code = f"{words}; print(sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("lasts", ["3d", "25h", "0m"])
def test_a_pause_that_is_too_long_or_too_short_is_told_the_limits(lasts: str, terminal: Terminal) -> None:
    done = terminal("pause", "--for", lasts, "--reason", "r")
    assert done.exit_code == 2
    assert f"{lasts} is not between 1 minute and 24 hours" in " ".join(done.output.replace("│", " ").split())


def test_a_pause_lasts_a_day_at_most_and_says_who_and_why_apart() -> None:
    done = Terminal(pausing())("pause", "--for", "1d", "--reason", "the shop is down")
    assert done.exit_code == 0, done.output
    assert ", reason: the shop is down (pause-" in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pause", "--yes"), "No such option '--yes'. This command asks for no confirmation.\n"),
        (("incidents", "list", "--opne"), "No such option '--opne'. Did you mean '--open'?\n"),
        (("run", "--yess"), "No such option '--yess'. Did you mean '--yes'?\n"),
        (("limits", "reset", "--xyz"), "No such option '--xyz'.\n"),
    ],
)
def test_an_option_is_suggested_for_its_letters_and_not_for_its_hyphens(
    words: tuple[str, ...], said: str
) -> None:
    assert CliRunner().invoke(main, words).stderr.endswith(f"Error: {said}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("incidents", "show"), "To find it: ringfence incidents list"),
        (("release",), "To find it: ringfence incidents list"),
        (("run",), "harden-bucket"),
        (("run", "contain-instance"), "It is the id or the ARN of a resource"),
    ],
)
def test_the_error_about_what_is_missing_says_how_to_find_it(words: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize(
    "words",
    ["pause", "resume", "pauses", "limits", "limits reset", "dead-letters list", "dead-letters replay"],
)
def test_a_command_that_needs_the_api_does_not_offer_to_do_without(words: str) -> None:
    shown = CliRunner().invoke(main, [*words.split(), "--help"]).stdout
    assert "--url" in shown
    assert "--direct" not in shown


@pytest.mark.parametrize(
    "words",
    [
        ("limits",),
        ("limits", "--all"),
        ("approvals",),
        ("approvals", "--breaker", "overall/hour"),
    ],
    ids=" ".join,
)
def test_with_json_nothing_is_listed_again_on_standard_error(words: tuple[str, ...]) -> None:
    site = Limited()
    site.reach()
    plain, done = Terminal(site)(*words), Terminal(site)(*words, "--json")
    assert plain.stdout.strip()
    assert json.loads(done.stdout)
    assert not done.stderr


def test_with_json_a_pause_is_not_told_again_on_standard_error() -> None:
    done = Terminal(pausing())("pauses", "--json")
    assert "pauses" in json.loads(done.stdout)
    assert not done.stderr


def test_ctrl_c_in_any_command_ends_with_130_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ringfence.cli.controls._catalogue", stop)
    done = CliRunner().invoke(main, ["controls"])
    assert (done.exit_code, done.stderr.split("\n")) == (130, ["", "Stopped.", ""])
