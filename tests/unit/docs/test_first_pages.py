"""Each command that the first pages show is run by a test, or there is a reason why it is not."""

from __future__ import annotations

from collections import Counter

import pytest

from ringfence.local.deploy import REPOSITORY
from tests.support.documented import NOT_RUN, OTHER_TESTS, PAGES, RUN, commands_of

SHOWN = {command for page in PAGES for command in commands_of(page)}


def test_each_command_is_run_by_a_test_or_there_is_a_reason_why_not() -> None:
    tables = Counter([*RUN, *OTHER_TESTS, *NOT_RUN])
    assert sorted(SHOWN - tables.keys()) == [], "a page shows a new command: run it"
    assert sorted(tables.keys() - SHOWN) == [], "no page shows it"
    assert [command for command, count in tables.items() if count > 1] == []
    assert all(NOT_RUN.values())


@pytest.mark.parametrize("test", sorted(set(OTHER_TESTS.values())))
def test_a_test_that_runs_a_command_exists(test: str) -> None:
    assert (REPOSITORY / test).exists()


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    assert len(PAGES) == len({page for page in PAGES if list(commands_of(page))})
    assert {"make demo", "ringfence approvals", 'ringfence release INCIDENT --reason "…"'} <= SHOWN
