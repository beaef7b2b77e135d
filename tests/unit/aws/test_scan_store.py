"""What scheduled scans store: their items in the control table, and their files in a bucket."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, cast

import pytest
from moto import mock_aws

from ringfence.aws.audit_items import CONTROL_KEY
from ringfence.aws.scan_files import ScanFiles
from ringfence.aws.scan_items import ScanItems
from ringfence.aws.sessions import own_client
from ringfence.model.errors import Retryable
from ringfence.model.place import Place
from ringfence.record.scans import HISTORY_KEY, PlaceResults, ScanHistory, ScanSummary, scan_key
from tests.support.fakes.audit_home import CONTROL, tables
from tests.support.worlds import NOON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

BUCKET = "scans"
HERE, THERE = Place("111122223333", "eu-west-1"), Place("111122223333", "global")
RESULTS = PlaceResults("2027-01-01T00:00:00Z", "digest", (), {"r": (1, 0, 0)}, 1)
SCAN = ScanSummary("2027-01-01T00:00:00Z", "digest", 90.0, (9, 1, 0), 10, 2, 1, 3)


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with mock_aws():
        yield tables()


@pytest.fixture
def s3(client: DynamoDBClient) -> S3Client:
    del client
    found = cast("S3Client", own_client("s3"))
    found.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return found


def test_places_and_the_history_are_read_back(client: DynamoDBClient) -> None:
    items = ScanItems(client, CONTROL)
    assert (items.places((HERE,)), items.history()) == ({}, ScanHistory())
    items.keep(HERE, RESULTS, NOON)
    items.keep_history(ScanHistory((SCAN,), ("a",)), NOON)
    assert items.places((HERE, THERE)) == {HERE: RESULTS}
    assert items.history() == ScanHistory((SCAN,), ("a",))


def test_an_item_that_somebody_changed_counts_as_none(client: DynamoDBClient) -> None:
    for key in (scan_key(HERE), HISTORY_KEY):
        client.put_item(TableName=CONTROL, Item={CONTROL_KEY: {"S": key}, "text": {"S": "{}"}})
    items = ScanItems(client, CONTROL)
    assert (items.places((HERE,)), items.history()) == ({}, ScanHistory())


def test_lines_are_compressed_and_stored_at_once(s3: S3Client) -> None:
    def fill(write: object) -> bool:
        for one in ("a", "b"):
            write(one)  # type: ignore[operator]  # as given
        return True

    ScanFiles(s3, BUCKET).lines("results/x.jsonl.gz", fill)
    stored = s3.get_object(Bucket=BUCKET, Key="results/x.jsonl.gz")["Body"].read()
    assert gzip.decompress(stored) == b"a\nb\n"


def test_what_is_not_complete_is_not_stored(s3: S3Client) -> None:
    ScanFiles(s3, BUCKET).lines("results/x.jsonl.gz", lambda _: False)
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_an_error_of_s3_can_be_retried(s3: S3Client) -> None:
    with pytest.raises(Retryable, match="PutObject"):
        ScanFiles(s3, "another").text("summaries/x.json", "{}")
