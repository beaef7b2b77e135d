"""What was published to topics of the local SNS can be read again, also without a subscriber."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from ringfence.local.messages import PATH, sent_notices

if TYPE_CHECKING:
    from ringfence.local import LocalAws


def test_messages_of_an_account_and_region_are_kept_with_their_attributes(aws: LocalAws, unique: str) -> None:
    account, region = "666677778888", "eu-north-1"
    sns = aws.client("sns", account, region)
    topic = sns.create_topic(Name=unique)["TopicArn"]
    form = json.dumps({"urgency": "urgent", "incident": "inc-1"})
    attributes = {"notice": {"DataType": "String", "StringValue": form}}
    sns.publish(TopicArn=topic, Message="text\nof it", Subject="a subject", MessageAttributes=attributes)
    sns.publish(TopicArn=topic, Message="of another program")
    (one,) = (one for one in sent_notices(aws.endpoint, account, region) if one.topic == unique)
    assert (one.subject, one.text) == ("a subject", "text\nof it")
    assert (one.urgency, one.incident) == ("urgent", "inc-1")
    assert not [one for one in sent_notices(aws.endpoint, account, "eu-west-1") if one.topic == unique]


def test_only_the_root_user_reads_them(aws: LocalAws) -> None:
    scope = "AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/sns/aws4_request"
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"}
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(urllib.request.Request(f"{aws.endpoint}{PATH}", headers=signed))  # noqa: S310 - loopback
    refused.value.close()
