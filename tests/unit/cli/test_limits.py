"""`ringfence limits`: what is shown, what is sent, and the exit codes."""

from __future__ import annotations

import json

import pytest

from tests.support.fakes.limited import Limited
from tests.support.fakes.site import KIM
from tests.support.fakes.terminal import Terminal
from tests.support.worlds import REF

DONE, REFUSED, UNUSABLE = 0, 1, 2


@pytest.fixture
def site() -> Limited:
    return Limited()


@pytest.fixture
def terminal(site: Limited) -> Terminal:
    return Terminal(site)


def test_what_is_used_is_shown_and_the_rest_is_counted(terminal: Terminal, site: Limited) -> None:
    nothing = terminal("limits")
    assert nothing.exit_code == DONE, nothing.output
    assert "Nothing uses a limit." in nothing.stdout
    assert "3 limits are not used" in nothing.stdout
    site.reach()
    shown = terminal("limits").stdout
    row = next(line for line in shown.splitlines() if line.startswith("overall/hour"))
    assert row.split() == ["overall/hour", "1", "of", "1", "0", "2026-03-01", "13:00:00", "open"]
    assert "BREAKER OPEN: overall/hour was reached at 2026-03-01 12:00:0" in shown
    assert "critical/overall/hour" not in shown
    assert "critical/overall/hour" in terminal("limits", "--all").stdout


def test_without_a_terminal_the_output_is_plain_text(terminal: Terminal, site: Limited) -> None:
    site.reach()
    assert "\x1b" not in terminal("limits").stdout


def test_one_limit_can_be_named_and_json_says_all(terminal: Terminal, site: Limited) -> None:
    site.reach()
    named = terminal("limits", "--limit", "critical/overall/hour", "--json")
    (one,) = json.loads(named.stdout)["limits"]
    assert (one["limit"], one["most"], one["free"]) == ("critical/overall/hour", 2, 2)
    found = {one["limit"]: one for one in json.loads(terminal("limits", "--json").stdout)["limits"]}
    assert len(found) == 3
    assert found["overall/hour"]["breaker"]["closes_at"].startswith("2026-03-01T13:00:0")


def test_a_reset_needs_a_reason_and_says_what_is_no_longer_counted(terminal: Terminal, site: Limited) -> None:
    site.reach()
    assert terminal("limits", "reset", "overall/hour").exit_code == UNUSABLE
    assert site.free == [False]
    result = terminal("limits", "reset", "overall/hour", "--reason", "the outbreak is real")
    assert result.exit_code == DONE, result.output
    assert "overall/hour: reset. 1 of 1 place is free." in result.stdout
    assert REF.key in result.stdout
    assert site.free == [True]
    (chain,) = (one for one in site.log.chains if one.startswith("limits#"))
    assert KIM in str(site.log._entries[chain])
    assert "Nothing uses a limit" not in terminal("limits").stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [(("overall/hour",), REFUSED), (("overall/week",), UNUSABLE), (("x\x1b[2J",), UNUSABLE)],
)
def test_what_cannot_be_reset_is_said(terminal: Terminal, words: tuple[str, ...], code: int) -> None:
    result = terminal("limits", "reset", *words, "--reason", "a try")
    assert result.exit_code == code
    assert "\x1b" not in result.output


def test_only_the_api_resets(terminal: Terminal) -> None:
    assert terminal("limits", "reset", "overall/hour", "--reason", "x", "--direct").exit_code == UNUSABLE
