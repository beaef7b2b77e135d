"""SNS in ministack: it confirms emails itself, and lists an unconfirmed subscription with an ARN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringfence.local.hooks.patching import around

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PENDING = "PendingConfirmation"
"""What SNS lists as the ARN of such a subscription.

https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
"""


def install() -> None:
    """Leave emails unconfirmed, and list what is unconfirmed as SNS does."""
    from ministack.services import sns

    around(sns, "_subscribe", _subscribe)
    around(sns, "_list_subscriptions_by_topic", _listed)


def _subscribe(original: Callable[..., Any], params: Mapping[str, Any]) -> Any:
    from ministack.services import sns

    answer = original(params)
    topic, _ = sns._get_topic(sns._p(params, "TopicArn"))
    if topic and sns._p(params, "Protocol").startswith("email"):
        for one in topic["subscriptions"]:
            if one["endpoint"] == sns._p(params, "Endpoint"):
                one["confirmed"] = False
        sns._refresh_subscription_counts(topic)
    return answer


def _listed(original: Callable[..., Any], params: Mapping[str, Any]) -> Any:
    from ministack.services import sns

    status, headers, body = original(params)
    topic, _ = sns._get_topic(sns._p(params, "TopicArn"))
    text = body.decode() if isinstance(body, bytes) else body
    for one in topic["subscriptions"] if topic else ():
        if not one["confirmed"]:
            text = text.replace(f"<SubscriptionArn>{one['arn']}<", f"<SubscriptionArn>{PENDING}<")
    return status, headers, text.encode() if isinstance(body, bytes) else text
