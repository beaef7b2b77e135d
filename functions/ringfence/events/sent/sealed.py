"""The event of a sent finding on its way to a runbook: the finding, who sent it, and a seal over both. Pure.

Everybody who can write to a queue can write any sender. So the function that establishes the sender seals it,
with the key of the audit log's seals, and the function of the runbook believes no other sender.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ringfence.events.fields import instant
from ringfence.events.sent.declared import Constant, Declared, Field, Instant, Text
from ringfence.events.sent.form import DETAIL_TYPE, SOURCE, finding_of, subjects_of
from ringfence.model.codec import canonical, instant_text
from ringfence.model.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ringfence.model.document import Document

VERSION = 1
LONGEST_SENDER = 2048
"""The length of the longest ARN in STS."""


class Way(StrEnum):
    """How a finding came."""

    API = "api"
    """By the API: IAM and STS name the sender."""
    BUS = "bus"
    """On the bus: EventBridge names the account, and nobody in it."""


@frozen
class Sent:
    """A finding with its sender: an ARN, or on the bus an account id. `received_at`: when it arrived."""

    way: Way
    sender: str
    received_at: datetime
    finding: Document

    @property
    def covered(self) -> str:
        """The text that the seal covers."""
        body = [self.way.value, self.sender, instant_text(self.received_at), dict(self.finding.value)]
        return canonical(body)

    def event(self, seal: str) -> Mapping[str, object]:
        """Return the event, in the form in which EventBridge delivers events."""
        subject = subjects_of(self.finding)[0]
        return {
            "version": "0",
            "source": SOURCE,
            "detail-type": DETAIL_TYPE,
            "account": subject.account,
            "region": subject.region,
            "time": instant_text(self.received_at),
            "resources": [],
            "detail": {
                "version": VERSION,
                "way": self.way.value,
                "sender": self.sender,
                "received_at": instant_text(self.received_at),
                "finding": dict(self.finding.value),
                "seal": seal,
            },
        }


ENVELOPE = Declared(
    "Sent finding",
    "A finding with its sender and a seal over both.",
    (
        Field("version", Constant(VERSION), "The version.", VERSION),
        Field("way", Text(f"one of {', '.join(Way)}", "|".join(Way), 3), "How it came.", Way.API.value),
        Field(
            "sender",
            Text("an ARN or an account id", "[!-~]+", LONGEST_SENDER),
            "Who sent it.",
            "arn:aws:sts::111122223333:assumed-role/ids/office",
        ),
        Field("received_at", Instant(), "When it arrived.", "2027-01-31T23:59:59Z"),
        Field("seal", Text("a seal", "[0-9a-zA-Z:-]+", 200), "The seal.", "1:key:00"),
    ),
)


def sent_of(detail: Document) -> tuple[Sent, str]:
    """Return a sent finding and its seal, which nothing has proved yet. Raises BadInput."""
    outer = {name: value for name, value in detail.value.items() if name != "finding"}
    read = ENVELOPE.read(outer, detail.path)
    finding = finding_of(detail.value.get("finding"), detail.at("finding"))
    sent = Sent(Way(read.text("way")), read.text("sender"), instant(read, "received_at"), finding)
    return sent, read.text("seal")
