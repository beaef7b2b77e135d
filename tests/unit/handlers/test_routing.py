"""Messages of the topic for notices go on to the topics that want them, each once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from ringfence.handlers.routing import MOST_REMEMBERED, Router
from ringfence.model.document import Document
from ringfence.model.errors import BadInput, Forged, Retryable
from ringfence.record.notices.chat import message
from ringfence.record.notices.routes import Route, route_of
from ringfence.record.notices.schema import as_json, attributes
from tests.support.notice_kinds import OF_INCIDENTS, OF_RINGFENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ringfence.engine.intake import ExecutionContext
    from ringfence.record.notices import Notice

SOURCE = "arn:aws:sns:eu-west-1:111122223333:Ringfence-Audit-Notices"
URGENT, COMPLIANCE = Route("urgent", urgency=("urgent",)), Route("compliance", runbooks=("harden-*",))
CONTEXT = cast("ExecutionContext", None)


class Proven:
    """A message that came by the queue."""

    def start(self) -> None:
        """Ask nobody."""

    def check(self) -> None:
        """Raise nothing."""


class MadeUp(Proven):
    """A message that did not."""

    def check(self) -> None:
        """Raise Forged."""
        raise Forged("the message did not come by its queue")


@dataclass
class Inbox:
    """A topic. `broken`: it takes nothing."""

    broken: bool = False
    got: list[tuple[str, str, Mapping[str, tuple[str, str]]]] = field(default_factory=list)

    def send(self, subject: str, text: str, attributes: Mapping[str, tuple[str, str]]) -> None:
        """Take a message."""
        if self.broken:
            raise Retryable("sns:Publish: NotFound")
        self.got.append((subject, text, attributes))


def of(name: str) -> Notice:
    found = {**OF_INCIDENTS, **OF_RINGFENCE}[name]
    assert found
    return found


def delivered(one: Notice, id_: str = "m-1", topic: str = SOURCE) -> str:
    """Return what SNS delivers to a queue."""
    given = {name: {"Type": kind, "Value": value} for name, (kind, value) in attributes(one).items()}
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": id_,
            "TopicArn": topic,
            "Subject": one.subject,
            "Message": one.text,
            "MessageAttributes": given,
        }
    )


def alarm(state: str = "ALARM") -> str:
    text = json.dumps({"AlarmName": "ringfence-forged", "NewStateValue": state, "NewStateReason": "1 > 0"})
    return json.dumps({"MessageId": "m-2", "TopicArn": SOURCE, "Subject": "ALARM", "Message": text})


def router(*routes: Route, chat: Inbox | None = None) -> tuple[Router, dict[str, Inbox]]:
    inboxes = {one.name: Inbox() for one in routes}
    return Router(SOURCE, tuple((one, inboxes[one.name]) for one in routes), chat), inboxes


def test_a_route_gets_the_notices_it_takes_unchanged() -> None:
    one, inboxes = router(URGENT, COMPLIANCE)
    for name in ("containment undone", "remediated"):
        one.work(delivered(of(name), name), CONTEXT, Proven())
    undone, remediated = of("containment undone"), of("remediated")
    assert inboxes["urgent"].got == [(undone.subject, undone.text, attributes(undone))]
    assert inboxes["compliance"].got == [(remediated.subject, remediated.text, attributes(remediated))]


def test_chat_gets_every_notice_as_a_custom_notification() -> None:
    chat = Inbox()
    one, _ = router(chat=chat)
    one.work(delivered(of("approval needed")), CONTEXT, Proven())
    ((subject, text, given),) = chat.got
    assert (subject, given) == ("", {})
    assert json.loads(text) == message(Document.of(as_json(of("approval needed"))))


@pytest.mark.parametrize(("state", "urgent"), [("ALARM", 1), ("OK", 0)])
def test_an_alarm_is_urgent_when_it_rings(state: str, urgent: int) -> None:
    chat = Inbox()
    one, inboxes = router(URGENT, Route("alarms", kinds=("alarm",)), chat=chat)
    one.work(alarm(state), CONTEXT, Proven())
    assert (len(inboxes["urgent"].got), len(inboxes["alarms"].got), len(chat.got)) == (urgent, 1, 1)
    assert json.loads(chat.got[0][1])["content"]["title"] == f"[{state}] CloudWatch alarm ringfence-forged"


def test_a_topic_that_takes_nothing_does_not_keep_a_message_from_others_nor_repeat_it() -> None:
    chat = Inbox(broken=True)
    one, inboxes = router(URGENT, chat=chat)
    body = delivered(of("containment undone"))
    for _ in range(3):
        with pytest.raises(Retryable, match="chat"):
            one.work(body, CONTEXT, Proven())
    chat.broken = False
    one.work(body, CONTEXT, Proven())
    assert (len(inboxes["urgent"].got), len(chat.got)) == (1, 1)


def test_what_was_sent_is_remembered_within_bounds() -> None:
    one, inboxes = router(URGENT)
    for number in range(MOST_REMEMBERED + 5):
        one.work(delivered(of("containment undone"), f"m-{number}"), CONTEXT, Proven())
    assert len(one.sent) == MOST_REMEMBERED
    assert len(inboxes["urgent"].got) == MOST_REMEMBERED + 5


def test_a_made_up_message_goes_nowhere() -> None:
    chat = Inbox()
    one, inboxes = router(URGENT, chat=chat)
    with pytest.raises(Forged):
        one.work(delivered(of("containment undone")), CONTEXT, MadeUp())
    assert not inboxes["urgent"].got
    assert not chat.got


def _changed(**changes: Any) -> str:  # noqa: ANN401 - parts of a document
    return json.dumps({**json.loads(delivered(of("contained"))), **changes})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("no JSON", "(document)"),
        (delivered(of("contained"), topic="arn:aws:sns:eu-west-1:111122223333:other"), "TopicArn"),
        (_changed(MessageId=""), "MessageId"),
        (_changed(MessageAttributes=None), "(document)"),
        (_changed(MessageAttributes=None, Message="{}"), "Message.NewStateValue"),
        (_changed(MessageAttributes={"notice": {"Type": "String", "Value": "{}"}}), "notice.urgency"),
        (_changed(MessageAttributes={"notice": {"Type": "String"}}), "MessageAttributes.notice.Value"),
    ],
)
def test_another_message_is_bad_input_that_names_the_field(body: str, field: str) -> None:
    one, _ = router(URGENT, chat=Inbox())
    with pytest.raises(BadInput) as caught:
        one.work(body, CONTEXT, Proven())
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("given", "takes"),
    [
        ({}, True),
        ({"severity": 8}, True),
        ({"severity": 8.1}, False),
        ({"urgency": ["urgent", "action"]}, True),
        ({"urgency": ["information"]}, False),
        ({"kinds": ["containment-undone"]}, True),
        ({"kinds": ["contained"]}, False),
        ({"runbooks": ["contain-*"]}, True),
        ({"runbooks": ["harden-*"]}, False),
        ({"accounts": ["111122223333"]}, True),
        ({"accounts": ["444455556666"]}, False),
        ({"urgency": ["urgent"], "severity": 9}, False),
    ],
)
def test_a_route_takes_what_meets_all_of_its_conditions(given: dict[str, object], takes: object) -> None:
    route = route_of(Document.of({"name": "one", **given}))
    form = Document.of(as_json(of("containment undone")))
    assert route.takes(form) is takes
    assert route_of(Document.of(route.as_json)) == route
