"""Queues on SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from ringfence.aws.sqs import SqsQueue
from ringfence.model.errors import Retryable
from tests.support.fakes.audit_home import session

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sqs() -> Iterator[Any]:
    with mock_aws():
        yield session().client("sqs")


def test_a_message_that_comes_back_at_once_is_there_again(sqs: Any) -> None:  # noqa: ANN401 - made at run time
    url = sqs.create_queue(QueueName="first", Attributes={"VisibilityTimeout": "900"})["QueueUrl"]
    queue = SqsQueue(url, lambda: sqs)
    queue.send("a finding")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == "a finding"
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    queue.come_back(message["ReceiptHandle"], 0)
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "a finding"


def test_what_the_service_refuses_can_be_tried_again(sqs: Any) -> None:  # noqa: ANN401 - made at run time
    gone = SqsQueue("https://sqs.eu-west-1.amazonaws.com/123456789012/gone", lambda: sqs)
    with pytest.raises(Retryable, match="sqs:SendMessage"):
        gone.send("a finding")
    with pytest.raises(Retryable, match="sqs:ChangeMessageVisibility"):
        gone.come_back("a receipt", 0)


def test_no_client_is_made_before_it_is_needed() -> None:
    """Containment comes first: making one takes longer than a call."""

    def made() -> Any:  # noqa: ANN401 - made at run time
        raise AssertionError

    assert SqsQueue("https://example.com/queue", made).url == "https://example.com/queue"
