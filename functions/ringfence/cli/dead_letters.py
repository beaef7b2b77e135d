"""`ringfence dead-letters`: list messages that were given up on, and put them back on their queue."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from ringfence.cli.operator_command import DONE, NOT_DONE, CommandOptions, end, environment, online_command
from ringfence.cli.pauses import show_paused
from ringfence.cli.text import safe
from ringfence.cli.waiting import Poller
from ringfence.handlers.operator_types import check_reason
from ringfence.record.next_command import NextCommand
from ringfence.record.shell import REASON, typed

if TYPE_CHECKING:
    from ringfence.cli.plan_view import Screen
    from ringfence.model.document import Document


@click.group("dead-letters")
def dead_letters() -> None:
    """List and replay the messages in the dead-letter queues."""


@dead_letters.command("list", short_help="List the dead letters.")
@online_command
def list_(given: CommandOptions) -> None:
    """List the dead letters of every runbook's queues, the oldest first. At most 100 of a queue.

    A message in a wrong form is listed with what is wrong: field, problem and value. Each dead letter is
    hidden for 30 seconds after it was listed, and then shown again.

    Exit code 0: listed. 2: bad input, or the API cannot be reached.
    """
    from ringfence.cli.plan_view import Screen

    env, screen = environment(), Screen(as_json=given.as_json, query=True)
    answer = Poller(given, env, screen).first(partial(env.client(given).dead_letters, {}))
    show_paused(screen, answer.texts("paused"))
    found = tuple(answer.children("dead_letters"))
    for one in found:
        why = one.optional_text("why") or ""
        screen.columns(
            one.text("at")[:19], one.text("queue"), _about(one), one.text("id"), *((why,) if why else ())
        )
    if not found:
        screen.say("There are no dead letters.")
    else:
        again = typed("ringfence", "dead-letters", "replay", found[0].text("queue"))
        screen.ending(NextCommand("to put those of the first queue back", f"{again} {REASON}"))
    end(given, DONE, dead_letters=found)


@dead_letters.command("replay", short_help="Put dead letters back on their queue.")
@click.argument("queue")
@click.argument("id", required=False)
@click.option("--reason", required=True, help="The reason, in one line. The function logs it with your ARN.")
@online_command
def replay(given: CommandOptions, queue: str, id: str | None, reason: str) -> None:  # noqa: A002 - the argument
    """Put the dead letters of QUEUE back on it, or the one with ID. First fix what made them fail.

    A replayed message is handled like the first time: its claim is read at its source again, and the policy
    decides again.

    Exit code 0: replayed. 1: some could not be sent. 2: bad input, no such dead letter, or the API cannot be
    reached.
    """
    from ringfence.cli.plan_view import Screen

    check_reason(reason)
    env, screen = environment(), Screen(as_json=given.as_json)
    body = {"queue": queue, "reason": reason, **({"id": id} if id else {})}
    answer = Poller(given, env, screen).first(partial(env.client(given).replay, body))
    found = tuple(answer.children("replayed"))
    for one in found:
        _show(screen, one)
    if not found:
        screen.say(f"{safe(queue)} has no dead letters.")
    else:
        screen.ending(NextCommand("to see what becomes of them", "ringfence incidents list --open"))
    failed = any(one.has("error") for one in found)
    end(given, NOT_DONE if failed else DONE, replayed=found)


def _show(screen: Screen, one: Document) -> None:
    if error := one.optional_text("error"):
        screen.columns(f"✗ {one.text('id')}", f"{_about(one)}: {error}", style="red")
    else:
        screen.columns(f"✓ {one.text('id')}", _about(one))


def _about(one: Document) -> str:
    parts = (one.optional_text(name) for name in ("type", "account", "region"))
    return " ".join(part for part in parts if part)
