"""SNS topics with their policies, and whether anybody is subscribed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.self_check.compare import statements
from ringfence.self_check.kind import Kind, Settings

if TYPE_CHECKING:
    from ringfence.model.call import SansIO
    from ringfence.self_check.template import Resource

_MISSING = ("NotFound", "NotFoundException")
_PENDING = "PendingConfirmation"
CONFIRMED, NOBODY = "confirmed", "nobody is notified"


def _declared(topic: Resource) -> Settings:
    policies = topic.attachments("AWS::SNS::TopicPolicy")
    return {
        "policy": tuple(text for one in policies for text in statements(one.get("PolicyDocument"))),
        "encryption": _key(topic.properties.get("KmsMasterKeyId")),
        "unconfirmed subscriptions": (),
        "subscriptions": CONFIRMED,
    }


def _read(topic: Resource) -> SansIO[Settings | None]:
    arn = {"TopicArn": topic.id}
    answer, listed = yield (
        Call("sns", "GetTopicAttributes", arn, expected=_MISSING),
        Call("sns", "ListSubscriptionsByTopic", arn, pages=True, expected=_MISSING),
    )
    if isinstance(answer, Failed) or isinstance(listed, Failed):
        return None
    found, subscriptions = answer.child("Attributes"), tuple(listed.children("Subscriptions"))
    pending = tuple(
        f"{one.text('Protocol')} {one.text('Endpoint')}"
        for one in subscriptions
        if one.text("SubscriptionArn") == _PENDING
    )
    return {
        "policy": statements(found.optional_text("Policy") or ""),
        "encryption": _key(found.optional_text("KmsMasterKeyId")),
        "unconfirmed subscriptions": pending,
        "subscriptions": CONFIRMED if len(subscriptions) > len(pending) else NOBODY,
    }


def _key(given: object) -> str:
    return f"KMS key {str(given).rpartition('/')[2]}" if given else "none"


_TOPICS = ("arn:aws:sns:*:{account}:Ringfence-*",)
_SUBSCRIBE = (
    "aws sns subscribe --topic-arn {id} --protocol email --notification-endpoint ADDRESS --region {region}"
)
KINDS = (
    Kind(
        "AWS::SNS::Topic",
        "topic",
        tuple(
            Permission(f"sns:{name}", _TOPICS) for name in ("GetTopicAttributes", "ListSubscriptionsByTopic")
        ),
        _declared,
        _read,
        {
            "subscriptions": _SUBSCRIBE,
            "unconfirmed subscriptions": f"open the message of AWS and confirm, or again: {_SUBSCRIBE}",
        },
    ),
)
