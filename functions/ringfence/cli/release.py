"""`ringfence release`: an operator undoes the changes of an incident."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ringfence.cli.again import options_given
from ringfence.cli.completion import incidents
from ringfence.cli.incident_ids import incident_of
from ringfence.cli.log import tell_altered
from ringfence.cli.operator_command import (
    DONE,
    NOT_DONE,
    CommandOptions,
    Environment,
    checked,
    confirm,
    end,
    environment,
    operator_command,
    subject_of,
)
from ringfence.cli.pauses import show_paused
from ringfence.cli.subjects import key_of_subject, responses_named
from ringfence.cli.waiting import Poller, ProgressFollower, before_changes, interruptible
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, Drifted
from ringfence.model.kinds import parse_key
from ringfence.model.suggestions import unknown
from ringfence.record.next_command import NextCommand, command_after
from ringfence.record.shell import typed
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.cli.operator_client import OperatorClient
    from ringfence.cli.plan_view import Screen

_REFUSED = frozenset({"refused", "gone", "forbidden"})
SKIP_DRIFTED = "--skip-drifted"
_REFUSAL = "Nothing was changed. --skip-drifted restores the rest. --subject releases one response."
_OVER = _REFUSED | {IncidentStatus.RELEASED.value, "ended"}
"""Final results of a release. With any other result the release is requested again."""


@click.command(short_help="Undo the changes of an incident.")
@click.argument("incident", shell_complete=incidents)
@click.option(
    SKIP_DRIFTED,
    is_flag=True,
    help="Leave values that were changed since, or that another incident holds. Restore the rest.",
)
@click.option(
    "--despite-unsealed",
    is_flag=True,
    help="Release although entries of the record are not sealed. Your reason is recorded with their numbers.",
)
@click.option(
    "--subject",
    help="Release only the response for this resource: its id, ARN, KIND/ACCOUNT/REGION/ID, or, without "
    "--yes, its Name tag.",
)
@click.option(
    "--runbook", help="With --subject: the runbook. Required if several runbooks act on such a resource."
)
@operator_command
def release(  # noqa: PLR0913 - one parameter for each option
    given: CommandOptions,
    incident: str,
    *,
    skip_drifted: bool,
    despite_unsealed: bool,
    subject: str | None,
    runbook: str | None,
) -> None:
    """Undo the changes of INCIDENT. Refuse if somebody has changed a value since.

    Shows what would be restored and what would not, asks for confirmation, restores the recorded values,
    and waits until the result is verified. Your confirmation applies to the plan that was shown. If it has
    changed, the release is refused before any change. With --yes nothing is compared.

    Exit code 0: released, or a dry run. 1: refused, with the difference, or not finished. 2: bad input, no
    such incident, or the API cannot be reached. 130: stopped with Ctrl-C.
    """
    from ringfence.cli.plan_view import Screen

    env, screen = environment(), Screen(as_json=given.as_json)
    incident = incident_of(given.home, incident)
    body: dict[str, object] = {
        "incident": incident,
        "reason": given.reason,
        "skip_drifted": skip_drifted,
        "despite_unsealed": despite_unsealed,
        **_only(given, env, incident, subject, runbook),
    }
    checked(given, env)
    client, poller = env.client(given), Poller(given, env, screen)
    with before_changes():
        planned = _planned(given, poller, lambda: client.release({**body, "dry_run": True}))
    responses = list(planned.children("releases"))
    _show(screen, planned, given.home.accounts)
    if not all(one.text("status") in (IncidentStatus.DRY_RUN, "ended") for one in responses):
        screen.conclude(_REFUSAL)
        screen.ending(NextCommand("to restore the rest", _again(given, incident, skip=True)))
        end(given, NOT_DONE, status="refused", incident=incident, plan=planned)
    confirm(given, screen, f"\nRelease {incident} now?", planned, _after(given, incident, responses))
    if not given.yes:
        body["plans"] = [plan.text("digest") for one in responses for plan in one.children("plans")]
    followers = _followers(client, responses, screen)
    with interruptible(lambda: incident, goes_on=False), screen.busy(f"releasing {incident}"):
        for follower in followers:
            poller.insist(follower.begin)
        states = _Releasing(client, {**body, "dry_run": False}, followers, screen).until_the_end(poller)
    _conclude(given, screen, planned, states)


def _after(given: CommandOptions, incident: str, responses: list[Document]) -> NextCommand:
    """Return the command after a dry run. If nothing would be undone, it is not the release."""
    if any(plan.items("steps") for one in responses for plan in one.children("plans")):
        return NextCommand("to release it", _again(given, incident))
    return NextCommand("to read its record", typed("ringfence", "incidents", "show", incident))


def _again(given: CommandOptions, incident: str, *, skip: bool = False) -> str:
    """Return the present command with its options, without `--dry-run`. `skip`: with `--skip-drifted`."""
    flags = options_given("reason", "dry_run")
    if skip and SKIP_DRIFTED not in flags:
        flags = (*flags, SKIP_DRIFTED)
    return typed("ringfence", "release", incident, "--reason", given.reason, *flags)


def _planned(given: CommandOptions, poller: Poller, ask: Callable[[], Mapping[str, object]]) -> Document:
    """Return the plan. If somebody has changed values since, show the difference, and what to type."""
    from ringfence.cli.plan_view import Screen

    try:
        return poller.first(ask)
    except Drifted as error:
        if given.as_json:
            raise
        screen = Screen(as_json=True)  # it is an error, so it goes to standard error
        screen.say(f"Error: {error}", "bold red")
        context = click.get_current_context()
        incident = str(context.params["incident"])
        screen.say("To see whether the resource is still contained:")
        screen.command(typed("ringfence", "incidents", "recheck", incident))
        screen.say("--skip-drifted leaves these values, and restores the rest.")
        command = _again(given, incident, skip=True)
        screen.ending(NextCommand("to restore the rest", command))
        context.exit(NOT_DONE)


def _only(
    given: CommandOptions, env: Environment, incident: str, subject: str | None, runbook: str | None
) -> dict[str, object]:
    """Return the fields that select one response; none to select all. Raises BadInput."""
    if subject is None:
        if runbook:
            raise BadInput("--subject", "is required with --runbook")
        return {}
    ref = key_of_subject(subject)
    if ref is None:
        key = responses_named(given.home, incident, subject, sure=given.yes)
        return {"runbook": runbook or key.runbook, "subject": subject_of(parse_key(key.subject))}
    fitting = [one.id for one in env.catalogue().values() if isinstance(ref, one.subject)]
    if runbook is None and len(fitting) == 1:
        runbook = fitting[0]
    if runbook not in fitting:
        raise unknown("--runbook", runbook or "", fitting)
    return {"runbook": runbook, "subject": subject_of(ref)}


def _followers(client: OperatorClient, responses: list[Document], screen: Screen) -> list[ProgressFollower]:
    """Return what follows each response that a release would change."""
    planned = (one for one in responses if one.text("status") == IncidentStatus.DRY_RUN)
    return [ProgressFollower(client, _who(one), screen) for one in planned]


def _who(response: Document) -> dict[str, object]:
    subject = response.child("subject")
    named = {key: subject.text(key) for key in ("kind", "account", "region", "id")}
    return {"runbook": response.text("runbook"), "subject": named}


def _show(screen: Screen, planned: Document, accounts: Mapping[str, str]) -> None:
    from ringfence.cli.plan_view import plan_shown

    tell_altered(planned.texts("altered") if planned.has("altered") else ())
    for one in planned.children("releases"):
        show_paused(screen, one.texts("paused"))
        screen.show(plan_shown(one, "Release of", accounts))
        if one.text("status") != IncidentStatus.DRY_RUN:
            screen.say(f"  {one.text('status')}: {one.text('reason')}", "bold red")


@dataclass(frozen=True)
class _Releasing:
    """Requests a release until it is complete. A response can be lost, so the log decides."""

    client: OperatorClient
    body: Mapping[str, object]
    followers: list[ProgressFollower]
    screen: Screen

    def until_the_end(self, poller: Poller) -> list[Document]:
        """Release until all is finished. Return the status of each response."""
        while True:
            over = poller.insist(self._release)
            states = [poller.insist(follower.look) for follower in self.followers]
            if over or all(map(_is_released, states)) or not poller.left:
                return states
            poller.pause()

    def _release(self) -> bool:
        """Request the release unless it is complete. Return whether another request would be useless."""
        if all(_is_released(follower.look()) for follower in self.followers):
            return True
        answers = list(Document.of(self.client.release(self.body)).children("releases"))
        for one in answers:
            if one.text("status") in _REFUSED:
                self.screen.say(f"{one.text('status')}: {one.text('reason')}", "bold red")
        return all(one.text("status") in _OVER for one in answers)


def _is_released(status: Document) -> bool:
    return status.text("code") == IncidentStatus.RELEASED


def _conclude(given: CommandOptions, screen: Screen, planned: Document, states: list[Document]) -> None:
    from ringfence.cli.plan_view import outstanding, subject_words

    incident = planned.text("incident")
    for one in states:
        done = _is_released(one)
        verdict = "released and verified" if done else f"not released: {one.text('state')}"
        screen.conclude(
            f"{subject_words(one, given.home.accounts)}: {verdict}", "bold green" if done else "bold red"
        )
        if not done:
            screen.show(outstanding(one))
    screen.conclude("Full record:")
    screen.command(typed("ringfence", "incidents", "show", incident))
    done = all(map(_is_released, states))
    status = IncidentStatus.RELEASED if done else IncidentStatus.OPEN
    after = IncidentStatus.RELEASED if done else IncidentStatus.RELEASING
    screen.ending(command_after(after, incident, "", ""))
    told = {"status": status.value, "incident": incident, "plan": planned, "state": states}
    end(given, DONE if done else NOT_DONE, **told)
