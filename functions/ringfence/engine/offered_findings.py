"""What would become of a finding of a customer's own system, if a sender of the policy sent it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.events.envelope import NotForUs
from ringfence.events.fields import instant
from ringfence.events.sent.offered import is_unsealed, offered
from ringfence.events.sent.parser import finding_from
from ringfence.events.sent.sealed import Sent, Way
from ringfence.model.frozen import frozen
from ringfence.policy.senders import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ringfence.model.document import Document
    from ringfence.model.finding import Finding
    from ringfence.policy.policy import Policy

SEVERAL = 2
_NO_SEAL = "offline"
"""In the place of a seal. No function accepts it."""


@frozen
class AsSent:
    """A finding as it would arrive: its event, or why the policy refuses it. `words`: who would send it."""

    finding: Finding
    event: Mapping[str, object] | NotForUs
    words: str = ""


def as_sent(event: object, policy_for: Callable[[Finding], Policy], sender: str = "") -> AsSent | None:
    """Return an event of Ringfence's own bus as it would arrive. None for any other event.

    Parameters
    ----------
    event
        An event as EventBridge delivers it.
    policy_for
        Returns the policy that decides about a finding.
    sender
        The ARN of the role that sends it, or for the bus an account. Empty: the first entry of the policy's
        `senders` that covers the finding.

    Raises
    ------
    BadInput
        The finding is wrong.
    """
    if not isinstance(event, dict) or not is_unsealed(event):
        return None
    read = offered(event["detail"], "detail")
    found = finding_from(_sent(read.finding, sender or read.subject.account))
    senders = policy_for(found).senders
    named = (sender,) if sender else tuple(one.role or one.account for one in senders)
    why = "the policy has no `senders`, so nobody may send findings"
    for sent in (_sent(read.finding, one) for one in named):
        found = finding_from(sent)
        refused = refusal(senders, found)
        if refused is None:
            return AsSent(found, sent.event(_NO_SEAL), _words(found, chosen=bool(sender)))
        why = f"{refused.field}: {refused.value} {refused.reason}"
    several = "" if sender or len(named) < SEVERAL else "no entry of `senders` covers it. The last one: "
    return AsSent(found, NotForUs(f"refused: {several}{why}"))


def _sent(finding: Document, sender: str) -> Sent:
    way = Way.API if sender.startswith("arn:") else Way.BUS
    return Sent(way, sender, instant(finding, "updated_at"), finding)


def _words(found: Finding, *, chosen: bool) -> str:
    """Return as whose a finding was explained."""
    who = found.sent.person if found.sent else ""
    first = "the first of the policy's `senders` that may send it; --sender names another"
    return f"sent by {who}" if chosen else f"sent by {who}, {first}"
