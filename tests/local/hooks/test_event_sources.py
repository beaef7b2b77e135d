"""Event source mappings of the local AWS retry, give up and report as Lambda's do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

# Tells the queue which records it was given; `bad` fails, as the test says.
SOURCE = """
    import boto3, json, os, time
    sqs = boto3.client("sqs")
    def handler(event, context):
        keys = [r["dynamodb"]["Keys"]["pk"]["S"] if "dynamodb" in r else r["body"] for r in event["Records"]]
        sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(keys))
        time.sleep(float(os.environ.get("TAKES", "0")))
        if "bad" in keys:
            if os.environ["FAIL"] == "crash":
                raise ValueError("bad")
            record = event["Records"][keys.index("bad")]
            number = record["dynamodb"]["SequenceNumber"] if "dynamodb" in record else record["messageId"]
            return {"batchItemFailures": [{"itemIdentifier": number}]}
"""


class Stream:
    """A table with a stream, a function that reads it, and queues for what was read and what was given up."""

    def __init__(self, aws: Any, name: str, make_function: Any, make_queue: Any) -> None:
        self.client = aws.client("dynamodb")
        self.name = name
        self.seen, self.given_up = make_queue(), make_queue()
        made = self.client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self._stream = made["TableDescription"]["LatestStreamArn"]
        self._lambda = aws.client("lambda")
        self._make_function = make_function

    def read(self, fail: str = "report", takes: str = "0", to: Any = None, **options: Any) -> None:
        variables = {"QUEUE": (to or self.seen).url, "FAIL": fail, "TAKES": takes}
        function = self._make_function(SOURCE, Environment={"Variables": variables}, Timeout=10)
        self._lambda.create_event_source_mapping(
            EventSourceArn=self._stream,
            FunctionName=function,
            StartingPosition="TRIM_HORIZON",
            FunctionResponseTypes=["ReportBatchItemFailures"],
            DestinationConfig={"OnFailure": {"Destination": self.given_up.arn}},
            **options,
        )

    def write(self, *keys: str) -> None:
        items = [{"Put": {"TableName": self.name, "Item": {"pk": {"S": key}}}} for key in keys]
        self.client.transact_write_items(TransactItems=items)


@pytest.fixture
def stream(aws: Any, unique: str, make_function: Any, make_queue: Any) -> Stream:
    return Stream(aws, unique, make_function, make_queue)


def test_a_transactions_records_come_in_order_and_once(stream: Stream) -> None:
    stream.write("1", "2", "3")
    stream.read()
    stream.write("4")
    read = [key for keys in stream.seen.take(2) for key in keys]
    assert read == ["1", "2", "3", "4"]


def test_records_before_a_reported_failure_are_done_and_the_rest_comes_again_until_given_up(
    stream: Stream,
) -> None:
    stream.write("1", "bad", "2")
    stream.read(MaximumRetryAttempts=1)
    assert stream.seen.take(3) == [["1", "bad", "2"], ["bad", "2"], ["2"]]
    (report,) = stream.given_up.take(1)
    assert report["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert report["DDBStreamBatchInfo"]["batchSize"] == 1


def test_a_batch_that_crashes_its_function_is_halved_until_the_bad_record_stands_alone(
    stream: Stream,
) -> None:
    stream.write("1", "bad", "2", "3")
    stream.read("crash", MaximumRetryAttempts=0, BisectBatchOnFunctionError=True)
    assert stream.seen.take(5) == [["1", "bad", "2", "3"], ["1", "bad"], ["1"], ["bad"], ["2", "3"]]
    (report,) = stream.given_up.take(1)
    assert report["DDBStreamBatchInfo"]["batchSize"] == 1


def test_changes_and_deletions_are_told_apart(
    aws: Any, stream: Stream, make_function: Callable[..., str], make_queue: Callable[..., Any]
) -> None:
    queue = make_queue()
    source = """
        import boto3, json, os
        sqs = boto3.client("sqs")
        def handler(event, context):
            for record in event["Records"]:
                old = record["dynamodb"].get("OldImage", {}).get("v", {}).get("S")
                body = json.dumps([record["eventName"], old])
                sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=body)
    """
    function = make_function(source, Environment={"Variables": {"QUEUE": queue.url}})
    table = {"TableName": stream.name}
    stream.client.put_item(Item={"pk": {"S": "a"}, "v": {"S": "1"}}, **table)
    stream.client.put_item(Item={"pk": {"S": "a"}, "v": {"S": "2"}}, **table)
    stream.client.delete_item(Key={"pk": {"S": "a"}}, **table)
    described = stream.client.describe_table(**table)["Table"]
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=described["LatestStreamArn"], FunctionName=function, StartingPosition="TRIM_HORIZON"
    )
    assert queue.take(3) == [["INSERT", None], ["MODIFY", "1"], ["REMOVE", "2"]]


def read_queue(aws: Any, queue: Any, make_function: Callable[..., str], seen: Any, **options: Any) -> None:
    variables = {"QUEUE": seen.url, "FAIL": "report"}
    function = make_function(SOURCE, Environment={"Variables": variables})
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=queue.arn,
        FunctionName=function,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig={"MaximumConcurrency": 2},
        **options,
    )


def test_a_message_that_fails_comes_again_and_ends_in_the_dead_letter_queue_and_no_other_does(
    aws: Any, make_function: Callable[..., str], make_queue: Callable[..., Any]
) -> None:
    seen, dead_letters = make_queue(), make_queue()
    redrive = f'{{"deadLetterTargetArn": "{dead_letters.arn}", "maxReceiveCount": "2"}}'
    queue = make_queue(VisibilityTimeout="1", RedrivePolicy=redrive)
    read_queue(aws, queue, make_function, seen, BatchSize=1)
    for body in ("bad", "good"):
        queue.client.send_message(QueueUrl=queue.url, MessageBody=body)
    assert sorted(key for keys in seen.take(3) for key in keys) == ["bad", "bad", "good"]
    received = dead_letters.client.receive_message(QueueUrl=dead_letters.url, WaitTimeSeconds=5)
    assert [message["Body"] for message in received["Messages"]] == ["bad"]


def test_a_slow_reader_of_a_stream_keeps_neither_queues_nor_other_readers_waiting(
    aws: Any, stream: Stream, make_function: Callable[..., str], make_queue: Callable[..., Any]
) -> None:
    """The slow function is still at its first record when the others are done with theirs."""
    seen, queue, quick = make_queue(), make_queue(), make_queue()
    read_queue(aws, queue, make_function, seen, BatchSize=1)
    stream.read(takes="4")
    stream.write("1")
    assert stream.seen.take(1) == [["1"]]
    stream.write("2")
    stream.read(to=quick)
    queue.client.send_message(QueueUrl=queue.url, MessageBody="prompt")
    assert seen.take(1) == [["prompt"]]
    assert [key for keys in quick.take(1) for key in keys] == ["1", "2"]
    assert stream.seen.waiting() == 0
