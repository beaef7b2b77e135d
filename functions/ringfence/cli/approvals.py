"""`ringfence approvals`, `approve` and `reject`: people answer plans that wait for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ringfence.cli.answered import other_plan, outcome, status_words
from ringfence.cli.completion import incidents
from ringfence.cli.incident_ids import incident_of
from ringfence.cli.operator_command import (
    DONE,
    NOT_DONE,
    CommandOptions,
    agreed,
    answer_command,
    end,
    environment,
    query_command,
)
from ringfence.cli.waiting import Poller
from ringfence.cli.waiting_plans import Together, answer_together, approve_command, nothing_behind, waiting
from ringfence.handlers.operator_types import check_reason
from ringfence.model.errors import BadInput
from ringfence.model.suggestions import similar
from ringfence.record.approval_facts import Answer
from ringfence.record.approvals import ApprovalStatus
from ringfence.record.next_command import NextCommand, run_command
from ringfence.record.shell import typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringfence.cli.operator_client import OperatorClient
    from ringfence.cli.operator_command import Environment
    from ringfence.cli.plan_view import Screen
    from ringfence.model.document import Document

NO_REASON = "no reason given"


@click.command("approvals", short_help="Show the plans that wait for approval.")
@click.argument("incident", required=False, shell_complete=incidents)
@click.option("--breaker", default="", help="Only what waits behind this limit.")
@query_command
def approvals(given: CommandOptions, incident: str | None, *, breaker: str) -> None:
    """Show the approvals of INCIDENT with their plans, or list everything that waits, the worst one first.

    In a pipe, each plan is a line of columns between tabs: incident, severity, finding, resource, runbook,
    since when, until when, who may approve, the limit that it waits behind, what has been changed so far, and
    the command that answers it.

    This needs the policy `ringfence-approver`.

    Exit code 0: shown. 1: refused. 2: bad input, no such incident, or the API cannot be reached.
    """
    from ringfence.cli.plan_view import Screen
    from ringfence.cli.waiting_list import list_waiting

    if incident and breaker:
        raise BadInput("--breaker", "cannot be combined with an incident")
    screen, env = Screen(as_json=given.as_json, query=True), environment()
    client, poller = env.client(given), Poller(given, env, screen)
    if incident is None:
        found = waiting(client, poller, breaker)
        list_waiting(screen, found, given.home.accounts, env.now())
        if breaker and not found.plans:
            screen.note(nothing_behind(client, poller, breaker))
        end(given, DONE, waiting=found.plans, doubted=found.doubted)
    shown = _approvals(client, poller, incident_of(given.home, incident))
    for one in shown:
        show_approval(screen, one)
    if not shown:
        screen.say(f"{incident} has no approvals.")
    elif waits := [one for one in shown if one.text("status") == ApprovalStatus.WAITING]:
        screen.ending(NextCommand("to answer it", approve_command(waits[0])))
    else:
        look = typed("ringfence", "incidents", "show", shown[0].text("incident"))
        screen.ending(NextCommand("to read what followed", look))
    end(given, DONE, approvals=shown)


_breaker = click.option(
    "--breaker", default="", help="Answer everything that waits behind this limit, instead of one incident."
)


@click.command("approve", short_help="Approve a plan, so that it is carried out.")
@click.argument("incident", required=False, shell_complete=incidents)
@_breaker
@click.option("--approval", default="", help="The id of the approval, if several wait in this incident.")
@click.option(
    "--plan", default="", help="The digest of the plan that you have seen. Nothing else is approved."
)
@click.option(
    "--break-glass",
    is_flag=True,
    help="Approve alone although the policy wants other people. All approvers are notified. Needs --reason.",
)
@click.option("--reason", default="", help="The reason, in one line. It is recorded in the audit log.")
@answer_command
def approve(  # noqa: PLR0913 - one parameter for each option
    given: CommandOptions,
    incident: str | None,
    *,
    breaker: str,
    approval: str,
    plan: str,
    break_glass: bool,
    reason: str,
) -> None:
    """Approve the plan of INCIDENT. Shows it, asks for confirmation, and lets Ringfence carry it out.

    Your approval applies to the plan that was shown. If the resource has changed since, nothing is changed,
    and Ringfence asks again with the difference. `ringfence incidents show INCIDENT` shows the progress.

    With --breaker instead of INCIDENT, you approve every plan that waits behind a limit, each one exactly as
    shown. A plan that has changed since is left out and named.

    Exit code 0: approved. 1: refused, not confirmed, or some plans were left out. 2: bad input, no such
    incident, or the API cannot be reached.
    """
    if break_glass and not reason:
        raise BadInput("--reason", "is required with --break-glass")
    if breaker or not incident:
        together = Together(Answer.APPROVE, reason or NO_REASON, plan, break_glass=break_glass)
        answer_together(given, _only(incident, approval, breaker), together, show_approval)
    asking = _Asking.of(given, incident, approval)
    one = asking.found
    if plan and one.text("plan") != plan:
        show_approval(asking.screen, one)
        why, command = other_plan(one, plan, asking.every)
        asking.screen.conclude(why, "bold red")
        asking.screen.ending(NextCommand("to approve the plan above", command))
        end(given, NOT_DONE, status="changed", approval=one)
    if not plan:
        show_approval(asking.screen, one)
    if asking.waits and not (plan or given.yes or asking.env.interactive()):
        raise BadInput("--plan", "is required without a terminal: the digest of the plan that you have seen")
    if not (plan or not asking.waits or agreed(given, "\nApprove this plan?")):
        asking.screen.say("Nothing was approved.")
        end(given, NOT_DONE, status="declined", approval=one)
    answered = asking.answer(Answer.APPROVE, reason or NO_REASON, break_glass=break_glass)
    asking.screen.conclude(outcome(Answer.APPROVE, one, answered), "bold green")
    watch = typed("ringfence", "incidents", "watch", one.text("incident"))
    asking.screen.ending(NextCommand("to see the progress", watch))
    end(given, DONE, status=answered.text("status"), approval=answered)


@click.command("reject", short_help="Reject a plan, or veto one that runs by itself.")
@click.argument("incident", required=False, shell_complete=incidents)
@_breaker
@click.option("--approval", default="", help="The id of the approval, if several wait in this incident.")
@click.option("--reason", required=True, help="The reason, in one line. It is recorded in the audit log.")
@answer_command
def reject(given: CommandOptions, incident: str | None, *, breaker: str, approval: str, reason: str) -> None:
    """Reject the plan of INCIDENT. Nothing of it is changed, and it is not asked about again for a day.

    A worse finding asks again before that. Everybody who may answer can reject. With --breaker instead of
    INCIDENT, you reject every plan that waits behind a limit. An urgent notice tells everybody about that.

    Exit code 0: rejected. 1: refused, because somebody was faster, or not confirmed. 2: bad input, no such
    incident, or the API cannot be reached.
    """
    from ringfence.cli.plan_view import key_of

    if breaker or not incident:
        together = Together(Answer.REJECT, check_reason(reason))
        answer_together(given, _only(incident, approval, breaker), together, show_approval)
    asking = _Asking.of(given, incident, approval)
    answered = asking.answer(Answer.REJECT, check_reason(reason))
    one = asking.found
    asking.screen.conclude(outcome(Answer.REJECT, one, answered), "bold")
    asking.screen.ending(NextCommand("to run it all the same", run_command(one.text("runbook"), key_of(one))))
    end(given, DONE, status=answered.text("status"), approval=answered)


def _only(incident: str | None, approval: str, breaker: str) -> str:
    """Return the limit. Raises BadInput if there is none, or if one incident is named as well."""
    if not breaker:
        raise BadInput("INCIDENT", "is required, or --breaker")
    if incident or approval:
        raise BadInput("--breaker", "cannot be combined with an incident or --approval")
    return breaker


class _Asking:
    """One approval that a person answers."""

    def __init__(
        self,
        given: CommandOptions,
        env: Environment,
        screen: Screen,
        every: Sequence[Document],
        found: Document,
    ) -> None:
        self.given, self.env, self.screen, self.every, self.found = given, env, screen, every, found

    @classmethod
    def of(cls, given: CommandOptions, incident: str, approval: str) -> _Asking:
        """Read the approval that waits, or the named one. Raises BadInput."""
        from ringfence.cli.plan_view import Screen

        env, screen = environment(), Screen(as_json=given.as_json)
        incident = incident_of(given.home, incident)
        every = _approvals(env.client(given), Poller(given, env, screen), incident)
        open_ = [one for one in every if one.text("status") == ApprovalStatus.WAITING]
        named = (
            [one for one in every if one.text("approval") == approval] if approval else open_ or every[-1:]
        )
        if not every:
            look = typed("ringfence", "incidents", "show", incident)
            raise BadInput("incident", f"there is no plan to answer in {incident}; see `{look}`")
        if not named:
            hint = similar(approval, (one.text("approval") for one in every))
            raise BadInput("--approval", f"must be an approval of {incident}", approval or None, hint)
        if len(named) > 1:
            ids = ", ".join(one.text("approval") for one in named)
            raise BadInput("--approval", f"is required, because several wait for an answer: {ids}")
        return cls(given, env, screen, every, named[0])

    @property
    def waits(self) -> bool:
        """Whether it waits for an answer. Otherwise there is nothing to confirm."""
        return self.found.text("status") == ApprovalStatus.WAITING

    def answer(self, answer: str, reason: str, *, break_glass: bool = False) -> Document:
        """Send the answer. Raises Refused and Forbidden."""
        body = {
            "incident": self.found.text("incident"),
            "approval": self.found.text("approval"),
            "answer": answer,
            "plan": self.found.text("plan"),
            "reason": check_reason(reason),
            "break_glass": break_glass,
        }
        client = self.env.client(self.given)
        return Poller(self.given, self.env, self.screen).first(lambda: client.answer(body))


def _approvals(client: OperatorClient, poller: Poller, incident: str) -> tuple[Document, ...]:
    return tuple(poller.first(lambda: client.approvals({"incident": incident})).children("approvals"))


def show_approval(screen: Screen, one: Document) -> None:
    """Show an approval with its plan."""
    from ringfence.cli.plan_view import subject_words

    veto = one.integer("veto_seconds")
    how = f", carried out {veto} s after its notice unless somebody rejects it" if veto else ""
    screen.conclude(f"Approval {one.text('approval')}: {subject_words(one)}", "bold")
    if one.text("status") == ApprovalStatus.WAITING:
        _line(screen, one.text("so_far"))
    if one.has("finding"):
        finding = one.child("finding")
        severity = f"severity {finding.number('severity'):g}"
        _line(screen, f"{finding.text('type')}, {severity}: {finding.text('title')}")
    expires = one.text("expires_at")[:16].replace("T", " ")
    open_ = one.text("status") in {ApprovalStatus.WAITING, ApprovalStatus.APPROVED}
    _line(
        screen, f"{status_words(one)}{how if open_ else ''}{f'; expires at {expires} UTC' if open_ else ''}"
    )
    for title, field in (
        ("what has changed", "difference"),
        ("check first", "cautions"),
        ("steps", "steps"),
        ("what it breaks, and what it leaves open", "costs"),
        ("who may approve", "who"),
    ):
        _list(screen, title, one.texts(field))
    for given in one.children("answers"):
        glass = " with break-glass" if given.flag("break_glass") else ""
        _line(screen, f"{given.text('actor')}: {given.text('answer')}{glass}: {given.text('reason')}")
    screen.command(f"  plan {one.text('plan')}")


def _list(screen: Screen, title: str, lines: Sequence[str]) -> None:
    if lines:
        screen.say(f"  {title}:")
    for line in lines:
        _line(screen, line, "    - ")


def _line(screen: Screen, text: str, mark: str = "  ") -> None:
    """Show a text whose further lines begin below its first one."""
    from ringfence.cli.incident_views import plain
    from ringfence.cli.layout import hanging

    screen.show(hanging(mark, plain(text)))
