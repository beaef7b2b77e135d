"""Saved queries of Athena: run one with parameters, and read its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringfence.aws.failures import raised
from ringfence.model.call import Permission
from ringfence.model.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ATHENA_PERMISSIONS = tuple(
    Permission(f"athena:{name}", ("{workgroup}",))
    for name in ("GetNamedQuery", "GetQueryExecution", "GetQueryResults", "StartQueryExecution")
)
"""The permissions of its calls."""
DATA_PERMISSIONS = (
    Permission("glue:GetDatabase", ("{catalog}", "{database}"), implied=True),
    Permission("glue:GetTable", ("{catalog}", "{database}", "{flow_logs}"), implied=True),
    *(
        Permission(f"s3:{name}", ("{logs_bucket}", "{results_bucket}"), implied=True)
        for name in ("GetBucketLocation", "ListBucket")
    ),
    Permission(
        "s3:GetObject",
        ("{logs_bucket}/{logs_prefix}AWSLogs/*", "{results_bucket}/*"),
        reason="each log file and each result is an object",
        implied=True,
    ),
    *(
        Permission(f"s3:{name}", ("{results_bucket}/*",), reason="each result is an object", implied=True)
        for name in ("AbortMultipartUpload", "ListMultipartUploadParts", "PutObject")
    ),
)
"""What Athena does with the role of the caller.

https://docs.aws.amazon.com/athena/latest/ug/managed-policies.html
"""
PERMISSIONS = (*ATHENA_PERMISSIONS, *DATA_PERMISSIONS)
DONE, FAILED = "SUCCEEDED", ("FAILED", "CANCELLED")


@dataclass(frozen=True)
class AthenaQueries:
    """Implements `ringfence.handlers.network_looks.Queries`. `saved` are the ids of saved queries by name."""

    client: Any
    workgroup: str
    saved: Mapping[str, str]

    def rows(
        self, name: str, parameters: Sequence[str], tokens: Sequence[str]
    ) -> Iterator[Mapping[str, str]]:
        """Yield the rows of a saved query with these parameters.

        The same token runs it once. The next token runs it again if it failed. Raises Retryable while it
        runs, and if it failed with each token.
        """
        with raised("athena:GetNamedQuery"):
            saved = self.client.get_named_query(NamedQueryId=self.saved[name])["NamedQuery"]
        why = ""
        for token in tokens:
            execution, status = self._started(saved["QueryString"], parameters, token)
            if status["State"] == DONE:
                yield from self._rows(execution)
                return
            why = f"is {status['State'].lower()} {status.get('StateChangeReason', '')}".strip()
            if status["State"] not in FAILED:
                break
        raise Retryable(f"the query {name} {why}")

    def _started(self, sql: str, parameters: Sequence[str], token: str) -> tuple[str, Mapping[str, str]]:
        """Start a query unless it was started with this token. Return its execution and status."""
        with raised("athena:StartQueryExecution"):
            started = self.client.start_query_execution(
                QueryString=sql,
                ExecutionParameters=list(parameters),
                ClientRequestToken=token,
                WorkGroup=self.workgroup,
            )
        execution = started["QueryExecutionId"]
        with raised("athena:GetQueryExecution"):
            found = self.client.get_query_execution(QueryExecutionId=execution)
        return execution, found["QueryExecution"]["Status"]

    def _rows(self, execution: str) -> Iterator[Mapping[str, str]]:
        """Yield the rows of a result. The first row of the first page contains the names of the columns."""
        given: dict[str, str] = {"QueryExecutionId": execution}
        names: list[str] = []
        while True:
            with raised("athena:GetQueryResults"):
                page = self.client.get_query_results(**given)
            for row in page["ResultSet"]["Rows"]:
                values = [one.get("VarCharValue", "") for one in row["Data"]]
                if not names:
                    names = values
                    continue
                yield dict(zip(names, values, strict=True))
            if not (token := page.get("NextToken")):
                return
            given["NextToken"] = token
