"""The demo shows what the log says, calmly, and nothing of a terminal's own in what comes from outside."""

from __future__ import annotations

import io
import shlex
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from ringfence.cli.demo_timeline import milestones
from ringfence.cli.demo_view import ASCII, Marks, View
from ringfence.local.demo import Ending, Sides
from ringfence.model.finding import Finding
from ringfence.policy.decision import Decision, Mode
from ringfence.record.chain import ChainKey, Entry, Stamp, link
from ringfence.record.facts import DecisionMade, Fact, FindingReceived, Intended, Outcome, Result, Verified
from ringfence.record.integrity import ChainVerdict
from ringfence.record.timeline import Row, timeline
from ringfence.remediations.protect_termination import SetTerminationProtection
from ringfence.steps.ec2.own_groups import CreateOwnGroup

SENT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY = ChainKey("contain-instance", "instance/111122223333/eu-west-1/i-0123456789abcdef0")
GROUP = CreateOwnGroup("vpc-1", "quarantine", "ringfence-quarantine")
PROTECTION = SetTerminationProtection("i-0123456789abcdef0", before=False, after=True)


def rows(*facts: tuple[float, Fact]) -> tuple[Row, ...]:
    """Write a log of facts, each so many seconds after the finding was sent."""
    entries: list[Entry] = []
    for seconds, fact in facts:
        stamp = Stamp(KEY, "inc-1", "test", "a-1", SENT + timedelta(seconds=seconds))
        entries += link(stamp, entries[-1] if entries else None, (fact,))
    return timeline(entries)


def finding(title: str) -> FindingReceived:
    return FindingReceived(
        Finding("aws.guardduty", "f-1", "Backdoor:EC2/C&CActivity.B", 8, "1", "r", title, SENT, SENT)
    )


LOG = rows(
    (0.5, finding("it talks to \x1b[31ma server")),
    (0.5, DecisionMade(Decision(Mode.AUTO, "a rule says auto"), SENT)),
    (0.5, Intended("a-1.0", "isolate", GROUP)),
    (0.9, Outcome("a-1.0", Result.APPLIED)),
    (1.0, Verified(contained=True, complete=False)),
    (2.0, Intended("a-2.0", "preserve", PROTECTION)),
    (2.5, Outcome("a-2.0", Result.REFUSED, detail="a Spot instance")),
    (3.0, Verified(contained=True, complete=True)),
)


@pytest.fixture
def printed() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def view(printed: io.StringIO) -> View:
    return View(Console(file=printed, width=110, highlight=False, markup=False), Marks())


def test_an_outcome_is_shown_with_what_it_changed_and_when(view: View, printed: io.StringIO) -> None:
    with view.progress(SENT) as shown:
        for row in LOG:
            shown(row)
    lines = [line.rstrip() for line in printed.getvalue().splitlines()]
    assert "    0.90 s ✓ create security group ringfence-quarantine in vpc-1" in lines
    assert "             none → ringfence-quarantine" in lines


def test_what_is_only_intended_takes_no_line(view: View, printed: io.StringIO) -> None:
    with view.progress(SENT) as shown:
        for row in LOG:
            shown(row)
    assert "about to" not in printed.getvalue()


def test_what_was_not_applied_is_marked_and_named(view: View, printed: io.StringIO) -> None:
    with view.progress(SENT) as shown:
        for row in LOG:
            shown(row)
    assert "✗ turn termination protection of i-0123456789abcdef0 on: refused" in printed.getvalue()


def test_a_title_from_outside_reaches_no_terminal_raw(view: View, printed: io.StringIO) -> None:
    with view.progress(SENT) as shown:
        shown(LOG[0])
    assert "\x1b" not in printed.getvalue()
    assert "it talks to \\x1b[31ma server" in printed.getvalue()


def test_milestones_are_the_moments_of_the_log_in_seconds_from_the_finding() -> None:
    reached = milestones(LOG, SENT, SENT + timedelta(seconds=4))
    assert reached == (
        ("Finding, decision and intents recorded", 0.5),
        ("Isolate the instance from the network: verified", 1.0),
        ("Protect the instance and remove its role", 2.5),
        ("All stages complete: verified", 3.0),
        ("Every entry archived and verified", 4.0),
    )


def test_a_log_in_which_nothing_happened_has_no_milestones_but_the_last() -> None:
    assert milestones((), SENT, SENT) == (("Every entry archived and verified", 0.0),)


@pytest.mark.parametrize(("pending", "mark"), [((), "✓"), ((2,), "✗")])
def test_a_record_counts_as_proved_once_every_entry_is_archived(
    view: View, printed: io.StringIO, pending: tuple[int, ...], mark: str
) -> None:
    chain = ChainVerdict("inc-1", KEY.text, entries=3, archived=3 - len(pending), pending=pending)
    view.chain(Ending(Sides({}, {}), None, chain, ()))
    assert f"  {mark} " in printed.getvalue()


def test_where_only_ascii_can_be_shown_every_mark_is_ascii() -> None:
    assert all(mark.isascii() for mark in (ASCII.good, ASCII.bad, ASCII.arrow, ASCII.bar, ASCII.dot))


def test_a_command_can_be_pasted_into_a_shell(view: View, printed: io.StringIO) -> None:
    words = ("approve", "inc-1", "--reason", "it talks to a known server")
    view.typed(words, "")
    shown = printed.getvalue().strip().removeprefix("$ ")
    assert shlex.split(shown) == ["ringfence", *words]
