"""`ringfence incidents recheck`: verify contained and complete incidents now."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from ringfence.cli.completion import incidents
from ringfence.cli.incident_ids import incident_of
from ringfence.cli.operator_command import (
    DONE,
    NOT_DONE,
    CommandOptions,
    end,
    environment,
    query_command,
)
from ringfence.cli.pauses import show_paused
from ringfence.cli.waiting import Poller
from ringfence.engine.recheck_results import Standing
from ringfence.record.next_command import NextCommand, run_command
from ringfence.record.shell import typed
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.cli.operator_client import OperatorClient
    from ringfence.cli.plan_view import Screen
    from ringfence.model.document import Document

BROKEN = Standing.BROKEN.value
UNWATCHED = Standing.UNWATCHED.value
OPEN = frozenset({BROKEN, Standing.UNCLEAR.value, UNWATCHED})
"""The results after which somebody must act or try again."""
STYLES = {Standing.CONTAINED.value: "green", BROKEN: "bold red", Standing.UNCLEAR.value: "yellow"}
_WORDS = {BROKEN: "NOT CONTAINED", UNWATCHED: "not verified"}
_COMPLETE = "still contained; the later stages were not read again"


@click.command("recheck", short_help="Verify contained and complete incidents now.")
@click.argument("incident", required=False, shell_complete=incidents)
@query_command
def recheck(given: CommandOptions, incident: str | None) -> None:
    """Verify INCIDENT now, or every incident that is contained or complete.

    Ringfence does the same once an hour, and after calls that can undo a containment. If a containment was
    undone, Ringfence records that and sends a notification. If the policy permits it, Ringfence contains
    the resource again, once in an incident.

    The result `complete` says that an incident was complete and is still contained. Only its containment is
    read again. An incident that was released or closed is not verified.

    Exit code 0: everything is contained. 1: something is not contained or cannot be verified now. 2: bad
    input, no such incident, or the API cannot be reached.
    """
    from ringfence.cli.plan_view import Screen

    env, screen = environment(), Screen(as_json=given.as_json, query=True)
    incident = incident_of(given.home, incident) if incident else None
    client, poller = env.client(given), Poller(given, env, screen)
    found = tuple(_rechecks(client, poller, screen, {"incident": incident} if incident else {}))
    _show(screen, found)
    failed = any(one.text("standing") in OPEN for one in found)
    _conclude(screen, found)
    end(given, NOT_DONE if failed else DONE, rechecks=found)


def _show(screen: Screen, found: Sequence[Document]) -> None:
    """Show a line for each incident. Below it: what is open, and what follows."""
    from ringfence.cli.incident_views import plain
    from ringfence.cli.layout import hanging
    from ringfence.cli.plan_view import subject_words

    if not found:
        screen.say("No incident is contained or complete, so there is nothing to verify.")
    for one in found:
        standing = one.text("standing")
        shown, style = _word(one), STYLES.get(standing, "")
        screen.columns(shown, subject_words(one), one.text("incident"), style=style)
        for line in _details(one):
            screen.show(hanging("    ", plain(line)))


def _word(one: Document) -> str:
    """Return the result in a word: a complete incident keeps the word that its list has for it."""
    standing = one.text("standing")
    return IncidentStatus.COMPLETE.words if one.flag("complete") else _WORDS.get(standing, standing)


def _details(one: Document) -> Iterator[str]:
    if one.flag("complete"):
        yield _COMPLETE
    yield from (f"open: {words}" for words in one.texts("open"))
    if one.flag("answered"):
        yield "Ringfence contains it again"
    elif reason := one.optional_text("reason"):
        yield reason


def _conclude(screen: Screen, found: Sequence[Document]) -> None:
    """Show a command for each incident that Ringfence does not contain again, or else the next one."""
    from ringfence.cli.plan_view import key_of

    left = [one for one in found if one.text("standing") in OPEN]
    broken = [one for one in left if one.text("standing") == BROKEN and not one.flag("answered")]
    for one in broken:
        again = run_command(one.text("runbook"), key_of(one))
        screen.ending(NextCommand("to contain it again", again))
    if left and not broken:
        answered = [one for one in left if one.flag("answered")]
        (first, *_) = answered or left
        purpose, name = ("to see the progress", "watch") if answered else ("to verify it again", "recheck")
        if first.text("standing") == UNWATCHED:
            purpose, name = "to read its record", "show"
        screen.ending(NextCommand(purpose, typed("ringfence", "incidents", name, first.text("incident"))))


def _rechecks(
    client: OperatorClient, poller: Poller, screen: Screen, body: dict[str, object]
) -> Iterator[Document]:
    """Yield the result for each incident. One request may not have the time for all."""
    while True:
        answer = poller.first(partial(client.recheck, body))
        if "after" not in body:
            show_paused(screen, answer.texts("paused"))
        yield from answer.children("rechecks")
        if not (after := answer.optional_text("next")):
            return
        body = {**body, "after": after}
