"""`ringfence pause`, `ringfence resume` and `ringfence pauses`: stop changes for a while."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import click

from ringfence.cli.completion import incidents, runbooks
from ringfence.cli.incident_ids import incident_of
from ringfence.cli.operator_command import DONE, CommandOptions, end, environment, online_command
from ringfence.cli.waiting import Poller
from ringfence.handlers.operator_types import check_reason
from ringfence.model.errors import RingfenceError
from ringfence.record.next_command import NextCommand
from ringfence.record.pausing import LONGEST, SHORTEST
from ringfence.record.shell import REASON, typed

if TYPE_CHECKING:
    from ringfence.aws.home import HomePlace
    from ringfence.aws.incidents import IncidentReader
    from ringfence.cli.plan_view import Screen
    from ringfence.model.document import Document

_SPAN = re.compile(r"(?P<number>[0-9]{1,4})(?P<unit>[dhm])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}
BAD = "bold red"
_reason = click.option(
    "--reason", required=True, help="The reason, in one line. It is recorded in the audit log."
)


class Span(click.ParamType[timedelta]):
    """How long a pause lasts: `2h`, `30m` or `1d`."""

    name = "time"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read it."""
        if isinstance(value, timedelta):
            return value
        given = _SPAN.fullmatch(value)
        if given is None:
            self.fail(f"{ascii(value)[:40]} is not a time like 2h or 30m", param, ctx)
        lasts = timedelta(**{_UNITS[given["unit"]]: int(given["number"])})
        if not SHORTEST <= lasts <= LONGEST:
            self.fail(f"{value} is not between 1 minute and 24 hours, the limits of a pause", param, ctx)
        return lasts


@click.command(short_help="Stop changes for a while.")
@click.option("--runbook", help="Only this runbook.", shell_complete=runbooks)
@click.option("--account", help="Only resources of this account.")
@click.option("--incident", help="Only this incident.", shell_complete=incidents)
@click.option(
    "--for",
    "lasts",
    type=Span(),
    default="2h",
    show_default=True,
    help="How long, such as 30m or 8h. At least one minute, at most 24 hours.",
)
@_reason
@online_command
def pause(  # noqa: PLR0913 - one parameter for each option
    given: CommandOptions,
    *,
    runbook: str | None,
    account: str | None,
    incident: str | None,
    lasts: timedelta,
    reason: str,
) -> None:
    """Stop changes: of everything, or of a runbook, an account or an incident.

    No change starts later than 60 seconds after this, also in runs that are under way. Ringfence goes on
    reading, recording and notifying. What it holds meanwhile, it applies after the pause. People can still
    release incidents. The same scope again replaces your earlier pause of it.

    Exit code 0: paused. 1: refused. 2: bad input, or the API cannot be reached.
    """
    from ringfence.cli.plan_view import Screen

    check_reason(reason)
    env, screen = environment(), Screen(as_json=given.as_json)
    only = incident_of(given.home, incident) if incident else None
    scope = {"runbook": runbook, "account": account, "incident": only}
    body = {"reason": reason, "seconds": int(lasts.total_seconds())}
    body |= {name: one for name, one in scope.items() if one}
    answer = Poller(given, env, screen).first(partial(env.client(given).pause, body))
    screen.say("Paused. No change starts later than 60 seconds from now.", "bold yellow")
    _show(screen, answer)
    screen.ending(_sooner(answer.child("pause")))
    end(given, DONE, pause=answer.child("pause"), pauses=list(answer.children("pauses")))


@click.command(short_help="End a pause.")
@click.argument("pause_id", metavar="[PAUSE]", required=False)
@_reason
@online_command
def resume(given: CommandOptions, *, pause_id: str | None, reason: str) -> None:
    """End PAUSE, or the only pause. What was held is applied within minutes.

    Exit code 0: ended. 1: refused. 2: bad input, no such pause, or the API cannot be reached.
    """
    from ringfence.cli.plan_view import Screen

    check_reason(reason)
    env, screen = environment(), Screen(as_json=given.as_json)
    body = {"reason": reason, **({"pause": pause_id} if pause_id else {})}
    answer = Poller(given, env, screen).first(partial(env.client(given).resume, body))
    ended = answer.child("pause")
    screen.say(f"{ended.text('scope')}: resumed. What was held is applied within minutes.", "bold green")
    _show(screen, answer)
    screen.ending(NextCommand("to see what is left to do", "ringfence incidents list --open"))
    end(given, DONE, pause=ended, pauses=list(answer.children("pauses")))


@click.command(short_help="List the pauses.")
@online_command
def pauses(given: CommandOptions) -> None:
    """List what is paused: until when, by whom and why.

    Exit code 0: listed. 1: nobody can tell what is paused. 2: bad input, or the API cannot be reached.
    """
    from ringfence.cli.plan_view import Screen

    env, screen = environment(), Screen(as_json=given.as_json, query=True)
    answer = Poller(given, env, screen).first(partial(env.client(given).paused, {}))
    if not given.as_json:
        _show(screen, answer)
    if not answer.texts("paused"):
        screen.say("Nothing is paused.")
    for one in list(answer.children("pauses"))[:1]:
        screen.ending(_sooner(one))
    unreadable = answer.optional_text("unreadable") or ""
    end(given, 1 if unreadable else DONE, pauses=list(answer.children("pauses")), unreadable=unreadable)


def _sooner(pause: Document) -> NextCommand:
    return NextCommand("to end it sooner", f"{typed('ringfence', 'resume', pause.text('id'))} {REASON}")


def _show(screen: Screen, answer: Document) -> None:
    show_paused(screen, answer.texts("paused"))


def show_paused(screen: Screen, paused: tuple[str, ...]) -> None:
    """Show what is paused, at the top of a list or a plan."""
    for one in paused:
        screen.message(f"PAUSED: {one}", BAD)


def paused_in(reader: IncidentReader, place: HomePlace) -> tuple[str, ...]:
    """Return what is paused, in words, as the audit log says. It can be read without the API."""
    from ringfence.engine.pauses import active_in, home_of, key_of
    from ringfence.record.history import History
    from ringfence.record.pausing import words

    now = datetime.now(UTC)
    try:
        entries = reader.newest(key_of(home_of(place.owner())))
        active = active_in(History(entries)) if entries else ()
    except (RingfenceError, ValueError) as error:
        return (f"what is paused cannot be read: {error}",)
    return tuple(words(one) for one in active if now < one.until)
