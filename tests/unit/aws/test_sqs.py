"""Queues on SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber
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


def test_a_message_in_flight_is_proved_and_hidden_for_as_long_as_asked(sqs: Any) -> None:  # noqa: ANN401 - made at run time
    url = sqs.create_queue(QueueName="first", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    queue = SqsQueue(url, lambda: sqs)
    queue.send("a finding")
    (message,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=5)["Messages"]
    assert queue.prove(message["ReceiptHandle"], 900) == ""
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_the_handle_of_another_queue_s_message_proves_nothing(sqs: Any) -> None:  # noqa: ANN401 - likewise
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("first", "second")]
    sqs.send_message(QueueUrl=urls[1], MessageBody="a finding")
    (message,) = sqs.receive_message(QueueUrl=urls[1])["Messages"]
    assert SqsQueue(urls[0], lambda: sqs).prove(message["ReceiptHandle"], 30)


ANSWERS = [
    ("ReceiptHandleIsInvalid", 404, "not one of the queue"),
    ("AWS.SimpleQueueService.NonExistentQueue", 400, "not one of the queue"),
    ("InvalidParameterValue", 400, "no message that is being handled"),
    ("AWS.SimpleQueueService.MessageNotInflight", 400, "no message that is being handled"),
]


@pytest.mark.parametrize(("code", "status", "says"), ANSWERS)
def test_a_handle_that_the_queue_refuses_proves_nothing(code: str, status: int, says: str) -> None:
    assert says in answering(code, status).prove("AQEB", 30)


@pytest.mark.parametrize(
    ("code", "status"),
    [("RequestThrottled", 403), ("KmsThrottled", 400), ("AccessDenied", 403), ("InternalError", 500)],
)
def test_where_the_queue_does_not_say_nothing_is_proved_or_refuted(code: str, status: int) -> None:
    with pytest.raises(Retryable):
        answering(code, status).prove("AQEB", 30)


@pytest.mark.parametrize("receipt", ["", " ", "a b", "\n", "é", "a" * 1025, "AQEB\n"])
def test_what_is_no_receipt_handle_is_not_sent(receipt: str) -> None:
    """Such a request could be answered with an error that leaves the answer open."""

    def made() -> Any:  # noqa: ANN401 - made at run time
        raise AssertionError

    assert SqsQueue("https://example.com/queue", made).prove(receipt, 30) == "it has no receipt handle"


def answering(code: str, status: int) -> SqsQueue:
    """Return a queue that answers with this error."""
    client = session().client("sqs")
    stubber = Stubber(client)
    stubber.add_client_error("change_message_visibility", code, http_status_code=status)
    stubber.activate()
    return SqsQueue("https://sqs.eu-west-1.amazonaws.com/111122223333/first", lambda: client)
