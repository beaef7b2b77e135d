"""Dead letters are read from their queue until it is empty, and deleted after they were sent again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from ringfence.aws.dead_letters import DeadLetter, SqsDeadLetters
from ringfence.model.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sqs import SQSClient

URL = "https://sqs.eu-west-1.amazonaws.com/111122223333"
NAME = "ringfence-contain-instance"
RECEIVE = {
    "QueueUrl": f"{URL}/{NAME}-dead-letters",
    "MaxNumberOfMessages": 10,
    "VisibilityTimeout": 30,
    "AttributeNames": ["SentTimestamp"],
}


@pytest.fixture
def sqs() -> SQSClient:
    return boto3.client(
        "sqs", region_name="eu-west-1", aws_access_key_id="AKIA", aws_secret_access_key="secret"
    )


@pytest.fixture
def stub(sqs: SQSClient) -> Iterator[Stubber]:
    with Stubber(sqs) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def knows(stub: Stubber, name: str) -> None:
    stub.add_response("get_queue_url", {"QueueUrl": f"{URL}/{name}"}, {"QueueName": name})


def message(id_: str, sent: int) -> dict[str, Any]:
    return {"MessageId": id_, "Body": "{}", "ReceiptHandle": id_, "Attributes": {"SentTimestamp": str(sent)}}


def test_they_are_read_until_none_is_left_and_the_oldest_is_first(sqs: SQSClient, stub: Stubber) -> None:
    knows(stub, f"{NAME}-dead-letters")
    stub.add_response("receive_message", {"Messages": [message("b", 2000), message("a", 1000)]}, RECEIVE)
    stub.add_response("receive_message", {"Messages": [message("c", 1500)]}, RECEIVE)
    stub.add_response("receive_message", {}, RECEIVE)
    found = SqsDeadLetters(lambda: sqs).waiting(NAME)
    assert [one.id for one in found] == ["a", "c", "b"]
    assert found[0].at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


LETTER = DeadLetter("a", datetime(2026, 11, 30, tzinfo=UTC), "{}", "handle")


def test_one_is_sent_and_then_deleted(sqs: SQSClient, stub: Stubber) -> None:
    knows(stub, NAME)
    stub.add_response("send_message", {"MessageId": "x"}, {"QueueUrl": f"{URL}/{NAME}", "MessageBody": "{}"})
    knows(stub, f"{NAME}-dead-letters")
    stub.add_response(
        "delete_message", {}, {"QueueUrl": f"{URL}/{NAME}-dead-letters", "ReceiptHandle": "handle"}
    )
    SqsDeadLetters(lambda: sqs).put_back(NAME, LETTER)


def test_one_that_cannot_be_sent_is_not_deleted(sqs: SQSClient, stub: Stubber) -> None:
    knows(stub, NAME)
    stub.add_client_error("send_message", "AccessDenied", "no")
    with pytest.raises(Retryable, match="sqs:SendMessage"):
        SqsDeadLetters(lambda: sqs).put_back(NAME, LETTER)
