"""SNS topics with their policies, whether anybody is subscribed, and whether their messages arrive.

Alarms notify a topic. So the rules that mute alarms of its region are read with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringfence.model.call import Call, Failed, Permission
from ringfence.self_check.compare import statements
from ringfence.self_check.kind import Kind, Settings
from ringfence.self_check.mutes import PERMISSIONS, UNKNOWN_OPERATION, muting

if TYPE_CHECKING:
    from ringfence.model.call import Answer, SansIO
    from ringfence.model.document import Document
    from ringfence.self_check.template import Resource

_MISSING = ("NotFound", "NotFoundException")
_PENDING = "PendingConfirmation"
CONFIRMED = "at least one confirmed"
NONE, PENDING = "none, so nobody is notified", "none confirmed, so nobody is notified"
NO_FILTER = "{}"
HOLDING_BACK = ("DeliveryPolicy", "FilterPolicy")
"""The attributes of a subscription by which messages can be missing or late. Ringfence sets none of them.

https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""


def _declared(topic: Resource) -> Settings:
    policies = topic.attachments("AWS::SNS::TopicPolicy")
    return {
        "policy": tuple(text for one in policies for text in statements(one.get("PolicyDocument"))),
        "encryption": _key(topic.properties.get("KmsMasterKeyId")),
        "unconfirmed subscriptions": (),
        "subscriptions": CONFIRMED,
        "held back": (),
        "data protection": "",
        "muted alarms": (),
    }


def _read(topic: Resource) -> SansIO[Settings | None]:
    arn = {"TopicArn": topic.id}
    answer, listed, protection = yield (
        Call("sns", "GetTopicAttributes", arn, expected=_MISSING),
        Call("sns", "ListSubscriptionsByTopic", arn, pages=True, expected=_MISSING),
        Call(
            "sns",
            "GetDataProtectionPolicy",
            {"ResourceArn": topic.id},
            expected=(*_MISSING, *UNKNOWN_OPERATION),
        ),
    )
    if isinstance(answer, Failed) or isinstance(listed, Failed):
        return None
    found, subscriptions = answer.child("Attributes"), tuple(listed.children("Subscriptions"))
    pending = tuple(
        f"{one.text('Protocol')} {one.text('Endpoint')}"
        for one in subscriptions
        if one.text("SubscriptionArn") == _PENDING
    )
    held = yield from _held_back(subscriptions)
    muted = yield from muting()
    return {
        "policy": statements(found.optional_text("Policy") or ""),
        "encryption": _key(found.optional_text("KmsMasterKeyId")),
        "unconfirmed subscriptions": pending,
        "subscriptions": CONFIRMED if len(subscriptions) > len(pending) else PENDING if pending else NONE,
        "held back": held,
        "data protection": _policy(protection),
        "muted alarms": muted,
    }


def _held_back(subscriptions: tuple[Document, ...]) -> SansIO[tuple[str, ...]]:
    """Return what keeps messages of confirmed subscriptions back: a filter can match nothing."""
    confirmed = [one for one in subscriptions if one.text("SubscriptionArn").startswith("arn:")]
    if not confirmed:
        return ()
    answers = yield tuple(
        Call(
            "sns",
            "GetSubscriptionAttributes",
            {"SubscriptionArn": one.text("SubscriptionArn")},
            expected=_MISSING,
        )
        for one in confirmed
    )
    return tuple(
        f"{name} {given} of {one.text('Protocol')} {one.text('Endpoint')}"
        for one, answer in zip(confirmed, answers, strict=True)
        if not isinstance(answer, Failed)
        for name in HOLDING_BACK
        if (given := answer.child("Attributes").optional_text(name)) not in {None, "", NO_FILTER}
    )


def _policy(answer: Answer) -> str:
    """Return the data protection policy of a topic. It can mask messages or refuse them."""
    return "" if isinstance(answer, Failed) else answer.optional_text("DataProtectionPolicy") or ""


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
        (
            *(
                Permission(f"sns:{name}", _TOPICS)
                for name in (
                    "GetDataProtectionPolicy",
                    "GetSubscriptionAttributes",
                    "GetTopicAttributes",
                    "ListSubscriptionsByTopic",
                )
            ),
            *PERMISSIONS,
        ),
        _declared,
        _read,
        {
            "subscriptions": _SUBSCRIBE,
            "data protection": (
                "aws sns put-data-protection-policy --resource-arn {id} --data-protection-policy '' "
                "--region {region}"
            ),
            "muted alarms": (
                "aws cloudwatch delete-alarm-mute-rule --alarm-mute-rule-name NAME --region {region}"
            ),
            "held back": (
                "aws sns list-subscriptions-by-topic --topic-arn {id} --region {region}; then without it: "
                "aws sns set-subscription-attributes --subscription-arn ARN --attribute-name NAME "
                "--attribute-value '{{}}' --region {region}"
            ),
            "unconfirmed subscriptions": f"open the message of AWS and confirm, or again: {_SUBSCRIBE}",
        },
    ),
)
