"""`ringfence approvals`, `approve` and `reject`: people answer plans that wait for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import click

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
from ringfence.handlers.operator_types import check_reason
from ringfence.model.errors import BadInput
from ringfence.model.incident import check_incident
from ringfence.record.approvals import ApprovalStatus, waiting
from ringfence.record.facts import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ringfence.cli.operator_client import OperatorClient
    from ringfence.cli.operator_command import Environment
    from ringfence.cli.plan_view import Screen
    from ringfence.cli.settings import Home
    from ringfence.model.document import Document

LISTED_FOR = timedelta(days=14)
"""How far back the list of what waits goes. No approval waits longer."""
MOST = 200
NO_REASON = "no reason given"


@click.command("approvals", short_help="Show the plans that wait for approval.")
@click.argument("incident", required=False)
@query_command
def approvals(given: CommandOptions, incident: str | None) -> None:
    """Show the approvals of INCIDENT with their plans, or list the incidents that wait for approval.

    The list is read from the audit log, which needs the policy `ringfence-auditor`. With INCIDENT, the policy
    `ringfence-approver` is enough.

    Exit code 0: shown. 1: the audit log cannot be read. 2: bad input, no such incident, or the API cannot be
    reached.
    """
    from ringfence.cli.plan_view import Screen

    screen = Screen(as_json=given.as_json)
    if incident is None:
        found = tuple(_waiting(given.home))
        for line in found or ("No plan waits for approval.",):
            screen.say(line)
        end(given, DONE, waiting=found)
    env = environment()
    client, poller = env.client(given), Poller(given, env, screen)
    shown = _approvals(client, poller, check_incident(incident))
    for one in shown:
        _show(screen, one)
    if not shown:
        screen.say(f"{incident} has no approvals.")
    end(given, DONE, approvals=shown)


@click.command("approve", short_help="Approve a plan, so that it is carried out.")
@click.argument("incident")
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
    given: CommandOptions, incident: str, *, approval: str, plan: str, break_glass: bool, reason: str
) -> None:
    """Approve the plan of INCIDENT. Shows it, asks for confirmation, and lets Ringfence carry it out.

    Your approval applies to the plan that was shown. If the resource has changed since, nothing is changed,
    and Ringfence asks again with the difference. `ringfence incidents show INCIDENT` shows the progress.

    Exit code 0: approved. 1: refused, or not confirmed. 2: bad input, no such incident, or the API cannot be
    reached.
    """
    if break_glass and not reason:
        raise BadInput("--reason", "is required with --break-glass")
    asking = _Asking.of(given, incident, approval)
    one = asking.found
    if plan and one.text("plan") != plan:
        _show(asking.screen, one)
        asking.screen.conclude("The plan has changed. Nothing was approved.", "bold red")
        end(given, NOT_DONE, status="changed", approval=one)
    if not plan:
        _show(asking.screen, one)
    if not (plan or given.yes or asking.env.interactive()):
        raise BadInput("--plan", "is required without a terminal: the digest of the plan that you have seen")
    if not (plan or agreed(given, "\nApprove this plan?")):
        asking.screen.say("Nothing was approved.")
        end(given, NOT_DONE, status="declined", approval=one)
    answered = asking.answer(Answer.APPROVE, reason or NO_REASON, break_glass=break_glass)
    missing = answered.integer("missing")
    words = (
        f"Approved. {missing} more must approve." if missing else "Approved. Ringfence carries it out now."
    )
    asking.screen.conclude(words, "bold green")
    asking.screen.say(f"Progress: ringfence incidents show {incident}")
    end(given, DONE, status=answered.text("status"), approval=answered)


@click.command("reject", short_help="Reject a plan, or veto one that runs by itself.")
@click.argument("incident")
@click.option("--approval", default="", help="The id of the approval, if several wait in this incident.")
@click.option("--reason", required=True, help="The reason, in one line. It is recorded in the audit log.")
@answer_command
def reject(given: CommandOptions, incident: str, *, approval: str, reason: str) -> None:
    """Reject the plan of INCIDENT. Nothing of it is changed, and it is not asked about again for a day.

    Everybody who may answer can reject. Exit code 0: rejected. 1: refused: somebody was faster. 2: bad input,
    no such incident, or the API cannot be reached.
    """
    asking = _Asking.of(given, incident, approval)
    answered = asking.answer(Answer.REJECT, check_reason(reason))
    asking.screen.conclude("Rejected. Nothing is changed.", "bold")
    end(given, DONE, status=answered.text("status"), approval=answered)


class _Asking:
    """One approval that a person answers."""

    def __init__(self, given: CommandOptions, env: Environment, screen: Screen, found: Document) -> None:
        self.given, self.env, self.screen, self.found = given, env, screen, found

    @classmethod
    def of(cls, given: CommandOptions, incident: str, approval: str) -> _Asking:
        """Read the approval that waits, or the named one. Raises BadInput."""
        from ringfence.cli.plan_view import Screen

        env, screen = environment(), Screen(as_json=given.as_json)
        every = _approvals(env.client(given), Poller(given, env, screen), check_incident(incident))
        open_ = [one for one in every if one.text("status") == ApprovalStatus.WAITING]
        named = (
            [one for one in every if one.text("approval") == approval] if approval else open_ or every[-1:]
        )
        if not named:
            raise BadInput("--approval", f"must be an approval of {incident}", approval or None)
        if len(named) > 1:
            ids = ", ".join(one.text("approval") for one in named)
            raise BadInput("--approval", f"is required, because several wait for an answer: {ids}")
        return cls(given, env, screen, named[0])

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


def _show(screen: Screen, one: Document) -> None:
    from ringfence.cli.plan_view import subject_words

    veto = one.integer("veto_seconds")
    how = f", carried out {veto} s after its notice unless somebody rejects it" if veto else ""
    screen.conclude(f"Approval {one.text('approval')}: {subject_words(one)}", "bold")
    screen.say(f"  {one.text('status')}{how}; expires at {one.text('expires_at')[:16]} UTC")
    for title, field in (
        ("what has changed", "difference"),
        ("check first", "cautions"),
        ("steps", "steps"),
        ("what it breaks, and what it leaves open", "costs"),
        ("only members of", "roles"),
    ):
        _list(screen, title, one.texts(field))
    for given in one.children("answers"):
        glass = " with break-glass" if given.flag("break_glass") else ""
        screen.say(f"  {given.text('actor')}: {given.text('answer')}{glass}: {given.text('reason')}")
    screen.say(f"  plan {one.text('plan')}", "dim")


def _list(screen: Screen, title: str, lines: Sequence[str]) -> None:
    if lines:
        screen.say(f"  {title}:")
    for line in lines:
        screen.say(f"    - {line}")


def _waiting(home: Home) -> Iterator[str]:
    """Yield a line for each approval that waits, newest incident first."""
    from ringfence.cli.log import reader_of

    reader, now = reader_of(home), datetime.now(UTC)
    for response in islice(reader.opened(now - LISTED_FOR, now + timedelta(days=1)), MOST):
        for one in waiting(reader.entries(response), now):
            until = f"{one.asked.expires_at:%Y-%m-%d %H:%M} UTC"
            yield f"{response.incident}  {response.key.runbook}  {response.key.subject}  until {until}"
