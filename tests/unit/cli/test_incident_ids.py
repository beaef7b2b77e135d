"""A short id where the audit log cannot be read: what the advice names."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import click
import pytest

from ringfence.cli.incident_ids import incident_of
from ringfence.cli.main import BAD_INPUT, FAILED, CommandError
from ringfence.cli.settings import Home
from ringfence.model.errors import AccessDenied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ringfence.aws.home import HomePlace

INCIDENT = "inc-20260301T120000.000000-c4fd6cb0dd"
DENIED = "stack Ringfence-Audit cannot be read"


class NoLog(Home):
    """A person who may not read the audit log."""

    @cached_property
    def place(self) -> HomePlace:
        raise AccessDenied(DENIED)


@pytest.fixture
def home() -> Home:
    return NoLog({})


@pytest.fixture
def outer() -> Iterator[click.Context]:
    with click.Context(click.Group("ringfence"), info_name="ringfence") as context:
        yield context


@pytest.mark.parametrize(
    ("group", "command", "policy"),
    [("", "approve", "ringfence-approver"), ("incidents", "recheck", "ringfence-operator")],
)
def test_a_command_of_the_api_asks_for_the_whole_id(
    home: Home, outer: click.Context, group: str, command: str, policy: str
) -> None:
    parent = click.Context(click.Group(group), info_name=group, parent=outer) if group else outer
    inner = click.Context(click.Command(command), info_name=command, parent=parent)
    with inner, pytest.raises(AccessDenied) as found:
        incident_of(home, "c4fd")
    assert str(found.value) == (
        "give the whole id of the incident. A short id is looked up in the audit log, which needs the "
        f"managed policy ringfence-auditor. The command itself needs {policy} ({DENIED})"
    )
    with inner:
        assert incident_of(home, INCIDENT) == INCIDENT


def test_a_command_that_reads_the_log_needs_the_log(home: Home, outer: click.Context) -> None:
    inner = click.Context(click.Command("watch"), info_name="watch", parent=outer)
    with inner, pytest.raises(AccessDenied, match=f"^{DENIED}$"):
        incident_of(home, "c4fd")


def test_a_denial_is_no_bad_input() -> None:
    assert (CommandError(AccessDenied(DENIED)).exit_code, FAILED, BAD_INPUT) == (FAILED, 1, 2)
