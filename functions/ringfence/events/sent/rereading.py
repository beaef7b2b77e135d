"""How sent findings are checked at their source."""

from __future__ import annotations

from ringfence.events.rereading import RETRIED, Rereading

REREADINGS = (
    Rereading(
        "Your own systems",
        (),
        "findings that a sender of the policy's `senders` sends by the API or on the bus",
        "the seal over the finding and its sender, with the key of the audit log. The sender cannot be "
        "asked, and neither can CloudTrail about the calls that `Ringfence-Activity` counts",
        confirmed="the policy's decision stands, with at most the mode of the sender's entry, and on the bus "
        "at most `approve`",
        refuted="nothing is changed; the event becomes a dead letter, and an alarm rings",
        unknown=f"the key cannot be read: {RETRIED}",
        claim="SentFinding",
    ),
)
