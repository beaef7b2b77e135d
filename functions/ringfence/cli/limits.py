"""`ringfence limits`: how much of the limits is used, and resets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from ringfence.cli.operator_command import DONE, CommandOptions, end, environment, online_command
from ringfence.cli.waiting import Poller
from ringfence.handlers.operator_types import check_reason
from ringfence.model.step import counted
from ringfence.record.next_command import NextCommand
from ringfence.record.shell import typed

if TYPE_CHECKING:
    from rich.text import Text

    from ringfence.cli.sheets import Sheet
    from ringfence.model.document import Document

COLUMNS = ("limit", "used", "free", "next free at (UTC)", "breaker")


@click.group(invoke_without_command=True, short_help="Show how much of the limits is used, and reset one.")
@click.option("--limit", help="Only this limit, such as vpc/111122223333/eu-west-1/vpc-1a2b/hour.")
@click.option("--all", "every", is_flag=True, help="Show also the limits that nothing uses.")
@online_command
def limits(given: CommandOptions, *, limit: str | None, every: bool) -> None:
    """Show how much of each limit is used, when the next place is free, and which breakers are open.

    A place is one response that a limit permits without a person. A response frees its place after an hour or
    a day. A breaker opens when a limit is reached, and closes after an hour or a day. Meanwhile a person is
    asked whenever no place is free. The limits of VPCs, roles, Auto Scaling groups and resources are listed
    while their breakers are open. To see another one, name it with --limit.

    In a pipe, each limit is a line of columns between tabs: limit, places used, places free, the time of the
    next free place, and its breaker.

    Exit code 0: shown. 1: refused. 2: bad input, or the API cannot be reached.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    from ringfence.cli.plan_view import Screen

    env, screen = environment(), Screen(as_json=given.as_json, query=True)
    body = {"limit": limit} if limit else {}
    answer = Poller(given, env, screen).first(partial(env.client(given).limits, body))
    found = tuple(answer.children("limits"))
    shown = found if every or limit else tuple(one for one in found if _matters(one))
    if shown:
        screen.sheet(_sheet(shown))
    else:
        screen.say("Nothing uses a limit.")
    unused = len(found) - len(shown)
    if unused and not given.as_json:  # the JSON has all of them
        screen.note(f"{_number(unused, 'limit')} not used. To show them: ringfence limits --all")
    for one in shown:
        if one.has("breaker"):
            screen.say(_opened(one), "bold red")
    if then := next((_next(one) for one in shown if one.has("breaker")), None):
        screen.ending(then)
    end(given, DONE, limits=found)


@limits.command("reset", short_help="Set the count of a limit to zero, and close its breaker.")
@click.argument("limit")
@click.option("--reason", required=True, help="The reason, in one line. It is recorded in the audit log.")
@online_command
def reset(given: CommandOptions, limit: str, *, reason: str) -> None:
    """Set the count of LIMIT to zero, and close its breaker. Ringfence then acts there again by itself.

    What waits for approval still waits. The audit log records who reset the limit, and why, and everybody who
    gets notifications is notified. This needs the policy `ringfence-resetter`.

    Exit code 0: reset. 1: refused, such as a limit that nothing uses. 2: bad input, no such limit, or the API
    cannot be reached.
    """
    from ringfence.cli.plan_view import Screen

    check_reason(reason)
    env, screen = environment(), Screen(as_json=given.as_json)
    body = {"limit": limit, "reason": reason}
    answer = Poller(given, env, screen).first(partial(env.client(given).reset, body))
    free, most = answer.integer("free"), answer.integer("most")
    screen.say(
        f"{answer.text('reset')}: reset. {free} of {counted(most, 'place is')} free.",
        "bold green",
    )
    for one in answer.texts("freed"):
        screen.say(f"  no longer counted: {one}")
    screen.ending(NextCommand("to see all limits", "ringfence limits --all"))
    end(given, DONE, reset=answer)


def _number(count: int, noun: str) -> str:
    return counted(count, f"{noun} is")


def _matters(one: Document) -> bool:
    return bool(one.integer("used")) or one.has("breaker")


def _next(one: Document) -> NextCommand:
    limit = one.text("limit")
    return NextCommand("to see what waits behind it", typed("ringfence", "approvals", "--breaker", limit))


def _sheet(found: tuple[Document, ...]) -> Sheet:

    from ringfence.cli.incident_views import plain
    from ringfence.cli.sheets import Sheet

    def cells(one: Document) -> tuple[str | Text, ...]:
        free_at = (one.optional_text("next_free_at") or "")[:19].replace("T", " ")
        return (
            plain(one.text("limit"), "bold red" if one.has("breaker") else ""),
            f"{one.integer('used')} of {one.integer('most')}",
            str(one.integer("free")),
            free_at or "-",
            "open" if one.has("breaker") else "closed",
        )

    return Sheet(COLUMNS, [cells(one) for one in found], right=frozenset({1, 2}))


def _opened(one: Document) -> str:
    breaker, limit = one.child("breaker"), one.text("limit")
    opened, closes = (breaker.text(name)[:19].replace("T", " ") for name in ("opened_at", "closes_at"))
    most = one.integer("most")
    ran = counted(most, "response")
    return (
        f"BREAKER OPEN: {limit} was reached at {opened} UTC by {breaker.text('incident')} and closes at "
        f"{closes} UTC: {ran} ran without a person"
    )
