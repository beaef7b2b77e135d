"""Saved queries of Athena, on answers in the form of botocore's model. The local AWS proves nothing here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from ringfence.aws.athena import AthenaQueries
from ringfence.model.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Iterator

SAVED, EXECUTION, TOKEN, NEXT = "saved-1", "execution-1", "t" * 32, "u" * 32
SQL = "SELECT 1 WHERE ? = ?"


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client("athena", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubber:
        yield stubber


def started(stub: Stubber, state: str, why: str = "") -> AthenaQueries:
    """Answer up to the state of the execution."""
    query = {"Name": "q", "Database": "d", "QueryString": SQL, "NamedQueryId": SAVED}
    stub.add_response("get_named_query", {"NamedQuery": query}, {"NamedQueryId": SAVED})
    executed(stub, state, why)
    return AthenaQueries(stub.client, "ringfence-network", {"beaconing": SAVED})


def executed(
    stub: Stubber, state: str, why: str = "", token: str = TOKEN, execution: str = EXECUTION
) -> None:
    """Answer that the query was started with a token, and its state."""
    stub.add_response(
        "start_query_execution",
        {"QueryExecutionId": execution},
        {
            "QueryString": SQL,
            "ExecutionParameters": ["'1'", "'2'"],
            "ClientRequestToken": token,
            "WorkGroup": "ringfence-network",
        },
    )
    status = {"State": state, **({"StateChangeReason": why} if why else {})}
    stub.add_response(
        "get_query_execution", {"QueryExecution": {"Status": status}}, {"QueryExecutionId": execution}
    )


def page(*rows: tuple[str | None, ...], token: str = "") -> dict[str, Any]:
    data = [{"Data": [{} if one is None else {"VarCharValue": one} for one in row]} for row in rows]
    return {"ResultSet": {"Rows": data}, **({"NextToken": token} if token else {})}


def rows(queries: AthenaQueries) -> list[object]:
    return list(queries.rows("beaconing", ("'1'", "'2'"), (TOKEN, NEXT)))


def test_all_pages_are_read_and_the_first_row_names_the_columns(stub: Stubber) -> None:
    queries = started(stub, "SUCCEEDED")
    asked = {"QueryExecutionId": EXECUTION}
    first = page(("srcaddr", "calls"), ("10.0.0.7", "40"), token="more")
    stub.add_response("get_query_results", first, asked)
    stub.add_response("get_query_results", page(("10.0.0.8", None)), {**asked, "NextToken": "more"})
    assert rows(queries) == [{"srcaddr": "10.0.0.7", "calls": "40"}, {"srcaddr": "10.0.0.8", "calls": ""}]
    stub.assert_no_pending_responses()


@pytest.mark.parametrize("state", ["QUEUED", "RUNNING"])
def test_a_query_that_runs_is_read_later(stub: Stubber, state: str) -> None:
    with pytest.raises(Retryable, match=state.lower()):
        rows(started(stub, state))


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_query_that_failed_is_run_again_with_the_next_token(stub: Stubber, state: str) -> None:
    queries = started(stub, state, "stopped")
    executed(stub, "SUCCEEDED", token=NEXT, execution="execution-2")
    result = page(("srcaddr",), ("10.0.0.7",))
    stub.add_response("get_query_results", result, {"QueryExecutionId": "execution-2"})
    assert rows(queries) == [{"srcaddr": "10.0.0.7"}]
    stub.assert_no_pending_responses()


def test_a_query_that_failed_with_each_token_says_why(stub: Stubber) -> None:
    queries = started(stub, "FAILED", "HIVE_BAD_DATA")
    executed(stub, "FAILED", "HIVE_BAD_DATA", NEXT, "execution-2")
    with pytest.raises(Retryable, match="failed HIVE_BAD_DATA"):
        rows(queries)
    stub.assert_no_pending_responses()


def test_a_refused_call_is_retried_later(stub: Stubber) -> None:
    stub.add_client_error("get_named_query", "InvalidRequestException", http_status_code=400)
    with pytest.raises(Retryable, match="GetNamedQuery"):
        rows(AthenaQueries(stub.client, "w", {"beaconing": SAVED}))
