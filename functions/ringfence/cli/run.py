"""`ringfence run`: an operator runs a runbook manually."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from ringfence.cli.again import options_given
from ringfence.cli.completion import remediations as remediations_named
from ringfence.cli.completion import runbooks
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
from ringfence.cli.subjects import ANY_ACCOUNT, called_by, subject_named
from ringfence.cli.waiting import Poller, ProgressFollower, before_changes, interruptible
from ringfence.engine.exemptions import FLAG as DESPITE_EXEMPT
from ringfence.model.errors import BadInput, NotFound
from ringfence.model.kinds import every_kind
from ringfence.model.suggestions import unknown
from ringfence.record.next_command import NextCommand, run_command
from ringfence.record.shell import typed
from ringfence.record.status import IncidentStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.cli.plan_view import Screen
    from ringfence.model.document import Document
    from ringfence.model.runbook import Runbook
    from ringfence.model.subject import Ref


@click.command(short_help="Run a runbook on a resource.")
@click.argument("runbook", metavar="RUNBOOK", shell_complete=runbooks)
@click.argument("id_", metavar="ID")
@click.option("--account", help="The account of the resource. Default: the account of your credentials.")
@click.option("--region", help="The region of the resource. Default: AWS_REGION.")
@click.option(
    "--remediation",
    "remediations",
    multiple=True,
    metavar="NAME",
    shell_complete=remediations_named,
    help="Run only this remediation. Can be repeated. Default: the remediations that the policy enables.",
)
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set an option of a remediation. Can be repeated.",
)
@click.option(
    DESPITE_EXEMPT,
    is_flag=True,
    help="Run although the policy exempts the resource, or although it is likely needed in an emergency. "
    "Your reason is recorded.",
)
@operator_command
def run(  # noqa: PLR0913, PLR0917 - a command names its arguments and options
    given: CommandOptions,
    runbook: str,
    id_: str,
    account: str | None,
    region: str | None,
    remediations: tuple[str, ...],
    options: tuple[str, ...],
    despite_exempt: bool,  # noqa: FBT001 - a flag of the command
) -> None:
    """Run RUNBOOK on the resource ID: `ringfence run contain-instance i-… --reason "…"`.

    ID is an id or an ARN. Without --yes, it can also be the Name tag of an EC2 resource.

    Shows the plan, asks for confirmation, applies the plan, and waits until the result is verified.

    Your confirmation applies to the plan of the first stage that was shown. If that plan has changed, the
    run is refused before any change, and the difference is shown. Later stages are planned from the result
    of the first one, so they may differ from what was shown. With --yes nothing is compared.

    A resource that the policy exempts, or that is likely needed in an emergency, is changed only with
    --despite-exempt. One that the policy protects is not changed.

    Exit code 0: complete, or only a review or the work of AWS services remains, or a dry run. 1: not
    contained, not complete or refused. 2: bad input, no such resource, or the API cannot be reached. 130:
    stopped with Ctrl-C.
    """
    from ringfence.cli.plan_view import Screen

    env, screen = environment(), Screen(as_json=given.as_json)
    named = subject_named(env, _family(env, runbook), id_, account, region, sure=given.yes)
    checked(given, env)
    ref = replace(named, account=env.caller().account) if named.account == ANY_ACCOUNT else named
    who = {"runbook": runbook, "subject": subject_of(ref)}
    body: dict[str, object] = {**who, "reason": given.reason, "remediations": list(remediations)}
    body |= {"options": _options(options), **({"despite_exempt": True} if despite_exempt else {})}
    client, poller = env.client(given), Poller(given, env, screen)
    absent = partial(missing, ref, runbook, env.catalogue())
    with before_changes():
        planned = _planned(poller, lambda: client.run({**body, "dry_run": True}), absent)
        _show_plan(given, screen, planned, runbook)
    then = _then(given, runbook, ref.key, planned, despite_exempt=despite_exempt)
    called = called_by(ref, id_)
    confirm(given, screen, f"\nRun {runbook} on {called} now?", planned, then)
    body |= {} if given.yes else {"plan": _agreed(planned)}
    follower = ProgressFollower(client, {**who, "remediations": list(planned.texts("remediations"))}, screen)
    with (
        interruptible(lambda: follower.incident or planned.text("incident"), goes_on=not given.direct),
        screen.busy(f"{runbook} on {called}"),
    ):
        poller.insist(follower.begin)
        done = _run(poller, follower, lambda: client.run({**body, "dry_run": False}))
        status = _until_the_end(poller, follower)
    _conclude(given, screen, planned, dict(done), status)


def _then(
    given: CommandOptions, runbook: str, key: str, planned: Document, *, despite_exempt: bool
) -> NextCommand:
    """Return the command that carries out what a dry run has shown: its options, and the whole subject."""
    flags, purpose = options_given("account", "region", "reason", "dry_run"), "to carry the plan out"
    if planned.texts("exempt") and not despite_exempt:
        flags, purpose = (*flags, DESPITE_EXEMPT), f"{purpose} although the resource is protected"
    return NextCommand(purpose, run_command(runbook, key, *flags, reason=given.reason))


def _planned(
    poller: Poller, dry_run: Callable[[], Mapping[str, object]], absent: Callable[[], BadInput]
) -> Document:
    """Return the plan. Raises BadInput if there is no such resource."""
    try:
        return poller.first(dry_run)
    except NotFound as gone:
        raise absent() from gone


def missing(ref: Ref, runbook: str, catalogue: Mapping[str, Runbook]) -> BadInput:
    """Return the error that a resource does not exist. The hint names runbooks for ids of this form."""
    place = f"account {ref.account}" + (f" and region {ref.region}" if ref.regional else "")
    family, hint = catalogue[runbook].subject, ""
    for id_, kind in every_kind().items():
        if kind.precedence or issubclass(kind, family) or not kind.pattern.fullmatch(ref.id):
            continue
        if others := [one.id for one in catalogue.values() if issubclass(kind, one.subject)]:
            commands = " or ".join(f"ringfence run {one} {ref.id}" for one in others)
            hint = f"This is the form of an id of kind {id_}: {commands}"
    return BadInput("ID", f"there is no {ref.kind} {ref.id} in {place}", hint=hint)


def _show_plan(given: CommandOptions, screen: Screen, planned: Document, runbook: str) -> None:
    """Show the plan. Exit if there is none. Raises BadInput for a protected resource."""
    from ringfence.cli.incident_views import BAD
    from ringfence.cli.layout import listed
    from ringfence.cli.plan_view import plan_shown

    show_paused(screen, planned.texts("paused"))
    screen.show(plan_shown(planned, f"{runbook}:", given.home.accounts))
    if planned.text("status") != IncidentStatus.DRY_RUN:
        screen.say(planned.text("reason"))
        end(given, NOT_DONE, status=planned.text("status"), incident=planned.text("incident"), plan=planned)
    protected = planned.texts("exempt")
    screen.show(*listed("Protected", protected, BAD))
    if protected and planned.flag("protected"):
        screen.say(_PROTECTED)
        done = DONE if given.dry_run else NOT_DONE
        end(given, done, status=planned.text("status"), incident=planned.text("incident"), plan=planned)
    if protected and not given.dry_run:
        raise BadInput(DESPITE_EXEMPT, "is required, because the resource is protected: see above")


def _agreed(planned: Document) -> dict[str, str]:
    """Return the digest of the first stage's plan. Later plans depend on the changes of the first stage."""
    first = next(iter(planned.children("plans")), planned)
    return {"digest": first.text("digest"), "as_of": planned.text("as_of")}


def _family(env: Environment, runbook: str) -> type[Ref]:
    """Return the kinds that a runbook acts on. Raises BadInput for an unknown runbook."""
    catalogue = env.catalogue()
    if runbook not in catalogue:
        raise unknown("RUNBOOK", runbook, sorted(catalogue))
    return catalogue[runbook].subject


def _options(given: tuple[str, ...]) -> dict[str, str]:
    options = {}
    for one in given:
        name, separator, chosen = one.partition("=")
        if not separator or not name:
            raise BadInput("--option", "must be NAME=VALUE", one)
        options[name] = chosen
    return options


def _run(
    poller: Poller, follower: ProgressFollower, ask: Callable[[], Mapping[str, object]]
) -> Mapping[str, object]:
    """Request the run. If another response is active, wait for its end and request the run again.

    Stop if the other response was a release, or the subject no longer exists: a person decides then.
    """
    while True:
        done = poller.insist(ask)
        if done.get("status") != IncidentStatus.JOINED:
            return done
        poller.note(f"{done.get('reason')}: waiting until it ends")
        while (status := poller.insist(follower.look)).flag("acting"):
            if not poller.left:
                return done
            poller.pause()
        if _status(status).is_over or not poller.left:
            return done


def _until_the_end(poller: Poller, follower: ProgressFollower) -> Document:
    """Query the status until nothing is left to wait for, or the time is over."""
    while True:
        status = poller.insist(follower.look)
        found = _status(status)
        ended = found.is_over or found is IncidentStatus.COMPLETE or status.flag("resting")
        if not status.flag("acting") and ended:
            return status
        if not poller.left:
            return status
        poller.pause()


def _conclude(
    given: CommandOptions, screen: Screen, planned: Document, done: Mapping[str, object], status: Document
) -> None:
    from ringfence.cli.plan_view import key_of, outstanding, risks_of, subject_words
    from ringfence.record.next_command import command_after
    from ringfence.record.wording import said

    state, incident, found = status.text("state"), status.text("incident"), _status(status)
    good = _is_done(status)
    verdict = said(status.text("runbook"), _verdict(status, whole=bool(done.get("whole", True))))
    style = "bold red" if not good else "bold green" if found is IncidentStatus.COMPLETE else "bold yellow"
    screen.conclude(f"{subject_words(planned, given.home.accounts)}: {verdict}", style)
    screen.show(outstanding(status, risks_of(planned)))
    screen.conclude(f"Incident {incident}")
    screen.say("Full record:")
    screen.command(typed("ringfence", "incidents", "show", incident))
    screen.ending(command_after(found, incident, status.text("runbook"), key_of(status)))
    told = {"status": state, "incident": incident, "plan": planned, "report": done, "state": status}
    end(given, DONE if good else NOT_DONE, **told)


def _is_done(status: Document) -> bool:
    """Return whether the run is complete, except for reviews and the work of AWS services."""
    found = _status(status)
    if found is IncidentStatus.COMPLETE:
        return True
    return status.flag("resting") and found is not IncidentStatus.OPEN and not status.texts("refused")


def _status(status: Document) -> IncidentStatus:
    """Return how the incident stands; OPEN where a newer deployment says what this version does not know."""
    return IncidentStatus.of_code(status.text("code")) or IncidentStatus.OPEN


def _verdict(status: Document, *, whole: bool) -> str:
    """Return the result in words. `whole`: the run included the containment stage."""
    found, rest = _status(status), ""
    if found is not IncidentStatus.COMPLETE and status.flag("resting"):
        rest = _FOR_YOU if status.texts("review") else _FOR_OTHERS
    if not _is_done(status):
        contained = found is IncidentStatus.CONTAINED and not rest
        return _UNFINISHED if contained else f"{status.text('state')}{rest}"
    if not whole:
        return f"done and verified{rest}; {_PART}"
    return f"contained{'' if rest else ' and complete'}, verified{rest}"


_PROTECTED = "To change it, take it out of the policy's `protected` and deploy that."
_FOR_YOU = "; the rest needs your review"
_FOR_OTHERS = "; AWS services still have work to do, and this command does not wait for it"
_PART = "this run did not include containment"
_UNFINISHED = "contained; the remaining stages continue, and this command stopped waiting for them"
