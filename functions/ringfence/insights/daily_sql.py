"""The queries over flow logs as they run in Athena each day: for one account. Pure.

Addresses of private networks exist in several accounts, so each query reads the logs of one account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from ringfence.insights.daily import ACCOUNT, DATABASE, DAY, MOST_ROWS
from ringfence.insights.query import COLUMNS, FLOW_LOGS

if TYPE_CHECKING:
    from ringfence.insights.query import Query

_WITH = "with_"


def daily_sql(query: Query) -> str:
    """Return a query for Athena with two parameters: the account, and the day such as 2027/01/31.

    Examples
    --------
    >>> from ringfence.insights.daily import deployed
    >>> daily_sql(deployed()[0]).count("?")
    2
    """
    made = sqlglot.parse_one(query.text(), read="duckdb", into=exp.Select)
    columns = ", ".join(f'"{name}"' for name, _ in COLUMNS)
    source = f"SELECT {columns} FROM {DATABASE}.{FLOW_LOGS} WHERE {ACCOUNT} = ? AND {DAY} = ?"  # noqa: S608 - of declarations only
    logs = exp.CTE(
        this=sqlglot.parse_one(source, read="athena"),
        alias=exp.TableAlias(this=exp.to_identifier(FLOW_LOGS)),
    )
    present = made.args.get(_WITH)
    made.set(_WITH, exp.With(expressions=[logs, *(present.expressions if present else ())]))
    return made.limit(MOST_ROWS).sql(dialect="athena", pretty=True)
