"""The queries of a pack in Athena's dialect. Pure.

A table of flow logs in Athena has the columns of `query.COLUMNS`.
https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot

if TYPE_CHECKING:
    from ringfence.insights.query import Query


def athena_sql(query: Query, values: dict[str, float] | None = None) -> str:
    """Return a query for Athena, with its numbers filled in."""
    return sqlglot.transpile(query.text(values), read="duckdb", write="athena", pretty=True)[0]
