"""The command after a dry run: no option that was typed is lost."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import click
import pytest

from ringfence.cli.release import release
from ringfence.cli.run import run
from ringfence.policy.protection import Exempt
from tests.support.fakes.site import POLICY, RUNBOOK, Site
from tests.support.fakes.terminal import Terminal
from tests.support.worlds import REF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.testing import Result

COMMON = {
    "--reason": "it $(beacons)",
    "--yes": "",
    "--direct": "",
    "--json": "",
    "--wait": "5",
    "--url": "https://api.example",
    "--policy": "other policy.yaml",
    "--audit-table": "audit-2",
    "--control-table": "control-2",
    "--home-account": REF.account,
    "--home-region": REF.region,
    "--home-profile": "oncall",
}
RUN = {
    **COMMON,
    "--account": REF.account,
    "--region": REF.region,
    "--remediation": "isolate-instance",
    "--option": "group=detach",
    "--despite-exempt": "",
}
RELEASE = {
    **COMMON,
    "--skip-drifted": "",
    "--despite-unsealed": "",
    "--subject": REF.key,
    "--runbook": RUNBOOK.id,
}
"""A value of each option; empty for a flag."""
NEVER_AGAIN = "--dry-run"


def words_of(options: Mapping[str, str]) -> list[str]:
    return [word for name, given in options.items() for word in (name, given) if word]


def parsed(command: click.Command, words: list[str]) -> dict[str, object]:
    """Return the parameters that words have for a command."""
    return command.make_context(str(command.name), list(words)).params


def next_words(result: Result) -> list[str]:
    """Return the words of the command on the last line, after `ringfence run` or `ringfence release`."""
    shown = result.stderr or result.stdout
    return shlex.split(shown.splitlines()[-1])[2:]


@pytest.mark.parametrize(("command", "table"), [(run, RUN), (release, RELEASE)], ids=["run", "release"])
def test_the_tables_name_every_option(command: click.Command, table: Mapping[str, str]) -> None:
    options = {one.opts[0] for one in command.params if isinstance(one, click.Option)}
    assert options == {*table, NEVER_AGAIN}


@pytest.mark.parametrize("options", [RUN, {"--reason": "why"}], ids=["every option", "only the reason"])
def test_the_run_that_carries_out_a_dry_run_has_the_same_options(options: Mapping[str, str]) -> None:
    before = [RUNBOOK.id, REF.id, *words_of(options)]
    after = next_words(Terminal(Site())("run", *before, "--dry-run"))
    place = {"account": REF.account, "region": REF.region}
    assert parsed(run, after) == {**parsed(run, before), **place}


@pytest.mark.parametrize("options", [RELEASE, {"--reason": "why"}], ids=["every option", "only the reason"])
def test_the_release_that_carries_out_a_dry_run_has_the_same_options(options: Mapping[str, str]) -> None:
    site = Site()
    before = [site.contain(), *words_of(options)]
    after = next_words(Terminal(site)("release", *before, "--dry-run"))
    assert parsed(release, after) == parsed(release, before)


def test_a_repeated_option_is_repeated_and_one_of_the_environment_is_not() -> None:
    terminal = Terminal(Site())
    terminal.environment["RINGFENCE_HOME_PROFILE"] = "oncall"
    chosen = ("--remediation", "isolate-instance", "--remediation", "leave-group")
    after = next_words(terminal("run", RUNBOOK.id, REF.id, "--reason", "why", *chosen, "--dry-run"))
    assert parsed(run, after)["remediations"] == chosen[1::2]
    assert "--home-profile" not in after


def test_the_dry_run_of_a_protected_resource_ends_with_a_command_that_is_not_refused() -> None:
    """Without the option, the next command would end with an error that names the option."""
    site = Site(replace(POLICY, exempt=(Exempt("instance/*", "the bastion"),)))
    terminal = Terminal(site)
    shown = terminal("run", RUNBOOK.id, REF.id, "--reason", "why", "--dry-run")
    assert next_words(shown).count("--despite-exempt") == 1
    assert "although the resource is protected" in shown.stdout
    done = terminal("run", *next_words(shown), "--yes")
    assert done.exit_code == 0, done.output
