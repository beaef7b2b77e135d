"""Send the messages of the topic for notices on: to the topics of routes, and to the topic of chat channels.

The topic for notices has them first. Nothing waits for this, and nothing is lost if it fails.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ringfence.events.envelope import parse_json
from ringfence.handlers.logs import logger
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, Retryable
from ringfence.record.notices.chat import alarm_message, message
from ringfence.record.notices.routes import alarm_form
from ringfence.record.notices.schema import ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ringfence.engine.again import Again
    from ringfence.engine.intake import ExecutionContext
    from ringfence.handlers.proof import Proof
    from ringfence.record.notices.routes import Route

    Attributes = Mapping[str, tuple[str, str]]

MOST_REMEMBERED = 1000
RINGING = "ALARM"
"""The state of a CloudWatch alarm that rings."""


class Sender(Protocol):
    """A topic."""

    def send(self, subject: str, text: str, attributes: Attributes) -> None:
        """Send a message. Raises Retryable."""
        ...


@dataclass
class Router:
    """Handles the messages that the topic `source` delivers.

    `routes` are the routes with their topics. `chat` is the topic of the chat channels, if there are any.
    `sent` are the messages that some topics have already: if one topic fails, the others get nothing twice.
    """

    source: str
    routes: tuple[tuple[Route, Sender], ...]
    chat: Sender | None = None
    sent: dict[tuple[str, str], None] = field(default_factory=dict)

    def work(self, body: str, execution: ExecutionContext, proof: Proof) -> tuple[Again, ...]:
        """Send one message on. Raises BadInput, Forged, and Retryable if some topic did not take it."""
        del execution
        proof.check()
        envelope = Document.of(parse_json(body))
        topic = envelope.text("TopicArn")
        if topic != self.source:
            raise BadInput("TopicArn", f"must be {self.source}", topic)
        failed = [name for name, error in self._deliver(envelope) if error]
        if failed:
            raise Retryable(f"these topics did not take the message: {', '.join(failed)}")
        return ()

    def _deliver(self, envelope: Document) -> Iterator[tuple[str, bool]]:
        """Send to each topic that has not got it. Yield the topic's name, and whether it failed."""
        id_, text = envelope.text("MessageId"), envelope.text("Message")
        attributes = _attributes(envelope.optional_child("MessageAttributes"))
        form, shown = _read(attributes, text)
        subject = envelope.optional_text("Subject") or ""
        for route, topic in self.routes:
            if route.takes(form):
                yield route.name, self._failed(id_, route.name, topic, (subject, text, attributes))
        if self.chat:
            given = json.dumps(shown, ensure_ascii=False)
            yield "chat", self._failed(id_, "chat", self.chat, ("", given, {}))

    def _failed(self, id_: str, name: str, topic: Sender, given: tuple[str, str, Attributes]) -> bool:
        if (id_, name) in self.sent:
            return False
        try:
            topic.send(*given)
        except Retryable as error:
            logger().warning("not sent on", extra={"topic": name, "message_id": id_, "error": str(error)})
            return True
        self.sent[id_, name] = None
        if len(self.sent) > MOST_REMEMBERED:
            del self.sent[next(iter(self.sent))]
        return False


def _attributes(given: Document) -> dict[str, tuple[str, str]]:
    """Return the type and the value of each message attribute."""
    found = ((name, given.child(name)) for name in given.value)
    return {name: (one.text("Type"), one.text("Value")) for name, one in found}


def _read(attributes: Attributes, text: str) -> tuple[Document, dict[str, object]]:
    """Return the form of a notice or an alarm, and how chat shows it. Raises BadInput for other messages."""
    if ATTRIBUTE in attributes:
        form = Document.of(parse_json(attributes[ATTRIBUTE][1]), ATTRIBUTE)
        return form, message(form)
    alarm = Document.of(parse_json(text), "Message")
    ringing = alarm.text("NewStateValue") == RINGING
    return Document.of(alarm_form(ringing)), alarm_message(alarm)
